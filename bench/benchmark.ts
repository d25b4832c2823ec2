/** What a benchmark is, and what it gives. One file a benchmark; `all.ts` lists them, `run.ts` runs them. */
import { median as medianOf } from '../src/judge/index.js';

export interface Benchmark {
  readonly name: string;
  /** "ratio", "ms", "MB", "min". */
  readonly unit: string;
  readonly target: number;
  /** Whether a lower or a higher value is the better one: the target is met at most, or at least. */
  readonly better: 'lower' | 'higher';
  /** How it is measured, in one line for people. */
  readonly how: string;
  /** @throws whatever keeps it from being measured: that is told, and never taken for a value. */
  measure(say: Say): Promise<Measurement>;
}

/** Prints a line of progress. */
export type Say = (line: string) => void;

export interface Measurement {
  readonly value: number;
  /** Every reading that the value was made from, in the order in which it was taken. */
  readonly samples: readonly (number | Readonly<Record<string, number>>)[];
}

/** One entry of `reports/bench.json`. */
export interface BenchResult {
  readonly name: string;
  /** `null` when it could not be measured. */
  readonly value: number | null;
  readonly unit: string;
  readonly target: number;
  readonly better: 'lower' | 'higher';
  readonly held: boolean;
  readonly samples: Measurement['samples'];
}

export function resultOf({ name, unit, target, better }: Benchmark, measured: Measurement | undefined): BenchResult {
  const value = measured?.value ?? null;
  const held = value !== null && (better === 'lower' ? value <= target : value >= target);
  return { name, value, unit, target, better, held, samples: measured?.samples ?? [] };
}

/** The middle value, or the mean of the two in the middle. @throws RangeError for no values */
export function median(values: readonly number[]): number {
  if (values.length === 0) throw new RangeError('there is no median of no values');
  return medianOf(values);
}

/** Resolves with what `work` does and how long it took, in milliseconds. */
export async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; value: T }> {
  const from = performance.now();
  const value = await work();
  return { ms: performance.now() - from, value };
}
