/** Keeps what the page prints and every error that nobody caught, for drivers that hear no console of their own. */
import type { ConsoleEntry } from '../src/protocol/observation.js';

const LIMIT = 500;
const entries: ConsoleEntry[] = [];

function describe(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return value.stack ?? String(value);
  try {
    // JSON.stringify(undefined) is undefined, whatever its type says.
    const text: unknown = JSON.stringify(value);
    return typeof text === 'string' ? text : String(value);
  } catch {
    return String(value);
  }
}

export interface ConsoleOptions {
  /** Is told after each line. */
  readonly heard?: () => void;
  /** `true`: lines are kept and printed nowhere. */
  readonly silent?: boolean;
}

export function installConsole({ heard, silent = false }: ConsoleOptions = {}): void {
  const keep = (level: ConsoleEntry['level'], text: string): void => {
    if (entries.length < LIMIT) entries.push({ level, text });
    heard?.();
  };

  const levels = { debug: 'debug', log: 'log', info: 'info', warn: 'warning', error: 'error' } as const;
  for (const method of Object.keys(levels) as (keyof typeof levels)[]) {
    const original = console[method].bind(console);
    console[method] = (...values: unknown[]): void => {
      keep(levels[method], values.map(describe).join(' '));
      if (!silent) original(...values);
    };
  }
  addEventListener('error', (event) => {
    keep('error', `uncaught: ${describe(event.error ?? event.message)}`);
  });
  addEventListener('unhandledrejection', (event) => {
    keep('error', `unhandled rejection: ${describe(event.reason)}`);
  });
}

export function drainConsole(): ConsoleEntry[] {
  return entries.splice(0);
}
