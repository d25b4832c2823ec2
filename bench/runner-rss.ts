/** Whether the runner's memory grows with the number of images. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { PROJECT_ROOT } from '../src/paths.js';
import { PlumblineError } from '../src/protocol/errors.js';
import { median, type Benchmark } from './benchmark.js';

const SMALL = 1_000;
const LARGE = 10_000;
const ROUNDS = 3;
const MB = 1024 * 1024;

/**
 * Each reading is of a process of its own, for memory that a process has once had it seldom gives back: after a large
 * cell a small one would look as large. A process prepares, cleans up, and then tells the highest resident set that its
 * one cell reached (see `runner-rss.process.ts`).
 */
export const runnerRss: Benchmark = {
  name: 'runner-rss-growth-mb',
  unit: 'MB',
  target: 40,
  better: 'lower',
  how:
    `peak resident memory of the runner in a cell of 10,000 images, less that in one of 1,000; ` +
    `medians of ${String(ROUNDS)} processes each, interleaved`,
  async measure(say) {
    const samples: { smallMb: number; largeMb: number }[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      const smallMb = (await peakOf(SMALL)) / MB;
      const largeMb = (await peakOf(LARGE)) / MB;
      samples.push({ smallMb, largeMb });
      say(`${String(round)}/${String(ROUNDS)}: ${smallMb.toFixed(1)} MB, then ${largeMb.toFixed(1)} MB`);
    }
    const value = median(samples.map(({ largeMb }) => largeMb)) - median(samples.map(({ smallMb }) => smallMb));
    return { value, samples };
  },
};

/** @returns bytes */
async function peakOf(images: number): Promise<number> {
  const script = path.join(PROJECT_ROOT, 'bench', 'runner-rss.process.ts');
  const child = spawn(process.execPath, ['--expose-gc', '--import', 'tsx', script, String(images)], {
    cwd: PROJECT_ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const bytes = Number(output);
  if (code !== 0 || !(bytes > 0)) {
    throw new PlumblineError('E_INTERNAL', `the process that runs a cell ended with ${String(code)}: ${output}`);
  }
  return bytes;
}
