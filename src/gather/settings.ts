/** Time limits of a cell: how long each phase may take, and how long a cell may spend on inferences. */
import { PlumblineError } from '../protocol/errors.js';
import type { Target } from '../protocol/cell.js';
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
