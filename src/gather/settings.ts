/** Time limits of a cell: how long each phase may take, and how long a cell may spend on inferences. */
import { PlumblineError } from '../protocol/errors.js';
import type { Target } from '../protocol/cell.js';
import type { MeasureRequest } from '../protocol/performance.js';
import { isGpu } from '../plan/targets.js';

/** Milliseconds that each phase may take before it is called late. Generous: they catch what hangs, not what is slow. */
export interface Deadlines {
  readonly launch: number;
  readonly pageReady: number;
  readonly probe: number;
  readonly runtimeLoad: number;
  readonly modelLoad: number;
  /** Beyond the budget: a batch that was started in time is let finish, and the first one may compile shaders. */
  readonly runGrace: number;
  readonly upload: number;
  readonly dispose: number;
}

export const DEFAULT_DEADLINES: Deadlines = {
  launch: 60_000,
  pageReady: 30_000,
  probe: 30_000,
  runtimeLoad: 90_000,
  modelLoad: 60_000,
  runGrace: 180_000,
  upload: 30_000,
  dispose: 15_000,
};

/**
 * The deadlines in force: the defaults, changed by `PLUMBLINE_DEADLINES`, such as `runtimeLoad=180000,upload=60000`.
 * @throws PlumblineError `E_USAGE` for an unknown name or a value that is no positive number
 */
export function deadlinesFrom(setting: string | undefined): Deadlines {
  const deadlines: Record<keyof Deadlines, number> = { ...DEFAULT_DEADLINES };
  for (const part of (setting ?? '').split(',').filter((text) => text.trim() !== '')) {
    const [name = '', value = ''] = part.split('=').map((text) => text.trim());
    const ms = Number(value);
    if (!Object.hasOwn(deadlines, name) || !(ms > 0)) {
      throw new PlumblineError('E_USAGE', `PLUMBLINE_DEADLINES: "${part}" is not name=milliseconds`, {
        hint: `Names are ${Object.keys(deadlines).join(', ')}.`,
      });
    }
    deadlines[name as keyof Deadlines] = ms;
  }
  return deadlines;
}

const WASM_BUDGET_MS = 60_000;
/** Software rasterizers and plain JavaScript run at 0.01 to 0.1 of wasm's speed: they get a prefix. */
const SLOW_BUDGET_MS = 2_000;

/**
 * Milliseconds after which no further inference is started. `PLUMBLINE_BUDGET_MS` sets one for all.
 * @throws PlumblineError `E_USAGE` when that is no positive number
 */
export function budgetMs(target: Target, setting = process.env.PLUMBLINE_BUDGET_MS): number {
  if (setting !== undefined) {
    const ms = Number(setting);
    if (!(ms > 0))
      throw new PlumblineError('E_USAGE', `PLUMBLINE_BUDGET_MS: "${setting}" is not a number of milliseconds`);
    return ms;
  }
  return isGpu(target) || target.backend === 'cpu' ? SLOW_BUDGET_MS : WASM_BUDGET_MS;
}

/** How time and memory are measured in a visit. */
export interface MeasureSettings {
  /** Of each series of timings. */
  readonly series: Pick<MeasureRequest, 'timings' | 'budgetMs' | 'minClockSteps'>;
  /** Timings of the calibration kernel before and after. */
  readonly calibrations: number;
  /** For so long inferences go on while the peak of memory is looked for. */
  readonly peakMs: number;
  /** Patience with `measureUserAgentSpecificMemory`. */
  readonly userAgentMs: number;
  /** No batch is tried for throughput whose inference would take longer. */
  readonly largestInferenceMs: number;
  /** For so long the main thread is watched. */
  readonly responsivenessMs: number;
}

export const MEASURE: MeasureSettings = {
  // Two visits of 332 timings make the 662 that a p99 wants; a model of some milliseconds has its budget spent before.
  series: { timings: 332, budgetMs: 300, minClockSteps: 50 },
  // Each takes about a millisecond, so that most of them are not cut by the scheduler.
  calibrations: 100,
  peakMs: 150,
  userAgentMs: 300,
  largestInferenceMs: 200,
  responsivenessMs: 400,
};

/** How long a model is used to see whether it stays the same. */
export interface SoakSettings {
  readonly inferences: number;
  /** Memory is read after so many inferences each. */
  readonly readEvery: number;
  /** Outputs of these inferences, from 1, are compared. */
  readonly compareAt: readonly number[];
  /** Rounds of loading, one inference, disposing. */
  readonly rounds: number;
  /** After so long no further inferences are begun. */
  readonly budgetMs: number;
}

export const SOAK: SoakSettings = {
  inferences: 300,
  // Each reading provokes a collection of garbage first, a third of a second.
  readEvery: 10,
  compareAt: [1, 2, 100],
  rounds: 20,
  budgetMs: 60_000,
};
