/**
 * Whether a cell became slower from one run to another.
 *
 * Timings of one page lie close together; pages do not: each has its code compiled, laid out and scheduled anew, on a
 * machine that has moved on. An interval made of pooled timings leaves that out, and calls the same code run twice
 * different. So a visit counts as one observation, and the interval is Student's over visits, of logarithms, with the
 * tails trimmed, for a visit that something else of the machine's fell upon is told by no average (K. K. Yuen, "The
 * two-sample trimmed t for unequal population variances", Biometrika 61, 1974).
 *
 * What stands for a visit is the lower quartile of its timings: whatever else a machine does makes a timing longer, never
 * shorter, so that the median moves with it and this does not. A change of the code moves both.
 *
 * Both runs had the same kernel timed around each visit: what that says the machine became slower by is taken away.
 */
import { mean, quantile } from 'simple-statistics';
import type { Interval } from '../protocol/performance.js';

/** The timings of one page. */
export interface VisitSample {
  /** Milliseconds an inference. */
  readonly samplesMs: readonly number[];
  /** Lower quartile of the calibration kernel's times around the visit. */
  readonly calibrationMs: number;
}

export interface RegressionRule {
  /** By how much the interval must exclude 1: 0.03 is three percent. */
  readonly threshold: number;
}

/** Chosen on runs that the proof of the gate does not use: see docs/regressions.md. */
export const DEFAULT_RULE: RegressionRule = { threshold: 0.03 };

/** Visits below which a run has no spread to speak of. */
export const LEAST_VISITS = 2;

/**
 * `slower`, `faster`: the whole interval lies beyond the threshold. `same`: it lies within. `unclear`: neither, so that
 * more visits are needed to tell.
 */
export const CHANGES = ['slower', 'faster', 'same', 'unclear'] as const;
export type Change = (typeof CHANGES)[number];

export interface Comparison {
  readonly change: Change;
  /** New over old, the machine's own change taken away; absent where a run has too few visits. */
  readonly ratio?: Interval;
  /** The kernel's times, new over old: what the machine itself changed by. */
  readonly machine: number;
}

/**
 * Compares two runs of one cell.
 * @param older, newer - the visits of each run, each with one timing at least
 */
export function compareRuns(
  older: readonly VisitSample[],
  newer: readonly VisitSample[],
  { threshold }: RegressionRule = DEFAULT_RULE,
): Comparison {
  const machine = Math.exp(trimmed(newer.map(calibration)).mean - trimmed(older.map(calibration)).mean);
  if (Math.min(older.length, newer.length) < LEAST_VISITS) return { change: 'unclear', machine };
  const ratio = ratioOf(older.map(logTime), newer.map(logTime));
  return { change: changeOf(ratio, threshold), ratio, machine };
}

function changeOf({ low, high }: Interval, threshold: number): Change {
  const bound = 1 + threshold;
  if (low > bound) return 'slower';
  if (high < 1 / bound) return 'faster';
  return low >= 1 / bound && high <= bound ? 'same' : 'unclear';
}

const calibration = ({ calibrationMs }: VisitSample): number => Math.log(calibrationMs);
const logTime = (visit: VisitSample): number => Math.log(timeOf(visit)) - calibration(visit);

/** What stands for a visit, in milliseconds an inference. */
export const timeOf = ({ samplesMs }: VisitSample): number => quantile([...samplesMs], 0.25);

/** Yuen's interval of the difference of two trimmed means, brought back from logarithms. */
function ratioOf(older: readonly number[], newer: readonly number[]): Interval {
  const [a, b] = [trimmed(older), trimmed(newer)];
  const difference = b.mean - a.mean;
  const variance = a.variance + b.variance;
  // Welch's degrees of freedom. No spread at all (a clock that steps) has no need of them.
  const freedom =
    variance === 0 ? Infinity : variance ** 2 / (a.variance ** 2 / a.freedom + b.variance ** 2 / b.freedom);
  const half = variance === 0 ? 0 : studentQuantile(Math.max(1, freedom)) * Math.sqrt(variance);
  return { value: Math.exp(difference), low: Math.exp(difference - half), high: Math.exp(difference + half) };
}

/** Of each tail, from five values on. */
const TRIM = 0.2;

interface Trimmed {
  readonly mean: number;
  /** Squared standard error of the mean. */
  readonly variance: number;
  readonly freedom: number;
}

/** Mean without the tails, and its error from the values with the tails drawn in (winsorized). */
function trimmed(values: readonly number[]): Trimmed {
  const sorted = [...values].sort((a, b) => a - b);
  const cut = Math.floor(TRIM * sorted.length);
  const kept = sorted.slice(cut, sorted.length - cut);
  const drawnIn = [...Array<number>(cut).fill(kept[0] ?? NaN), ...kept, ...Array<number>(cut).fill(kept.at(-1) ?? NaN)];
  const centre = mean(drawnIn);
  const squares = drawnIn.reduce((sum, value) => sum + (value - centre) ** 2, 0);
  const freedom = kept.length - 1;
  return { mean: mean(kept), variance: squares / (kept.length * freedom), freedom };
}

/**
 * How many standard errors a two-sided 95 % interval reaches on `freedom` degrees of freedom, one or more, whole or not.
 * With `t = sqrt(freedom) * tan(angle)`, Student's density is a power of a cosine: summed until 95 % are within.
 */
export function studentQuantile(freedom: number): number {
  if (freedom > 10_000) return 1.96;
  const steps = 1_000;
  const weights = Array.from(
    { length: steps },
    (_, i) => Math.cos((((i + 0.5) / steps) * Math.PI) / 2) ** (freedom - 1),
  );
  let missing = 0.95 * weights.reduce((sum, weight) => sum + weight, 0);
  const last = weights.findIndex((weight) => (missing -= weight) <= 0);
  const share = 1 + missing / (weights[last] ?? NaN);
  return Math.sqrt(freedom) * Math.tan((((last + share) / steps) * Math.PI) / 2);
}
