import { describe, expect, it } from 'vitest';
import { madeUpRecord } from '../made-up.js';
import { cellsOf } from './cells.js';
import { logDomain, logTicks } from './log-scale.js';
import { compact, METRICS, metricsOf } from './metrics.js';

const metric = (key: string): (typeof METRICS)[number] => {
  const found = METRICS.find((candidate) => candidate.key === key);
  if (found === undefined) throw new Error(key);
  return found;
};

it.each([
  [0, '0'],
  [0.000_21, '2e-4'],
  [0.031, '0.031'],
  [0.994, '0.99'],
  [0.996, '1.0'],
  [9.94, '9.9'],
  [9.96, '10'],
  [994, '994'],
  [996, '1.0k'],
  [9_949, '9.9k'],
  [9_960, '10k'],
  [99_600, '1e5'],
  [Infinity, '\u221e'],
])('%d is %s in a cell', (value, text) => {
  expect(compact(value)).toBe(text);
});

describe('metrics', () => {
  it('write nothing where there is no difference to the last digit shown', () => {
    const { short, level } = metric('accuracy');
    expect([0, -0.000_049, 0.000_1, -0.05, -0.8918, 0.2].map(short)).toEqual([
      '',
      '',
      '+0.01',
      '\u22125.00',
      '\u221289.1',
      '+20.0',
    ]);
    expect([0, 0.000_1, -0.005, -0.05, -0.8918].map(level)).toEqual([0, 1, 2, 3, 4]);
  });

  it('never call agreement whole that is not', () => {
    const { short } = metric('agreement');
    expect([1, 0.999_99, 0.5].map(short)).toEqual(['', '99.99', '50.0']);
  });

  it('take outputs that are no numbers for the worst there are', () => {
    const [cell] = cellsOf([
      madeUpRecord('lenet5/onnx-fp32/ort-wasm-t1@firefox', {
        numeric: {
          maxAbs: 'NaN',
          maxRel: 'NaN',
          nonFinite: 3,
          tolerance: { relative: 0, absolute: 0, name: '' },
          toleranceUsed: 'NaN',
        },
      }),
    ]);
    const value = cell && metric('drift').value(cell);
    expect(value).toBe(Infinity);
    expect(metric('drift').level(value ?? 0)).toBe(4);
    expect(metric('drift').short(value ?? 0)).toBe('\u221e');
  });

  it('are offered where a cell has them', () => {
    const cells = cellsOf([madeUpRecord('lenet5/onnx-fp32/ort-wasm-t1@firefox')]);
    expect(metricsOf(cells).map(({ key }) => key)).toEqual(['accuracy', 'agreement', 'drift']);
    expect(metricsOf([])).toEqual([]);
  });
});

describe('logarithmic axes', () => {
  it('end at 1, 2 or 5 of a decade, and hold all values', () => {
    expect(logDomain([0.13, 870])).toEqual([0.1, 1000]);
    expect(logDomain([47e6, 185e6])).toEqual([2e7, 2e8]);
    expect(logDomain([3, 3])).toEqual([2, 5]);
    expect(logDomain([-1, 0])).toEqual([1, 10]);
  });

  it('have as many ticks as fit, at round numbers', () => {
    expect(logTicks([2e7, 2e8], 7)).toEqual([2e7, 5e7, 1e8, 2e8]);
    expect(logTicks([0.1, 1000], 7)).toEqual([0.1, 1, 10, 100, 1000]);
    expect(logTicks([1e-3, 1e6], 5)).toEqual([1e-2, 1, 100, 1e4, 1e6]);
    for (const most of [3, 5, 7]) expect(logTicks([1e-4, 1e7], most).length).toBeLessThanOrEqual(Math.max(most, 5));
  });
});
