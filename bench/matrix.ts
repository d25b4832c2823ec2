/** How long the accuracy matrix takes, and how much of that is the harness itself. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PROJECT_ROOT } from '../src/paths.js';
import { PlumblineError, type Phase } from '../src/protocol/errors.js';
import { resultRecordSchema, type ResultRecord } from '../src/protocol/record.js';
import config from '../playwright.config.js';
import { timed, type Benchmark, type Say } from './benchmark.js';

const SAY_EVERY_MS = 30_000;

interface MatrixRun {
  readonly ms: number;
  readonly records: readonly ResultRecord[];
}

export const matrixMinutes: Benchmark = {
  name: 'matrix-minutes',
  unit: 'min',
  target: 20,
  better: 'lower',
  how: 'wall time of the whole accuracy matrix, baselines computed anew; one run',
  async measure(say) {
    const { ms } = await theMatrix(say);
    return { value: ms / 60_000, samples: [ms / 60_000] };
  },
};

export const harnessShare: Benchmark = {
  name: 'harness-share',
  unit: '%',
  target: 15,
  better: 'lower',
  how: 'share of the workers’ time in that run that was not runtime load, model load or inference; waiting at the end included',
  async measure(say) {
    const { ms, records } = await theMatrix(say);
    const workers = Number(config.workers);
    const workMs = records.reduce((sum, record) => sum + workOf(record), 0);
    say(
      `${String(records.length)} cells: ${(workMs / 1000).toFixed(0)} s of work in ${String(workers)} × ${(ms / 1000).toFixed(0)} s`,
    );
    const value = 100 * (1 - workMs / (workers * ms));
    return { value, samples: [{ wallMs: ms, workers, workMs }] };
  },
};

const WORK: readonly (Phase | undefined)[] = ['runtime-load', 'model-load', 'run'];

/**
 * Milliseconds that a cell spent on what any page would have to do: compile, load, infer. A runtime that refuses a model
 * does so in the middle of it: that counts, too, up to there.
 */
export function workOf({ timing, reason }: Pick<ResultRecord, 'timing' | 'reason'>): number {
  const { runtimeLoadMs, modelFetchMs, sessionMs, firstInferenceMs, inferenceMs = [], brokeOffMs } = timing ?? {};
  const refusedMs = WORK.includes(reason?.phase) ? brokeOffMs : 0;
  return [runtimeLoadMs, modelFetchMs, sessionMs, firstInferenceMs, ...inferenceMs, refusedMs].reduce<number>(
    (sum, ms) => sum + (ms ?? 0),
    0,
  );
}

let run: Promise<MatrixRun> | undefined;

/** `npx playwright test` as a newcomer runs it first: all of it, into empty folders, with no baseline computed yet. Once. */
function theMatrix(say: Say): Promise<MatrixRun> {
  return (run ??= runMatrix(say));
}

async function runMatrix(say: Say): Promise<MatrixRun> {
  const folder = await mkdtemp(path.join(tmpdir(), 'plumbline-bench-'));
  try {
    const { ms } = await timed(() => runPlaywright(folder, say));
    const lines = await readFile(path.join(folder, 'reports', 'results.jsonl'), 'utf8');
    const records = lines
      .trimEnd()
      .split('\n')
      .map((line) => resultRecordSchema.parse(JSON.parse(line)));
    return { ms, records };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function runPlaywright(folder: string, say: Say): Promise<void> {
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
