import { describe, expect, it } from 'vitest';
import { seeded } from '../../protocol/random.js';
import { growthOf, type Point } from './slope.js';

const MIB = 1024 ** 2;
const curve = (value: (at: number) => number, every = 5, until = 300): Point[] =>
  Array.from({ length: until / every }, (_, i) => ({ at: (i + 1) * every, value: value((i + 1) * every) }));

function noise(sd: number, seed: number): () => number {
  const random = seeded(seed);
  return () => sd * Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

describe('a curve that', () => {
  it('is flat has no slope', () => {
    const growth = growthOf(curve(() => 7));
    expect(growth).toMatchObject({ slope: { value: 0, low: 0, high: 0 }, lasting: 0, collected: false });
  });

  it('is a line has its slope, to the last digit', () => {
    expect(growthOf(curve((at) => 100 + 3 * at))).toMatchObject({ slope: { value: 3, low: 3, high: 3 }, lasting: 3 });
    expect(growthOf(curve((at) => 100 - 3 * at))?.slope.high).toBeLessThan(0);
  });

  it('grows and is noisy has a slope with its interval', () => {
    const jitter = noise(MIB / 2, 1);
    const growth = growthOf(curve((at) => 100 * MIB + 65_536 * at + jitter()));
    expect(growth?.slope.low).toBeGreaterThan(50_000);
    expect(growth?.slope.high).toBeLessThan(82_000);
    expect(growth?.lasting).toBeGreaterThan(40_000);
  });

  it('grows while it settles alone does not grow', () => {
    const growth = growthOf(curve((at) => 20 * MIB * Math.min(1, at / 70)));
    expect(growth?.slope).toEqual({ value: 0, low: 0, high: 0 });
  });

  it('levels off does not last', () => {
    const growth = growthOf(curve((at) => 20 * MIB * (1 - Math.exp(-at / 60))));
    expect(growth?.slope.low).toBeGreaterThan(0);
    expect(growth?.lasting).toBeLessThan(10_000);
  });

  it.each([100, 150, 188, 220])('takes a step after %i does not last', (when) => {
    const jitter = noise(MIB / 5, when);
    const growth = growthOf(curve((at) => 100 * MIB + (at > when ? 30 * MIB : 0) + jitter()));
    expect(growth?.lasting).toBeLessThan(16_384);
  });

  it('saws is judged by its troughs', () => {
    const saw = growthOf(curve((at) => 100 * MIB + 30 * MIB * ((at % 40) / 40)));
    expect(saw).toMatchObject({ collected: true, slope: { value: 0, low: 0, high: 0 } });
    const leaky = growthOf(curve((at) => 100 * MIB + 30 * MIB * ((at % 40) / 40) + 65_536 * at));
    expect(leaky?.collected).toBe(true);
    expect(leaky?.slope.value).toBeCloseTo(65_536, 0);
    expect(leaky?.slope.low).toBeGreaterThan(0);
  });

  it('saws too slowly to tell has few points and all that they span', () => {
    const growth = growthOf(curve((at) => 30 * MIB * ((at % 90) / 90)));
    expect(growth?.collected).toBe(true);
    expect(growth?.points).toBeLessThan(5);
  });

  it('is noise alone is not taken for a saw', () => {
    const jitter = noise(MIB, 4);
    expect(growthOf(curve(() => 100 * MIB + jitter()))?.collected).toBe(false);
  });
});

describe('growthOf', () => {
  it.each([0, 1, 2])('tells nothing of %i points', (n) => {
    expect(growthOf(curve((at) => at).slice(0, n))).toBeUndefined();
  });

  it('does not mind the order of the points, nor two at one place', () => {
    const points = curve((at) => 5 * at);
    expect(growthOf([...points].reverse())).toEqual(growthOf(points));
    expect(growthOf([...points, ...points])?.slope.value).toBeCloseTo(5, 10);
  });

  it('tells nothing where all points are at one place', () => {
    expect(growthOf([1, 2, 3, 4].map((value) => ({ at: 5, value })))?.slope).toEqual({ value: 0, low: 0, high: 0 });
  });

  it('calls noise growth in no more than one of twenty', () => {
    let alarms = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const jitter = noise(MIB, seed);
      const growth = growthOf(curve(() => 100 * MIB + jitter()));
      if (growth !== undefined && growth.slope.low > 0) alarms++;
    }
    expect(alarms).toBeLessThanOrEqual(10);
  });
});
