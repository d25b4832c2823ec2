/** Writing into `reports/` in such a way that a full disk or an unwritable place loses nothing that was gathered. */
import {
  appendFileSync,
  closeSync,
  existsSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
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
  static readonly #open = new Map<string, ReportFolder>();

  /** The one folder that all reporters of a run share, so that a failure moves all of them, and is said once. */
  static shared(root: string): ReportFolder {
    const folder = this.#open.get(root) ?? new ReportFolder(root);
    this.#open.set(root, folder);
    return folder;
  }

  /** As {@link shared}, but forgets what happened in an earlier run of this process (the UI mode). */
  static fresh(root: string): ReportFolder {
    this.#open.delete(root);
    return this.shared(root);
  }

  #root: string;
  #fallback: string | undefined;
  #failure: PlumblineError | undefined;
  #raised = false;
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

  /** Throws {@link failure}, if there is one and it has not been thrown before: a reporter that throws turns the run red. */
  raise(): void {
    if (this.#failure === undefined || this.#raised) return;
    this.#raised = true;
    throw this.#failure;
  }

  /**
   * Makes the folder, proves with one byte that `file` can be written, and leaves it empty. The file is emptied rather
   * than removed: it may be a link to a place that the user chose.
   */
  start(file: string): void {
    this.#attempt((root) => {
      mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
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

  /** Removes the files of a folder that `isStale` says of, by their path below it, and the folders that this leaves empty. */
  prune(entry: string, isStale: (file: string) => boolean): void {
    this.#attempt((root) => {
      const base = path.join(root, entry);
      if (!existsSync(base)) return;
      const visit = (below: string): boolean => {
        let isEmpty = true;
        for (const child of readdirSync(path.join(base, below), { withFileTypes: true })) {
          const file = path.join(below, child.name);
          const isGone = child.isDirectory() ? visit(file) : isStale(file);
          if (isGone) rmSync(path.join(base, file), { recursive: true, force: true });
          else isEmpty = false;
        }
        return isEmpty;
      };
      if (visit('')) rmSync(base, { recursive: true, force: true });
    });
  }

  /** The names of what lies in a folder; none where there is none. */
  list(entry: string): string[] {
    try {
      return readdirSync(path.join(this.#root, entry));
    } catch {
      return [];
    }
  }

  /** The text of a file; `undefined` where there is none, or a device, which may have no end. */
  read(file: string): string | undefined {
    try {
      const target = path.join(this.#root, file);
      return statSync(target).isFile() ? readFileSync(target, 'utf8') : undefined;
    } catch {
      return undefined;
    }
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

  /** For what others write into the folder: tells of their failure. Later writes go to the fallback. */
  report(thrown: unknown): void {
    this.#attempt((root) => {
      if (root !== this.#fallback) throw thrown;
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
