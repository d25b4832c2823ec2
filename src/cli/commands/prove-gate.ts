/** `plumbline prove-gate`: shows on this machine that the gate is silent on the same code and finds ten percent. */
import { mkdir, readFile, rm } from 'node:fs/promises';
import path from 'node:path';
import Table from 'cli-table3';
import pc from 'picocolors';
import {
  appendToLedger,
  isDone,
  judgeProof,
  planProof,
  readLedger,
  type Entry,
  type Planned,
  type ProvenCell,
} from '../../../bench/gate/proof.js';
import { measureRun, RUN, type MeasuredRun } from '../../../bench/gate/run.js';
import { findEngine } from '../../browsers/find.js';
import { buildPage } from '../../build/page.js';
import { replaceFile } from '../../datasets/replace.js';
import { DEFAULT_RULE } from '../../judge/regression.js';
import { loadModels } from '../../plan/cards.js';
import { planCells, type PlannedCell } from '../../plan/plan.js';
import { targetSlug } from '../../protocol/cell.js';
import { PlumblineError } from '../../protocol/errors.js';
import { reportPaths } from '../../report/paths.js';
import { driverFor } from '../../testing/driver.js';
import globalSetup from '../../testing/global-setup.js';
import { mutants } from '../../../tests/mutants/plugin.js';

/** Fifty microseconds an inference: of such a small model pages differ most. */
const CELLS = ['lenet5/onnx-fp32/ort-wasm-t1@chromium'];

export interface ProveGateCommand {
  /** Cell ids, separated by commas. */
  readonly cells?: string | undefined;
  /** Begin no further comparison after so many minutes; the next call goes on from there. */
  readonly minutes?: number | undefined;
  /** Whether to forget what was measured before. */
  readonly fresh: boolean;
  /** Measure nothing: judge what was measured. */
  readonly judgeOnly: boolean;
  /** Name of the ledger below `reports/gate/`: the rule is chosen on others than the proof is made of. */
  readonly ledger?: string | undefined;
}

/**
 * Writes `reports/gate/<ledger>.jsonl`, raw, and `reports/gate.json`.
 * @returns the exit code: 0 when the proof is complete and holds
 * @throws PlumblineError `E_USAGE` for a cell that there is none of, or a ledger of another machine or version
 */
export async function proveGate(command: ProveGateCommand): Promise<number> {
  const { minutes = Infinity, ledger = 'proof', fresh, judgeOnly } = command;
  const { root } = reportPaths(process.cwd());
  const file = path.join(root, 'gate', `${ledger}.jsonl`);
  if (fresh) await rm(file, { force: true });
  const ids = command.cells?.split(',').map((id) => id.trim()) ?? CELLS;
  const entries = await readLedger(file);
  if (judgeOnly && entries.length === 0) {
    throw new PlumblineError('E_USAGE', `nothing was measured: there is no ${file}`, {
      hint: 'Run `npm run prove:gate`.',
    });
  }
  if (!judgeOnly) await measureAll(ids, entries, file, performance.now() + minutes * 60_000);
  const proven = judgeProof(entries.filter(({ cell }) => ids.includes(cell)));
  await mkdir(root, { recursive: true });
  const report = { schema: 1, rule: DEFAULT_RULE, run: RUN, ledger: path.relative(root, file), results: proven };
  await replaceFile(path.join(root, 'gate.json'), `${JSON.stringify(report, null, 2)}\n`);
  console.log(`\n${tableOf(proven)}\nRaw timings: ${file}`);
  const isWhole =
    proven.length === 2 * ids.length && proven.every(({ comparisons, demanded }) => comparisons >= demanded);
  if (!isWhole) console.log(pc.yellow('The proof is not complete: run the command again, it goes on from here.'));
  return isWhole && proven.every(({ held }) => held) ? 0 : 1;
}

/** Adds to `entries` and to the ledger what is missing. */
async function measureAll(ids: readonly string[], entries: Entry[], file: string, until: number): Promise<void> {
  const todo = planProof(ids).filter((planned) => !isDone(entries, planned));
  if (todo.length === 0) return;
  const cells = new Map(ids.map((id) => [id, cellOf(id)]));
  const tearDown = await globalSetup();
  try {
    const real = (await buildPage()).outDir;
    const slugs = [...cells.values()].map(({ target }) => [targetSlug(target), 'slow'] as const);
    const outDir = path.join(path.dirname(file), 'slow-page');
    const stamp = (await readFile(path.join(real, '.stamp'), 'utf8')).slice(0, 12);
    const slow = (await buildPage({ outDir, plugins: [mutants(Object.fromEntries(slugs), { slowPercent: 10 })] }))
      .outDir;
    for (const planned of todo) {
      if (performance.now() > until) return;
      const cell = cells.get(planned.cell) as PlannedCell;
      const driver = driverFor(await findEngine(cell.key.browser as 'chromium'));
      const older = await measureRun(cell, driver, real);
      const newer = await measureRun(cell, driver, planned.kind === 'slow' ? slow : real);
      const entry = toEntry(planned, `${driver.browser} on page ${stamp}`, older, newer);
      if (entries.some(({ cell: id, setting }) => id === entry.cell && setting !== entry.setting)) {
        throw new PlumblineError('E_USAGE', `${file} was measured on something else than ${entry.setting}`, {
          hint: 'Start anew with --fresh.',
        });
      }
      await appendToLedger(file, entry);
      entries.push(entry);
      say(entry);
    }
  } finally {
    await tearDown();
  }
}

function cellOf(id: string): PlannedCell {
  const found = planCells(loadModels().models).find((cell) => cell.id === id);
  if (found === undefined) throw new PlumblineError('E_USAGE', `the plan has no cell ${id}`);
  return found;
}

function toEntry(planned: Planned, browser: string, older: MeasuredRun, newer: MeasuredRun): Entry {
  const { cpu, os, browserVersion, runtimeVersion } = newer.platform;
  const versions = [`${browser}, ${browserVersion}`, `runtime ${runtimeVersion}`];
  const copy = ({ visits }: MeasuredRun): Entry['older'] =>
    visits.map(({ samplesMs, calibrationMs }) => ({ samplesMs: [...samplesMs], calibrationMs }));
  return {
    schema: 1,
    ...planned,
    at: new Date().toISOString(),
    setting: [cpu, os, ...versions, JSON.stringify(RUN)].join('; '),
    older: copy(older),
    newer: copy(newer),
  };
}

function say(entry: Entry): void {
  const [end] = judgeProof([entry]).flatMap(({ ends }) => ends);
  if (end === undefined) return;
  const { cell, kind, number, change, ratio, machine: shift, right } = end;
  const interval =
    ratio === undefined ? '' : `×${ratio.value.toFixed(3)} [${ratio.low.toFixed(3)}, ${ratio.high.toFixed(3)}]`;
  const text = `${cell} ${kind} ${String(number + 1)}: ${change} ${interval}, the machine ×${shift.toFixed(3)}`;
  console.log(right ? text : pc.red(text));
}

function tableOf(proven: readonly ProvenCell[]): string {
  const table = new Table({
    head: ['Cell', 'Newer run', 'Comparisons', 'Called slower', 'Demanded', 'Held'].map((name) => pc.bold(name)),
    colAligns: ['left', 'left', 'right', 'right', 'left', 'left'],
    style: { head: [], border: [] },
  });
  for (const { cell, kind, comparisons, demanded, ends, allowed, wrong, held } of proven) {
    const alarms = kind === 'same' ? wrong : comparisons - wrong;
    const demand =
      kind === 'same'
        ? `≤ ${String(allowed)} of ${String(demanded)}`
        : `≥ ${String(demanded - allowed)} of ${String(demanded)}`;
    const faster = ends.filter(({ change }) => change === 'faster').length;
    const shown = faster === 0 ? String(alarms) : `${String(alarms)} (${String(faster)} faster)`;
    const what = kind === 'same' ? 'the same code' : '10 % slower';
    table.push([cell, what, String(comparisons), shown, demand, held ? pc.green('yes') : pc.red('no')]);
  }
  return table.toString();
}
