/** Memory of a browser's processes, by the yardstick that all engines share. */
import { readFile } from 'node:fs/promises';

/**
 * Proportional set size of processes, in bytes: pages that several share are counted in parts, so that the sum over a
 * tree is what the tree really takes (Linux: `smaps_rollup`). `undefined` where the system does not tell.
 */
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
