/** The sections of time and memory: what is drawn, its legend, its choices and its tables. */
import { PLATFORMS, type Platform } from '../../../protocol/cell.js';
import type { HttpCache, Interval } from '../../../protocol/performance.js';
import { bytes, count, duration, float } from '../../format.js';
import { PHASE_TITLES, START_PHASES, startOf } from '../../readings.js';
import type { Cell } from '../cells.js';
import { logDomain } from '../log-scale.js';
import {
  addedBytesOf,
  latencyOf,
  linesOf,
  measuredModels,
  timesModelOf,
  type Line,
  type MeasuredModel,
  type Quantity,
} from '../measured.js';
import { BROWSER_TITLES, inMs } from '../names.js';
import { coldStarts, dots, MARKS, shortBytes, shortMs, shortTimes, type Drawing, type DotsOptions } from './charts.js';
import { cellHref, h, table, type Child } from './dom.js';

const CACHES: readonly HttpCache[] = ['empty', 'full'];

/** What is shown of one model. */
interface Panel {
  readonly model: string;
  readonly drawing: Drawing;
  readonly table: () => HTMLTableElement;
}

/** A section whose charts are drawn as they come into view. */
class Section {
  readonly element: HTMLElement;
  readonly #host: HTMLElement;
  readonly #drawings = new Map<Element, Drawing>();
  readonly #seen = new IntersectionObserver(
    (entries) => {
      for (const { target, isIntersecting } of entries) if (isIntersecting) this.#draw(target);
    },
    { rootMargin: '200px' },
  );
  readonly #resized = new ResizeObserver((entries) => {
    for (const { target } of entries) if (target.childElementCount > 0) this.#draw(target);
  });

  constructor(id: string, title: string, intro: string, ...controls: readonly Child[]) {
    this.#host = h('div', { class: 'panels' });
    this.element = h(
      'section',
      { id, class: 'charts' },
      h('h2', {}, title),
      h('p', { class: 'quiet' }, intro),
      ...controls,
      this.#host,
    );
  }

  show(panels: readonly Panel[]): void {
    this.#seen.disconnect();
    this.#resized.disconnect();
    this.#drawings.clear();
    this.#host.replaceChildren(...panels.map((panel) => this.#panel(panel)));
    if (panels.length === 0) this.#host.append(h('p', { class: 'quiet' }, 'No cell that is shown was measured so.'));
  }

  #panel({ model, drawing, table: makeTable }: Panel): HTMLElement {
    const host = h('div', { class: 'plot' });
    this.#drawings.set(host, drawing);
    // As high as it will be, so that nothing jumps when it is drawn.
    host.style.minHeight = `${String(drawing.height(this.#host.clientWidth))}px`;
    this.#seen.observe(host);
    this.#resized.observe(host);
    const details = h('details', {}, h('summary', {}, `${model} as a table`));
    details.addEventListener(
      'toggle',
      () => {
        details.append(h('div', { class: 'scroll' }, makeTable()));
      },
      { once: true },
    );
    return h('figure', {}, h('figcaption', {}, model), host, details);
  }

  #draw(host: Element): void {
    const drawing = this.#drawings.get(host);
    const width = host.clientWidth;
    if (drawing === undefined || width === 0 || host.getAttribute('data-width') === String(width)) return;
    host.setAttribute('data-width', String(width));
    if (host instanceof HTMLElement) host.style.minHeight = `${String(drawing.height(width))}px`;
    const figure = drawing.draw(width);
    for (const svg of figure instanceof SVGSVGElement ? [figure] : figure.querySelectorAll('svg'))
      svg.setAttribute('role', 'img');
    host.replaceChildren(figure);
  }
}

/** Radio buttons in a row. */
function choice<T extends string>(
  legend: string,
  options: Readonly<Record<T, string>>,
  chosen: (value: T) => void,
): HTMLElement {
  const name = legend.toLowerCase().replaceAll(' ', '-');
  const inputs = (Object.entries(options) as [T, string][]).map(([value, title], at) => {
    const input = h('input', { type: 'radio', name, value, checked: at === 0 });
    input.addEventListener('change', () => {
      chosen(value);
    });
    return h('label', {}, input, h('span', {}, title));
  });
  return h('fieldset', { class: 'choice' }, h('legend', { class: 'spoken' }, legend), ...inputs);
}

const legendItem = (sign: string, color: string, words: string): HTMLElement => {
  const mark = h('i', { 'aria-hidden': 'true' }, sign);
  mark.style.color = `var(--${color})`;
  return h('li', {}, mark, ` ${words}`);
};

const browserLegend = (cells: readonly Cell[], ...others: readonly HTMLElement[]): HTMLElement =>
  h(
    'ul',
    { class: 'legend' },
    ...PLATFORMS.filter((browser) =>
      cells.some(({ key, records }) => key.browser === browser && records.some(({ performance }) => performance)),
    ).map((browser: Platform) => legendItem(MARKS[browser].sign, browser, BROWSER_TITLES[browser])),
    ...others,
  );

const link = (id: string, words: string): HTMLElement => h('a', { href: cellHref(id) }, words);
const place = (line: string, browser: Platform): string => `${line}, ${BROWSER_TITLES[browser]}`;
const between = ({ low, high }: Interval, show: (value: number) => string): string => `${show(low)} to ${show(high)}`;

/** Every value, interval and native time that a chart of the lines shows. */
const valuesOf = (lines: readonly Line[]): number[] =>
  lines.flatMap(({ points, native }) => [
    ...points.flatMap(({ value, interval }) => [
      value,
      ...(interval === undefined ? [] : [interval.low, interval.high]),
    ]),
    ...(native === undefined ? [] : [native]),
  ]);

function dotPanels(
  cells: readonly Cell[],
  quantity: Quantity,
  options: Omit<DotsOptions, 'domain' | 'ariaLabel'>,
  about: string,
  makeTable: (model: MeasuredModel) => HTMLTableElement,
): Panel[] {
  const models = measuredModels(cells).map((model) => ({ model, lines: linesOf(model, quantity) }));
  const shown = models.filter(({ lines }) => lines.length > 0);
  const domain = logDomain(valuesOf(shown.flatMap(({ lines }) => lines)));
  return shown.map(({ model, lines }) => ({
    model: model.model,
    drawing: dots(lines, {
      ...options,
      domain,
      ariaLabel: `${about} of ${model.model}; the table below the chart has the same numbers`,
    }),
    table: () => makeTable(model),
  }));
}

function latencyTable({ model, cells }: MeasuredModel): HTMLTableElement {
  const rows = cells.flatMap(({ id, line, browser, block, native }) => {
    const { latency, noise } = block;
    if (latency === undefined) return [];
    return [
      [
        link(id, place(line, browser)),
        inMs(latency.median.value),
        between(latency.median, inMs),
        count(latency.n),
        native === undefined ? '' : float(native.ratio.value, 3),
        native === undefined ? '' : between(native.ratio, (value) => float(value, 3)),
        noise.noisy ? 'noisy' : 'calm',
      ],
    ];
  });
  return table(
    `Warm latency of ${model}`,
    ['cell', 'median', '95 % interval', 'timings', '× native', '95 % interval', 'machine'],
    rows,
    new Set([1, 2, 3, 4, 5]),
  );
}

function memoryTable({ model, cells }: MeasuredModel): HTMLTableElement {
  const rows = cells.flatMap(({ id, line, browser, block }) =>
    block.memory?.addedBytes === undefined
      ? []
      : [
          [
            link(id, place(line, browser)),
            bytes(Math.max(0, block.memory.addedBytes)),
            block.memory.timesModel === undefined ? '' : `${float(block.memory.timesModel, 3)}×`,
            bytes(block.modelBytes),
          ],
        ],
  );
  return table(`Memory of ${model}`, ['cell', 'added', '× model', 'model'], rows, new Set([1, 2, 3]));
}

function coldTable({ model, cells }: MeasuredModel): HTMLTableElement {
  const rows = cells.flatMap(({ id, line, browser, block }) =>
    CACHES.flatMap((cache) => {
      const phases = block.cold[cache];
      return phases === undefined
        ? []
        : [
            [
              link(id, place(line, browser)),
              cache,
              ...START_PHASES.map((phase) => duration(phases[phase])),
              duration(startOf(phases)),
            ],
          ];
    }),
  );
  const head = ['cell', 'cache', ...START_PHASES.map((phase) => PHASE_TITLES[phase]), 'in all'];
  return table(`Cold start of ${model}`, head, rows, new Set([2, 3, 4, 5, 6]));
}

/** The sections, and what shows cells in them. Without measurements: a word on how they are made. */
export function performanceSections(all: readonly Cell[]): {
  elements: HTMLElement[];
  render: (cells: readonly Cell[]) => void;
} {
  if (measuredModels(all).length === 0) {
    const words = 'These results hold no measurements of time and memory; ';
    const hint = h(
      'section',
      { id: 'time' },
      h('h2', {}, 'Time and memory'),
      h('p', { class: 'quiet' }, words, h('code', {}, 'npm run perf'), ' makes them.'),
    );
    return { elements: [hint], render: () => undefined };
  }
  let shown: readonly Cell[] = [];

  const latency = new Section(
    'time',
    'Warm latency',
    'Median of one warm inference, outputs read back, with its bootstrap 95 % interval; logarithmic, the same scale for all models. Click a point for its evidence.',
    browserLegend(
      all,
      legendItem('┃', 'ink', 'native on the PC, as many threads'),
      legendItem('○', 'ink', 'hollow: the machine was noisy'),
    ),
  );
  const showLatency = (): void => {
    latency.show(
      dotPanels(
        shown,
        latencyOf,
        {
          label: 'warm latency',
          tick: shortMs,
          tell: ({ line, browser, value, interval, noisy }) =>
            `${place(line, browser)}\n${inMs(value)}${interval === undefined ? '' : ` (95 %: ${between(interval, inMs)})`}${noisy ? '\nthe machine was noisy' : ''}`,
        },
        'Warm latency',
        latencyTable,
      ),
    );
  };

  const quantities = {
    added: {
      title: 'Bytes added',
      of: addedBytesOf,
      label: 'added to the empty page',
      tick: shortBytes,
      words: (value: number) => bytes(value),
    },
    times: {
      title: '× model',
      of: timesModelOf,
      label: 'added to the empty page, × the model’s size',
      tick: shortTimes,
      words: (value: number) => `${float(value, 3)} × the model`,
    },
  } as const;
  let quantity: keyof typeof quantities = 'added';
  const memory = new Section(
    'memory',
    'Memory',
    'Peak of the browser’s process tree while the model ran, less the same browser with the empty page; logarithmic.',
    h(
      'div',
      { class: 'bar' },
      choice('Memory as', { added: quantities.added.title, times: quantities.times.title }, (value) => {
        quantity = value;
        showMemory();
      }),
      browserLegend(all.filter(({ key }) => key.browser !== 'pc')),
    ),
  );
  const showMemory = (): void => {
    const { of, label, tick, words } = quantities[quantity];
    const cells = shown.filter(({ key }) => key.browser !== 'pc');
    memory.show(
      dotPanels(
        cells,
        of,
        { label, tick, tell: ({ line, browser, value }) => `${place(line, browser)}\n${words(value)}` },
        'Memory',
        memoryTable,
      ),
    );
  };

  let cache: HttpCache = 'empty';
  const cold = new Section(
    'cold',
    'Cold start',
    'From a fresh page to the first outputs, its phases end to end; the same scale within a model.',
    h(
      'div',
      { class: 'bar' },
      choice('HTTP cache', { empty: 'Empty cache', full: 'Full cache' }, (value) => {
        cache = value;
        showCold();
      }),
      h('ul', { class: 'legend' }, ...START_PHASES.map((phase) => legendItem('■', phase, PHASE_TITLES[phase]))),
    ),
  );
  const showCold = (): void => {
    const panels = measuredModels(shown.filter(({ key }) => key.browser !== 'pc')).flatMap((model): Panel[] =>
      model.cells.every(({ block }) => block.cold[cache] === undefined)
        ? []
        : [
            {
              model: model.model,
              drawing: coldStarts(
                model.cells,
                cache,
                `Cold start of ${model.model} with ${cache === 'empty' ? 'an empty' : 'a full'} cache; the table below the chart has the same numbers`,
              ),
              table: () => coldTable(model),
            },
          ],
    );
    cold.show(panels);
  };
  return {
    elements: [latency.element, memory.element, cold.element],
    render: (cells) => {
      shown = cells;
      showLatency();
      showMemory();
      showCold();
    },
  };
}
