/**
 * When a warm-up is over, and how many inferences a timing must span for the clock that there is. Pure, so that it can be
 * tested on made-up timings.
 */

export interface SteadyOptions {
  /** Inferences that a window holds at least. */
  readonly windowCount: number;
  /** Milliseconds that a window spans at least: compilers tier up by time, too, and a fast model must not outrun them. */
  readonly windowMs: number;
  /** Medians that differ by less than this share are the same, however little the timings scatter. */
  readonly sameShare: number;
}

export const STEADY: SteadyOptions = { windowCount: 5, windowMs: 60, sameShare: 0.02 };

/** Windows that must agree with each other. */
const WINDOWS = 3;

interface Window {
  readonly low: number;
  readonly median: number;
  readonly high: number;
}

/**
 * Tells when a series of timings has become steady. The series is cut into windows; it is steady when the last three agree,
 * each with each: the medians are the same, or the median of either lies within the middle 80 % of the other. The test
 * knows no distribution, and neither one slow timing nor a coarse clock misleads it; a warm-up that goes down in steps, as
 * one compiler after the other takes over, does not pass it while a step is within.
 */
export class Steadiness {
  readonly #options: SteadyOptions;
  #open: number[] = [];
  #openMs = 0;
  #closed: Window[] = [];

  constructor(options: SteadyOptions = STEADY) {
    this.#options = options;
  }

  /** Takes the next timing, in milliseconds. @returns whether the series is steady now */
  add(ms: number): boolean {
    this.#open.push(ms);
    this.#openMs += ms;
    const { windowCount, windowMs, sameShare } = this.#options;
    if (this.#open.length < windowCount || this.#openMs < windowMs) return false;
    this.#closed = [...this.#closed.slice(1 - WINDOWS), summarize(this.#open)];
    this.#open = [];
    this.#openMs = 0;
    if (this.#closed.length < WINDOWS) return false;
    return this.#closed.every((one) => this.#closed.every((other) => agree(one, other, sameShare)));
  }
}

function agree(one: Window, other: Window, sameShare: number): boolean {
  if (Math.abs(one.median - other.median) <= sameShare * Math.min(one.median, other.median)) return true;
  const holds = ({ low, high }: Window, { median }: Window): boolean => low <= median && median <= high;
  return holds(one, other) && holds(other, one);
}

function summarize(samples: readonly number[]): Window {
  const sorted = [...samples].sort((a, b) => a - b);
  return { low: quantile(sorted, 0.1), median: quantile(sorted, 0.5), high: quantile(sorted, 0.9) };
}

/** Linear interpolation between order statistics (type 7 of Hyndman and Fan, 1996). */
function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] as number;
  const above = sorted[Math.ceil(place)] as number;
  return below + (above - below) * (place - Math.floor(place));
}

/** More than any model needs that a clock can time: where this does not suffice, the clock stands still. */
export const MOST_ITERATIONS = 1 << 20;

/** A timing is planned to be longer than it must be by this, for inferences are not all of one length. */
const MARGIN = 1.25;

/**
 * How many inferences a timing must span, by one that was too short.
 *
 * @param spanMs what `iterations` inferences took; 0 where the clock saw nothing of them
 * @param leastMs what a timing must span at least
 * @returns `iterations` where the span is long enough, else more; no more than {@link MOST_ITERATIONS}
 */
export function iterationsFor(spanMs: number, iterations: number, leastMs: number): number {
  if (spanMs >= leastMs) return iterations;
  const wanted = spanMs > 0 ? Math.ceil((iterations * leastMs * MARGIN) / spanMs) : iterations * 16;
  return Math.min(MOST_ITERATIONS, Math.max(iterations + 1, wanted));
}
