/**
 * `plumbline judge`: verdicts anew from the observations of runs that are over, by the tolerances and expectations of
 * now, and whether those would have seen mutants of what was observed. Runs no browser; changes no file.
 */
import path from 'node:path';
import { atBatch } from '../../baseline/native-timing.js';
import { latencyBatch } from '../../gather/performance.js';
import { summarizeTeeth } from '../../judge/index.js';
import { loadPerformance, loadSoak } from '../../observations/measured.js';
import { loadObservation } from '../../observations/store.js';
import { calibrationsOn } from '../../observations/visits.js';
import { loadModels } from '../../plan/cards.js';
import { nativeCells, planEverythingMeasured } from '../../plan/performance.js';
import type { PlannedCell } from '../../plan/plan.js';
import { PlumblineError } from '../../protocol/errors.js';
import type { PerformanceObservation } from '../../protocol/performance.js';
import type { ResultRecord } from '../../protocol/record.js';
import { renderMatrix } from '../../report/matrix.js';
import { isBad } from '../../report/outcome.js';
import { reportPaths } from '../../report/paths.js';
import { renderPerformance, renderSoak } from '../../report/performance-table.js';
import { renderTeeth } from '../../report/teeth-table.js';
import { baselinesByDataset } from '../../testing/baselines.js';
import { judgeMeasured, judgeSoaked } from '../../testing/judging-measured.js';
import { judgeCell } from '../../testing/judging.js';
import { readPlan } from '../../testing/plan.js';

/**
 * @returns the exit code: 0 when every cell is as expected and the tolerances have teeth
 * @throws PlumblineError `E_USAGE` when there are no observations
 */
export async function judge(): Promise<number> {
  const { observations } = reportPaths(process.cwd());
  const answers = await judgeAnswers(observations);
  const measured = await judgeAllMeasured(observations);
  const records = [...answers, ...measured];
  if (records.length === 0) {
    throw new PlumblineError('E_USAGE', `there are no observations in ${observations}`, {
      hint: 'Run `npx playwright test` first; its observations are what is judged.',
    });
  }
  if (answers.length > 0) console.log(`${renderTeeth(answers)}\n\n${renderMatrix(answers)}`);
  for (const render of [renderPerformance, renderSoak]) {
    const table = render(measured);
    if (table !== '') console.log(`\n${table}`);
  }
  const hasTeeth = answers.length === 0 || summarizeTeeth(answers.map((record) => record.teeth)).ok;
  return records.some(isBad) || !hasTeeth ? 1 : 0;
}

async function judgeAnswers(observations: string): Promise<ResultRecord[]> {
  const { cells, baselines } = readPlan();
  const baselinesOf = baselinesByDataset();
  const records: ResultRecord[] = [];
  for (const cell of [...baselines, ...cells]) {
    const observed = await loadObservation(path.join(observations, cell.id));
    if (observed === undefined) continue;
    records.push((await judgeCell(cell, observed, await baselinesOf(cell))).record);
  }
  return records;
}

/** Time and memory, and soaks. Noise is judged by all calibrations of the run, where the run itself had those so far. */
async function judgeAllMeasured(observations: string): Promise<ResultRecord[]> {
  const cells = planEverythingMeasured(loadModels().models);
  const folder = (cell: PlannedCell): string => path.join(observations, cell.id);
  const found = new Map<string, PerformanceObservation>();
  for (const cell of cells) {
    const observation = await loadPerformance(folder(cell));
    if (observation !== undefined) found.set(cell.id, observation);
  }
  const records: ResultRecord[] = [];
  for (const cell of cells) {
    const observation = found.get(cell.id);
    if (observation !== undefined) {
      const native = nativeCells(cell).flatMap(({ id }) => found.get(id) ?? []);
      const atItsBatch = native.map((each) => atBatch(each, latencyBatch(cell.artifact)));
      const calibrations = calibrationsOn(cell.key.browser, [...found.values()]);
      records.push(judgeMeasured(cell, observation, atItsBatch, calibrations).record);
    }
    const soak = await loadSoak(folder(cell));
    if (soak !== undefined) records.push(judgeSoaked(cell, soak).record);
  }
  return records;
}
