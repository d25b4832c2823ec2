/**
 * `plumbline judge`: verdicts anew from the observations of a run that is over, by the tolerances and expectations of
 * now. Runs no browser; changes no file.
 */
import path from 'node:path';
import { loadDataset } from '../../datasets/index.js';
import { loadObservation } from '../../observations/store.js';
import { PlumblineError } from '../../protocol/errors.js';
import type { ResultRecord } from '../../protocol/record.js';
import { renderMatrix } from '../../report/matrix.js';
import { isBad } from '../../report/outcome.js';
import { reportPaths } from '../../report/paths.js';
import { Baselines } from '../../testing/baselines.js';
import { judgeCell } from '../../testing/judging.js';
import { readPlan } from '../../testing/plan.js';

/**
 * @returns the exit code: 0 when every cell is as expected
 * @throws PlumblineError `E_USAGE` when there are no observations
 */
export async function judge(): Promise<number> {
  const { observations } = reportPaths(process.cwd());
  const { cells, baselines: baselineCells } = readPlan();
  const baselines = new Map<string, Baselines>();
  const records: ResultRecord[] = [];
  for (const cell of [...baselineCells, ...cells]) {
    const observed = await loadObservation(path.join(observations, cell.id));
    if (observed === undefined) continue;
    const { dataset: name } = cell.model.card;
    const dataset = await loadDataset(name);
    const known = baselines.get(name) ?? new Baselines(dataset);
    baselines.set(name, known);
    records.push((await judgeCell(cell, observed, dataset, known)).record);
  }
  if (records.length === 0) {
    throw new PlumblineError('E_USAGE', `there are no observations in ${observations}`, {
      hint: 'Run `npx playwright test` first; its observations are what is judged.',
    });
  }
  console.log(renderMatrix(records));
  return records.some(isBad) ? 1 : 0;
}
