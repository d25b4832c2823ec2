import { describe, expect, it } from 'vitest';
import { seeded } from '../../protocol/random.js';
import { medianInterval, ratioOfMedians, type Visits } from './bootstrap.js';

/** Standard normal numbers (Box and Muller). */
function normal(random: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
}

type Draw = () => number;
/** A shape of timings with median 1: makes what draws the timings of one visit. */
type Shape = (random: () => number) => Draw;

const lognormal: Shape = (random) => {
  const draw = normal(random);
  return () => Math.exp(0.5 * draw());
};

/** As timings are: close together, with one in ten up to twice as long, which moves the median by little. */
const spiky: Shape = (random) => {
  const draw = normal(random);
  return () => (Math.exp(0.03 * draw()) * (random() < 0.1 ? 1 + random() : 1)) / SPIKY_MEDIAN;
};
const SPIKY_MEDIAN = 1.004_07;

/** Neighbours are alike: correlation 0.5. */
const correlated: Shape = (random) => {
  const draw = normal(random);
  let state = draw();
  return () => {
    state = 0.5 * state + Math.sqrt(0.75) * draw();
    return Math.exp(0.1 * state);
  };
};

interface Trial {
  readonly shape: Shape;
  readonly visits: number;
  readonly n: number;
  /** Standard deviation of the logarithm from visit to visit. */
  readonly between?: number;
}

function sample({ shape, visits, n, between = 0 }: Trial, random: () => number): Visits {
  const draw = normal(random);
  return Array.from({ length: visits }, () => {
    const factor = Math.exp(between * draw());
    const timing = shape(random);
    return Array.from({ length: n }, () => factor * timing());
  });
}

const TRIALS = 300;

/** The share of seeded trials whose interval holds the true median, 1. */
function coverage(trial: Trial): number {
  const random = seeded(20_261_124);
  let held = 0;
  for (let seed = 1; seed <= TRIALS; seed++) {
    const { low, high } = medianInterval(sample(trial, random), { seed, replicates: 300 });
    if (low <= 1 && 1 <= high) held++;
  }
  return held / TRIALS;
}

describe('the interval of a median holds the true one', () => {
  it.each<[string, Trial, number, number]>([
    ['very skewed', { shape: lognormal, visits: 1, n: 30 }, 0.88, 0.97],
    ['very skewed, many', { shape: lognormal, visits: 1, n: 100 }, 0.9, 0.98],
    ['with outliers', { shape: spiky, visits: 1, n: 30 }, 0.88, 0.98],
    ['with neighbours that are alike', { shape: correlated, visits: 1, n: 100 }, 0.84, 0.96],
    // Were all timings drawn alike, these would be 0.57, 0.59 and 0.65.
    ['two visits that differ by 2 %', { shape: spiky, visits: 2, n: 30, between: 0.02 }, 0.72, 0.9],
    ['three visits that differ by 2 %', { shape: spiky, visits: 3, n: 30, between: 0.02 }, 0.8, 0.94],
    ['six visits that differ by 2 %', { shape: spiky, visits: 6, n: 30, between: 0.02 }, 0.86, 0.97],
    ['three visits that do not differ', { shape: spiky, visits: 3, n: 30 }, 0.93, 1],
  ])('%s', (_, trial, least, most) => {
    const share = coverage(trial);
    expect(share).toBeGreaterThanOrEqual(least);
    expect(share).toBeLessThanOrEqual(most);
  });
});

describe('medianInterval', () => {
  const visits = [
    [1.1, 1, 1.2, 5, 1.1],
    [1.3, 1.2, 1.4],
  ];

  it('is around the median of all timings', () => {
    const { value, low, high } = medianInterval(visits);
    expect(value).toBe(1.2);
    expect(low).toBeLessThan(1.2);
    expect(high).toBeGreaterThan(1.2);
  });

  it('is the same for the same seed, and another for another', () => {
    const random = seeded(3);
    const many = sample({ shape: lognormal, visits: 2, n: 40 }, random);
    expect(medianInterval(many, { seed: 7 })).toEqual(medianInterval(many, { seed: 7 }));
    expect(medianInterval(many, { seed: 7 })).not.toEqual(medianInterval(many, { seed: 8 }));
  });

  it('follows the unit: a thousand times the timings, a thousand times the interval', () => {
    const micro = medianInterval(visits.map((visit) => visit.map((ms) => 1000 * ms)));
    const milli = medianInterval(visits);
    for (const end of ['value', 'low', 'high'] as const) expect(micro[end]).toBeCloseTo(1000 * milli[end], 6);
  });

  it('is a point where all timings are one', () => {
    expect(medianInterval([[2], [2, 2]])).toEqual({ value: 2, low: 2, high: 2 });
    expect(medianInterval([[4]])).toEqual({ value: 4, low: 4, high: 4 });
  });

  it('holds the median of each of two visits that are far apart', () => {
    const { low, high } = medianInterval([
      [10, 10.1, 9.9, 10],
      [12, 12.1, 11.9, 12],
    ]);
    expect(low).toBeLessThanOrEqual(10);
    expect(high).toBeGreaterThanOrEqual(12);
  });

  it('passes over visits without timings, and is none of none', () => {
    expect(medianInterval([[], ...visits, []])).toEqual(medianInterval(visits));
    expect(medianInterval([[], []])).toEqual({ value: NaN, low: NaN, high: NaN });
  });

  it('is not moved by one timing that is a thousand times as long', () => {
    const calm = Array.from({ length: 30 }, (_, i) => 1 + i / 1000);
    const { high } = medianInterval([[...calm, 1000]]);
    expect(high).toBeLessThan(1.03);
  });
});

describe('ratioOfMedians', () => {
  const one = seeded(1);
  const a = sample({ shape: spiky, visits: 3, n: 30 }, one);
  const b = sample({ shape: spiky, visits: 3, n: 30 }, one);

  it('holds 1 for two samples of the same', () => {
    const { value, low, high } = ratioOfMedians(a, b);
    expect(value).toBeCloseTo(1, 1);
    expect(low).toBeLessThan(1);
    expect(high).toBeGreaterThan(1);
  });

  it('is the first over the second', () => {
    const slower = a.map((visit) => visit.map((ms) => 16.9 * ms));
    const { value, low, high } = ratioOfMedians(slower, b);
    expect(value).toBeCloseTo(16.9, 0);
    expect(low).toBeGreaterThan(16);
    expect(high).toBeLessThan(18);
    expect(ratioOfMedians(b, slower).value).toBeCloseTo(1 / value, 10);
  });

  it('holds the true ratio of what differs from visit to visit, as often as it says', () => {
    const random = seeded(5);
    let held = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const trial: Trial = { shape: spiky, visits: 4, n: 20, between: 0.02 };
      const ratio = ratioOfMedians(sample(trial, random), sample(trial, random), { seed, replicates: 300 });
      if (ratio.low <= 1 && 1 <= ratio.high) held++;
    }
    expect(held / 200).toBeGreaterThan(0.87);
    expect(held / 200).toBeLessThan(0.99);
  });

  it('is none where one of them is empty', () => {
    expect(ratioOfMedians(a, [])).toEqual({ value: NaN, low: NaN, high: NaN });
    expect(ratioOfMedians([], b).low).toBeNaN();
  });
});
