import { describe, expect, test } from 'vitest';
import { median, resultOf, type Benchmark } from './benchmark.js';

const benchmark = (target: number, better: 'lower' | 'higher'): Benchmark => ({
  name: 'x',
  unit: 'ms',
  target,
  better,
  how: '',
  measure: () => Promise.reject(new Error('not here')),
});

describe('whether a target is held', () => {
  test.each([
    ['lower', 10, 9.9, true],
    ['lower', 10, 10, true],
    ['lower', 10, 10.1, false],
    ['higher', 10, 9.9, false],
    ['higher', 10, 10, true],
    ['higher', 10, 10.1, true],
    ['lower', 10, NaN, false],
  ] as const)('%s is better, target %d, value %d: %s', (better, target, value, held) => {
    expect(resultOf(benchmark(target, better), { value, samples: [value] }).held).toBe(held);
  });

  test('what was not measured is not held, and has no value', () => {
    expect(resultOf(benchmark(10, 'lower'), undefined)).toEqual({
      name: 'x',
      value: null,
      unit: 'ms',
      target: 10,
      better: 'lower',
      held: false,
      samples: [],
    });
  });
});

describe('median', () => {
  test('is the one in the middle, in numeric order', () => {
    expect(median([10, 9, 100])).toBe(10);
  });
  test('is the mean of two in the middle', () => {
    expect(median([4, 1, 100, 2])).toBe(3);
  });
  test('of nothing is an error', () => {
    expect(() => median([])).toThrow(RangeError);
  });
  test('leaves its input alone', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });
});
