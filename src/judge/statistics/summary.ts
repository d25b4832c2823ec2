/**
 * Numbers that describe a sample. Quantiles are of one definition throughout: linear between order statistics, the first of
 * which is the quantile of 0 and the last that of 1 (type 7 of Hyndman & Fan 1996; that of simple-statistics, and of
 * src/protocol/steady.ts). The median of an even number of values is the mean of the two in the middle.
 */
import { medianSorted, quantileSorted } from 'simple-statistics';

/** Samples from which on the 90th and the 99th percentile are told: the early-stopping floors of MLPerf Inference. */
export const PERCENTILE_FLOORS = { p90: 64, p99: 662 } as const;

/** Ascending, as numbers; a copy. */
export const sorted = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

/** The median; NaN of nothing. */
export function median(values: readonly number[]): number {
  return values.length === 0 ? NaN : medianSorted(sorted(values));
}

/**
 * @param p in [0, 1]
 * @returns the `p` quantile; NaN of nothing
 */
export function quantile(values: readonly number[], p: number): number {
  return values.length === 0 ? NaN : quantileSorted(sorted(values), p);
}

/** The 90th and 99th percentile, each only of as many values as it takes to tell it. */
export function highPercentiles(values: readonly number[]): { p90?: number; p99?: number } {
  const { p90, p99 } = PERCENTILE_FLOORS;
  return {
    ...(values.length < p90 ? {} : { p90: quantile(values, 0.9) }),
    ...(values.length < p99 ? {} : { p99: quantile(values, 0.99) }),
  };
}

/** How many values lie beyond Tukey's fences: 1.5 interquartile ranges below the first or above the third quartile. */
export function countOutliers(values: readonly number[]): number {
  const [first, third] = [quantile(values, 0.25), quantile(values, 0.75)];
  const reach = 1.5 * (third - first);
  return values.filter((value) => value < first - reach || value > third + reach).length;
}
