/** Tables in Markdown, padded so that they read as tables in their source, too (and as Prettier would have them). */

/** Columns that a text takes in a terminal or an editor; all signs that reports use are one wide. */
const width = (text: string): number => Array.from(text).length;

export type Align = 'left' | 'right';

/**
 * @param aligns of each column; `left` where there is none
 * @param rows as many cells as the head has; shorter rows are filled up
 */
export function markdownTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  aligns: readonly Align[] = [],
): string {
  const escape = (cell: string): string => cell.replaceAll('|', '\\|').replace(/\s*\n\s*/g, ' ');
  const all = [head, ...rows].map((row) => head.map((_, column) => escape(row[column] ?? '')));
  const widths = head.map((_, column) => Math.max(3, ...all.map((row) => width(row[column] ?? ''))));
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const pad = (cell: string, column: number): string => {
    const space = ' '.repeat((widths[column] ?? 0) - width(cell));
    return aligns[column] === 'right' ? space + cell : cell + space;
  };
  const rule = widths.map((size, column) =>
    aligns[column] === 'right' ? `${'-'.repeat(size - 1)}:` : '-'.repeat(size),
  );
  const [first = [], ...others] = all.map((row) => line(row.map(pad)));
  return [first, line(rule), ...others].join('\n');
}
