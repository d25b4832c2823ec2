/** What a comparison looks like: a table for the terminal, a document and data for the reports. Pure. */
import Table from 'cli-table3';
import pc from 'picocolors';
import { timeOf, type Change, type Comparison } from '../judge/regression.js';
import { median } from '../judge/index.js';
import { float } from '../report/format.js';
import { markdownTable } from '../report/markdown-table.js';
import { tally, type ComparedCell, type RunComparison } from './compare.js';
import { strips } from './strip.js';

const SIGNS: Readonly<Record<Change, string>> = { slower: '▲', faster: '▼', same: '=', unclear: '?' };
const HEAD = ['', 'Cell', 'Old', 'New', 'New / old', '95 % interval', 'Machine'];
const ALIGNS = ['left', 'left', 'right', 'right', 'right', 'right', 'right'] as const;

type Colors = ReturnType<typeof pc.createColors>;

/** Every cell that changed or is unclear; those that did not are counted. */
export function comparisonTable(comparison: RunComparison, color: boolean): string {
  const colors = pc.createColors(color);
  const shown = comparison.cells.filter((cell) => cell.comparison.change !== 'same');
  if (shown.length === 0) return '';
  const table = new Table({
    head: HEAD.map((name) => colors.bold(name)),
    colAligns: [...ALIGNS],
    style: { head: [], border: [] },
  });
  for (const cell of shown) table.push(row(cell).map((text) => paint(colors, cell.comparison.change)(text)));
  return table.toString();
}

const paint = (colors: Colors, change: Change): ((text: string) => string) =>
  ({ slower: colors.red, faster: colors.green, same: String, unclear: colors.yellow })[change];

function row({ id, comparison, older, newer }: ComparedCell): string[] {
  return [
    `${SIGNS[comparison.change]} ${comparison.change}`,
    id,
    `${float(middle(older), 4)} ms`,
    `${float(middle(newer), 4)} ms`,
    comparison.ratio === undefined ? '' : comparison.ratio.value.toFixed(3),
    interval(comparison),
    comparison.machine.toFixed(3),
  ];
}

const middle = (visits: ComparedCell['older']): number => median(visits.map(timeOf));

const interval = ({ ratio }: Comparison): string =>
  ratio === undefined ? 'too few visits' : `${ratio.low.toFixed(3)} … ${ratio.high.toFixed(3)}`;

/** `2 slower, 0 faster, 14 the same, 1 unclear (threshold 3 %)`. */
export function summaryLine({ cells, rule }: RunComparison): string {
  const { slower, faster, same, unclear } = tally(cells);
  const parts = [`${String(slower)} slower`, `${String(faster)} faster`, `${String(same)} the same`];
  return `${[...parts, `${String(unclear)} unclear`].join(', ')} (threshold ${percentOf(rule.threshold)})`;
}

const percentOf = (share: number): string => `${String(Number((100 * share).toFixed(2)))} %`;

/** `regressions.md`. */
export function comparisonDoc(comparison: RunComparison): string {
  const { older, newer, cells, rule, onlyOlder, onlyNewer } = comparison;
  const changed = cells.filter(({ comparison: { change } }) => change !== 'same');
  const lines = [
    '# Regressions',
    '',
    `Baseline \`${older.name}\` of ${older.at}, against the run of ${newer.at}: ${summaryLine(comparison)}.`,
    '',
    `${newer.fingerprint.cpu}; ${newer.fingerprint.os}.`,
    ...comparison.differences.map((difference) => `\n**Not alike**: ${difference}.`),
    '',
    `A cell is slower when the whole 95 % interval of new over old lies above ${String(1 + rule.threshold)}, faster when it ` +
      `lies below 1 / ${String(1 + rule.threshold)}, the same when it lies between, and unclear else: more visits would tell. ` +
      'The interval is over visits, a fresh page each; the lower quartile of its timings stands for a visit. The column “Machine” is what a fixed piece of work became slower ' +
      'by; it is taken away from the ratio.',
    '',
    markdownTable(HEAD, cells.map(row), ALIGNS),
    ...section('Cells that only the baseline has', onlyOlder),
    ...section('Cells that only this run has', onlyNewer),
    ...(changed.length === 0 ? [] : ['', '## Both samples']),
    ...changed.flatMap(drawing),
    '',
  ];
  return lines.join('\n');
}

const section = (title: string, ids: readonly string[]): string[] =>
  ids.length === 0 ? [] : ['', `## ${title}`, '', ...ids.map((id) => `- ${id}`)];

/** Raw timings, so that what is drawn is what was measured; a tick is what stands for a visit. */
function drawing({ id, comparison, older, newer }: ComparedCell): string[] {
  const ratio =
    comparison.ratio === undefined ? '' : ` ×${comparison.ratio.value.toFixed(3)} [${interval(comparison)}]`;
  const machine = `; the machine ×${comparison.machine.toFixed(3)}`;
  return ['', `### ${id}`, '', `${comparison.change}${ratio}${machine}`, '', '```text', ...strips(older, newer), '```'];
}

/** The strips of the cells that became slower, for the terminal. */
export function slowerDrawings({ cells }: RunComparison): string {
  return cells
    .filter(({ comparison }) => comparison.change === 'slower')
    .map(({ id, older, newer }) => [id, ...strips(older, newer)].join('\n'))
    .join('\n\n');
}

/** `regressions.json`: everything that the verdicts were made of. */
export function comparisonData({ older, newer, rule, cells, onlyOlder, onlyNewer, ...rest }: RunComparison): unknown {
  return {
    schema: 1,
    threshold: rule.threshold,
    older: { name: older.name, at: older.at, fingerprint: older.fingerprint },
    newer: { at: newer.at, fingerprint: newer.fingerprint },
    differences: rest.differences,
    tally: tally(cells),
    cells: cells.map(({ id, comparison, older: before, newer: after }) => ({
      id,
      ...comparison,
      older: before,
      newer: after,
    })),
    onlyOlder,
    onlyNewer,
  };
}
