/** A run held against a saved one, cell by cell. Pure. */
import { CHANGES, compareRuns, type Change, type Comparison, type RegressionRule } from '../judge/regression.js';
import { differences, type Fingerprint } from './fingerprint.js';
import type { SavedRun } from './store.js';

export interface ComparedCell {
  readonly id: string;
  readonly comparison: Comparison;
  readonly older: SavedRun['cells'][number]['visits'];
  readonly newer: SavedRun['cells'][number]['visits'];
}

export interface RunComparison {
  readonly older: SavedRun;
  readonly newer: SavedRun;
  readonly rule: RegressionRule;
  /** What was slower first; else in the order of the newer run. */
  readonly cells: readonly ComparedCell[];
  readonly onlyOlder: readonly string[];
  readonly onlyNewer: readonly string[];
  /** Machine and versions where they differ: empty unless that was asked for. */
  readonly differences: readonly string[];
}

/** The newest save of the same machine and versions that has cells in common with `now`. `runs`: the newest first. */
export function newestLike(runs: readonly SavedRun[], now: SavedRun): SavedRun | undefined {
  const ids = new Set(now.cells.map(({ id }) => id));
  return runs.find(
    ({ fingerprint, cells }) => isSame(fingerprint, now.fingerprint) && cells.some(({ id }) => ids.has(id)),
  );
}

const isSame = (then: Fingerprint, now: Fingerprint): boolean => differences(then, now).length === 0;

export function compareWith(older: SavedRun, newer: SavedRun, rule: RegressionRule): RunComparison {
  const before = new Map(older.cells.map((cell) => [cell.id, cell.visits]));
  const now = new Set(newer.cells.map(({ id }) => id));
  const cells = newer.cells.flatMap(({ id, visits }) => {
    const past = before.get(id);
    return past === undefined ? [] : [{ id, comparison: compareRuns(past, visits, rule), older: past, newer: visits }];
  });
  return {
    older,
    newer,
    rule,
    cells: cells.sort((a, b) => rank(a.comparison.change) - rank(b.comparison.change)),
    onlyOlder: [...before.keys()].filter((id) => !now.has(id)),
    onlyNewer: newer.cells.map(({ id }) => id).filter((id) => !before.has(id)),
    differences: differences(older.fingerprint, newer.fingerprint),
  };
}

const rank = (change: Change): number => CHANGES.indexOf(change);

/** How many cells came to each end. */
export function tally(cells: readonly ComparedCell[]): Record<Change, number> {
  const counts: Record<Change, number> = { slower: 0, faster: 0, same: 0, unclear: 0 };
  for (const { comparison } of cells) counts[comparison.change]++;
  return counts;
}
