import { describe, expect, test } from 'vitest';
import type { TensorData } from '../protocol/observation.js';
import { compareTensors, medianMagnitude, type Comparison } from './compare.js';
import { float32, logits, mapped, seeded } from './testing.js';

const tolerance = { relative: 1e-5, absolute: 1e-5, name: 'test' };
const compare = (got: TensorData, want: TensorData): Comparison => compareTensors(got, want, tolerance);
const compareValues = (got: number[], want: number[]): Comparison => compare(float32(got), float32(want));

const int64 = (...values: bigint[]): TensorData => ({
  name: 'classes',
  dtype: 'int64',
  shape: [values.length],
  data: BigInt64Array.from(values),
});
const float16 = (...bits: number[]): TensorData => ({
  name: 'logits',
  dtype: 'float16',
  shape: [1, bits.length],
  data: Uint16Array.from(bits),
});

describe('what is the same', () => {
  test.each([
    ['equal values', [1, -2, 3.5], [1, -2, 3.5]],
    ['zeros of either sign', [0, -0, -0], [-0, 0, -0]],
    ['NaN where the PC has NaN', [NaN, 1], [NaN, 1]],
    ['infinities where the PC has the same', [Infinity, -Infinity, 1], [Infinity, -Infinity, 1]],
    ['all zeros', [0, 0], [0, 0]],
    ['subnormals', [1e-44, 2e-45], [1e-44, 2e-45]],
    ['the largest float32', [3.4028234663852886e38], [3.4028234663852886e38]],
    ['all NaN', [NaN, NaN], [NaN, NaN]],
  ])('%s', (_, got, want) => {
    const { matched, maxAbs, maxRel, toleranceUsed, nonFinite, beyond } = compareValues(got, want);
    expect({ matched, maxAbs, maxRel, toleranceUsed, nonFinite, beyond }).toEqual({
      matched: true,
      maxAbs: 0,
      maxRel: 0,
      toleranceUsed: 0,
      nonFinite: 0,
      beyond: 0,
    });
  });

  test('rounding', () => {
    const { matched, toleranceUsed } = compareValues([10.00004, -4, 1e-6], [10, -4.00002, 0]);
    expect(matched).toBe(true);
    expect(toleranceUsed).toBeGreaterThan(0);
    expect(toleranceUsed).toBeLessThan(1);
  });

  test('nothing and nothing', () => {
    const result = compare(float32([], [0, 10]), float32([], [0, 10]));
    expect(result.matched).toBe(true);
    expect(result.worst).toBeUndefined();
  });
});

describe('what is not', () => {
  test.each([
    ['opposite signs', [1, 1], [-1, 1], 0],
    ['the other sign of a small value among large ones', [10, 10, 0.01], [10, 10, -0.01], 2],
    ['zeros for values', [0, 0, 0], [1, 5, 2], 1],
    ['values for zeros', [0, 1e-30, 0], [0, 0, 0], 1],
    ['the smallest subnormal for a zero in a tensor of zeros', [0, 1.4e-45], [0, 0], 1],
    ['swapped classes', [1, 2, 3], [2, 1, 3], 1],
    ['small values off by half', [1.5e-6, 1e-6], [1e-6, 1e-6], 0],
    ['subnormal values off by half', [3e-42, 2e-42], [2e-42, 2e-42], 0],
    ['small values that became zero', [0, 0], [2e-6, -1e-6], 0],
    ['an error beside a huge element', [1e30, 1.001, 2, 3], [1e30, 1, 2, 3], 1],
    ['an error beside a huge element elsewhere in the tensor', [3, 2, 1.001, -1e30], [3, 2, 1, -1e30], 2],
    ['an error in a sparse tensor', [0, 0, 0, 0, 0.001, 5], [0, 0, 0, 0, 0, 5], 4],
    ['an infinity for the largest float32', [Infinity, 1], [3.4028234663852886e38, 1], 0],
  ])('%s', (_, got, want, index) => {
    const result = compareValues(got, want);
    expect(result.matched).toBe(false);
    expect(result.toleranceUsed).toBeGreaterThan(1);
    expect(result.worst).toMatchObject({ sample: 0, index, got: Math.fround(got[index] ?? NaN) });
    expect(result.beyond).toBeGreaterThan(0);
  });

  test.each([
    ['NaN for a number', NaN, 1, 1],
    ['NaN for zero', NaN, 0, 1],
    ['infinity for a number', Infinity, 1, 1],
    ['NaN for an infinity', NaN, Infinity, 1],
    ['an infinity for NaN', Infinity, NaN, 1],
    ['infinities of opposite signs', Infinity, -Infinity, 1],
    ['a number for NaN', 1, NaN, 0],
    ['a number for an infinity', 1, -Infinity, 0],
    ['zero for NaN', 0, NaN, 0],
  ])('%s', (_, got, want, nonFinite) => {
    const result = compareValues([1, got, 2], [1, want, 2]);
    expect(result).toMatchObject({ matched: false, nonFinite, beyond: 1, worst: { index: 1, got, want } });
    expect([result.maxAbs, result.maxRel, result.toleranceUsed]).toEqual([Infinity, Infinity, Infinity]);
  });

  test('NaN at another place than the PC’s', () => {
    expect(compareValues([NaN, 1], [1, NaN])).toMatchObject({ matched: false, nonFinite: 1, beyond: 2 });
  });

  test('a NaN of the cell’s own is the worst, whatever comes before and after it', () => {
    const result = compareValues([5, 1, 99, NaN, NaN, 99], [NaN, 1, 2, 3, 4, 5]);
    expect(result.worst).toMatchObject({ index: 3, got: NaN, want: 3 });
    expect(result).toMatchObject({ nonFinite: 2, beyond: 5 });
  });

  test('values overflowed in the difference, or in the tolerance, do not pass', () => {
    const max = 3.4028234663852886e38;
    expect(compareValues([max, max], [-max, max])).toMatchObject({ matched: false, beyond: 1 });
  });
});

describe('what can’t be compared', () => {
  const want = float32([1, 2, 3, 4, 5, 6], [2, 3]);
  test.each([
    ['another dtype', { ...want, dtype: 'int32', data: Int32Array.of(1, 2, 3, 4, 5, 6) } as const, /dtype is int32/],
    ['a dtype that the array belies', { ...want, data: Int32Array.of(1, 2, 3, 4, 5, 6) }, /holds a Int32Array/],
    ['another shape of the same length', float32([1, 2, 3, 4, 5, 6], [3, 2]), /shape is float32\[3,2\]/],
    ['another rank', float32([1, 2, 3, 4, 5, 6], [2, 3, 1]), /shape is float32\[2,3,1\]/],
    ['fewer samples', float32([1, 2, 3], [1, 3]), /shape is float32\[1,3\]/],
    ['more samples', float32([1, 2, 3, 4, 5, 6, 7, 8, 9], [3, 3]), /shape/],
    ['a length that its own shape belies', float32([1, 2, 3, 4, 5], [2, 3]), /needs 6 elements but holds 5/],
    ['nothing', float32([], [0, 3]), /shape/],
  ])('%s', (_, got, words) => {
    const result = compare(got, want);
    expect(result.matched).toBe(false);
    expect(result.incomparable).toMatch(words);
    expect(result.worst).toBeUndefined();
    expect([result.maxAbs, result.maxRel, result.toleranceUsed]).toEqual([Infinity, Infinity, Infinity]);
  });

  test('a broken tensor of the PC’s', () => {
    expect(compare(want, float32([1, 2, 3, 4, 5], [2, 3])).incomparable).toMatch(/the PC’s tensor is broken/);
  });
});

describe('numbers', () => {
  test('worst names sample and element within it, flattened', () => {
    const want = float32([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], [3, 2, 2]);
    const got = mapped(want, (value, position) => (position === 9 ? 20 : position === 2 ? 3.1 : value));
    const result = compare(got, want);
    expect(result.worst).toEqual({ sample: 2, index: 1, got: 20, want: 10 });
    expect(result.maxAbs).toBe(10);
    expect(result.maxRel).toBe(1);
    expect(result.beyond).toBe(2);
  });

  test('worst is the one furthest beyond its own tolerance, not the one furthest off', () => {
    const result = compareValues([1000.5, 1, 1.4, -2], [1000, 1, 1, -2]);
    expect(result.worst?.index).toBe(2);
    expect(result.maxAbs).toBe(0.5);
    expect(result.maxRel).toBeCloseTo(0.4, 6);
  });

  test('of elements that use the tolerance up alike, the first is the worst', () => {
    expect(compareValues([1, 3, 3, 3], [1, 2, 2, 2]).worst?.index).toBe(1);
    expect(compareValues([1, 9, 3, 3], [1, NaN, Infinity, 3]).worst?.index).toBe(1);
  });

  test('maxRel is relative to the scale where the value itself is smaller', () => {
    expect(compareValues([4, 4, 1], [4, 4, 0]).maxRel).toBe(0.25);
    expect(compareValues([4, 4, 1.5], [4, 4, 0.5]).maxRel).toBe(0.25);
    expect(compareValues([4, 4, 9], [4, 4, 8]).maxRel).toBe(0.125);
    expect(compareValues([0, 1], [0, 0]).maxRel).toBe(Infinity);
  });

  test('toleranceUsed is the distance over relative * |want| + absolute * scale', () => {
    // Magnitudes 2, 4, 8: the scale is 4.
    const result = compareTensors(float32([2, -4, 8.5]), float32([2, -4, 8]), {
      relative: 0.25,
      absolute: 0.5,
      name: 'test',
    });
    expect(result.scale).toBe(4);
    expect(result.toleranceUsed).toBe(0.5 / (0.25 * 8 + 0.5 * 4));
    expect(result.matched).toBe(true);
  });

  test('an element just at its tolerance matches, one step further it does not', () => {
    const tolerance = { relative: 0, absolute: 0.5, name: 'test' };
    const want = float32([4, 4, 4]);
    expect(compareTensors(float32([4, 6, 4]), want, tolerance)).toMatchObject({ matched: true, toleranceUsed: 1 });
    expect(compareTensors(float32([4, 6.000001, 4]), want, tolerance).matched).toBe(false);
  });
});

describe('scale', () => {
  const bySorting = (values: ArrayLike<number>): number => {
    const magnitudes = Float32Array.from(values, Math.abs).filter((value) => value > 0 && value < Infinity);
    return magnitudes.sort()[(magnitudes.length - 1) >> 1] ?? 0;
  };

  test('is the median of the magnitudes, zeros and what is not finite left out', () => {
    expect(medianMagnitude(Float32Array.of(0, -3, 0, NaN, 1, Infinity, -2, 0))).toBe(2);
    expect(medianMagnitude(Float32Array.of(0, -0, NaN, Infinity))).toBe(0);
    expect(medianMagnitude(new Float32Array(0))).toBe(0);
    expect(medianMagnitude(Float32Array.of(0, 1.4e-45))).toBe(Math.fround(1.4e-45));
  });

  test('agrees with a sort, over numbers of all sizes', () => {
    const random = seeded(3);
    for (let length = 1; length < 300; length++) {
      const values = Float32Array.from({ length }, () => (random() - 0.5) * 10 ** (random() * 80 - 44));
      expect(medianMagnitude(values)).toBe(bySorting(values));
    }
  });

  test('reads a view into a larger buffer', () => {
    const view = Float32Array.of(100, 100, 100, 1, 2, 3).subarray(3);
    expect(medianMagnitude(view)).toBe(2);
  });
});

describe('integers are exact', () => {
  test('int64', () => {
    expect(compare(int64(1n, -7n), int64(1n, -7n)).matched).toBe(true);
    const result = compare(int64(1n, -8n), int64(1n, -7n));
    expect(result).toMatchObject({ matched: false, maxAbs: 1, toleranceUsed: Infinity, beyond: 1 });
    expect(result.worst).toEqual({ sample: 1, index: 0, got: -8, want: -7 });
  });

  test('int64 beyond what a double can tell apart', () => {
    const result = compare(int64(2n ** 60n + 1n), int64(2n ** 60n));
    expect(result).toMatchObject({ matched: false, maxAbs: 1 });
  });

  test.each([
    ['int32', Int32Array],
    ['int8', Int8Array],
    ['uint8', Uint8Array],
    ['bool', Uint8Array],
  ] as const)('%s', (dtype, ArrayType) => {
    const make = (...values: number[]): TensorData => ({ name: 'x', dtype, shape: [2], data: ArrayType.from(values) });
    expect(compare(make(100, 1), make(100, 1)).matched).toBe(true);
    expect(compare(make(100, 0), make(100, 1))).toMatchObject({ matched: false, maxAbs: 1, worst: { sample: 1 } });
  });
});

describe('float16 travels as bits', () => {
  test('and is compared by value', () => {
    expect(compare(float16(0x3c00, 0x0000), float16(0x3c00, 0x8000)).matched).toBe(true);
    // 1 against the next larger one.
    expect(compare(float16(0x3c01, 0x4000), float16(0x3c00, 0x4000))).toMatchObject({
      matched: false,
      maxAbs: 2 ** -10,
      worst: { index: 0, got: 1 + 2 ** -10, want: 1 },
    });
    // Neighbours in bits, yet opposite infinities and a NaN.
    expect(compare(float16(0x7c00), float16(0xfc00)).nonFinite).toBe(1);
    expect(compare(float16(0x7c01), float16(0x7c00)).nonFinite).toBe(1);
    expect(compare(float16(0x7c01), float16(0x7e00)).matched).toBe(true);
  });
});

describe('over seeded logits', () => {
  const random = seeded(42);
  const sizes = [1e-30, 1e-6, 1e-3, 1, 10, 1e6, 1e30];

  test.each(sizes)('of size %d, every corruption is seen and rounding is not', (size) => {
    const n = 50;
    const want = logits(n, 10, random, size);
    const values = want.data as Float32Array;
    const victim = Math.floor(random() * values.length);

    // Two units in the last place.
    expect(
      compare(
        mapped(want, (value) => value * (1 + (random() - 0.5) * 2 ** -22)),
        want,
      ).matched,
    ).toBe(true);

    const corruptions: Record<string, TensorData> = {
      'scaled by 1.001': mapped(want, (value) => value * 1.001),
      'scaled by 1.01': mapped(want, (value) => value * 1.01),
      'one logit negated': mapped(want, (value, i) => (i === victim ? -value : value)),
      'all negated': mapped(want, (value) => -value),
      'shifted by a sample': mapped(want, (_, i) => values[(i + 10) % values.length] ?? 0),
      'shifted by a class': mapped(want, (_, i) => values[(i + 1) % values.length] ?? 0),
      zeroed: mapped(want, () => 0),
      'one sample zeroed': mapped(want, (value, i) => (i < 10 ? 0 : value)),
      'the last sample zeroed': mapped(want, (value, i) => (i < values.length - 10 ? value : 0)),
      'one NaN': mapped(want, (value, i) => (i === victim ? NaN : value)),
      'one infinity': mapped(want, (value, i) => (i === victim ? Infinity : value)),
    };
    for (const [name, got] of Object.entries(corruptions)) {
      expect(compare(got, want), name).toMatchObject({ matched: false });
    }
  });

  test('tensor and tolerance scale together: the same numbers a power of two larger use as much of it', () => {
    const want = logits(20, 10, random);
    const got = mapped(want, (value) => value * (1 + random() * 1e-4));
    const factor = 2 ** -40;
    const small = compare(
      mapped(got, (value) => value * factor),
      mapped(want, (value) => value * factor),
    );
    const large = compare(got, want);
    expect(small.toleranceUsed).toBe(large.toleranceUsed);
    expect(small.maxRel).toBe(large.maxRel);
    expect(small.worst?.sample).toBe(large.worst?.sample);
  });

  test('is the plain formula, element by element', () => {
    for (let round = 0; round < 50; round++) {
      const want = logits(7, 10, random, 10 ** (random() * 12 - 6));
      const got = mapped(want, (value) => (random() < 0.9 ? value : value + value * (random() - 0.5) * 3e-5));
      const result = compare(got, want);
      const shares = [...(want.data as Float32Array)].map((w, i) => {
        const distance = Math.abs((got.data[i] as number) - w);
        return distance === 0 ? 0 : distance / (1e-5 * Math.abs(w) + 1e-5 * result.scale);
      });
      expect(result.toleranceUsed).toBeCloseTo(Math.max(...shares), 10);
      expect(result.beyond).toBe(shares.filter((share) => share > 1).length);
      expect(result.matched).toBe(result.beyond === 0);
    }
  });
});

describe('steps: few may be beyond tolerance, and none far', () => {
  const outliers = { share: 0.1, factor: 4 };
  const steps = { name: 'steps', relative: 0, absolute: 0.01, outliers };
  const want = float32(Array.from({ length: 40 }, (_, i) => (i % 2 === 0 ? 1 : -1)));
  /** Elements from the first on, off by so many times the tolerance. */
  const off = (...times: number[]): Comparison =>
    compareTensors(
      mapped(want, (value, i) => value + (times[i] ?? 0) * 0.01),
      want,
      steps,
    );

  test.each<[string, number[], Comparison['excess']]>([
    ['none', [], undefined],
    ['as many as may, as far as may', [3.99, -3.99, 3.99, -3.99], undefined],
    ['one more', [1.01, 1.01, 1.01, 1.01, 1.01], 'share'],
    ['one too far', [0, 0, 4.01], 'element'],
    ['too many and one too far', [2, 2, 2, 2, 2, 9], 'element'],
    ['all, but within tolerance', Array.from({ length: 40 }, () => 0.99), undefined],
    ['NaN', [1, NaN], 'nonfinite'],
  ])('%s', (_, times, excess) => {
    const result = off(...times);
    expect(result.excess).toBe(excess);
    expect(result.matched).toBe(excess === undefined);
  });

  test('of a few elements the share allows none', () => {
    const few = float32([1, 1, 1]);
    const got = float32([1.02, 1, 1]);
    expect(compareTensors(got, few, steps).excess).toBe('share');
  });
});

describe('gain', () => {
  const loose = { name: 'loose', relative: 0.05, absolute: 0.05, gain: 5e-3 };
  const want = logits(300, 10, seeded(31));

  test.each<[string, number, Comparison['excess']]>([
    ['the same', 1, undefined],
    ['within', 1.004, undefined],
    ['scaled by 1.01', 1.01, 'gain'],
    ['scaled by 0.99', 0.99, 'gain'],
    ['scaled far beyond', 1.5, 'element'],
  ])('%s', (_, factor, excess) => {
    const got = mapped(want, (value) => value * factor);
    const result = compareTensors(got, want, loose);
    expect(result.excess).toBe(excess);
    expect(result.gain).toBeCloseTo(factor, 5);
  });

  test('noise on both sides is no gain, whether of many elements or of few', () => {
    for (const n of [1, 3, 300]) {
      for (let seed = 1; seed <= 30; seed++) {
        const random = seeded(seed);
        const some = logits(n, 10, random);
        const got = mapped(some, (value) => value + (random() - 0.5) * 0.1 * Math.abs(value));
        expect(compareTensors(got, some, loose).excess, `${String(n)} samples, seed ${String(seed)}`).toBeUndefined();
      }
    }
  });

  test('noise that hides any gain is none either, of some hundred elements', () => {
    const wide = { ...loose, relative: 1, absolute: 1 };
    for (let seed = 1; seed <= 30; seed++) {
      const random = seeded(seed);
      const some = float32(Array.from({ length: 200 }, () => 1 + random()));
      const got = mapped(some, (value) => value * (1 + (random() - 0.5)));
      expect(compareTensors(got, some, wide).excess, `seed ${String(seed)}`).toBeUndefined();
    }
  });

  test('scaling is seen through such noise', () => {
    const random = seeded(5);
    const got = mapped(want, (value) => value * 1.01 + (random() - 0.5) * 0.05 * Math.abs(value));
    expect(compareTensors(got, want, loose).excess).toBe('gain');
  });

  test('zeros, one element, what is not finite, huge values', () => {
    expect(compareTensors(float32([0, 0]), float32([0, 0]), loose)).toMatchObject({ matched: true, gain: 1 });
    expect(compareTensors(float32([3]), float32([3]), loose)).toMatchObject({ matched: true, gain: 1 });
    expect(compareTensors(float32([NaN, 2]), float32([NaN, 2]), loose)).toMatchObject({ matched: true, gain: 1 });
    const huge = float32([3e38, -3e38]);
    expect(compareTensors(huge, huge, loose)).toMatchObject({ matched: true, gain: 1 });
  });
});
