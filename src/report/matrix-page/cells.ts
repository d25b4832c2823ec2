/** Records made cells: a cell has one record a kind. Pure; used by the page. */
import { artifactSlug, parseCellId, targetSlug, type CellKey, type Platform } from '../../protocol/cell.js';
import type { PerformanceBlock } from '../../protocol/performance.js';
import type { ResultRecord } from '../../protocol/record.js';
import { compareArtifacts, compareTargets } from '../order.js';
import { outcomeOf, type Outcome } from '../outcome.js';
import { nativeOf, type NativeTime } from '../readings.js';

export type Kind = ResultRecord['kind'];

export interface Cell {
  readonly id: string;
  readonly key: CellKey;
  /** `onnx-fp32`. */
  readonly artifact: string;
  /** `ort-wasm-t2`. */
  readonly target: string;
  /** Its worst first: that one explains the outcome. */
  readonly records: readonly ResultRecord[];
  /** The worst of its records. */
  readonly outcome: Outcome;
}

/** What a cell comes to when its records differ: the first of these that one of them is. */
const WORST_FIRST: readonly Outcome[] = ['error', 'fail', 'known', 'pass', 'unsupported', 'skipped'];

/** Cells in the order of reports: model, artifact, runtime-backend, browser. */
export function cellsOf(records: readonly ResultRecord[]): Cell[] {
  const byId = new Map<string, ResultRecord[]>();
  for (const record of records) {
    const own = byId.get(record.id);
    if (own === undefined) byId.set(record.id, [record]);
    else own.push(record);
  }
  const cells = [...byId].map(([id, own]): Cell => {
    const key = parseCellId(id);
    const worst = (record: ResultRecord): number => WORST_FIRST.indexOf(outcomeOf(record));
    const sorted = [...own].sort((a, b) => worst(a) - worst(b));
    return {
      id,
      key,
      artifact: artifactSlug(key),
      target: targetSlug(key),
      records: sorted,
      outcome: sorted[0] === undefined ? 'skipped' : outcomeOf(sorted[0]),
    };
  });
  return cells.sort((a, b) => compareArtifacts(a.key, b.key) || compareColumns(a.key, b.key) || (a.id < b.id ? -1 : 1));
}

/** The PC first, so that what was measured in browsers stands beside it. */
const PLACES: readonly Platform[] = ['pc', 'chromium', 'firefox', 'webkit'];

/** The order of columns: the PC's, then runtime-backends, those in a worker behind their like, then browsers. */
export function compareColumns(a: CellKey, b: CellKey): number {
  return (
    Number(a.browser !== 'pc') - Number(b.browser !== 'pc') ||
    compareTargets(a, b) ||
    Number(a.worker ?? false) - Number(b.worker ?? false) ||
    PLACES.indexOf(a.browser) - PLACES.indexOf(b.browser)
  );
}

export const recordOf = (cell: Cell, kind: Kind): ResultRecord | undefined =>
  cell.records.find((record) => record.kind === kind);

/** The record that says what the cell answered: of a browser its accuracy, of the PC its baseline. */
export const judgedOf = (cell: Cell): ResultRecord | undefined =>
  recordOf(cell, 'accuracy') ?? recordOf(cell, 'baseline');

export const performanceOf = (cell: Cell): PerformanceBlock | undefined => recordOf(cell, 'performance')?.performance;

/** Why the cell came out as it did. */
export const reasonOf = (cell: Cell): ResultRecord['reason'] => cell.records[0]?.reason;

/** The native time that a cell is set against. */
export function nativeTimeOf(cell: Cell): NativeTime | undefined {
  const record = recordOf(cell, 'performance');
  return record && nativeOf(record);
}
