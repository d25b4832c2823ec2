/** Runs a program whose end may be far off: reports its lines as they come, and ends it when nothing moves any more. */
import { spawn } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { onOwnEnd } from './own-end.js';

export interface WatchOptions {
  /** Added to this process's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** Each line of output, without colours; a progress bar that redraws itself gives a line each time. */
  readonly onLine?: (line: string) => void;
  /** Ends the program when for so long neither a line came nor a folder of `folders` changed in size. */
  readonly stall?: { readonly ms: number; readonly folders: readonly string[] };
}

export type Outcome = 'done' | 'failed' | 'stalled';

/** Runs `command` to its end, without input. Never throws. A stalled program is killed with all that it started. */
export type Watch = (command: readonly string[], options?: WatchOptions) => Promise<Outcome>;

export const watch: Watch = async ([file = '', ...args], { env, onLine, stall } = {}) => {
  const child = spawn(file, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group can be killed whole. Only then, for outside the terminal's group sudo cannot ask for a password.
    detached: stall !== undefined,
  });
  let moved = Date.now();
  const heard = (line: string): void => {
    moved = Date.now();
    onLine?.(line);
  };
  for (const stream of [child.stdout, child.stderr]) splitLines(stream, heard);

  const ended = new Promise<Outcome>((resolve) => {
    child.once('error', () => {
      resolve('failed');
    });
    // Not `exit`: the last lines come after it.
    child.once('close', (code) => {
      resolve(code === 0 ? 'done' : 'failed');
    });
  });
  if (stall === undefined) return ended;

  const kill = (): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It ended in this very moment.
    }
  };
  const release = onOwnEnd(kill);
  const stopped = new AbortController();
  const stalled = (async (): Promise<Outcome> => {
    let size = 0;
    while (!stopped.signal.aborted) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(1_000, stall.ms / 4)));
      const now = await sizeOf(stall.folders);
      if (now !== size) moved = Date.now();
      size = now;
      if (Date.now() - moved >= stall.ms) break;
    }
    return 'stalled';
  })();
  try {
    const outcome = await Promise.race([ended, stalled]);
    if (outcome === 'stalled') {
      kill();
      await ended;
    }
    return outcome;
  } finally {
    stopped.abort();
    release();
  }
};

function splitLines(stream: NodeJS.ReadableStream, onLine: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split(/[\r\n]+/);
    rest = lines.pop() ?? '';
    for (const line of lines) onLine(stripVTControlCharacters(line));
  });
  stream.on('end', () => {
    if (rest !== '') onLine(stripVTControlCharacters(rest));
  });
}

/** Bytes of all the files under `folders`. What vanishes meanwhile counts as nothing. */
async function sizeOf(folders: readonly string[]): Promise<number> {
  let bytes = 0;
  for (const folder of folders) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
    for (const entry of entries.filter((each) => each.isFile())) {
      bytes += await stat(join(entry.parentPath, entry.name)).then(
        ({ size }) => size,
        () => 0,
      );
    }
  }
  return bytes;
}
