/** Writing into `reports/` in such a way that a full disk or an unwritable place loses nothing that was gathered. */
import {
  appendFileSync,
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { PlumblineError, messageOf } from '../protocol/errors.js';

/**
 * A folder for reports. The first write that fails moves it, once, to a fallback below the system's temporary folder,
 * and says so; later writes go there. Nothing here throws: {@link failure} tells that something went wrong.
 *
 * All writes are synchronous and small: a kill loses nothing that was written, and reporters are called one by one.
 */
export class ReportFolder {
  #root: string;
  #fallback: string | undefined;
  #failure: PlumblineError | undefined;
  readonly #say: (error: PlumblineError) => void;

  /** @param say - Is told of the first failure, at once. */
  constructor(root: string, say: (error: PlumblineError) => void = sayOnStderr) {
    this.#root = root;
    this.#say = say;
  }

  /** Where writes go now. */
  get root(): string {
    return this.#root;
  }

  /** `E_REPORT_WRITE` once a write has failed. */
  get failure(): PlumblineError | undefined {
    return this.#failure;
  }

  /**
   * Makes the folder, proves with one byte that `file` can be written, and leaves it empty. The file is emptied rather
   * than removed: it may be a link to a place that the user chose.
   */
  start(file: string): void {
    this.#attempt((root) => {
      mkdirSync(root, { recursive: true });
      const descriptor = openSync(path.join(root, file), 'w');
      try {
        writeSync(descriptor, '\n');
        ftruncateSync(descriptor, 0);
      } finally {
        closeSync(descriptor);
      }
    });
  }

  /** Removes what an earlier run left. */
  clear(...entries: readonly string[]): void {
    this.#attempt((root) => {
      for (const entry of entries) rmSync(path.join(root, entry), { recursive: true, force: true });
    });
  }

  write(file: string, content: string | Uint8Array): void {
    this.#attempt((root) => {
      const target = path.join(root, file);
      mkdirSync(path.dirname(target), { recursive: true });
      writeFileSync(target, content);
    });
  }

  append(file: string, text: string): void {
    this.#attempt((root) => {
      appendFileSync(path.join(root, file), text);
    });
  }

  #attempt(action: (root: string) => void): void {
    try {
      action(this.#root);
    } catch (thrown) {
      if (this.#fallback !== undefined) {
        // The fallback fails as well: said once, in place of the first failure.
        this.#fail(`neither ${this.#root} nor the place before it can be written: ${messageOf(thrown)}`, thrown);
        return;
      }
      const lost = this.#root;
      try {
        this.#fallback = mkdtempSync(path.join(os.tmpdir(), 'plumbline-reports-'));
        this.#root = this.#fallback;
        this.#fail(`${lost} can't be written (${messageOf(thrown)}); results go to ${this.#fallback}`, thrown);
      } catch (again) {
        this.#fallback = lost;
        this.#fail(`${lost} can't be written (${messageOf(thrown)}), nor a fallback (${messageOf(again)})`, thrown);
        return;
      }
      this.#attempt(action);
    }
  }

  #fail(message: string, cause: unknown): void {
    if (this.#failure?.detail === message) return;
    this.#failure = new PlumblineError('E_REPORT_WRITE', message, { cause });
    this.#say(this.#failure);
  }
}

export function sayOnStderr(error: PlumblineError): void {
  process.stderr.write(`\n${error.message}\n${error.hint}\n`);
}
