/** Memory of a browser's processes, by a yardstick that all engines share. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { MemoryReading } from '../protocol/performance.js';

/** Memory of a tree of processes, and how it was read; empty where the system does not tell. */
export type ProcessMemory = Pick<MemoryReading, 'processBytes' | 'yardstick'>;

/**
 * Memory of processes, in bytes.
 *
 * - Linux: proportional set size (`smaps_rollup`). Pages that several processes share are counted in parts, so that the
 *   sum over a tree is what the tree really takes.
 * - macOS: resident set size, as `ps` tells it. Shared pages count once in each process, so a sum is too large, about by
 *   the same in every reading: differences within one browser can be used, sums of different browsers hardly compared.
 * - Windows: nothing.
 */
export async function processMemory(pids: readonly number[], platform = process.platform): Promise<ProcessMemory> {
  if (platform === 'linux') {
    const processBytes = await processTreePss(pids);
    return processBytes === undefined ? {} : { processBytes, yardstick: 'pss' };
  }
  if (platform !== 'darwin' || pids.length === 0) return {};
  // `ps` fails where one of the processes is gone, and tells of the others all the same.
  const { stdout } = await promisify(execFile)('ps', ['-o', 'rss=', '-p', pids.join(',')]).catch(
    (failed: unknown) => failed as { stdout?: string },
  );
  const processBytes = parsePs(stdout ?? '');
  return processBytes === 0 ? {} : { processBytes, yardstick: 'rss' };
}

/** Sum of what `ps -o rss=` prints: KiB, a line a process. */
export function parsePs(printed: string): number {
  return (printed.match(/\d+/g) ?? []).reduce((sum, kib) => sum + Number(kib) * 1024, 0);
}

/** Proportional set size of processes, in bytes; `undefined` where the system does not tell. */
export async function processTreePss(pids: readonly number[]): Promise<number | undefined> {
  const readings = await Promise.all(pids.map(pssOf));
  const known = readings.filter((reading) => reading !== undefined);
  return known.length === 0 ? undefined : known.reduce((sum, reading) => sum + reading, 0);
}

async function pssOf(pid: number): Promise<number | undefined> {
  // A process may be gone by now, or be another user's.
  const text = await readFile(`/proc/${String(pid)}/smaps_rollup`, 'utf8').catch(() => '');
  const kib = /^Pss:\s+(\d+) kB$/m.exec(text)?.[1];
  return kib === undefined ? undefined : Number(kib) * 1024;
}

/** Between two readings of a peak: reading walks the page tables of every process, which they feel. */
const POLL_MS = 50;

/**
 * The highest of the readings that are taken while `work` is under way, and of one after it.
 * @param read one reading
 */
export async function peakDuring(
  read: () => Promise<ProcessMemory>,
  work: Promise<unknown>,
  pollMs = POLL_MS,
): Promise<ProcessMemory> {
  let peak: ProcessMemory = {};
  const note = async (): Promise<void> => {
    const reading = await read();
    if ((reading.processBytes ?? 0) > (peak.processBytes ?? -1)) peak = reading;
  };
  const state = { done: false };
  const ended = work.finally(() => {
    state.done = true;
  });
  // What became of the work is told when it is awaited, after the last reading.
  const settled = ended.catch(() => undefined);
  while (!state.done) {
    await note();
    await Promise.race([settled, new Promise((resolve) => setTimeout(resolve, pollMs))]);
  }
  await note();
  await ended;
  return peak;
}
