import { expect, test } from 'vitest';
import type { Quantization } from '../protocol/card.js';
import { BACKENDS, PRECISIONS } from '../protocol/cell.js';
import {
  ARITHMETICS,
  LOSS_LIMITS,
  TOLERANCES,
  arithmeticOf,
  lossLimitFor,
  toleranceFor,
  withRounding,
} from './tolerances.js';

test('every arithmetic on every backend has exactly one row', () => {
  for (const arithmetic of ARITHMETICS) {
    for (const backend of BACKENDS) {
      const rows = TOLERANCES.filter((row) => row.arithmetic === arithmetic && row.backends.includes(backend));
      expect(rows, `${arithmetic} on ${backend}`).toHaveLength(1);
      expect(toleranceFor(arithmetic, { backend })).toBe(rows[0]);
    }
  }
});

test('rows have names of their own, reasons, and both parts', () => {
  expect(new Set(TOLERANCES.map(({ name }) => name)).size).toBe(TOLERANCES.length);
  for (const { name, reason, relative, absolute } of TOLERANCES) {
    expect(reason.length, name).toBeGreaterThan(40);
    expect(relative, name).toBeGreaterThan(0);
    expect(absolute, name).toBeGreaterThan(0);
  }
});

test('an error of 1e-3 is far beyond every fp32 row, for the median element too', () => {
  for (const { name, relative, absolute } of TOLERANCES.filter(({ arithmetic }) => arithmetic === 'float32')) {
    expect(1e-3 / (relative + absolute), name).toBeGreaterThanOrEqual(5);
  }
});

test('what a card says of rounding is of float32 alone, and leaves the row as it is', () => {
  const rounding = { share: 0.005, factor: 8, reason: 'measured' };
  for (const row of TOLERANCES) {
    const { outliers, ...rest } = withRounding(row, rounding);
    expect(outliers, row.name).toEqual(row.arithmetic === 'float32' ? { share: 0.005, factor: 8 } : row.outliers);
    expect(row, row.name).toMatchObject(rest);
    expect(withRounding(row, undefined)).toBe(row);
  }
});

const KINDS = ['weights', 'dynamic', 'static'] as const;

test('weights that are stored small and computed in floats have float32’s tolerance', () => {
  const weights: Quantization = { kind: 'weights', weights: 'uint8', activations: 'float32' };
  expect(arithmeticOf('int8', weights)).toBe('float32');
  expect(arithmeticOf('fp16', { ...weights, weights: 'float16' })).toBe('float32');
  expect(arithmeticOf('fp16', { kind: 'weights', weights: 'float16', activations: 'float16' })).toBe('float16');
  expect(arithmeticOf('fp32', undefined)).toBe('float32');
  expect(arithmeticOf('fp16', undefined)).toBe('float16');
  expect(arithmeticOf('int8', { kind: 'dynamic', weights: 'int8', activations: 'uint8' })).toBe('dynamic int8');
  expect(arithmeticOf('int8', { kind: 'static', weights: 'int8', activations: 'uint8' })).toBe('static int8');
  expect(arithmeticOf('int8', undefined)).toBe('static int8');
});

test('every way to quantize has exactly one limit of loss, with a reason', () => {
  for (const precision of PRECISIONS) {
    if (precision === 'fp32') continue;
    for (const kind of KINDS) {
      const rows = LOSS_LIMITS.filter((row) => row.precision === precision && row.kinds.includes(kind));
      expect(rows, `${precision}, ${kind}`).toHaveLength(1);
      expect(lossLimitFor(precision, kind)).toBe(rows[0]);
    }
  }
  for (const { name, reason, distance } of LOSS_LIMITS) {
    expect(reason.length, name).toBeGreaterThan(40);
    // Outputs that have nothing to do with the input are at 1.
    expect(distance, name).toBeLessThanOrEqual(0.5);
  }
});

test('steps may be crossed by few, and not far', () => {
  for (const { name, arithmetic, outliers, relative, absolute } of TOLERANCES) {
    expect(outliers === undefined || arithmetic !== 'float32', name).toBe(true);
    if (outliers === undefined) continue;
    expect(outliers.share, name).toBeLessThanOrEqual(0.25);
    // Of an element of the median size: one that is lost is off by as much as itself, one that is negated by twice that.
    expect(outliers.factor * (relative + absolute), name).toBeLessThan(0.31);
  }
});

test('scaling by 1.01 is beyond every row, for whatever number of elements moves', () => {
  for (const { name, relative, gain } of TOLERANCES) {
    // Beyond it by the elements (those far above the scale: all of them move by a hundredth), or by the gain.
    const byElements = 0.01 > relative;
    expect(byElements || (gain ?? Infinity) < 0.01, name).toBe(true);
  }
});
