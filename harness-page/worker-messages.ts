/** What the page and its worker say to each other. */
import type { PageAnswer } from '../src/protocol/messages.js';
import type { ConsoleEntry } from '../src/protocol/observation.js';

/** A call of a method of the API, or of `inferFor`. */
export interface ToWorker {
  readonly id: number;
  readonly method: string;
  readonly argument: unknown;
}

export type FromWorker =
  /** It listens from now on. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'answer'; readonly id: number; readonly answer: PageAnswer }
  /** Printed in the worker. */
  | { readonly kind: 'console'; readonly entries: readonly ConsoleEntry[] };
