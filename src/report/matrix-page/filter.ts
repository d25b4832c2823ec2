/** Which cells are shown. Pure; the page keeps the filter in its address, so that a view can be passed on as a link. */
import type { Outcome } from '../outcome.js';
import type { Cell } from './cells.js';

/** The fields by which cells are chosen, each with what a cell has there. */
export const FIELDS = {
  model: ({ key }) => key.model,
  precision: ({ key }) => key.precision,
  runtime: ({ key }) => key.runtime,
  backend: ({ key }) => key.backend,
  browser: ({ key }) => key.browser,
} as const satisfies Record<string, (cell: Cell) => string>;

export type Field = keyof typeof FIELDS;
export const FIELD_NAMES = Object.keys(FIELDS) as Field[];

export interface Filter {
  /** Absent: any. */
  readonly fields: Readonly<Partial<Record<Field, string>>>;
  /** Empty: any. */
  readonly outcomes: ReadonlySet<Outcome>;
  /** What the id is to contain, in any case; words apart from each other must all be there. */
  readonly text: string;
}

export const NO_FILTER: Filter = { fields: {}, outcomes: new Set(), text: '' };

export function filterCells(cells: readonly Cell[], filter: Filter): Cell[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = FIELD_NAMES.flatMap((name) => {
    const value = filter.fields[name];
    return value === undefined ? [] : [{ of: FIELDS[name], value }];
  });
  return cells.filter(
    (cell) =>
      (filter.outcomes.size === 0 || filter.outcomes.has(cell.outcome)) &&
      wanted.every(({ of, value }) => of(cell) === value) &&
      words.every((word) => cell.id.includes(word)),
  );
}

export const isFiltering = (filter: Filter): boolean =>
  filter.outcomes.size > 0 || filter.text.trim() !== '' || Object.keys(filter.fields).length > 0;

/** `?model=lenet5&status=fail,error`; empty when nothing is filtered. */
export function toQuery(filter: Filter): string {
  const query = new URLSearchParams();
  for (const name of FIELD_NAMES) {
    const value = filter.fields[name];
    if (value !== undefined) query.set(name, value);
  }
  if (filter.outcomes.size > 0) query.set('status', [...filter.outcomes].join(','));
  if (filter.text.trim() !== '') query.set('id', filter.text.trim());
  const text = query.toString();
  return text === '' ? '' : `?${text}`;
}

/** The way back. What no cell has is left out: a link to a view of another run shows what there is of it. */
export function fromQuery(text: string, cells: readonly Cell[]): Filter {
  const query = new URLSearchParams(text);
  const fields: Partial<Record<Field, string>> = {};
  for (const name of FIELD_NAMES) {
    const value = query.get(name);
    if (value !== null && cells.some((cell) => FIELDS[name](cell) === value)) fields[name] = value;
  }
  const words = (query.get('status') ?? '').split(',');
  const outcomes = new Set(cells.map(({ outcome }) => outcome).filter((outcome) => words.includes(outcome)));
  return { fields, outcomes, text: query.get('id') ?? '' };
}
