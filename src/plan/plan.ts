/** From model cards to cells: every artifact on every runtime-backend that reads it, in every browser. */
import {
  BROWSERS,
  cellId,
  targetSlug,
  type BrowserName,
  type CellKey,
  type Platform,
  type Target,
} from '../protocol/cell.js';
import { runsOn } from '../protocol/artifact.js';
import type { Artifact } from '../protocol/card.js';
import type { Model } from './cards.js';
import { TARGETS } from './targets.js';

/** One cell of the plan, with what is needed to run it. */
export interface PlannedCell {
  readonly id: string;
  readonly key: CellKey;
  readonly model: Model;
  readonly artifact: Artifact;
  readonly target: Target;
}

/** The cells of one runtime-backend in one browser: they share a warm page, so they run in one worker, one after the other. */
export interface CellGroup {
  readonly browser: BrowserName;
  readonly target: Target;
  readonly cells: readonly PlannedCell[];
}

/** The whole plan, in the order in which it is run and shown. */
export function planCells(models: readonly Model[], browsers: readonly BrowserName[] = BROWSERS): PlannedCell[] {
  return browsers.flatMap((browser) =>
    models.flatMap((model) =>
      model.card.artifacts.flatMap((artifact) =>
        TARGETS[artifact.format]
          .filter((target) => runsOn(artifact, target))
          .map((target) => planCell(model, artifact, target, browser)),
      ),
    ),
  );
}

/** The cell of an artifact on a target, in a browser or on the PC. */
export function planCell(model: Model, artifact: Artifact, target: Target, browser: Platform): PlannedCell {
  const { format, precision, variant } = artifact;
  const key: CellKey = {
    model: model.card.name,
    format,
    precision,
    ...(variant === undefined ? {} : { variant }),
    ...target,
    browser,
  };
  return { id: cellId(key), key, model, artifact, target };
}

/** Gathers cells into groups by browser and runtime-backend, each in the order of its first cell. */
export function groupCells(cells: readonly PlannedCell[]): CellGroup[] {
  const groups = new Map<string, { browser: BrowserName; target: Target; cells: PlannedCell[] }>();
  for (const cell of cells) {
    const browser = cell.key.browser as BrowserName;
    const name = `${targetSlug(cell.target)}@${browser}`;
    const group = groups.get(name) ?? { browser, target: cell.target, cells: [] };
    group.cells.push(cell);
    groups.set(name, group);
  }
  return [...groups.values()];
}
