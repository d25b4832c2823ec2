/** The teeth of a run's tolerances: which mutants each of them finds, in Markdown and for terminals. */
import { MUTANTS } from '../judge/index.js';
import type { ResultRecord } from '../protocol/record.js';
import { markdownTable } from './markdown-table.js';

interface Tally {
  readonly killed: Map<string, number>;
  readonly total: Map<string, number>;
}

/**
 * What `plumbline judge` prints: the table, and each mutant that was not found, with the reason; '' where no cell has teeth.
 */
export function renderTeeth(records: readonly ResultRecord[]): string {
  const table = teethTable(records);
  if (table === undefined) return '';
  const survivors = records.flatMap(({ id, teeth }) =>
    (teeth?.survivors ?? []).map(({ mutant, reason }) => `  ${id}, ${mutant}:\n    ${reason}`),
  );
  const passing = survivors.length === 0 ? [] : ['Not found, because it is below the noise', ...survivors];
  return [
    'Seeded mutants found, of those tried, by tolerance',
    '',
    table,
    ...(passing.length > 0 ? [''] : []),
    ...passing,
  ].join('\n');
}

/** A row a mutant, a column a tolerance; `undefined` where no cell has teeth. */
export function teethTable(records: readonly ResultRecord[]): string | undefined {
  const tallies = new Map<string, Tally>();
  for (const { teeth, numeric } of records) {
    if (teeth === undefined || numeric === undefined) continue;
    const tally = tallies.get(numeric.tolerance.name) ?? { killed: new Map(), total: new Map() };
    tallies.set(numeric.tolerance.name, tally);
    const survived = new Set(teeth.survivors.map(({ mutant }) => mutant));
    for (const name of teeth.tried) {
      add(tally.total, name);
      if (!survived.has(name)) add(tally.killed, name);
    }
  }
  if (tallies.size === 0) return undefined;
  const names = [...tallies.keys()].sort();
  const rows = MUTANTS.map(({ name }) => [
    name,
    ...names.map((tolerance) => {
      const total = tallies.get(tolerance)?.total.get(name) ?? 0;
      return total === 0 ? '' : `${String(tallies.get(tolerance)?.killed.get(name) ?? 0)}/${String(total)}`;
    }),
  ]);
  return markdownTable(['mutant', ...names], rows, ['left', ...names.map(() => 'right' as const)]);
}

const add = (counts: Map<string, number>, name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1);
