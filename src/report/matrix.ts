/**
 * The table at the end of a run. Pure: records in, text out. A few cells are shown one by one, artifact × runtime-backend
 * by browser; of more than fit a screen there is a row an artifact, a column a backend, and a sign an engine.
 */
import Table from 'cli-table3';
import pc from 'picocolors';
import { summarizeTeeth, TEETH_SHARE } from '../judge/index.js';
import {
  artifactSlug,
  BROWSERS,
  parseCellId,
  targetSlug,
  type BrowserName,
  type CellKey,
  type Platform,
} from '../protocol/cell.js';
import type { ResultRecord } from '../protocol/record.js';

import { count, headline, percent, points } from './format.js';
import { compareArtifacts, compareTargets } from './order.js';
import { isBad, OUTCOMES, outcomeOf, SIGNS, type Outcome } from './outcome.js';
import { repeatCommand } from './repeat.js';

export interface RenderOptions {
  readonly color?: boolean;
  /** Folder of the reports, as it is to be shown before the path of a finding. */
  readonly reports?: string;
  /** Whether to list what is not as expected, with what to do; default: yes. */
  readonly failures?: boolean;
}

export type Colors = ReturnType<typeof pc.createColors>;

/** What each outcome is called, and how it is coloured. */
export function paint(colors: Colors, outcome: Outcome, text: string): string {
  switch (outcome) {
    case 'pass':
      return colors.green(text);
    case 'known':
      return colors.yellow(text);
    case 'unsupported':
    case 'skipped':
      return colors.dim(text);
    case 'fail':
      return colors.red(text);
    case 'error':
      return colors.magenta(text);
  }
}

/** Samples judged, where they are not the whole dataset: `n=3,200`. */
export function partOf({ accuracy, agreement, dataset }: ResultRecord): string | undefined {
  const n = accuracy?.n ?? agreement?.n;
  return n === undefined || n === dataset?.n ? undefined : `n=${count(n)}`;
}

/** `98.97% Δ+0.00`; without labels `≡ 100.00%`, the share with the PC's class; else what there is in their place. */
export function scoreOf(record: ResultRecord): string {
  const { accuracy, agreement, reason } = record;
  const outcome = outcomeOf(record);
  if (outcome === 'unsupported') return 'unsupported';
  if (outcome === 'skipped') return 'skipped';
  if (accuracy === undefined && agreement !== undefined) return `≡ ${percent(agreement.share)}`;
  if (accuracy === undefined) return reason?.code ?? record.status;
  return `${percent(accuracy.top1)} Δ${points(accuracy.top1 - accuracy.baselineTop1)}`;
}

function cellText(colors: Colors, record: ResultRecord | undefined): string {
  if (record === undefined) return '';
  const outcome = outcomeOf(record);
  const part = partOf(record);
  const first =
    paint(colors, outcome, `${SIGNS[outcome]} ${scoreOf(record)}`) + (part === undefined ? '' : colors.dim(` ${part}`));
  // A cell that has a score says in a second line why it is not a pass.
  const hasScore = record.accuracy !== undefined || record.agreement !== undefined;
  const code = hasScore && outcome !== 'pass' ? record.reason?.code : undefined;
  return code === undefined ? first : `${first}\n  ${paint(colors, outcome, code)}`;
}

export interface Row {
  readonly key: CellKey;
  readonly cells: Map<Platform, ResultRecord>;
}

/** The rows of each model, in the order of reports; a row is one artifact on one runtime-backend. */
export function rowsByModel(records: readonly ResultRecord[]): Map<string, Row[]> {
  const rows = new Map<string, Row>();
  for (const record of records) {
    const key = parseCellId(record.id);
    if (key.browser === 'pc') continue;
    const name = `${key.model}/${artifactSlug(key)}/${targetSlug(key)}`;
    const row = rows.get(name) ?? { key, cells: new Map<Platform, ResultRecord>() };
    row.cells.set(key.browser, record);
    rows.set(name, row);
  }
  const sorted = [...rows.values()].sort((a, b) => compareArtifacts(a.key, b.key) || compareTargets(a.key, b.key));
  const models = new Map<string, Row[]>();
  for (const row of sorted) models.set(row.key.model, [...(models.get(row.key.model) ?? []), row]);
  return models;
}

/** The accuracy over the most samples. */
function widest(records: Iterable<ResultRecord>): ResultRecord['accuracy'] {
  let best: ResultRecord['accuracy'];
  for (const { accuracy } of records) {
    if (accuracy !== undefined && accuracy.n > (best?.n ?? 0)) best = accuracy;
  }
  return best;
}

/** The baseline's accuracy over the most samples that any cell of the row had. */
function baselineOf(row: Row): string {
  const best = widest(row.cells.values());
  return best === undefined ? '' : percent(best.baselineTop1);
}

export const LEGEND: Readonly<Record<Outcome, string>> = {
  pass: 'pass',
  known: 'known failure, as declared',
  unsupported: 'not there, the probe says',
  skipped: 'skipped',
  fail: 'fail: another answer than the PC',
  error: 'error: no answer to judge',
};

function countOutcomes(records: readonly ResultRecord[]): Map<Outcome, number> {
  const counts = new Map<Outcome, number>();
  for (const record of records) counts.set(outcomeOf(record), (counts.get(outcomeOf(record)) ?? 0) + 1);
  return counts;
}

const NOUNS: Readonly<Record<Outcome, readonly [one: string, many: string]>> = {
  pass: ['passed', 'passed'],
  known: ['known failure', 'known failures'],
  unsupported: ['unsupported', 'unsupported'],
  skipped: ['skipped', 'skipped'],
  fail: ['failed', 'failed'],
  error: ['error', 'errors'],
};

export function totals(colors: Colors, label: string, records: readonly ResultRecord[]): string {
  const counts = countOutcomes(records);
  const parts = OUTCOMES.flatMap((outcome) => {
    const n = counts.get(outcome) ?? 0;
    return n === 0 ? [] : [paint(colors, outcome, `${SIGNS[outcome]} ${count(n)} ${NOUNS[outcome][n === 1 ? 0 : 1]}`)];
  });
  return `${colors.bold(`${count(records.length)} ${label}`)}   ${parts.join('   ')}`;
}

/** Columns that nothing here goes beyond, as long as there are no more than three browsers. */
const WIDTH = 120;

/** Parts side by side, three spaces apart, on as many lines as they need. */
export function wrap(parts: readonly string[]): string {
  const lines: string[] = [];
  for (const part of parts) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 3 + part.length <= WIDTH) lines[lines.length - 1] = `${line}   ${part}`;
    else lines.push(part);
  }
  return lines.join('\n');
}

/** A sentence on as many lines as it needs, each of them indented. */
function wrapWords(text: string, indent: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(/\s+/)) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(indent + word);
  }
  return lines;
}

const CHARS = [
  'top',
  'top-mid',
  'top-left',
  'top-right',
  'bottom',
  'bottom-mid',
  'bottom-left',
  'bottom-right',
  'left',
  'left-mid',
  'right',
  'right-mid',
  'mid',
  'mid-mid',
  'middle',
] as const;

function failure(colors: Colors, record: ResultRecord, reports: string): string {
  const outcome = outcomeOf(record);
  const indent = '    ';
  const lines = [paint(colors, outcome, `  ${SIGNS[outcome]} ${record.id}`)];
  if (record.reason !== undefined) {
    lines.push(
      `${indent}${record.reason.code}: ${headline(record.reason.message, WIDTH - 6 - record.reason.code.length)}`,
    );
    if (record.quantization !== undefined) lines.push(...wrapWords(record.quantization.words, indent));
    lines.push(colors.dim(`${indent}${record.reason.hint}`));
  }
  lines.push(`${indent}${repeatCommand(record.id, record.kind)}`);
  if (record.finding !== undefined) lines.push(`${indent}${reports}/${record.finding}/report.md`);
  return lines.join('\n');
}

/** What people call a browser's column. */
export function headOf(records: readonly ResultRecord[], browser: Platform): string {
  const versions = new Set(
    records.flatMap(({ cell }) =>
      cell.browser === browser && cell.browserVersion !== 'unknown' ? [cell.browserVersion] : [],
    ),
  );
  const [version] = versions;
  return version === undefined || versions.size > 1
    ? browser
    : `${browser} ${version.split('.').slice(0, 2).join('.')}`;
}

type Cells = readonly string[];

/** A table that is read by its columns: no lines but those around the head and at the end. */
export function plainTable(colors: Colors, head: Cells, body: readonly Cells[], gap: number): string {
  const table = new Table({
    head: [...head],
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': gap },
    chars: Object.fromEntries(CHARS.map((name) => [name, name === 'top' || name === 'bottom' ? '─' : ''])),
  });
  table.push(...body.map((row) => [...row]));
  const [rule = '', first = '', ...others] = table.toString().replace(/ +$/gm, '').split('\n');
  // The gap behind the last column is no part of the table.
  const line = rule.slice(0, rule.length - gap);
  return [line, colors.bold(first), line, ...others.slice(0, -1), line].join('\n');
}

/** Cells one by one: a row an artifact and runtime-backend, a column a browser. */
function detailedTable(colors: Colors, matrix: readonly ResultRecord[], browsers: readonly BrowserName[]): string {
  const empty = Array.from({ length: 2 + browsers.length }, () => '');
  const body: string[][] = [];
  for (const [model, rows] of rowsByModel(matrix)) {
    if (body.length > 0) body.push(['', ...empty]);
    body.push([colors.bold(model), ...empty]);
    let artifact = '';
    for (const row of rows) {
      const slug = artifactSlug(row.key);
      body.push([
        slug === artifact ? '' : `  ${slug}`,
        targetSlug(row.key),
        colors.dim(baselineOf(row)),
        ...browsers.map((browser) => cellText(colors, row.cells.get(browser))),
      ]);
      artifact = slug;
    }
  }
  const head = ['artifact', 'runtime-backend', 'PC', ...browsers.map((browser) => headOf(matrix, browser))];
  return plainTable(colors, head, body, 2);
}

/** `wasm-t2`, `jsep`: a target without its runtime, which is the same all along a row, and as short as it can be. */
const backendOf = (key: CellKey): string =>
  targetSlug(key)
    .slice(key.runtime.length + 1)
    .replace('webgpu-jsep', 'jsep');

/** A sign an engine, and by how many points the cell furthest from the PC is off. */
function signsText(
  colors: Colors,
  records: ReadonlyMap<Platform, ResultRecord>,
  browsers: readonly BrowserName[],
): string {
  let worst = 0;
  let outcomeOfWorst: Outcome = 'pass';
  const signs = browsers.map((browser) => {
    const record = records.get(browser);
    if (record === undefined) return ' ';
    const outcome = outcomeOf(record);
    const { accuracy } = record;
    const drift = accuracy === undefined ? 0 : accuracy.top1 - accuracy.baselineTop1;
    if (Math.abs(drift) > Math.abs(worst)) [worst, outcomeOfWorst] = [drift, outcome];
    return paint(colors, outcome, SIGNS[outcome]);
  });
  const off = worst === 0 ? '' : ` ${paint(colors, outcomeOfWorst, shortPoints(worst))}`;
  return signs.join('') + off;
}

/** `-0.1`, `-38`: four columns at most. */
const shortPoints = (difference: number): string => {
  const text = points(difference);
  return Math.abs(difference) >= 0.0995 ? text.replace(/\..*/, '') : text.replace(/\d$/, '');
};

/** The PC's accuracy over the most samples that anything was judged on, and behind it what quantization lost. */
function pcText(colors: Colors, rows: readonly Row[], baseline: ResultRecord | undefined): string {
  const records = [...(baseline === undefined ? [] : [baseline]), ...rows.flatMap(({ cells }) => [...cells.values()])];
  const most = widest(records);
  const loss = (baseline ?? records.find(({ quantization }) => quantization !== undefined))?.quantization?.loss
    .difference;
  if (most === undefined) return '';
  return colors.dim(`${percent(most.baselineTop1)}${loss === undefined ? '' : ` ${points(loss)}`}`);
}

/** A row an artifact, a column a backend, a sign an engine. */
function compactTable(
  colors: Colors,
  matrix: readonly ResultRecord[],
  baselines: readonly ResultRecord[],
  browsers: readonly BrowserName[],
): string {
  const models = rowsByModel(matrix);
  const all = [...models.values()].flat().sort((a, b) => compareTargets(a.key, b.key));
  const backends = [...new Set(all.map(({ key }) => backendOf(key)))];
  const body: string[][] = [];
  for (const [model, rows] of models) {
    const empty = Array.from({ length: 1 + backends.length }, () => '');
    body.push([colors.bold(model), ...empty]);
    for (const slug of new Set(rows.map(({ key }) => artifactSlug(key)))) {
      const own = rows.filter(({ key }) => artifactSlug(key) === slug);
      const baseline = baselines.find(({ cell }) => cell.model === model && artifactSlug(cell) === slug);
      body.push([
        `  ${slug}`,
        pcText(colors, own, baseline),
        ...backends.map((name) => {
          const row = own.find(({ key }) => backendOf(key) === name);
          return row === undefined ? '' : signsText(colors, row.cells, browsers);
        }),
      ]);
    }
  }
  return plainTable(colors, ['artifact', 'PC, loss', ...backends], body, 1);
}

/** Rows of the detailed table that still fit a screen, with the rest of what is printed. */
const DETAILED_ROWS = 40;

/** So many failures are told in full: more of them have a common cause, which the first ones show. */
const FAILURES = 20;

export function failuresBlock(colors: Colors, bad: readonly ResultRecord[], reports: string): string {
  const more = bad.length - FAILURES;
  return [
    colors.bold('Not as expected'),
    ...bad.slice(0, FAILURES).map((record) => failure(colors, record, reports)),
    ...(more > 0 ? [`  and ${count(more)} more, each with its reason in ${reports}/results.jsonl`] : []),
  ].join('\n');
}

function teethLine(colors: Colors, records: readonly ResultRecord[]): string[] {
  const { killed, total, share, ok } = summarizeTeeth(records.map(({ teeth }) => teeth));
  if (total === 0) return [];
  const text = `${count(killed)} of ${count(total)} seeded mutants found (${(100 * share).toFixed(1)} %)`;
  const limit = `less than the ${String(100 * TEETH_SHARE)} % that a run must find`;
  return [
    `${colors.bold('teeth')}   ${ok ? text : colors.red(`${text}: ${limit}; npm run judge names those that pass`)}`,
  ];
}

/**
 * The accuracy matrix, of the records that are of it, with its legend, its totals and the failures. At most {@link WIDTH} columns wide.
 * `Δ` and what stands behind signs are in percentage points to the PC.
 */
export function renderMatrix(all: readonly ResultRecord[], options: RenderOptions = {}): string {
  const records = all.filter(({ kind }) => kind === 'accuracy' || kind === 'baseline');
  const colors = pc.createColors(options.color ?? false);
  const matrix = records.filter(({ cell }) => cell.browser !== 'pc');
  const baselines = records.filter(({ cell }) => cell.browser === 'pc');
  const blocks: string[] = [];
  const browsers = BROWSERS.filter((browser) => matrix.some(({ cell }) => cell.browser === browser));
  const rows = new Set(matrix.map(({ id }) => id.split('@')[0])).size;
  const isCompact = rows > DETAILED_ROWS;
  if (matrix.length > 0) {
    const shown = OUTCOMES.filter((outcome) => matrix.some((record) => outcomeOf(record) === outcome));
    const meaning = isCompact
      ? [
          `a sign each for ${browsers.map((browser) => headOf(matrix, browser)).join(', ')}`,
          'behind them, where accuracy is not the PC’s: the worst difference, in percentage points',
          'PC: top-1 accuracy, and what quantization costs it; all numbers are in docs/accuracy.md (npm run docs:accuracy)',
        ]
      : [
          'top-1 accuracy, Δ in percentage points to the PC, n where it is not the whole dataset' +
            (matrix.some(({ accuracy, agreement }) => accuracy === undefined && agreement !== undefined)
              ? '; ≡ agreement with the PC, where there are no labels'
              : ''),
        ];
    const legend = [...meaning, wrap(shown.map((outcome) => `${SIGNS[outcome]} ${LEGEND[outcome]}`))].join('\n');
    blocks.push(
      isCompact ? compactTable(colors, matrix, baselines, browsers) : detailedTable(colors, matrix, browsers),
      colors.dim(legend),
    );
  }
  const bad = records.filter(isBad);
  if (bad.length > 0 && options.failures !== false)
    blocks.push(failuresBlock(colors, bad, options.reports ?? 'reports'));
  const sums = [
    ...(baselines.length === 0 ? [] : [totals(colors, baselines.length === 1 ? 'baseline' : 'baselines', baselines)]),
    ...(matrix.length === 0 ? [] : [totals(colors, matrix.length === 1 ? 'cell' : 'cells', matrix)]),
    ...(isCompact
      ? browsers.map((browser) =>
          totals(
            colors,
            `in ${browser}`,
            matrix.filter(({ cell }) => cell.browser === browser),
          ),
        )
      : []),
    ...teethLine(colors, records),
  ];
  if (sums.length > 0) blocks.push(sums.join('\n'));
  return blocks.join('\n\n');
}
