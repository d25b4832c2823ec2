/** `plumbline baseline`: keeps performance results, and says whether a later run became slower. */
import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import pc from 'picocolors';
import { replaceFile } from '../../datasets/replace.js';
import { compareWith, newestLike, tally, type RunComparison } from '../../history/compare.js';
import { differences } from '../../history/fingerprint.js';
import { comparisonData, comparisonDoc, comparisonTable, slowerDrawings, summaryLine } from '../../history/report.js';
import { historyDir, readHistory, runFromRecords, saveRun, type BadFile, type SavedRun } from '../../history/store.js';
import { DEFAULT_RULE } from '../../judge/regression.js';
import { PlumblineError, messageOf } from '../../protocol/errors.js';
import type { ResultRecord } from '../../protocol/record.js';
import { reportPaths } from '../../report/paths.js';
import { readResults } from '../../report/read-results.js';

/** With so many visits a run, ten percent are found on a machine that does other things as well. */
const ENOUGH_VISITS = 10;

interface Results {
  /** Default: `reports/results.jsonl`. */
  readonly results?: string | undefined;
  readonly now?: Date;
}

export interface SaveCommand extends Results {
  /** Default: the time of now. */
  readonly name?: string | undefined;
}

export interface CompareCommand extends Results {
  /** Name of a save; default: the newest of the same machine and versions. */
  readonly against?: string | undefined;
  readonly threshold?: number | undefined;
  /** Whether it is a failure when there is nothing to compare with. */
  readonly strict?: boolean;
}

/**
 * Saves the performance results of the last run into the history.
 * @throws PlumblineError `E_USAGE` when there are none, for a name that can't be one or is taken, `E_REPORT_WRITE`
 */
export async function saveBaseline({ name, results, now = new Date() }: SaveCommand): Promise<number> {
  const run = runFromRecords(recordsOf(results), name ?? timeName(now), now);
  const file = await saveRun(run);
  console.log(`${String(run.cells.length)} cells saved as "${run.name}": ${file}`);
  return 0;
}

/** Lists the history, the newest first. */
export async function listBaselines(): Promise<number> {
  const { runs, bad } = await readHistory();
  tell(bad);
  for (const { name, at, cells, fingerprint } of runs) {
    const versions = Object.entries({ ...fingerprint.browsers, ...fingerprint.runtimes });
    const shown = versions.map(([what, version]) => `${what} ${version}`).join(', ');
    console.log(`${pc.bold(name)}  ${at}  ${String(cells.length)} cells  ${pc.dim(`${fingerprint.cpu}; ${shown}`)}`);
  }
  if (runs.length === 0)
    console.log(`There is no baseline in ${historyDir()}: \`npx plumbline baseline save\` makes one.`);
  return 0;
}

/**
 * Compares the last run with a save, and writes `reports/regressions.md` and `.json`.
 * @returns the exit code: 1 when a cell became slower, or, if `strict`, when there is nothing to compare with
 * @throws PlumblineError `E_USAGE` when there are no results or no save of that name, `E_HISTORY` when that is damaged
 */
export async function compareBaseline(command: CompareCommand): Promise<number> {
  const { against, threshold = DEFAULT_RULE.threshold, strict = false, now = new Date() } = command;
  if (!(threshold >= 0 && threshold < 10)) {
    throw new PlumblineError('E_USAGE', '--threshold is a share, such as 0.03 for three percent');
  }
  const newer = runFromRecords(recordsOf(command.results), 'this-run', now);
  const { runs, bad } = await readHistory();
  tell(bad);
  const older = against === undefined ? newestLike(runs, newer) : named(against, runs, bad);
  if (older === undefined) return nothingToCompare(runs, newer, strict);
  const comparison = compareWith(older, newer, { threshold });
  if (comparison.cells.length === 0) {
    throw new PlumblineError('E_USAGE', `"${older.name}" has no cell in common with the results`);
  }
  await write(comparison);
  print(comparison);
  return tally(comparison.cells).slower > 0 ? 1 : 0;
}

function named(name: string, runs: readonly SavedRun[], bad: readonly BadFile[]): SavedRun {
  const found = runs.find((run) => run.name === name);
  if (found !== undefined) return found;
  const damaged = bad.find(({ file }) => path.basename(file) === `${name}.json`);
  if (damaged !== undefined) throw damaged.error;
  const names = runs.map((run) => run.name).join(', ');
  throw new PlumblineError('E_USAGE', `there is no baseline "${name}" in ${historyDir()}`, {
    hint: names === '' ? 'Save one: `npx plumbline baseline save`.' : `There are ${names}.`,
  });
}

function nothingToCompare(runs: readonly SavedRun[], newer: SavedRun, strict: boolean): number {
  const say = strict ? console.error : console.log;
  say(
    `Nothing was compared: ${historyDir()} has no baseline of this machine and these versions with a cell of this run.`,
  );
  for (const run of runs.slice(0, 3)) {
    const why = differences(run.fingerprint, newer.fingerprint).join('; ');
    say(`  ${run.name}: ${why === '' ? 'other cells' : why}`);
  }
  say('Save this run with `npx plumbline baseline save`, or name a baseline: `baseline compare --against NAME`.');
  return strict ? 1 : 0;
}

async function write(comparison: RunComparison): Promise<void> {
  const { root } = reportPaths(process.cwd());
  try {
    await mkdir(root, { recursive: true });
    await replaceFile(path.join(root, 'regressions.md'), comparisonDoc(comparison));
    await replaceFile(path.join(root, 'regressions.json'), `${JSON.stringify(comparisonData(comparison))}\n`);
  } catch (cause) {
    throw new PlumblineError('E_REPORT_WRITE', `${root}: ${messageOf(cause)}`, { cause });
  }
}

function print(comparison: RunComparison): void {
  const { older, onlyOlder, onlyNewer } = comparison;
  console.log(`Against "${older.name}" of ${older.at}`);
  for (const difference of comparison.differences) console.log(pc.yellow(`Not alike: ${difference}`));
  const parts = [comparisonTable(comparison, pc.isColorSupported), slowerDrawings(comparison)];
  for (const part of parts) if (part !== '') console.log(`${part}\n`);
  const left = [
    `${String(onlyOlder.length)} cells only in the baseline`,
    `${String(onlyNewer.length)} only in this run`,
  ];
  if (onlyOlder.length + onlyNewer.length > 0) console.log(`${left.join(', ')}: not compared`);
  const few = comparison.cells.filter(
    ({ comparison: { change }, older: before, newer }) =>
      change === 'unclear' && Math.min(before.length, newer.length) < ENOUGH_VISITS,
  );
  if (few.length > 0) {
    const cells = few.length === 1 ? '1 cell is' : `${String(few.length)} cells are`;
    const more = `PLUMBLINE_VISITS=${String(ENOUGH_VISITS)} npm run perf`;
    console.log(`${cells} unclear for want of visits: \`${more}\` makes more, for both runs.`);
  }
  const line = summaryLine(comparison);
  console.log(tally(comparison.cells).slower > 0 ? pc.red(line) : pc.green(line));
  console.log(path.join(reportPaths(process.cwd()).root, 'regressions.md'));
}

function tell(bad: readonly BadFile[]): void {
  for (const { error } of bad) console.error(pc.yellow(`${error.message}\n${error.hint}`));
}

/** `2026-11-24T13-05-09Z`: a file name on every system. */
const timeName = (now: Date): string => now.toISOString().replace(/\.\d+/, '').replaceAll(':', '-');

const recordsOf = (file = reportPaths(process.cwd()).results): ResultRecord[] => readResults(file, 'npm run perf');
