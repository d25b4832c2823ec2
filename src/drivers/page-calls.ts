/**
 * Calls into a page: deadlines, and telling a late call from a hung page, a crash and a navigation. Every driver has the
 * same rules, for it supplies a {@link PageChannel} alone.
 *
 * A call is kept in the page under a number and asked for in slices. So a driver whose session does one thing at a time
 * is never held up longer than a slice by a page that lives, and a page that answers "not yet" at the deadline has shown
 * in the same breath that it is alive.
 *
 * Arguments and answers cross as JSON text, for that is what all drivers carry alike: Playwright alone would keep NaN or
 * `undefined`, and it is slower on large objects.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { PlumblineError, messageOf } from '../protocol/errors.js';
import type { PageBridge } from '../protocol/messages.js';
import type { CallOptions } from './driver.js';
import { LATE, race } from './race.js';

/** What a driver supplies: a way to run a function in the page. */
export interface PageChannel {
  /**
   * Runs `script` in the page. Both travel as text: the script uses its argument and the page's globals alone.
   * Rejects in the driver's own words when it can't.
   */
  evaluate<A, R>(script: (argument: A) => R | Promise<R>, argument: A): Promise<R>;
  /** Aborted, with a PlumblineError as its reason, once the page or its browser is gone. */
  readonly gone: AbortSignal;
  /** How long one evaluation may wait in the page. */
  readonly sliceMs: number;
}

/** How much longer than the deadline a page may take to say that it lives. */
export const PING_MS = 2000;
/** How often, with which pause, it is asked what has become of a page in which an evaluation failed. */
const LOOKS = 15;
const LOOK_PAUSE_MS = 100;
const READY_POLL_MS = 10;

type CallState =
  | { readonly state: 'done'; readonly answer: string }
  | { readonly state: 'pending' }
  | { readonly state: 'broken'; readonly message: string; readonly stack: string | undefined }
  | { readonly state: 'away'; readonly url: string };

interface CallRequest {
  readonly id: number;
  readonly method: string;
  /** JSON; absent when the call was started before and is only asked for. */
  readonly argument?: string;
  readonly waitMs: number;
}

interface ReadyState {
  readonly ready: boolean;
  readonly url: string;
  /** HTTP status of the document, where the browser tells (WebKit does not). */
  readonly status: number | undefined;
}

/** The page's globals that the scripts below use. */
interface PageGlobals {
  readonly plumbline?: PageBridge;
  /** Calls under way. It is there exactly in the document that {@link PageCalls.ready} saw. */
  plumblineCalls?: Map<number, Promise<CallState>>;
  readonly location: { readonly href: string };
  readonly performance: { getEntriesByType(type: 'navigation'): { readonly responseStatus?: number }[] };
}

// The functions below are sent to the page as text. They have no named functions inside: esbuild would wrap those in a
// helper of its own (`__name`), which is not there in the page.

/** In the page: starts a call, or asks for one that was started. Never rejects. */
export function callInPage({ id, method, argument, waitMs }: CallRequest): Promise<CallState> {
  const page = globalThis as unknown as PageGlobals;
  const calls = page.plumblineCalls;
  if (calls === undefined) return Promise.resolve({ state: 'away', url: page.location.href });
  if (argument !== undefined) {
    calls.set(
      id,
      Promise.resolve()
        .then(() => page.plumbline?.call(method, JSON.parse(argument)))
        .then(
          (answer): CallState => ({ state: 'done', answer: JSON.stringify(answer ?? null) }),
          (error: unknown): CallState => ({
            state: 'broken',
            message: String(error),
            stack: error instanceof Error ? error.stack : undefined,
          }),
        ),
    );
  }
  const call = calls.get(id);
  if (call === undefined) {
    return Promise.resolve({ state: 'broken', message: 'the page does not know the call', stack: undefined });
  }
  return new Promise((resolve) => {
    let waiting = true;
    const timer = setTimeout(() => {
      waiting = false;
      resolve({ state: 'pending' });
    }, waitMs);
    void call.then((state) => {
      // Kept until somebody takes it: it may come between two slices.
      if (!waiting) return;
      clearTimeout(timer);
      calls.delete(id);
      resolve(state);
    });
  });
}

/** In the page: whether `window.plumbline` is there; if so, marks this document as the one that is called. */
export function readyInPage(): ReadyState {
  const page = globalThis as unknown as PageGlobals;
  const ready = page.plumbline !== undefined;
  if (ready) page.plumblineCalls ??= new Map();
  const status = page.performance.getEntriesByType('navigation')[0]?.responseStatus;
  return { ready, url: page.location.href, status: status === 0 ? undefined : status };
}

/** In the page: the address, and whether this is the document that is called. */
export function whereInPage(): { readonly same: boolean; readonly url: string } {
  const page = globalThis as unknown as PageGlobals;
  return { same: page.plumblineCalls !== undefined, url: page.location.href };
}

/** The calls of one page. */
export class PageCalls {
  readonly #channel: PageChannel;
  #nextId = 1;

  constructor(channel: PageChannel) {
    this.#channel = channel;
  }

  /**
   * Waits until `window.plumbline` is there, in the document that the page was sent to.
   *
   * @param deadline on the clock of `performance.now()`.
   * @param arrived whether the driver says that the navigation is over: then a blank page is all that will come.
   * @throws PlumblineError `E_PAGE_READY`, `E_PAGE_TIMEOUT`, `E_BROWSER_CRASHED`.
   */
  async ready(url: string, deadline: number, arrived: boolean): Promise<void> {
    let last = 'the document did not come';
    for (;;) {
      const left = Math.max(0, deadline - performance.now());
      try {
        const state = await race(this.#channel.evaluate(readyInPage, null), left + PING_MS, this.#channel.gone);
        if (state === LATE) throw hung(`${url} did not become ready`);
        if (state.ready) return;
        if (state.status !== undefined && state.status >= 400) {
          throw new PlumblineError('E_PAGE_READY', `${url} answered with HTTP status ${String(state.status)}`);
        }
        // WebKitGTK's driver reports no error when there is no server.
        if (arrived && state.url === 'about:blank') {
          throw new PlumblineError('E_PAGE_READY', `${url} could not be loaded: does its server run?`);
        }
        last = `${state.url} has no window.plumbline`;
      } catch (thrown) {
        if (thrown instanceof PlumblineError) throw thrown;
        // A document that is being replaced fails what runs in it.
        last = firstLine(thrown);
      }
      if (left === 0) throw new PlumblineError('E_PAGE_READY', `The page was not ready in time: ${last}`);
      await sleep(READY_POLL_MS);
    }
  }

  /** See {@link DriverPage.call}. */
  async call(method: string, argument: unknown, options: CallOptions): Promise<unknown> {
    const { deadlineMs, timeoutCode = 'E_PAGE_TIMEOUT' } = options;
    const id = this.#nextId++;
    const deadline = performance.now() + deadlineMs;
    let unsent: { argument?: string } = { argument: JSON.stringify(argument ?? null) };
    for (;;) {
      const left = Math.max(0, deadline - performance.now());
      const waitMs = Math.min(left, this.#channel.sliceMs);
      const state = await this.#evaluate(callInPage, { id, method, waitMs, ...unsent }, left + PING_MS, `'${method}'`);
      unsent = {};
      switch (state.state) {
        case 'done':
          return JSON.parse(state.answer) as unknown;
        case 'broken':
          throw new PlumblineError(
            'E_DRIVER',
            `The page's bridge failed in '${method}': ${headedStack(state.message, state.stack)}`,
          );
        case 'away':
          throw navigated(`'${method}'`, state.url);
        case 'pending':
          if (waitMs === left) {
            throw new PlumblineError(
              timeoutCode,
              `'${method}' was not done after ${String(deadlineMs)} ms; the page still answers`,
            );
          }
      }
    }
  }

  async #evaluate<A, R>(
    script: (argument: A) => R | Promise<R>,
    argument: A,
    withinMs: number,
    what: string,
  ): Promise<R> {
    try {
      const result = await race(this.#channel.evaluate(script, argument), withinMs, this.#channel.gone);
      if (result !== LATE) return result;
    } catch (thrown) {
      throw thrown instanceof PlumblineError ? thrown : await this.#explain(thrown, what);
    }
    throw hung(`${what} was not done in its time`);
  }

  /** Finds out why an evaluation failed: the page died, went elsewhere, hangs, or none of these. */
  async #explain(thrown: unknown, what: string): Promise<PlumblineError> {
    // While a page is replaced or dies, the old document may still answer, or nothing may; what is true shows soon.
    for (let look = 0; look < LOOKS; look++) {
      try {
        const where = await race(this.#channel.evaluate(whereInPage, null), PING_MS, this.#channel.gone);
        if (where === LATE) return hung(`${what} failed (${firstLine(thrown)})`);
        if (!where.same) return navigated(what, where.url);
      } catch (again) {
        if (again instanceof PlumblineError) return again;
      }
      await sleep(LOOK_PAUSE_MS);
    }
    return new PlumblineError('E_DRIVER', `${what} failed: ${messageOf(thrown)}`, { cause: thrown });
  }
}

/** The first line of what a library says; the others are its call log or stack. */
export function firstLine(thrown: unknown): string {
  return messageOf(thrown).split('\n', 1)[0] ?? '';
}

/** A stack with the error's name and message before it; Chromium has them there, Firefox and WebKit have not. */
export function headedStack(head: string, stack: string | undefined): string {
  if (stack === undefined || stack.trim() === '') return head;
  return stack.startsWith(head) ? stack : `${head}\n${stack}`;
}

const hung = (what: string): PlumblineError =>
  new PlumblineError('E_PAGE_TIMEOUT', `${what}, and the page does not answer: its event loop stands still`);

const navigated = (what: string, url: string): PlumblineError =>
  new PlumblineError('E_PAGE_NAVIGATED', `${what}: the page has left for ${url}`);
