/**
 * `plumbline judge`: verdicts anew from the observations of a run that is over, by the tolerances and expectations of
 * now, and whether those would have seen mutants of what was observed. Runs no browser; changes no file.
 */
import path from 'node:path';
import { loadObservation } from '../../observations/store.js';
import { PlumblineError } from '../../protocol/errors.js';
import { summarizeTeeth } from '../../judge/index.js';
import type { ResultRecord } from '../../protocol/record.js';
import { renderMatrix } from '../../report/matrix.js';
import { isBad } from '../../report/outcome.js';
import { reportPaths } from '../../report/paths.js';
import { renderTeeth } from '../../report/teeth-table.js';
import { baselinesByDataset } from '../../testing/baselines.js';
import { judgeCell } from '../../testing/judging.js';
import { readPlan } from '../../testing/plan.js';

/**
 * @returns the exit code: 0 when every cell is as expected and the tolerances have teeth
 * @throws PlumblineError `E_USAGE` when there are no observations
 */
export async function judge(): Promise<number> {
  const { observations } = reportPaths(process.cwd());
  const { cells, baselines } = readPlan();
  const baselinesOf = baselinesByDataset();
  const records: ResultRecord[] = [];
  for (const cell of [...baselines, ...cells]) {
    const observed = await loadObservation(path.join(observations, cell.id));
    if (observed === undefined) continue;
    records.push((await judgeCell(cell, observed, await baselinesOf(cell))).record);
  }
  if (records.length === 0) {
    throw new PlumblineError('E_USAGE', `there are no observations in ${observations}`, {
      hint: 'Run `npx playwright test` first; its observations are what is judged.',
    });
  }
  console.log(`${renderTeeth(records)}\n\n${renderMatrix(records)}`);
  const teeth = summarizeTeeth(records.map((record) => record.teeth));
  return records.some(isBad) || !teeth.ok ? 1 : 0;
}
