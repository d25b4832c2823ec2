/**
 * Time, memory and repetition in the terminal: a line a cell, and the tables at the end of a run. Pure: records in, text out.
 */
import pc from 'picocolors';
import { artifactSlug, BROWSERS, targetSlug } from '../protocol/cell.js';
import type { PerformanceBlock, SoakBlock } from '../protocol/performance.js';
import type { ResultRecord } from '../protocol/record.js';
import { byteChange, count, millis, times } from './format.js';
import {
  failuresBlock,
  headOf,
  LEGEND,
  paint,
  plainTable,
  rowsByModel,
  totals,
  wrap,
  type Colors,
  type RenderOptions,
} from './matrix.js';
import { isBad, OUTCOMES, outcomeOf, SIGNS } from './outcome.js';
import { nativeOf } from './readings.js';

/** `3.21 ms (3.18–3.30)  ×4.20 native  +48.2 MB`, and what there is to be wary of. */
export function performanceScore(record: ResultRecord): string {
  const { performance, reason, status } = record;
  const latency = performance?.latency;
  if (performance === undefined || latency === undefined) return wordFor(record) ?? reason?.code ?? status;
  const { value, low, high } = latency.median;
  const native = nativeOf(record);
  const added = performance.memory?.addedBytes;
  return [
    `${millis(value)} ms (${millis(low)}–${millis(high)})`,
    ...(native === undefined ? [] : [`×${times(native.ratio.value)} native`]),
    ...(added === undefined ? [] : [byteChange(added)]),
    ...caveats(performance),
  ].join('  ');
}

/** Why a cell's numbers are less sure than others. */
export function caveats({ latency, noise }: PerformanceBlock): string[] {
  return [
    ...(noise.noisy ? [`noisy ×${times(noise.shift)}`] : []),
    ...(latency?.steady === false ? ['never steady'] : []),
  ];
}

/** `300 inferences, 20 rounds`, and what was wrong with them. */
export function soakScore(record: ResultRecord): string {
  const { soak, reason, status } = record;
  if (soak === undefined) return wordFor(record) ?? reason?.code ?? status;
  const ran = `${count(soak.inferences)} inferences, ${count(soak.rounds)} rounds`;
  return [ran, ...soakTroubles(soak)].join('  ');
}

/** What differs and what grows, in words. */
export function soakTroubles({ differing, overInferences, overRounds }: SoakBlock): string[] {
  const grown = new Set([...overInferences, ...overRounds].filter(({ leaks }) => leaks).map(({ what }) => what));
  return [
    ...(differing.length === 0 ? [] : [`other outputs at ${differing.map(String).join(', ')}`]),
    ...[...grown].map((what) => `${what} grows`),
  ];
}

function wordFor(record: ResultRecord): string | undefined {
  const outcome = outcomeOf(record);
  return outcome === 'unsupported' || outcome === 'skipped' ? outcome : undefined;
}

/** A cell of the table: median, ratio and memory, as far as there are any. */
function cellText(colors: Colors, record: ResultRecord | undefined): string {
  if (record === undefined) return '';
  const outcome = outcomeOf(record);
  const { performance, reason } = record;
  const latency = performance?.latency;
  if (performance === undefined || latency === undefined) {
    return paint(colors, outcome, `${SIGNS[outcome]} ${wordFor(record) ?? reason?.code ?? record.status}`);
  }
  const native = nativeOf(record);
  const added = performance.memory?.addedBytes;
  const numbers = [
    `${millis(latency.median.value)} ms`,
    ...(native === undefined ? [] : [`×${times(native.ratio.value)}`]),
    ...(added === undefined ? [] : [byteChange(added)]),
  ].join(' ');
  const wary = caveats(performance).length === 0 ? '' : ' ?';
  const code = outcome === 'pass' || reason === undefined ? '' : `\n  ${paint(colors, outcome, reason.code)}`;
  return `${paint(colors, outcome, SIGNS[outcome])} ${numbers}${wary}${code}`;
}

/** The PC's own times of a row, thread by thread. */
function pcText(records: Iterable<ResultRecord>): string {
  for (const record of records) {
    const native = nativeOf(record);
    if (native !== undefined) return `${millis(native.medianMs)} ms`;
  }
  return '';
}

/**
 * Warm latency at batch 1, its ratio to the PC and the memory that the cell added: a row an artifact and runtime-backend, a
 * column a browser. Empty where no record is of this kind.
 */
export function renderPerformance(all: readonly ResultRecord[], options: RenderOptions = {}): string {
  const colors = pc.createColors(options.color ?? false);
  const records = all.filter(({ kind }) => kind === 'performance');
  if (records.length === 0) return '';
  const matrix = records.filter(({ cell }) => cell.browser !== 'pc');
  const browsers = BROWSERS.filter((browser) => matrix.some(({ cell }) => cell.browser === browser));
  const empty = Array.from({ length: 2 + browsers.length }, () => '');
  const body: string[][] = [];
  for (const [model, rows] of rowsByModel(matrix)) {
    body.push([colors.bold(model), ...empty]);
    let artifact = '';
    for (const { key, cells } of rows) {
      const slug = artifactSlug(key);
      body.push([
        slug === artifact ? '' : `  ${slug}`,
        targetSlug(key),
        colors.dim(pcText(cells.values())),
        ...browsers.map((browser) => cellText(colors, cells.get(browser))),
      ]);
      artifact = slug;
    }
  }
  const head = ['artifact', 'runtime-backend', 'PC', ...browsers.map((browser) => headOf(matrix, browser))];
  const isWary = matrix.some(({ performance }) => performance !== undefined && caveats(performance).length > 0);
  const legend = [
    'median of warm inferences at batch 1 (TFLite: fixed batch), × the PC’s, memory at the peak beyond the empty page',
    'intervals and phases are in docs/performance.md (npm run docs:performance)',
    ...(isWary ? ['?: the machine was noisy, or the warm-up never steady'] : []),
    signsLegend(matrix),
  ].filter((line) => line !== '');
  return [
    ...(matrix.length === 0 ? [] : [plainTable(colors, head, body, 1), colors.dim(legend.join('\n'))]),
    ...ending(colors, records, options, 'measured'),
  ].join('\n\n');
}

/** What was soaked, and what came out otherwise than it went in. Empty where no record is of this kind. */
export function renderSoak(all: readonly ResultRecord[], options: RenderOptions = {}): string {
  const colors = pc.createColors(options.color ?? false);
  const records = all.filter(({ kind }) => kind === 'soak');
  return records.length === 0 ? '' : ending(colors, records, options, 'soaked').join('\n\n');
}

/** The signs that occur, with what they mean. */
function signsLegend(records: readonly ResultRecord[]): string {
  const meanings = { ...LEGEND, pass: 'measured', fail: 'fail', error: 'error: no number to believe' };
  const shown = OUTCOMES.filter((outcome) => records.some((record) => outcomeOf(record) === outcome));
  return shown.length < 2 ? '' : wrap(shown.map((outcome) => `${SIGNS[outcome]} ${meanings[outcome]}`));
}

/** The failures, and how many cells came to what. */
function ending(
  colors: Colors,
  records: readonly ResultRecord[],
  { failures, reports = 'reports' }: RenderOptions,
  verb: string,
): string[] {
  const bad = records.filter(isBad);
  return [
    ...(bad.length > 0 && failures !== false ? [failuresBlock(colors, bad, reports)] : []),
    totals(colors, `${records.length === 1 ? 'cell' : 'cells'} ${verb}`, records),
  ];
}
