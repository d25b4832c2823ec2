/** What the charts draw: the cells that were measured, by model. Pure. */
import type { Platform } from '../../protocol/cell.js';
import type { Interval, PerformanceBlock } from '../../protocol/performance.js';
import type { NativeTime } from '../readings.js';
import { nativeTimeOf, performanceOf, type Cell } from './cells.js';

/** One measured cell. */
export interface Measured {
  readonly id: string;
  /** The line of a chart that it stands on: `onnx-fp32 ort-wasm-t1`. */
  readonly line: string;
  readonly browser: Platform;
  readonly block: PerformanceBlock;
  /** The PC's time that it is set against. */
  readonly native: NativeTime | undefined;
}

export interface MeasuredModel {
  readonly model: string;
  readonly cells: readonly Measured[];
}

/** @param cells - In the order of reports. Models of which nothing was measured are left out. */
export function measuredModels(cells: readonly Cell[]): MeasuredModel[] {
  const models = new Map<string, Measured[]>();
  for (const cell of cells) {
    const block = performanceOf(cell);
    if (block === undefined) continue;
    const own = models.get(cell.key.model) ?? [];
    models.set(cell.key.model, own);
    own.push({
      id: cell.id,
      line: `${cell.artifact} ${cell.target}`,
      browser: cell.key.browser,
      block,
      native: nativeTimeOf(cell),
    });
  }
  return [...models].map(([model, own]) => ({ model, cells: byArtifact(own) }));
}

/** The lines of one artifact together, the PC's among them: it is what they are read against. */
function byArtifact(cells: readonly Measured[]): Measured[] {
  const artifact = ({ line }: Measured): string => line.slice(0, line.indexOf(' '));
  const order = [...new Set(cells.map(artifact))];
  return [...cells].sort((a, b) => order.indexOf(artifact(a)) - order.indexOf(artifact(b)));
}

/** A point of a chart with its 95 % interval, where it has one. */
export interface Point {
  readonly id: string;
  readonly line: string;
  readonly browser: Platform;
  readonly value: number;
  readonly interval: Interval | undefined;
  readonly noisy: boolean;
}

/** The line of one artifact and runtime-backend, and what stands on it. */
export interface Line {
  readonly line: string;
  readonly points: readonly Point[];
  /** Milliseconds that the same model needs on the PC; of latency alone. */
  readonly native: number | undefined;
}

export type Quantity = (cell: Measured) => { readonly value: number; readonly interval?: Interval } | undefined;

export const latencyOf: Quantity = ({ block: { latency } }) =>
  latency && { value: latency.median.value, interval: latency.median };

export const addedBytesOf: Quantity = ({ block: { memory } }) =>
  memory?.addedBytes === undefined ? undefined : { value: memory.addedBytes };

export const timesModelOf: Quantity = ({ block: { memory } }) =>
  memory?.timesModel === undefined ? undefined : { value: memory.timesModel };

/** Lines with at least one point. What a log scale can't show, nothing and less, is left to the table. */
export function linesOf(model: MeasuredModel, quantity: Quantity): Line[] {
  const lines = new Map<string, { points: Point[]; native: number | undefined }>();
  for (const measured of model.cells) {
    const { id, line, browser, block, native } = measured;
    const found = quantity(measured);
    if (found === undefined || !(found.value > 0)) continue;
    const own = lines.get(line) ?? { points: [], native: quantity === latencyOf ? native?.medianMs : undefined };
    lines.set(line, own);
    own.points.push({ id, line, browser, value: found.value, interval: found.interval, noisy: block.noise.noisy });
  }
  return [...lines].map(([line, own]) => ({ line, ...own }));
}
