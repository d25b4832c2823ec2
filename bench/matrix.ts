/** How long the accuracy matrix takes. */
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PROJECT_ROOT } from '../src/paths.js';
import { PlumblineError } from '../src/protocol/errors.js';
import { timed, type Benchmark, type Say } from './benchmark.js';

const SAY_EVERY_MS = 30_000;

/** `npx playwright test` as a newcomer runs it first: all of it, into empty folders, with no baseline computed yet. */
export const matrix: Benchmark = {
  name: 'matrix-minutes',
  unit: 'min',
  target: 6,
  better: 'lower',
  how: 'wall time of the whole accuracy matrix, baselines computed anew; one run',
  async measure(say) {
    const folder = await mkdtemp(path.join(tmpdir(), 'plumbline-bench-'));
    try {
      const { ms } = await timed(() => runMatrix(folder, say));
      return { value: ms / 60_000, samples: [ms / 60_000] };
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  },
};

async function runMatrix(folder: string, say: Say): Promise<void> {
  const cli = createRequire(import.meta.url).resolve('@playwright/test/cli');
  const child = spawn(process.execPath, [cli, 'test', '--output', path.join(folder, 'test-results')], {
    cwd: PROJECT_ROOT,
    env: {
      ...process.env,
      PLUMBLINE_REPORTS: path.join(folder, 'reports'),
      PLUMBLINE_CACHE: path.join(folder, 'cache'),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-20_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const started = performance.now();
  const timer = setInterval(() => {
    const last = output.trimEnd().split('\n').at(-1) ?? '';
    say(`${((performance.now() - started) / 60_000).toFixed(1)} min: ${last}`);
  }, SAY_EVERY_MS);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  clearInterval(timer);
  // Cells that go red make the matrix no shorter, and the bench is not the one to judge them; but a run that broke off is none.
  if (code === 1) say(`some cells are red; the end of the output:\n${output.split('\n').slice(-20).join('\n')}`);
  else if (code !== 0) throw new PlumblineError('E_INTERNAL', `the matrix ended with ${String(code)}:\n${output}`);
}
