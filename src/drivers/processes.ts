/** Processes of this machine, read from /proc. On systems without it nothing is found. */
import { readFileSync, readdirSync } from 'node:fs';

/** One line of the process table. */
export interface ProcessEntry {
  readonly pid: number;
  readonly parent: number;
  /** Process group: the id of the process that leads it, or led it. */
  readonly group: number;
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
  return { pid, parent: Number(fields[1]), group: Number(fields[2]), startTicks: Number(fields[19]) };
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
 * Finds the processes that have `marker` ("NAME=value") in their environment, those of the process groups in `groups`,
 * and the descendants of all these.
 *
 * All three are needed. The environment finds what was detached on purpose or orphaned (crash handlers, the processes of
 * a killed WebKit); descent finds children that overwrote their environment with a process title, as Chromium's do, or
 * that hide it, as sandboxed ones do; the group finds such children when their parent was killed.
 *
 * @param groups process groups by the id of their leader, with the time at which the leader started, so that a group
 *   that happens to get the same id later is not taken for it.
 * @returns the oldest first: that is the root.
 */
export function findProcesses(marker: string, groups: ReadonlyMap<number, number> = new Map()): ProcessEntry[] {
  if (!canSeeProcesses) return [];
  const all = new Map<number, ProcessEntry>();
  for (const name of readdirSync('/proc')) {
    const entry = /^\d+$/.test(name) ? entryOf(Number(name)) : undefined;
    if (entry !== undefined) all.set(entry.pid, entry);
  }
  const isOfGroup = ({ group }: ProcessEntry): boolean => {
    const leader = all.get(group);
    return groups.has(group) && (leader === undefined || leader.startTicks === groups.get(group));
  };
  const found = new Map<number, ProcessEntry>();
  const children = new Map<number, ProcessEntry[]>();
  for (const entry of all.values()) {
    children.set(entry.parent, [...(children.get(entry.parent) ?? []), entry]);
    if (isOfGroup(entry) || read(`/proc/${String(entry.pid)}/environ`)?.includes(marker) === true) {
      found.set(entry.pid, entry);
    }
  }
  // A Map's iteration sees what is added while it runs, so this walks down to the leaves.
  for (const pid of found.keys()) {
    for (const child of children.get(pid) ?? []) found.set(child.pid, child);
  }
  return [...found.values()].sort((a, b) => a.startTicks - b.startTicks || a.pid - b.pid);
}

/** Ends a process by force; harmless when it is gone. */
export function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It was quicker.
  }
}
