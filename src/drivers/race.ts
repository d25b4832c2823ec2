/** Waiting with an end: every wait of a driver goes through here, so none is for ever and none leaves a loose rejection. */

/** What {@link race} gives when the time is over. */
export const LATE = Symbol('late');

/** Node fires a timer at once when its delay is longer than this. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * Waits for `work`, but no longer than `deadlineMs`, and not when `signal` is aborted.
 *
 * Work that loses is left to itself; should it fail later, nobody hears of it. Unlike `Promise.race` with a long-lived
 * promise, nothing is kept of a wait that has ended.
 *
 * @returns what `work` resolves to, or {@link LATE}.
 * @throws what `work` rejects with, or the signal's reason.
 */
export function race<T>(work: Promise<T>, deadlineMs: number, signal?: AbortSignal): Promise<T | typeof LATE> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    const abort = (): void => {
      end();
      reject(reasonOf(signal));
    };
    const timer = setTimeout(
      () => {
        end();
        resolve(LATE);
      },
      Math.min(deadlineMs, LONGEST_TIMER_MS),
    );
    work.then(
      (value) => {
        end();
        resolve(value);
      },
      (error: unknown) => {
        end();
        reject(error instanceof Error ? error : new Error(String(error)));
      },
    );
    if (signal?.aborted === true) abort();
    else signal?.addEventListener('abort', abort);
  });
}

function reasonOf(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason;
  return reason instanceof Error ? reason : new Error(String(reason));
}

/** Waits for `work` whatever becomes of it, at most `deadlineMs`. Never rejects. @returns whether it was done in time. */
export async function settled(work: Promise<unknown>, deadlineMs: number): Promise<boolean> {
  try {
    return (await race(work, deadlineMs)) !== LATE;
  } catch {
    return true;
  }
}

/** Lets one piece of work in at a time, in the order of asking. */
export class Turnstile {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `work` when its turn comes. Whoever is next waits for its end, but not longer than `patienceMs`. */
  pass<T>(work: () => Promise<T>, patienceMs: number): Promise<T> {
    const before = this.#last;
    const turn = before.then(work);
    this.#last = before.then(() => settled(turn, patienceMs));
    return turn;
  }
}
