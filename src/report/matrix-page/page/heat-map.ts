/** The heat maps: a table a runtime, each cell a link to its evidence. Arrow keys walk from cell to cell. */
import { headline } from '../../format.js';
import { SIGNS } from '../../outcome.js';
import { reasonOf, type Cell } from '../cells.js';
import { gridsOf, type Column, type Grid } from '../grid.js';
import type { Metric } from '../metrics.js';
import { BROWSER_TITLES, OUTCOME_TITLES, plural, RUNTIME_TITLES } from '../names.js';
import { cellHref, h } from './dom.js';

export class HeatMaps {
  readonly #host: HTMLElement;
  /** Shows in words what the pointer or the keyboard is on. Screen readers have the same from the cell itself. */
  readonly #readout: HTMLElement;
  #cells = new Map<string, Cell>();
  #metric: Metric | undefined;

  constructor(host: HTMLElement, readout: HTMLElement) {
    this.#host = host;
    this.#readout = readout;
    host.addEventListener('keydown', (event) => {
      if (event.target instanceof HTMLAnchorElement) walk(event, event.target);
    });
    host.addEventListener('focusin', ({ target }) => {
      if (target instanceof HTMLAnchorElement) rove(target);
      this.#tell(target);
    });
    host.addEventListener('pointerover', ({ target }) => {
      this.#tell(target);
    });
  }

  render(cells: readonly Cell[], metric: Metric | undefined): void {
    this.#cells = new Map(cells.map((cell) => [cell.id, cell]));
    this.#metric = metric;
    this.#host.replaceChildren(...gridsOf(cells).map((grid) => gridElement(grid, metric)));
    if (cells.length === 0) this.#host.append(h('p', { class: 'quiet' }, 'No cell is like this.'));
    this.#readout.textContent = '';
  }

  /** Puts the keyboard on a cell. */
  focus(id: string): void {
    linkOf(this.#host, id)?.focus();
  }

  #tell(target: EventTarget | null): void {
    const id = target instanceof Element ? target.closest<HTMLElement>('[data-id]')?.dataset.id : undefined;
    const cell = id === undefined ? undefined : this.#cells.get(id);
    if (cell === undefined) return;
    const reason = reasonOf(cell);
    const why = reason === undefined ? '' : ` · ${reason.code}: ${headline(reason.message, 140)}`;
    this.#readout.replaceChildren(h('b', {}, cell.id), ` ${wordsOf(cell, this.#metric)}${why}`);
  }
}

const linkOf = (host: Element, id: string): HTMLAnchorElement | null =>
  host.querySelector<HTMLAnchorElement>(`a[data-id="${CSS.escape(id)}"]`);

function gridElement(grid: Grid, metric: Metric | undefined): HTMLElement {
  const title = RUNTIME_TITLES[grid.runtime];
  const rows = grid.models.reduce((sum, { rows: own }) => sum + own.length, 0);
  const starts = new Set<number>();
  grid.groups.reduce((at, { span }) => (starts.add(at), at + span), 0);
  const edge = (at: number): string | undefined => (starts.has(at) ? 'edge' : undefined);
  const id = `grid-${grid.runtime}`;
  const element = h(
    'table',
    {
      class: 'heat',
      role: 'grid',
      'aria-labelledby': id,
      'data-scale': metric?.group === 'Accuracy' ? 'outcome' : 'value',
    },
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        h('td', { class: 'corner' }),
        ...grid.groups.map(({ target, span }) =>
          h(
            'th',
            { scope: 'colgroup', colspan: span, class: 'edge', title: target },
            h('span', {}, shortTarget(target, grid)),
          ),
        ),
      ),
      h(
        'tr',
        {},
        h('th', { scope: 'col', class: 'corner' }, 'artifact'),
        ...grid.columns.map((column, at) => columnHead(column, edge(at))),
      ),
    ),
    ...grid.models.map(({ model, rows: own }) =>
      h(
        'tbody',
        {},
        h(
          'tr',
          { class: 'model' },
          h('th', { scope: 'rowgroup', colspan: grid.columns.length + 1 }, h('span', {}, model)),
        ),
        ...own.map(({ artifact, cells }) =>
          h(
            'tr',
            {},
            h('th', { scope: 'row' }, artifact),
            ...cells.map((cell, at) => h('td', { class: edge(at) }, cell && cellLink(cell, metric))),
          ),
        ),
      ),
    ),
  );
  const first = element.querySelector('a');
  if (first !== null) first.tabIndex = 0;
  return h(
    'section',
    { class: 'grid' },
    h('h3', { id }, title, h('small', {}, ` ${plural(rows, 'artifact')}, ${plural(grid.groups.length, 'backend')}`)),
    h('div', { class: 'scroll' }, element),
  );
}

/** `wasm-t2`: the runtime stands above the table. */
const shortTarget = (target: string, { runtime }: Grid): string => target.slice(runtime.length + 1);

const columnHead = ({ browser }: Column, edge: string | undefined): HTMLElement =>
  h('th', { scope: 'col', class: edge }, BROWSER_TITLES[browser]);

function cellLink(cell: Cell, metric: Metric | undefined): HTMLElement {
  const value = metric?.value(cell);
  const text = value === undefined || metric === undefined ? '' : metric.short(value);
  return h(
    'a',
    {
      href: cellHref(cell.id),
      tabindex: -1,
      'data-id': cell.id,
      'data-outcome': cell.outcome,
      'data-level': value === undefined || metric === undefined ? undefined : metric.level(value),
      // What is written comes first, for those who speak what they see to get there (WCAG 2.5.3).
      'aria-label': [...(text === '' ? [] : [text]), wordsOf(cell, metric)].join(', '),
    },
    h('i', { 'aria-hidden': 'true' }, SIGNS[cell.outcome]),
    text,
  );
}

/** `Known failure E_NUMERIC, accuracy -89.18 points to the PC`. */
function wordsOf(cell: Cell, metric: Metric | undefined): string {
  const code = cell.outcome === 'pass' ? undefined : reasonOf(cell)?.code;
  const value = metric?.value(cell);
  const head = code === undefined ? OUTCOME_TITLES[cell.outcome] : `${OUTCOME_TITLES[cell.outcome]} ${code}`;
  return value === undefined || metric === undefined ? head : `${head}, ${metric.words(value)}`;
}

/** One cell a table is in the order of the tab key: the last one that was visited. */
function rove(link: HTMLAnchorElement): void {
  for (const other of link.closest('table')?.querySelectorAll<HTMLAnchorElement>('a[tabindex="0"]') ?? []) {
    if (other !== link) other.tabIndex = -1;
  }
  link.tabIndex = 0;
}

type Step = readonly [rows: number, columns: number];
const STEPS: Readonly<Record<string, Step>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  PageUp: [-10, 0],
  PageDown: [10, 0],
};

/** Links by row and column, gaps where there is no cell. */
function linksOf(from: HTMLAnchorElement): (HTMLAnchorElement | null)[][] {
  const rows = from.closest('table')?.querySelectorAll<HTMLTableRowElement>('tbody tr:not(.model)') ?? [];
  return [...rows].map((row) => [...row.querySelectorAll('td')].map((cell) => cell.querySelector('a')));
}

function walk(event: KeyboardEvent, from: HTMLAnchorElement): void {
  if (event.altKey || event.metaKey || event.shiftKey) return;
  const links = linksOf(from);
  const row = links.findIndex((own) => own.includes(from));
  const column = links[row]?.indexOf(from) ?? -1;
  const there = (list: readonly (HTMLAnchorElement | null | undefined)[]): HTMLAnchorElement[] =>
    list.filter((link) => link !== null && link !== undefined);
  let to: HTMLAnchorElement | undefined;
  const step = STEPS[event.key];
  if (step !== undefined && !event.ctrlKey) {
    const [down, right] = step;
    const line = right === 0 ? links.map((own) => own[column]) : (links[row] ?? []);
    const at = right === 0 ? row : column;
    const way = down + right;
    // Gaps are stepped over; a page ends at the last cell that there is.
    const ahead = way > 0 ? there(line.slice(at + 1)) : there(line.slice(0, at)).reverse();
    to = ahead[Math.min(Math.abs(way), ahead.length) - 1];
  } else if (event.key === 'Home' || event.key === 'End') {
    const line = there(event.ctrlKey ? links.flat() : (links[row] ?? []));
    to = event.key === 'Home' ? line[0] : line.at(-1);
  } else if (event.key === ' ') {
    from.click();
  } else {
    return;
  }
  event.preventDefault();
  to?.focus();
}
