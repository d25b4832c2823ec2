/** One run of one cell, as a CI would have it: a browser of its own and several visits, by the code of `npm run perf`. */
import { loadDatasetOf } from '../../src/datasets/index.js';
import type { HarnessDriver } from '../../src/drivers/index.js';
import { PagePool } from '../../src/gather/pages.js';
import { visitCell } from '../../src/gather/performance.js';
import { DEFAULT_DEADLINES, MEASURE, type MeasureSettings } from '../../src/gather/settings.js';
import { calibrationOf } from '../../src/judge/index.js';
import type { VisitSample } from '../../src/judge/regression.js';
import { planVisit } from '../../src/plan/performance.js';
import type { PlannedCell } from '../../src/plan/plan.js';
import { PlumblineError, fromErrorRecord } from '../../src/protocol/errors.js';
import type { PerformanceObservation } from '../../src/protocol/performance.js';
import { harnessUrl, startHarness } from '../../src/server/harness.js';

/** What a run is made of. Chosen on runs that the proof does not use: see docs/regressions.md. */
export const RUN = { visits: 10, series: { timings: 2_000, budgetMs: 500, minClockSteps: 50 }, calibrations: 100 };

const SETTINGS: MeasureSettings = { ...MEASURE, series: RUN.series, calibrations: RUN.calibrations };

export interface MeasuredRun {
  readonly platform: PerformanceObservation['platform'];
  readonly visits: readonly VisitSample[];
}

/**
 * @param page - folder of the built page: the product's own, or one with something in it spoiled
 * @throws PlumblineError what kept a visit from being measured
 */
export async function measureRun(cell: PlannedCell, driver: HarnessDriver, page: string): Promise<MeasuredRun> {
  const dataset = await loadDatasetOf(cell.model);
  const server = await startHarness({ page });
  const pool = new PagePool(driver, harnessUrl(server), DEFAULT_DEADLINES, { sharedProfile: true });
  const context = { pool, server, dataset, deadlines: DEFAULT_DEADLINES, settings: SETTINGS };
  try {
    const visits: VisitSample[] = [];
    let platform: MeasuredRun['platform'] | undefined;
    for (let number = 1; number <= RUN.visits; number++) {
      const visit = { ...planVisit(cell, number, RUN.visits), turn: number - 1 };
      const observed = await visitCell(visit, context, {});
      visits.push(sampleOf(observed));
      platform = observed.platform;
    }
    if (platform === undefined) throw new PlumblineError('E_INTERNAL', 'a run has no visits');
    return { platform, visits };
  } finally {
    await pool.close();
    await server.close();
  }
}

function sampleOf({ id, visits, fault, probe }: PerformanceObservation): VisitSample {
  const [visit] = visits;
  if (visit?.latency === undefined) {
    if (fault !== undefined) throw fromErrorRecord(fault);
    throw new PlumblineError('E_INTERNAL', `${id} gave no timings: ${probe?.words ?? 'it does not say why'}`);
  }
  return { samplesMs: visit.latency.samplesMs, calibrationMs: calibrationOf(visit.calibration) };
}
