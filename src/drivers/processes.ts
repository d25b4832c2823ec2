/** Processes of this machine, read from /proc. On systems without it nothing is found. */
import { readFileSync, readdirSync } from 'node:fs';

/** One line of the process table. */
interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  /** Clock ticks after boot; tells a process from a later one with the same id. */
  readonly startTicks: number;
}

/** Whether {@link findProcesses} can see anything here. */
export const canSeeProcesses = process.platform === 'linux';

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    // Gone in between, or another user's.
    return undefined;
  }
}

/** @returns the entry of a process that lives; a zombie has ended and only waits to be reaped. */
function entryOf(pid: number): ProcessEntry | undefined {
  const stat = read(`/proc/${String(pid)}/stat`);
  if (stat === undefined) return undefined;
  // proc(5): "pid (name) state ppid …"; the name may hold spaces and parentheses, so count from the last one.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const state = fields[0];
  if (state === 'Z' || state === 'X') return undefined;
  return { pid, parent: Number(fields[1]), startTicks: Number(fields[19]) };
}

/** @returns whether the process runs (a zombie does not). */
export function isRunning(pid: number): boolean {
  if (canSeeProcesses) return entryOf(pid) !== undefined;
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** @returns the command line of a process, empty when it is gone. */
export function commandLine(pid: number): string[] {
  return (read(`/proc/${String(pid)}/cmdline`) ?? '').split('\0').slice(0, -1);
}

/**
 * Finds the processes that have `marker` ("NAME=value") in their environment, and the descendants of those.
 *
 * Both are needed. The environment finds what was detached on purpose or orphaned when its parent died (crash handlers,
 * web processes of a killed browser); descent finds children that overwrote their environment with a process title, as
 * Chromium's do, or that hide it, as sandboxed ones do.
 *
 * @returns process ids, the oldest first: that is the root.
 */
export function findProcesses(marker: string): number[] {
  if (!canSeeProcesses) return [];
  const found = new Map<number, ProcessEntry>();
  const children = new Map<number, ProcessEntry[]>();
  for (const name of readdirSync('/proc')) {
    const pid = Number(name);
    if (!Number.isInteger(pid)) continue;
    const entry = entryOf(pid);
    if (entry === undefined) continue;
    const siblings = children.get(entry.parent);
    if (siblings === undefined) children.set(entry.parent, [entry]);
    else siblings.push(entry);
    if (read(`/proc/${name}/environ`)?.includes(marker) === true) found.set(pid, entry);
  }
  // A Map's iteration sees what is added while it runs, so this walks down to the leaves.
  for (const pid of found.keys()) {
    for (const child of children.get(pid) ?? []) found.set(child.pid, child);
  }
  return [...found.values()].sort((a, b) => a.startTicks - b.startTicks || a.pid - b.pid).map((entry) => entry.pid);
}

/** Ends a process by force; harmless when it is gone. */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It was quicker.
  }
}
