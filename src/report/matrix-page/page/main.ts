/** The page: unpacks the records that it carries, and shows them. */
import type { ResultRecord } from '../../../protocol/record.js';
import { cellsOf } from '../cells.js';
import { filterCells, fromQuery, NO_FILTER, toQuery } from '../filter.js';
import { metricsOf, type Metric } from '../metrics.js';
import { byId, h } from './dom.js';
import { evidenceDialog } from './evidence.js';
import { Filters } from './filters.js';
import { HeatMaps } from './heat-map.js';
import { performanceSections } from './sections.js';
import { context, offList, verdict } from './summary.js';
import { themeSwitch } from './theme.js';

/** The records of the page: JSON, gzip, base64 (see data.ts). */
async function unpack(): Promise<ResultRecord[]> {
  const packed = Uint8Array.from(atob(byId('records').textContent), (char) => char.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('gzip'));
  return JSON.parse(await new Response(stream).text()) as ResultRecord[];
}

/** The choice of what the heat maps show beside outcomes. */
function metricSelect(metrics: readonly Metric[], chosen: (metric: Metric | undefined) => void): HTMLElement {
  const groups = [...new Set(metrics.map(({ group }) => group))].map((group) =>
    h(
      'optgroup',
      { label: group },
      ...metrics.filter((metric) => metric.group === group).map(({ key, label }) => h('option', { value: key }, label)),
    ),
  );
  const select = h('select', { id: 'metric' }, ...groups);
  const help = h('p', { class: 'quiet', id: 'metric-help' }, metrics[0]?.help);
  select.setAttribute('aria-describedby', help.id);
  select.addEventListener('change', () => {
    const metric = metrics.find(({ key }) => key === select.value);
    help.textContent = metric?.help ?? '';
    chosen(metric);
  });
  return h(
    'div',
    { class: 'metric' },
    h('div', { class: 'field' }, h('label', { for: 'metric' }, 'Show'), select),
    help,
  );
}

async function start(): Promise<void> {
  const records = await unpack();
  const cells = cellsOf(records);
  const known = new Map(cells.map((cell) => [cell.id, cell]));
  const metrics = metricsOf(cells);
  let metric = metrics[0];
  let shown = cells;

  const maps = h('div', { class: 'maps' });
  // The cells themselves say the same to screen readers.
  const readout = h('p', { class: 'readout', 'aria-hidden': 'true' });
  const heat = new HeatMaps(maps, readout);
  const measured = performanceSections(cells);
  const filters = new Filters(cells, (filter) => {
    shown = filterCells(cells, filter);
    heat.render(shown, metric);
    measured.render(shown);
    remember(toQuery(filter));
  });

  byId('head').append(
    h('div', { class: 'bar' }, h('h1', {}, 'Plumbline'), themeSwitch()),
    verdict(cells),
    context(cells, records),
  );
  const off = offList(cells, () => {
    filters.set({ ...NO_FILTER, outcomes: new Set(['fail', 'error']) });
    byId('accuracy').scrollIntoView();
  });
  byId('main').replaceChildren(
    ...(off === undefined ? [] : [off]),
    filters.element,
    h(
      'section',
      { id: 'accuracy', 'aria-labelledby': 'accuracy-title' },
      h('h2', { id: 'accuracy-title' }, 'Matrix'),
      metricSelect(metrics, (chosen) => {
        metric = chosen;
        heat.render(shown, metric);
      }),
      readout,
      maps,
    ),
    ...measured.elements,
  );
  filters.set(fromQuery(location.search, cells));
  evidenceDialog({
    cell: (id) => known.get(id),
    beside: (id, step) => {
      const at = shown.findIndex((cell) => cell.id === id);
      return at === -1 ? undefined : shown[at + step];
    },
    closed: (id) => {
      heat.focus(id);
    },
  });
  document.documentElement.dataset.ready = '';
  // What was made is on the screen when the frame after the next one begins: `matrix-page-open` measures up to here.
  requestAnimationFrame(() => requestAnimationFrame(() => performance.mark('plumbline-drawn')));
}

/** Keeps the filter in the address. Where a page from the disk may not change its address, it does without. */
function remember(query: string): void {
  if (query === location.search) return;
  try {
    history.replaceState(null, '', location.pathname + query + location.hash);
  } catch {
    // The filter holds all the same.
  }
}

start().catch((thrown: unknown) => {
  byId('main').replaceChildren(
    h('p', { class: 'verdict', 'data-outcome': 'error' }, `The page can't show its records: ${String(thrown)}`),
  );
});
