/** Console lines of a page, held until they are taken. */
import type { ConsoleEntry } from '../protocol/observation.js';

/** A page in a loop prints without end; the first lines tell the story. */
const MAX_ENTRIES = 1000;
const MAX_TEXT = 10_000;

export class ConsoleBuffer {
  #entries: ConsoleEntry[] = [];
  #dropped = 0;

  add(level: ConsoleEntry['level'], text: string): void {
    if (this.#entries.length < MAX_ENTRIES) {
      this.#entries.push({ level, text: text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text });
    } else {
      this.#dropped++;
    }
  }

  /** @returns the lines since the last call; a last one says how many there was no room for. */
  take(): ConsoleEntry[] {
    const taken = this.#entries;
    if (this.#dropped > 0) taken.push({ level: 'warning', text: `… ${String(this.#dropped)} more lines` });
    this.#entries = [];
    this.#dropped = 0;
    return taken;
  }
}
