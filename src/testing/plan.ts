/** The plan that specs loop over. Read while a spec file is loaded, so that every cell is a test with its id for a name. */
import { baselineKey } from '../baseline/baseline.js';
import { loadModels, type BadCard, type Model } from '../plan/cards.js';
import { orderVisits, performanceOptions, planPerformance, type PlannedVisit } from '../plan/performance.js';
import { groupCells, planCells, type CellGroup, type PlannedCell } from '../plan/plan.js';
import { cellId } from '../protocol/cell.js';

export interface Plan {
  readonly cells: readonly PlannedCell[];
  readonly groups: readonly CellGroup[];
  /** The PC's own cells. */
  readonly baselines: readonly PlannedCell[];
  readonly badCards: readonly BadCard[];
}

/** The whole plan: model cards × artifacts × runtime-backends × browsers. */
export function readPlan(): Plan {
  const { models, bad } = loadModels();
  const cells = planCells(models);
  return { cells, groups: groupCells(cells), baselines: planBaselines(models), badCards: bad };
}

function planBaselines(models: readonly Model[]): PlannedCell[] {
  return models.flatMap((model) =>
    model.card.artifacts.map((artifact) => {
      const key = baselineKey(model, artifact);
      return { id: cellId(key), key, model, artifact, target: { runtime: key.runtime, backend: 'native' } };
    }),
  );
}

export interface PerformancePlan {
  /** The browsers' cells whose time and memory are measured. */
  readonly cells: readonly PlannedCell[];
  /** Their visits, and those of what they are compared with on the PC, in the order in which they are made. */
  readonly visits: readonly PlannedVisit[];
}

/** The plan of time and memory; `PLUMBLINE_PERF` and `PLUMBLINE_VISITS` say how much of it. */
export function readPerformancePlan(): PerformancePlan {
  const options = performanceOptions();
  const cells = planPerformance(loadModels().models, options);
  return { cells, visits: orderVisits(cells, options.visits) };
}
