/** What a heat map can show of its cells beside their outcome. Pure. */
import { bytes, duration, float, percent, points } from '../format.js';
import { judgedOf, nativeTimeOf, performanceOf, type Cell } from './cells.js';

/** How strongly a cell is tinted: 0 is not at all, 4 is most. */
export type Level = 0 | 1 | 2 | 3 | 4;

export interface Metric {
  readonly key: string;
  readonly group: 'Accuracy' | 'Time' | 'Memory';
  readonly label: string;
  /** What the number is and how it is to be read. */
  readonly help: string;
  /** Absent: the cell has no such number. Never NaN; `Infinity` where outputs were none. */
  readonly value: (cell: Cell) => number | undefined;
  /** As it stands in a cell, at most six characters; empty where it is as it should be to the last digit shown. */
  readonly short: (value: number) => string;
  /** As it is read out. */
  readonly words: (value: number) => string;
  readonly level: (value: number) => Level;
}

/** The level of `value` by four bounds: beyond the first it is 1, beyond the last 4. */
const beyond =
  (...bounds: readonly [number, number, number, number]) =>
  (value: number): Level =>
    bounds.filter((bound) => value > bound).length as Level;

/** A true minus, which is as wide as a plus. */
const signed = (text: string): string => text.replace('-', '\u2212');

const shortPoints = (value: number): string => {
  const text = points(value);
  if (Number(text) === 0) return '';
  return signed(Math.abs(value) < 0.0995 ? text : text.slice(0, -1));
};

const pointsLevel = (value: number): Level => beyond(0.000_05, 0.002, 0.01, 0.1)(Math.abs(value));

/** Two significant digits in at most five characters. */
export function compact(value: number): string {
  if (!Number.isFinite(value)) return '\u221e';
  if (value === 0) return '0';
  if (value >= 99_500 || value < 0.000_95) return value.toExponential(0).replace('e+', 'e');
  if (value >= 995) return `${(value / 1000).toFixed(value < 9950 ? 1 : 0)}k`;
  if (value >= 9.95) return value.toFixed(0);
  return value >= 0.995 ? value.toFixed(1) : String(Number(value.toPrecision(2)));
}

const finite = (value: number | string | undefined): number | undefined =>
  value === undefined ? undefined : typeof value === 'number' ? value : Infinity;

export const METRICS: readonly Metric[] = [
  {
    key: 'accuracy',
    group: 'Accuracy',
    label: 'Accuracy, difference to the PC',
    help: 'Top-1 accuracy less that of the same file on the PC over the same samples, in percentage points. Nothing is written where there is no difference.',
    value: (cell) => {
      const accuracy = judgedOf(cell)?.accuracy;
      return accuracy === undefined ? undefined : accuracy.top1 - accuracy.baselineTop1;
    },
    short: shortPoints,
    words: (value) => `accuracy ${points(value)} points to the PC`,
    level: pointsLevel,
  },
  {
    key: 'agreement',
    group: 'Accuracy',
    label: 'Agreement with the PC',
    help: 'Share of samples with the class that the PC gives them, in percent. Nothing is written where it is all of them.',
    value: (cell) => judgedOf(cell)?.agreement?.share ?? judgedOf(cell)?.accuracy?.agreement,
    short: (value) => (value === 1 ? '' : (Math.floor(value * 1e4) / 100).toFixed(value < 0.995 ? 1 : 2)),
    words: (value) => `agrees with the PC on ${percent(value)} of samples`,
    level: (value) => beyond(0, 0.001, 0.01, 0.1)(1 - value),
  },
  {
    key: 'drift',
    group: 'Accuracy',
    label: 'Drift, worst output in tolerances',
    help: 'How far the output furthest from the PC’s is off, as a multiple of its tolerance: up to 1 is within it.',
    value: (cell) => finite(judgedOf(cell)?.numeric?.toleranceUsed),
    short: compact,
    words: (value) => `worst output off by ${float(value, 3)} tolerances`,
    level: beyond(0.1, 0.5, 1, 10),
  },
  {
    key: 'distance',
    group: 'Accuracy',
    label: 'Drift, RMS distance to the PC',
    help: 'Root mean square of the difference to the same file on the PC, in units of how its outputs vary from sample to sample: 1 is what outputs that ignore the input have. Of fp16 and int8 files.',
    value: (cell) => finite(judgedOf(cell)?.quantization?.drift.distance),
    short: compact,
    words: (value) => `RMS distance to the PC ${float(value, 3)}`,
    level: beyond(0.001, 0.01, 0.05, 0.25),
  },
  {
    key: 'loss',
    group: 'Accuracy',
    label: 'Quantization loss on the PC',
    help: 'Accuracy of the fp16 or int8 file on the PC less that of the fp32 original on the PC, in percentage points: what quantization costs wherever it runs.',
    value: (cell) => judgedOf(cell)?.quantization?.loss.difference,
    short: shortPoints,
    words: (value) => `quantization ${points(value)} points on the PC`,
    level: pointsLevel,
  },
  {
    key: 'latency',
    group: 'Time',
    label: 'Warm latency, milliseconds',
    help: 'Median of one warm inference, outputs read back.',
    value: (cell) => performanceOf(cell)?.latency?.median.value,
    short: compact,
    words: (value) => `warm latency ${duration(value)}`,
    level: beyond(1, 10, 100, 1000),
  },
  {
    key: 'ratio',
    group: 'Time',
    label: 'Warm latency, × native',
    help: 'Median of one warm inference divided by that of the same model on the PC, with as many threads.',
    value: (cell) => nativeTimeOf(cell)?.ratio.value,
    short: compact,
    words: (value) => `${float(value, 3)} times native`,
    level: beyond(1.5, 4, 15, 60),
  },
  {
    key: 'cold',
    group: 'Time',
    label: 'Cold start, empty cache',
    help: 'Runtime load, model fetch, session and first inference on a fresh page with an empty HTTP cache, in milliseconds.',
    value: (cell) => {
      const cold = performanceOf(cell)?.cold.empty;
      return cold && cold.runtimeLoadMs + cold.modelFetchMs + cold.sessionMs + cold.firstInferenceMs;
    },
    short: compact,
    words: (value) => `cold start ${duration(value)}`,
    level: beyond(300, 1000, 3000, 10_000),
  },
  {
    key: 'added',
    group: 'Memory',
    label: 'Memory added, MB',
    help: 'Peak of the browser’s process tree less the empty page, in megabytes.',
    value: (cell) => performanceOf(cell)?.memory?.addedBytes,
    short: (value) => compact(Math.max(0, value) / 1e6),
    words: (value) => `${bytes(Math.max(0, value))} of memory added`,
    level: beyond(25e6, 75e6, 200e6, 600e6),
  },
  {
    key: 'times',
    group: 'Memory',
    label: 'Memory added, × model',
    help: 'Peak of the browser’s process tree less the empty page, as a multiple of the model’s files.',
    value: (cell) => performanceOf(cell)?.memory?.timesModel,
    short: compact,
    words: (value) => `${float(value, 3)} times the model in memory`,
    level: beyond(3, 10, 50, 200),
  },
];

/** Those that any cell has a number for. */
export const metricsOf = (cells: readonly Cell[]): Metric[] =>
  METRICS.filter(({ value }) => cells.some((cell) => value(cell) !== undefined));
