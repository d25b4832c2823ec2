import { describe, expect, test } from 'vitest';
import { paritySchema } from '../protocol/record.js';
import type { TensorData } from '../protocol/observation.js';
import { NO_CLASS, top1 } from './accuracy.js';
import { distanceOf, jsonFloat, parityOf, type Side } from './parity.js';
import { float32, logits, mapped, seeded } from './testing.js';

const side = (tensor: TensorData): Side => ({ tensor, classes: top1(tensor, tensor.shape[0] ?? 0) });

describe('distance', () => {
  const want = logits(500, 10, seeded(4));

  test('is 0 for the same, and what was added in units of the variation', () => {
    expect(distanceOf(want, want)).toBe(0);
    // Two places, each varying by ±1 about its mean; ±0.1 added.
    const small = float32([1, 9, 3, 11], [2, 2]);
    expect(distanceOf(float32([1.1, 9, 2.9, 11], [2, 2]), small)).toBeCloseTo(0.1 / Math.SQRT2, 6);
  });

  test.each<[string, TensorData]>([
    ['zeros', mapped(want, () => 0)],
    ['the first sample for all', mapped(want, (_, i) => want.data[i % 10] as number)],
    ['the next sample', mapped(want, (_, i) => want.data[(i + 10) % 5_000] as number)],
    ['opposite signs', mapped(want, (value) => -value)],
  ])('outputs that have nothing to do with the input are at 1 or beyond: %s', (_, got) => {
    expect(distanceOf(got, want)).toBeGreaterThan(0.99);
  });

  test('a constant that all samples share hides nothing', () => {
    const lifted = (tensor: TensorData): TensorData => mapped(tensor, (value) => value + 1000);
    const mean = lifted(mapped(want, (_, i) => (i % 10 === 0 ? 1 : -1)));
    expect(distanceOf(mean, lifted(want))).toBeGreaterThan(0.9);
  });

  test('where nothing varies, the unit is the size of what is there', () => {
    expect(distanceOf(float32([2, 2]), float32([2, 4]))).toBeCloseTo(2 / Math.sqrt(20), 6);
    const constant = float32([3, 3, 3, 3], [2, 2]);
    expect(distanceOf(float32([3, 3, 3, 6], [2, 2]), constant)).toBeCloseTo(0.5, 6);
  });

  test('zeros, and what is not finite', () => {
    expect(distanceOf(float32([0, 0]), float32([0, -0]))).toBe(0);
    expect(distanceOf(float32([0, 1e-30]), float32([0, 0]))).toBe(Infinity);
    expect(distanceOf(float32([1, NaN]), float32([1, 2]))).toBe(Infinity);
    expect(distanceOf(float32([1, 2]), float32([1, Infinity]))).toBe(Infinity);
    expect(distanceOf(float32([1, NaN]), float32([1, NaN]))).toBe(0);
    expect(distanceOf(float32([], [0, 3]), float32([], [0, 3]))).toBe(0);
  });

  test('a dtype each', () => {
    const ints: TensorData = { name: 'y', dtype: 'int32', shape: [1, 2], data: Int32Array.of(3, 4) };
    expect(distanceOf(ints, float32([3, 4]))).toBe(0);
    expect(distanceOf(float32([3, 4]), ints)).toBe(0);
  });
});

describe('parity', () => {
  const want = float32([0, 1, 0, 1, 0, 1, 0, 1], [4, 2]);
  const got = float32([0, 1, 1, 0, 1, 0, 0, 1], [4, 2]);

  test('counts who is right where the two part', () => {
    expect(parityOf(side(got), side(want), Uint8Array.of(1, 1, 1, 0))).toEqual({
      n: 4,
      difference: -0.5,
      pValue: 0.5,
      agreement: 0.5,
      distance: jsonFloat(distanceOf(got, want)),
    });
    expect(parityOf(side(got), side(want), Uint8Array.of(1, 1, 0, 0))).toMatchObject({ difference: 0, pValue: 1 });
  });

  test('has no accuracy without labels, no classes without scores', () => {
    const parity = parityOf(side(got), side(want), undefined);
    expect(Object.keys(parity)).toEqual(['n', 'agreement', 'distance']);
    const bare = { tensor: got, classes: undefined };
    expect(parityOf(bare, { tensor: want, classes: undefined }, Uint8Array.of(1, 1, 1, 0))).toEqual({
      n: 4,
      distance: parity.distance,
    });
  });

  test('a sample without a class agrees with nothing', () => {
    const nan = float32([NaN, NaN], [1, 2]);
    expect(side(nan).classes).toEqual(Int32Array.of(NO_CLASS));
    expect(parityOf(side(nan), side(nan), Uint8Array.of(1))).toMatchObject({ agreement: 0, difference: 0 });
  });

  test('fits a record, whatever the numbers', () => {
    for (const tensor of [got, float32([NaN, 1, 0, 0, 0, 0, 0, 0], [4, 2])]) {
      expect(paritySchema.parse(parityOf(side(tensor), side(want), undefined)).n).toBe(4);
    }
    expect(parityOf(side(float32([], [0, 2])), side(float32([], [0, 2])), new Uint8Array())).toEqual({
      n: 0,
      agreement: 0,
      distance: 0,
    });
  });
});
