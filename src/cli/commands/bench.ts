/** `plumbline bench`: measures what the suite promises of its own speed, and says which promises hold. */
import { mkdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import Table from 'cli-table3';
import pc from 'picocolors';
import { BENCHMARKS } from '../../../bench/all.js';
import { resultOf, type Benchmark, type BenchResult, type Measurement } from '../../../bench/benchmark.js';
import { machine } from '../../machine.js';
import { PlumblineError, messageOf } from '../../protocol/errors.js';
import { reportPaths } from '../../report/paths.js';
import globalSetup from '../../testing/global-setup.js';

export interface BenchCommand {
  /** Names, separated by commas; absent: all. */
  readonly only?: string | undefined;
  /** Whether a target that is not held makes the command fail. */
  readonly strict: boolean;
}

/**
 * Writes `reports/bench.json`, which holds the benchmarks of this run.
 * @returns the exit code: 1 when something could not be measured or, if `strict`, when a target is not held
 * @throws PlumblineError `E_USAGE` for a name that no benchmark has
 */
export async function bench({ only, strict }: BenchCommand): Promise<number> {
  const chosen = choose(only);
  console.log(`${machine().os}; ${machine().cpu}; load ${load()}`);
  const results: BenchResult[] = [];
  const tearDown = await globalSetup();
  try {
    for (const benchmark of chosen) results.push(resultOf(benchmark, await measure(benchmark)));
  } finally {
    await tearDown();
  }
  const file = path.join(reportPaths().root, 'bench.json');
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(results, null, 2)}\n`);
  console.log(`\n${tableOf(results)}\n${summary(results)}\nLoad at the end ${load()}. Raw samples: ${file}`);
  const unmeasured = results.some(({ value }) => value === null);
  return unmeasured || (strict && !results.every(({ held }) => held)) ? 1 : 0;
}

function choose(only: string | undefined): readonly Benchmark[] {
  if (only === undefined) return BENCHMARKS;
  const names = only.split(',').map((name) => name.trim());
  const known = BENCHMARKS.map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new PlumblineError('E_USAGE', `there is no benchmark ${unknown.join(', ')}`, {
      hint: `Choose from ${known.join(', ')}.`,
    });
  }
  return BENCHMARKS.filter(({ name }) => names.includes(name));
}

/** One benchmark that cannot be measured takes no other down. */
async function measure(benchmark: Benchmark): Promise<Measurement | undefined> {
  console.log(`\n${pc.bold(benchmark.name)}  ${pc.dim(benchmark.how)}`);
  try {
    return await benchmark.measure((line) => {
      console.log(pc.dim(`  ${line}`));
    });
  } catch (thrown) {
    console.error(pc.red(`  not measured: ${messageOf(thrown)}`));
    return undefined;
  }
}

function tableOf(results: readonly BenchResult[]): string {
  const table = new Table({
    head: ['Benchmark', 'Value', 'Target', 'Held'].map((name) => pc.bold(name)),
    colAligns: ['left', 'right', 'right', 'left'],
    style: { head: [], border: [] },
  });
  for (const { name, value, unit, target, better, held } of results) {
    const bound = `${better === 'lower' ? '≤' : '≥'} ${String(target)} ${unit}`;
    const shown = value === null ? 'not measured' : `${show(value)} ${unit}`;
    table.push([name, shown, bound, held ? pc.green('yes') : pc.red('NO')]);
  }
  return table.toString();
}

function summary(results: readonly BenchResult[]): string {
  const missed = results.filter(({ held }) => !held).map(({ name }) => name);
  return missed.length === 0
    ? pc.green('Every target is held.')
    : pc.red(`Not held: ${missed.join(', ')}. Other work on the machine makes all of them worse.`);
}

/** Three significant digits or so. */
const show = (value: number): string => value.toFixed(Math.abs(value) < 10 ? 2 : 1);

const load = (): string => (os.loadavg()[0] ?? 0).toFixed(1);
