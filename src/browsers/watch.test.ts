import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { watch } from './watch.js';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'plumbline-watch-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const node = (script: string): string[] => [process.execPath, '-e', script];

describe('watch', () => {
  it('reports lines of both streams, of redrawn bars too, without colours', async () => {
    const lines: string[] = [];
    const script = `process.stdout.write('one\\r\\x1b[31mtwo\\x1b[0m\\nlast'); console.error('fault')`;
    expect(await watch(node(script), { onLine: (line) => lines.push(line) })).toBe('done');
    expect(lines.sort()).toEqual(['fault', 'last', 'one', 'two']);
  });

  it('tells failure', async () => {
    expect(await watch(node('process.exit(3)'))).toBe('failed');
    expect(await watch(['/no/such/program'])).toBe('failed');
    expect(await watch(['/no/such/program'], { stall: { ms: 60_000, folders: [] } })).toBe('failed');
  });

  it('hands the environment on', async () => {
    expect(await watch(node('process.exit(process.env.COLOUR === "blue" ? 0 : 1)'), { env: { COLOUR: 'blue' } })).toBe(
      'done',
    );
  });

  it.runIf(process.platform !== 'win32')('kills what stalls, with its children', async () => {
    const pid = join(folder, 'pid');
    const outcome = await watch(['sh', '-c', `sleep 300 & echo $! > ${pid}; wait`], {
      stall: { ms: 1_000, folders: [] },
    });
    expect(outcome).toBe('stalled');
    // A killed process takes a moment to go, and stays in the table until its new parent has taken note.
    const gone = (): boolean => {
      const state = `/proc/${readFileSync(pid, 'utf8').trim()}/stat`;
      return !existsSync(state) || / Z /.test(readFileSync(state, 'utf8'));
    };
    if (process.platform === 'linux') await expect.poll(gone, { timeout: 5_000 }).toBe(true);
  });

  /** Does something every 0.2 s for 3 s; a shell is quick to start on a busy machine, too. */
  const forThreeSeconds = (something: string): string[] => [
    'sh',
    '-c',
    `for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15; do ${something}; sleep 0.2; done`,
  ];

  it.runIf(process.platform !== 'win32')('takes lines for movement', async () => {
    expect(await watch(forThreeSeconds('echo $i'), { stall: { ms: 2_000, folders: [] } })).toBe('done');
  });

  /** Grows a file in a folder that is not there at first, without a word. */
  const growing = (deep: string): string[] =>
    forThreeSeconds(`mkdir -p ${deep}/down && echo $i >> ${deep}/down/archive`);

  it.runIf(process.platform !== 'win32')('takes a growing file for movement', async () => {
    const deep = join(folder, 'deep');
    expect(await watch(growing(deep), { stall: { ms: 2_000, folders: [deep] } })).toBe('done');
  });

  it.runIf(process.platform !== 'win32')('knows nothing of files that it was not told to watch', async () => {
    expect(await watch(growing(join(folder, 'deep')), { stall: { ms: 2_000, folders: [] } })).toBe('stalled');
  });
});
