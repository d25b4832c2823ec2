/** One series of timings of one loaded model on inputs that are held ready. */
import { PlumblineError } from '../../src/protocol/errors.js';
import type { MeasureRequest, Series } from '../../src/protocol/performance.js';
import { MOST_ITERATIONS, STEADY, Steadiness, iterationsFor } from '../../src/protocol/steady.js';
import { clockStep, nextTurn, timed } from './clock.js';

/** One inference, awaited. */
export type Inference = () => Promise<unknown>;

const LEAST_TIMINGS = 3;
/** The warm-up may last as long as the timing, and has no less than this. */
const LEAST_WARM_UP_MS = 500;
/**
 * So many inferences a slow model has to show that it is steady, however short the budget: three windows of the test, and
 * two to come after a step. Unless they would last longer than anybody wants to wait.
 */
const WARM_UP_INFERENCES = 5 * STEADY.windowCount;
const MOST_WARM_UP_MS = 4_000;
/** The event loop has its turn after so much work: often enough for the page to stay alive, too seldom to be felt. */
const TURN_EVERY_MS = 250;

/**
 * Warms up until the timings are steady, settles how many inferences one timing spans, and takes the timings.
 * @throws PlumblineError `E_CLOCK` when a timing is zero or not finite, or is too short however many inferences it spans
 */
export async function takeSeries(infer: Inference, request: MeasureRequest): Promise<Series> {
  const { batchSize, readBack, minClockSteps } = request;
  const clockStepMs = clockStep();
  const leastMs = minClockSteps * clockStepMs;
  const { warmUpMs, steady } = await warmUp(infer, Math.max(LEAST_WARM_UP_MS, request.budgetMs));
  let iterations = await settleIterations(infer, leastMs);
  for (;;) {
    const spans = await takeTimings(infer, iterations, leastMs, request);
    const samplesMs = spans.map((span) => span / iterations);
    const short = spans.find((span) => span < leastMs);
    if (short === undefined) return { batchSize, readBack, clockStepMs, iterations, warmUpMs, steady, samplesMs };
    // Inferences have become faster, so they were not warm; what was taken so far belongs to the warm-up.
    warmUpMs.push(...samplesMs);
    iterations = lengthen(short, iterations, leastMs);
  }
}

async function warmUp(infer: Inference, budgetMs: number): Promise<{ warmUpMs: number[]; steady: boolean }> {
  const warmUpMs: number[] = [];
  const steadiness = new Steadiness();
  const turns = new Turns();
  let spent = 0;
  let steady = false;
  const inTime = (): boolean => spent < budgetMs || (warmUpMs.length < WARM_UP_INFERENCES && spent < MOST_WARM_UP_MS);
  while (!steady && inTime()) {
    const ms = checked(await timed(infer, 1), 0);
    spent += ms;
    warmUpMs.push(ms);
    steady = steadiness.add(ms);
    // A clock that stands still would let this never end.
    if (spent === 0 && warmUpMs.length >= MOST_ITERATIONS) throw tooShort(0, warmUpMs.length);
    await turns.after(ms);
  }
  return { warmUpMs, steady };
}

/** Inferences a timing, so that it is long enough; tried out, and what that takes is not told as timings. */
async function settleIterations(infer: Inference, leastMs: number): Promise<number> {
  let iterations = 1;
  for (;;) {
    const span = checked(await timed(infer, iterations), 0);
    const wanted = iterationsFor(span, iterations, leastMs);
    if (wanted === iterations) return iterations;
    iterations = lengthen(span, iterations, leastMs);
  }
}

function lengthen(span: number, iterations: number, leastMs: number): number {
  if (iterations >= MOST_ITERATIONS) throw tooShort(span, iterations);
  return iterationsFor(span, iterations, leastMs);
}

/** Stops early, with the one that is too short as its last, where a timing is: the others would be no better. */
async function takeTimings(
  infer: Inference,
  iterations: number,
  leastMs: number,
  { timings, budgetMs }: MeasureRequest,
): Promise<number[]> {
  const spans: number[] = [];
  const turns = new Turns();
  let spent = 0;
  while (spans.length < timings && (spans.length < LEAST_TIMINGS || spent < budgetMs)) {
    const span = checked(await timed(infer, iterations), Number.MIN_VALUE);
    spent += span;
    spans.push(span);
    if (span < leastMs) break;
    await turns.after(span);
  }
  return spans;
}

/** Gives the event loop its turn whenever enough was worked since the last one. */
class Turns {
  #sinceMs = 0;

  async after(ms: number): Promise<void> {
    this.#sinceMs += ms;
    if (this.#sinceMs < TURN_EVERY_MS) return;
    this.#sinceMs = 0;
    await nextTurn();
  }
}

function checked(span: number, least: number): number {
  if (Number.isFinite(span) && span >= least) return span;
  throw new PlumblineError('E_CLOCK', `a timing was ${String(span)} ms`);
}

const tooShort = (span: number, iterations: number): PlumblineError =>
  new PlumblineError('E_CLOCK', `${String(iterations)} inferences took ${String(span)} ms by this page's clock`);
