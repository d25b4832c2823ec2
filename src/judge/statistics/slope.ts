/**
 * How fast a memory figure grows, and how sure that is.
 *
 * A least-squares line would not do: memory grows by pages and by doublings, a collector drops it at moments of its own,
 * and it settles only after a while. So
 *
 * 1. the first quarter of the curve is left out: caches, pools and compiled code come to be then;
 * 2. where the figure falls by much of what it spans, a collector is at work, and what grows between its turns is garbage
 *    that it has not come to: only the troughs count;
 * 3. otherwise neighbours are made one (the median of a few), for they are not independent;
 * 4. the slope is Theil and Sen's, the median of the slopes of all pairs, and its 95 % interval Sen's (1968), from the
 *    distribution of Kendall's S. Below five points that distribution cannot be sure of anything, and the interval is all
 *    that the pairs span.
 */
import { median, sorted } from './summary.js';
import type { Interval } from '../../protocol/performance.js';

export interface Point {
  readonly at: number;
  readonly value: number;
}

export interface Growth {
  /** Per unit of `at`. */
  readonly slope: Interval;
  /** The lesser of the slopes of the two halves: a step is in one of them alone, and growth that ends is settling. */
  readonly lasting: number;
  /** Points that the slope rests on. */
  readonly points: number;
  /** Whether the figure fell in between, as under a collector; only troughs count then. */
  readonly collected: boolean;
}

const SETTLING = 0.25;
/** A fall by so much of what the curve spans is a collection. */
const COLLECTION = 1 / 3;
/** Points that are left of a curve whose neighbours were made one. */
const BATCHES = 8;
/** Kendall's S can tell nothing at 5 %, two-sided, from fewer points. */
export const FEWEST_POINTS = 5;
const Z = 1.959964;

/**
 * @param curve in any order; where two points share an `at`, both count
 * @returns `undefined` of fewer than three settled points: there is no slope to tell
 */
export function growthOf(curve: readonly Point[]): Growth | undefined {
  const settled = settledPart(curve);
  if (settled.length < 3) return undefined;
  const fall = deepestFall(settled);
  const values = settled.map(({ value }) => value);
  const span = Math.max(...values) - Math.min(...values);
  const collected = span > 0 && fall >= COLLECTION * span && shareOfFalls(values) <= 1 / 3;
  const points = collected ? troughs(settled, fall / 2) : batched(settled);
  const middle = points.length / 2;
  // The point in the middle of an odd number belongs to both.
  const halves = [points.slice(0, Math.ceil(middle)), points.slice(Math.floor(middle))];
  return {
    slope: senInterval(points),
    lasting: Math.min(...halves.map(theilSen)),
    points: points.length,
    collected,
  };
}

function settledPart(curve: readonly Point[]): Point[] {
  const ordered = [...curve].sort((a, b) => a.at - b.at);
  const [first, last] = [ordered[0], ordered.at(-1)];
  if (first === undefined || last === undefined) return [];
  const from = first.at + SETTLING * (last.at - first.at);
  return ordered.filter(({ at }) => at >= from);
}

/** The most that the curve falls from any point to a later one. */
function deepestFall(points: readonly Point[]): number {
  let [peak, fall] = [-Infinity, 0];
  for (const { value } of points) {
    peak = Math.max(peak, value);
    fall = Math.max(fall, peak - value);
  }
  return fall;
}

/** A collector falls steeply and seldom; noise falls in half of all steps. */
function shareOfFalls(values: readonly number[]): number {
  const steps = values.slice(1).map((value, i) => value - (values[i] as number));
  return steps.filter((step) => step < 0).length / steps.length;
}

/** The lowest point of each descent of at least `least`, up to the next ascent of as much. */
function troughs(points: readonly Point[], least: number): Point[] {
  const found: Point[] = [];
  let peak = -Infinity;
  let lowest: Point | undefined;
  for (const point of points) {
    if (lowest === undefined) {
      peak = Math.max(peak, point.value);
      if (peak - point.value >= least) lowest = point;
    } else if (point.value < lowest.value) {
      lowest = point;
    } else if (point.value - lowest.value >= least) {
      found.push(lowest);
      [peak, lowest] = [point.value, undefined];
    }
  }
  return lowest === undefined ? found : [...found, lowest];
}

/** Successive points made one by their medians: about {@link BATCHES} are left. */
function batched(points: readonly Point[]): Point[] {
  const size = Math.max(1, Math.floor(points.length / BATCHES));
  // What is over goes to the first batches that there are: it is dropped from the front, where settling is.
  const rest = points.length % size;
  const batches: Point[] = [];
  for (let i = rest; i < points.length; i += size) {
    const own = points.slice(i, i + size);
    batches.push({ at: median(own.map(({ at }) => at)), value: Math.min(...own.map(({ value }) => value)) });
  }
  return batches;
}

function pairSlopes(points: readonly Point[]): number[] {
  return points.flatMap((a, i) =>
    points.slice(i + 1).flatMap((b) => (b.at === a.at ? [] : [(b.value - a.value) / (b.at - a.at)])),
  );
}

/** Median of the slopes of all pairs; 0 where there is no pair. */
function theilSen(points: readonly Point[]): number {
  const slopes = pairSlopes(points);
  return slopes.length === 0 ? 0 : median(slopes);
}

function senInterval(points: readonly Point[]): Interval {
  const ranked = sorted(pairSlopes(points));
  if (ranked.length === 0) return { value: 0, low: 0, high: 0 };
  const [least = NaN, most = NaN] = [ranked[0], ranked.at(-1)];
  const value = median(ranked);
  if (points.length < FEWEST_POINTS) return { value, low: least, high: most };
  const reach = Z * Math.sqrt(varianceOfS(points));
  const low = ranked[Math.floor((ranked.length - reach) / 2) - 1] ?? least;
  const high = ranked[Math.ceil((ranked.length + reach) / 2)] ?? most;
  return { value, low, high };
}

/** Of Kendall's S between `at` and value, were they independent; tied values make it smaller. */
function varianceOfS(points: readonly Point[]): number {
  const variance = (n: number): number => (n * (n - 1) * (2 * n + 5)) / 18;
  const ties = new Map<number, number>();
  for (const { value } of points) ties.set(value, (ties.get(value) ?? 0) + 1);
  return [...ties.values()].reduce((left, n) => left - variance(n), variance(points.length));
}
