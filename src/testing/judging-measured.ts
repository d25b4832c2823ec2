/** From what a cell did in `npm run perf` and `npm run soak` to its record, held against what was declared. */
import { judgePerformance, judgeSoak, performanceRecord, soakRecord } from '../judge/index.js';
import type { PlannedCell } from '../plan/plan.js';
import type { Calibration, PerformanceObservation, SoakObservation } from '../protocol/performance.js';
import { heldAgainstDeclared } from './expectations.js';
import type { JudgedCell } from './judging.js';

/**
 * Judges time and memory of a cell over all its visits.
 *
 * @param native what it is compared with on the PC, at the cell's batch size
 * @param runCalibration all calibrations of the run on the same platform
 */
export function judgeMeasured(
  { id }: Pick<PlannedCell, 'id'>,
  observation: PerformanceObservation,
  native: readonly PerformanceObservation[],
  runCalibration: readonly Calibration[],
): JudgedCell {
  const judged = judgePerformance({ observation, native, runCalibration });
  const { verdict, ok, expectation } = heldAgainstDeclared(judged, id, observation.platform.gpu, 'performance');
  const record = performanceRecord(observation, verdict, { expectation });
  return { record, ok, attachments: { record, performance: observation } };
}

/** Judges whether a cell stayed the same over hundreds of inferences. */
export function judgeSoaked({ id }: Pick<PlannedCell, 'id'>, observation: SoakObservation): JudgedCell {
  const judged = judgeSoak({ observation });
  const { verdict, ok, expectation } = heldAgainstDeclared(judged, id, observation.platform.gpu, 'soak');
  const record = soakRecord(observation, verdict, { expectation });
  return { record, ok, attachments: { record, soak: observation } };
}
