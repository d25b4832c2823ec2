/** The clock that everything here is timed by, in a page and, for comparison, on the PC. */
import { PlumblineError } from '../../src/protocol/errors.js';

const STEPS = 200;
/** Readings without a step, a second or so of them, that show a clock that stands still; the coarsest steps 100 ms. */
const PATIENCE = 20_000_000;

/**
 * The smallest step between two readings of `performance.now()`, in milliseconds, over a few hundred steps or a tenth
 * of a second.
 * @throws PlumblineError `E_CLOCK` when the clock stands still
 */
export function clockStep(): number {
  let smallest = Infinity;
  const begun = performance.now();
  let now = begun;
  for (let step = 0; step < STEPS && now - begun < 100; step++) {
    const start = now;
    for (let readings = 0; now === start; readings++) {
      if (readings > PATIENCE) throw new PlumblineError('E_CLOCK', 'performance.now() stands still');
      now = performance.now();
    }
    smallest = Math.min(smallest, now - start);
  }
  if (!(smallest > 0 && smallest < Infinity))
    throw new PlumblineError('E_CLOCK', `performance.now() steps by ${String(smallest)} ms`);
  return smallest;
}

/** Milliseconds that `work` takes `iterations` times in a row. The loop that everybody writes, and nothing else in it. */
export async function timed(work: () => Promise<unknown>, iterations: number): Promise<number> {
  const from = performance.now();
  for (let iteration = 0; iteration < iterations; iteration++) await work();
  return performance.now() - from;
}

/**
 * Lets everything that waits for the event loop have its turn. A runtime whose promises never leave the microtasks would
 * else keep the page from answering for as long as it is measured.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    const turn = (): void => {
      port1.close();
      resolve();
    };
    port1.addEventListener('message', turn, { once: true });
    port1.start();
    port2.postMessage(null);
  });
}
