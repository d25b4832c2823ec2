import { describe, expect, test } from 'vitest';
import { seeded } from '../protocol/random.js';
import { compareRuns, studentQuantile, timeOf, type Change, type VisitSample } from './regression.js';

/** Standard normal numbers (Box and Muller). */
function normals(seed: number): () => number {
  const uniform = seeded(seed);
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

interface Machine {
  /** Spread of the logarithms from visit to visit, and from timing to timing. */
  readonly between: number;
  readonly within: number;
  /** Share of visits that something else of the machine's falls upon: half as long again. */
  readonly disturbed: number;
}

const QUIET: Machine = { between: 0.015, within: 0.05, disturbed: 0 };
const BUSY: Machine = { between: 0.015, within: 0.05, disturbed: 0.1 };

/** A run of a page that takes `ms`, on a machine that is `slow` times as slow as it was. */
function simulate(draw: () => number, visits: number, ms: number, machine: Machine, slow = 1): VisitSample[] {
  return Array.from({ length: visits }, (_, visit) => {
    // A share of 0.1 is every tenth visit on the average: the normal number that cuts it off.
    const hit = machine.disturbed > 0 && draw() > 1.2816 ? 1.5 : 1;
    const centre = ms * slow * hit * Math.exp(machine.between * draw());
    return {
      samplesMs: Array.from({ length: 30 + (visit % 2) }, () => centre * Math.exp(machine.within * draw())),
      calibrationMs: 2 * slow * Math.exp(0.005 * draw()),
    };
  });
}

interface Trial {
  readonly visits: number;
  readonly ratio: number;
  readonly machine: Machine;
  readonly threshold: number;
  readonly slow?: number;
}

const TRIALS = 400;

/** The share of many comparisons that came to each end. */
function trials({ visits, ratio, machine, threshold, slow = 1 }: Trial): Record<Change, number> {
  const draw = normals(20_261_124);
  const counts: Record<Change, number> = { slower: 0, faster: 0, same: 0, unclear: 0 };
  for (let trial = 0; trial < TRIALS; trial++) {
    const older = simulate(draw, visits, 0.2, machine);
    const newer = simulate(draw, visits, 0.2 * ratio, machine, slow);
    counts[compareRuns(older, newer, { threshold }).change] += 1 / TRIALS;
  }
  return counts;
}

// Thousands of simulated runs: slow only where the machine has much else to do.
const PATIENCE = { timeout: 60_000 };

describe('the same code run twice', PATIENCE, () => {
  test.each([2, 3, 5, 8, 12])('%i visits: the interval excludes 1 in no more than one of twenty', (visits) => {
    const { slower, faster } = trials({ visits, ratio: 1, machine: QUIET, threshold: 0 });
    // Three standard errors above 5 %; and not far below it, or power would be given away.
    expect(slower + faster).toBeLessThan(0.05 + 3 * Math.sqrt((0.05 * 0.95) / TRIALS));
    if (visits >= 5) expect(slower + faster).toBeGreaterThan(0.02);
  });

  test.each<[string, Machine]>([
    ['a quiet', QUIET],
    ['a busy', BUSY],
  ])('on %s machine, with a threshold, hardly ever alarms', (_, machine) => {
    const { slower } = trials({ visits: 8, ratio: 1, machine, threshold: 0.03 });
    expect(slower).toBeLessThanOrEqual(0.01);
  });

  test('a machine that became a quarter slower is no regression', () => {
    const { slower } = trials({ visits: 8, ratio: 1, machine: QUIET, threshold: 0.03, slow: 1.25 });
    expect(slower).toBeLessThanOrEqual(0.01);
  });
});

describe('ten percent slower', PATIENCE, () => {
  test.each<[string, Machine, number, number]>([
    ['a quiet', QUIET, 6, 0.97],
    ['a quiet', QUIET, 8, 0.99],
    ['a busy', BUSY, 12, 0.7],
  ])('is found on %s machine', (_, machine, visits, least) => {
    expect(trials({ visits, ratio: 1.1, machine, threshold: 0.03 }).slower).toBeGreaterThanOrEqual(least);
  });

  test('is found on a machine that became faster', () => {
    const { slower } = trials({ visits: 8, ratio: 1.1, machine: QUIET, threshold: 0.03, slow: 0.8 });
    expect(slower).toBeGreaterThanOrEqual(0.99);
  });
});

/** Visits of a given lower quartile each. */
const visits = (...medians: readonly number[]): VisitSample[] =>
  medians.map((ms) => ({ samplesMs: [0.9 * ms, ms, 2 * ms, 3 * ms, 4 * ms], calibrationMs: 1 }));

test('names each end by where the interval lies', () => {
  const rule = { threshold: 0.05 };
  const older = visits(1, 1.01, 0.99, 1, 1);
  expect(compareRuns(older, visits(1.2, 1.21, 1.19, 1.2, 1.2), rule).change).toBe('slower');
  expect(compareRuns(older, visits(0.8, 0.81, 0.79, 0.8, 0.8), rule).change).toBe('faster');
  expect(compareRuns(older, visits(1.01, 1, 1.02, 1, 1.01), rule).change).toBe('same');
  // Beyond 1, but not by more than the threshold.
  expect(compareRuns(older, visits(1.06, 1.04, 1.08, 1.06, 1.05), rule).change).toBe('unclear');
  expect(compareRuns(older, visits(0.8, 1.4, 1.2, 1, 1.6), rule).change).toBe('unclear');
});

test('the ratio is that of the visits’ times, the machine’s change taken away', () => {
  const older = visits(2, 2, 2);
  const newer = visits(6, 6, 6).map((visit) => ({ ...visit, calibrationMs: 1.5 }));
  const { ratio, machine } = compareRuns(older, newer);
  expect(machine).toBeCloseTo(1.5, 10);
  expect(ratio?.value).toBeCloseTo(2, 10);
});

test('what makes more than half of the timings longer, but not all, is the machine’s and no regression', () => {
  const disturbed = visits(1, 1.01, 0.99).map((visit) => ({
    ...visit,
    samplesMs: [1, 1, 2, 2, 2].map((factor) => factor * timeOf(visit)),
  }));
  expect(compareRuns(visits(1, 1.01, 0.99), disturbed).ratio?.value).toBeCloseTo(1, 10);
});

test('one visit has no spread: nothing is said of it', () => {
  const comparison = compareRuns(visits(1), visits(9, 9, 9));
  expect(comparison.change).toBe('unclear');
  expect(comparison.ratio).toBeUndefined();
});

test('visits that agree to the last bit have an interval of no width', () => {
  expect(compareRuns(visits(1, 1, 1), visits(1.1, 1.1, 1.1)).change).toBe('slower');
  expect(compareRuns(visits(1, 1, 1), visits(1, 1, 1)).change).toBe('same');
});

test('a visit far out moves neither the ratio nor the interval by much', () => {
  const older = visits(1, 1.01, 0.99, 1, 1.02, 0.98);
  const newer = visits(1.1, 1.11, 1.09, 1.1, 1.12, 1.08);
  const clean = compareRuns(older, newer).ratio;
  const hit = compareRuns(older, [...newer.slice(0, 5), ...visits(5)]).ratio;
  expect(hit?.value).toBeCloseTo(clean?.value ?? NaN, 1);
  expect(hit?.low).toBeGreaterThan(1.05);
});

test.each([
  // Tables of Student's distribution, two-sided 95 %.
  [1, 12.706],
  [2, 4.303],
  [3, 3.182],
  [5, 2.571],
  [8, 2.306],
  [30, 2.042],
  [100, 1.984],
  [1e9, 1.96],
])('Student’s quantile on %d degrees of freedom is %d', (freedom, quantile) => {
  expect(studentQuantile(freedom)).toBeCloseTo(quantile, 2);
});
