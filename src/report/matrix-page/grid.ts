/** Cells laid out as heat maps: one a runtime, for no artifact runs on two of them. Pure. */
import { RUNTIMES, type Platform, type RuntimeName } from '../../protocol/cell.js';
import { compareColumns, type Cell } from './cells.js';

export interface Column {
  readonly target: string;
  readonly browser: Platform;
}

export interface Row {
  readonly artifact: string;
  /** One entry a column. */
  readonly cells: readonly (Cell | undefined)[];
}

export interface Grid {
  readonly runtime: RuntimeName;
  readonly columns: readonly Column[];
  /** The columns of one runtime-backend, side by side. */
  readonly groups: readonly { readonly target: string; readonly span: number }[];
  readonly models: readonly { readonly model: string; readonly rows: readonly Row[] }[];
}

const columnName = ({ target, browser }: Column): string => `${target}@${browser}`;

/** @param cells - In the order of reports. Rows and columns without a cell are left out. */
export function gridsOf(cells: readonly Cell[]): Grid[] {
  return RUNTIMES.flatMap((runtime) => {
    const own = cells.filter(({ key }) => key.runtime === runtime);
    return own.length === 0 ? [] : [gridOf(runtime, own)];
  });
}

function gridOf(runtime: RuntimeName, cells: readonly Cell[]): Grid {
  const columns = new Map<string, Column>();
  for (const { target, key } of [...cells].sort((a, b) => compareColumns(a.key, b.key))) {
    const column = { target, browser: key.browser };
    columns.set(columnName(column), column);
  }
  const index = new Map([...columns.keys()].map((name, at) => [name, at]));
  const models = new Map<string, Map<string, (Cell | undefined)[]>>();
  for (const cell of cells) {
    const rows = models.get(cell.key.model) ?? new Map<string, (Cell | undefined)[]>();
    models.set(cell.key.model, rows);
    const row = rows.get(cell.artifact) ?? Array.from<Cell | undefined>({ length: columns.size });
    rows.set(cell.artifact, row);
    const at = index.get(columnName({ target: cell.target, browser: cell.key.browser }));
    if (at !== undefined) row[at] = cell;
  }
  const groups: { target: string; span: number }[] = [];
  for (const { target } of columns.values()) {
    const last = groups.at(-1);
    if (last?.target === target) last.span++;
    else groups.push({ target, span: 1 });
  }
  return {
    runtime,
    columns: [...columns.values()],
    groups,
    models: [...models].map(([model, rows]) => ({
      model,
      rows: [...rows].map(([artifact, own]) => ({ artifact, cells: own })),
    })),
  };
}
