/** The table at the end of a run: artifact × runtime-backend by browser. Pure: records in, text out. */
import Table from 'cli-table3';
import pc from 'picocolors';
import { artifactSlug, BROWSERS, parseCellId, targetSlug, type CellKey, type Platform } from '../protocol/cell.js';
import type { ResultRecord } from '../protocol/record.js';
import { repeatCommand } from './finding.js';
import { count, headline, percent, points } from './format.js';
import { compareArtifacts, compareTargets } from './order.js';
import { isBad, OUTCOMES, outcomeOf, SIGNS, type Outcome } from './outcome.js';

export interface RenderOptions {
  readonly color?: boolean;
  /** Folder of the reports, as it is to be shown before the path of a finding. */
  readonly reports?: string;
}

type Colors = ReturnType<typeof pc.createColors>;

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
export function partOf({ accuracy, dataset }: ResultRecord): string | undefined {
  return accuracy === undefined || accuracy.n === dataset?.n ? undefined : `n=${count(accuracy.n)}`;
}

/** `98.97% Δ+0.00`, or what there is in place of an accuracy. */
export function scoreOf(record: ResultRecord): string {
  const { accuracy, reason } = record;
  const outcome = outcomeOf(record);
  if (outcome === 'unsupported') return 'unsupported';
  if (outcome === 'skipped') return 'skipped';
  if (accuracy === undefined) return reason?.code ?? record.status;
  return `${percent(accuracy.top1)} Δ${points(accuracy.top1 - accuracy.baselineTop1)}`;
}

function cellText(colors: Colors, record: ResultRecord | undefined): string {
  if (record === undefined) return '';
  const outcome = outcomeOf(record);
  const part = partOf(record);
  const first =
    paint(colors, outcome, `${SIGNS[outcome]} ${scoreOf(record)}`) + (part === undefined ? '' : colors.dim(` ${part}`));
  // A cell that has an accuracy says in a second line why it is not a pass.
  const code = record.accuracy === undefined || outcome === 'pass' ? undefined : record.reason?.code;
  return code === undefined ? first : `${first}\n  ${paint(colors, outcome, code)}`;
}

interface Row {
  readonly key: CellKey;
  readonly cells: Map<Platform, ResultRecord>;
}

/** The rows of each model, in the order of reports; a row is one artifact on one runtime-backend. */
function rowsByModel(records: readonly ResultRecord[]): Map<string, Row[]> {
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

/** The baseline's accuracy over the most samples that any cell of the row had. */
function baselineOf(row: Row): string {
  let best: ResultRecord['accuracy'];
  for (const { accuracy } of row.cells.values()) {
    if (accuracy !== undefined && accuracy.n > (best?.n ?? 0)) best = accuracy;
  }
  return best === undefined ? '' : percent(best.baselineTop1);
}

const LEGEND: Readonly<Record<Outcome, string>> = {
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

function totals(colors: Colors, label: string, records: readonly ResultRecord[]): string {
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
function wrap(parts: readonly string[]): string {
  const lines: string[] = [];
  for (const part of parts) {
    const line = lines.at(-1);
    if (line !== undefined && line.length + 3 + part.length <= WIDTH) lines[lines.length - 1] = `${line}   ${part}`;
    else lines.push(part);
  }
  return lines.join('\n');
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
    lines.push(colors.dim(`${indent}${record.reason.hint}`));
  }
  lines.push(`${indent}${repeatCommand(record.id)}`);
  if (record.finding !== undefined) lines.push(`${indent}${reports}/${record.finding}/report.md`);
  return lines.join('\n');
}

/** What people call a browser's column. */
function headOf(records: readonly ResultRecord[], browser: Platform): string {
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

/**
 * The accuracy matrix with its legend, its totals and the failures. At most {@link WIDTH} columns wide.
 * A row per artifact and runtime-backend, a column per browser that occurs; `Δ` is in percentage points to the PC.
 */
export function renderMatrix(records: readonly ResultRecord[], options: RenderOptions = {}): string {
  const colors = pc.createColors(options.color ?? false);
  const matrix = records.filter(({ cell }) => cell.browser !== 'pc');
  const baselines = records.filter(({ cell }) => cell.browser === 'pc');
  const blocks: string[] = [];
  const browsers = BROWSERS.filter((browser) => matrix.some(({ cell }) => cell.browser === browser));

  // Read by its columns: no lines but those around the head and at the end.
  const table = new Table({
    head: ['artifact', 'runtime-backend', 'PC', ...browsers.map((browser) => headOf(matrix, browser))],
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 2 },
    chars: Object.fromEntries(CHARS.map((name) => [name, name === 'top' || name === 'bottom' ? '─' : ''])),
  });
  for (const [model, rows] of rowsByModel(matrix)) {
    const empty = Array.from({ length: 2 + browsers.length }, () => '');
    if (table.length > 0) table.push(['', ...empty]);
    table.push([colors.bold(model), ...empty]);
    let artifact = '';
    for (const row of rows) {
      const slug = artifactSlug(row.key);
      table.push([
        slug === artifact ? '' : `  ${slug}`,
        targetSlug(row.key),
        colors.dim(baselineOf(row)),
        ...browsers.map((browser) => cellText(colors, row.cells.get(browser))),
      ]);
      artifact = slug;
    }
  }
  if (matrix.length > 0) {
    const shown = OUTCOMES.filter((outcome) => matrix.some((record) => outcomeOf(record) === outcome));
    const legend = [
      'top-1 accuracy, Δ in percentage points to the PC, n where it is not the whole dataset',
      wrap(shown.map((outcome) => `${SIGNS[outcome]} ${LEGEND[outcome]}`)),
    ].join('\n');
    const [rule = '', head = '', ...body] = table
      .toString()
      .replace(/ +$|──$/gm, '')
      .split('\n');
    blocks.push([rule, colors.bold(head), rule, ...body].join('\n'), colors.dim(legend));
  }
  const bad = records.filter(isBad);
  if (bad.length > 0) {
    const reports = options.reports ?? 'reports';
    blocks.push([colors.bold('Not as expected'), ...bad.map((record) => failure(colors, record, reports))].join('\n'));
  }
  const sums = [
    ...(baselines.length === 0 ? [] : [totals(colors, baselines.length === 1 ? 'baseline' : 'baselines', baselines)]),
    ...(matrix.length === 0 ? [] : [totals(colors, matrix.length === 1 ? 'cell' : 'cells', matrix)]),
  ];
  if (sums.length > 0) blocks.push(sums.join('\n'));
  return blocks.join('\n\n');
}
