import { describe, expect, it } from 'vitest';
import { countOutliers, highPercentiles, median, quantile } from './summary.js';

describe('median', () => {
  it.each<[number[], number]>([
    [[3], 3],
    [[1, 2], 1.5],
    [[3, 1, 2], 2],
    [[4, 1, 2, 3], 2.5],
    // As numbers, not as text.
    [[10, 9, 100], 10],
    [[5, 1, 4, 2], 3],
    [[7, 7, 7, 7, 1e9], 7],
    [[-1, 0, 1], 0],
    [[], NaN],
  ])('of %j is %d', (values, expected) => {
    expect(median(values)).toBe(expected);
  });

  it('leaves the values in their order', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });
});

describe('quantile (type 7: linear between order statistics)', () => {
  const ten = [10, 1, 9, 2, 8, 3, 7, 4, 6, 5];
  it.each<[number, number]>([
    [0, 1],
    [0.05, 1.45],
    [0.1, 1.9],
    [0.25, 3.25],
    [0.5, 5.5],
    [0.9, 9.1],
    [0.95, 9.55],
    [1, 10],
  ])('%d of 1 to 10 is %d', (p, expected) => {
    expect(quantile(ten, p)).toBeCloseTo(expected, 12);
  });
});

describe('high percentiles', () => {
  const upTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);
  it.each<[number, string[]]>([
    [63, []],
    [64, ['p90']],
    [661, ['p90']],
    [662, ['p90', 'p99']],
  ])('of %i values are %j', (n, names) => {
    expect(Object.keys(highPercentiles(upTo(n)))).toEqual(names);
  });

  it('are those values', () => {
    const { p90, p99 } = highPercentiles(upTo(1001));
    expect(p90).toBeCloseTo(901, 9);
    expect(p99).toBeCloseTo(991, 9);
  });
});

describe('outliers', () => {
  it.each<[string, number[], number]>([
    ['none among equals', [2, 2, 2, 2], 0],
    ['of nothing none', [], 0],
    // Quartiles 1 and 3: the fences are -2 and 6.
    ['at the fence none', [0, 1, 1, 2, 2, 3, 3, 6], 0],
    ['beyond the fence one', [0, 1, 1, 2, 2, 3, 3, 6.01], 1],
    ['below as well as above', [-2.01, 1, 1, 2, 2, 3, 3, 6.01], 2],
  ])('%s', (_, values, expected) => {
    expect(countOutliers(values)).toBe(expected);
  });
});
