import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { canSeeProcesses, commandLine, findProcesses, isRunning, kill } from './processes.js';

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) if (child.pid !== undefined) kill(-child.pid);
});

/** Runs a shell script with a marker in its environment, in a process group of its own. */
function run(script: string, marker: string): number {
  const [name = '', value = ''] = marker.split('=');
  const child = spawn('/bin/sh', ['-c', script], { env: { ...process.env, [name]: value }, detached: true });
  started.push(child);
  return child.pid ?? 0;
}
const pidsOf = (...args: Parameters<typeof findProcesses>): number[] => findProcesses(...args).map(({ pid }) => pid);
let count = 0;
const newMarker = (): string => `PLUMBLINE_TEST=${String(process.pid)}-${String(count++)}.`;
const SLEEP = 'sleep 60';

describe.runIf(canSeeProcesses)('findProcesses', () => {
  test('finds the marked and nobody else, the root first', async () => {
    const marker = newMarker();
    const root = run(`${SLEEP} & ${SLEEP} & wait`, marker);
    run(SLEEP, newMarker());
    await vi.waitFor(() => {
      expect(pidsOf(marker)).toHaveLength(3);
    });
    expect(pidsOf(marker)[0]).toBe(root);
    expect(pidsOf(newMarker())).toEqual([]);
  });

  test('finds descendants that do not bear the marker', async () => {
    const marker = newMarker();
    run(`env -i /bin/sh -c '${SLEEP} & wait' & wait`, marker);
    await vi.waitFor(() => {
      expect(pidsOf(marker)).toHaveLength(3);
    });
  });

  test('finds orphans without the marker by the group, and no other group of the same id', async () => {
    const marker = newMarker();
    const root = run(`env -i ${SLEEP} & wait`, marker);
    await vi.waitFor(() => {
      expect(findProcesses(marker).map(({ pid }) => commandLine(pid)[0])).toContain('sleep');
    });
    const [leader] = findProcesses(marker);
    const startTicks = leader?.startTicks ?? 0;
    expect(leader).toMatchObject({ pid: root, group: root, parent: process.pid });
    expect(pidsOf(newMarker(), new Map([[root, startTicks + 1]]))).toEqual([]);
    kill(root);
    await vi.waitFor(() => {
      expect(isRunning(root)).toBe(false);
    });
    expect(pidsOf(marker)).toEqual([]);
    expect(pidsOf(marker, new Map([[root, startTicks]]))).toHaveLength(1);
  });
});

test('isRunning: a zombie has ended', async () => {
  const [pid] = (await once(
    // The shell becomes a sleep, which never reaps the shell's child.
    spawnAndRead('sleep 0.01 & echo $!; exec sleep 60'),
    'data',
  )) as [Buffer];
  await vi.waitFor(() => {
    expect(isRunning(Number(pid.toString()))).toBe(false);
  });
  expect(isRunning(process.pid)).toBe(true);
});

function spawnAndRead(script: string) {
  const child = spawn('/bin/sh', ['-c', script], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  started.push(child);
  return child.stdout;
}
