/** A cell's evidence: all that its records hold, in a dialog that the address of the page names. */
import { ERRORS } from '../../../protocol/errors.js';
import type { Distribution, PerformanceBlock, Phases, SoakBlock } from '../../../protocol/performance.js';
import type { Parity, ResultRecord } from '../../../protocol/record.js';
import { median } from '../../../judge/statistics/summary.js';
import { bytes, count, duration, float, percent, points } from '../../format.js';
import { outcomeOf, SIGNS } from '../../outcome.js';
import { PHASE_TITLES, START_PHASES, startOf } from '../../readings.js';
import { repeatCommand } from '../../repeat.js';
import type { Cell, Kind } from '../cells.js';
import { BROWSER_TITLES, inMs, OUTCOME_TITLES, OUTCOME_WORDS, plural, RUNTIME_TITLES } from '../names.js';
import { cellHref, h, table, type Child } from './dom.js';
import { strip } from './charts.js';

const KIND_TITLES: Readonly<Record<Kind, string>> = {
  baseline: 'Baseline on the PC',
  accuracy: 'Accuracy',
  performance: 'Time and memory',
  soak: 'Repeat and soak',
};

type Fact = readonly [name: string, value: Child];
type Maybe<T> = T | undefined | false;

/** A list of facts; nothing where there are none. */
function facts(...rows: readonly Maybe<Fact>[]): HTMLElement | undefined {
  const there = rows.filter(
    (row): row is Fact => row !== undefined && row !== false && row[1] !== undefined && row[1] !== '',
  );
  return there.length === 0
    ? undefined
    : h('dl', {}, ...there.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value))));
}

const block = (title: string, ...children: readonly Child[]): HTMLElement | undefined => {
  const there = children.filter(Boolean);
  return there.length === 0 ? undefined : h('section', {}, h('h4', {}, title), ...there);
};

/** An address of the web becomes a link; whatever else there is stays text. */
function webLink(address: string): HTMLElement {
  return /^https?:\/\//i.test(address)
    ? h('a', { href: address, rel: 'noreferrer noopener' }, address)
    : h('span', {}, address);
}

/** Relative to `reports/matrix/`; only below `findings/`. */
function findingLink(finding: string): HTMLElement | undefined {
  const parts = finding.split('/');
  if (parts[0] !== 'findings' || parts.includes('..') || parts.includes('.')) return undefined;
  const path = `${finding}/report.md`;
  return h('a', { href: `../${parts.map(encodeURIComponent).join('/')}/report.md` }, path);
}

function command(id: string, kind: Kind): HTMLElement {
  const text = repeatCommand(id, kind);
  const copy = h('button', { type: 'button', class: 'copy' }, 'Copy');
  copy.addEventListener('click', () => {
    void copyText(text).then((done) => {
      copy.textContent = done ? 'Copied' : 'Select and copy';
    });
  });
  return h('div', { class: 'command' }, h('code', { tabindex: 0 }, text), copy);
}

/** @returns whether the clipboard took it: a page from the disk may not be let to it */
async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

function reasonBlock({ reason, expectation }: ResultRecord): Child {
  return block(
    'Why',
    reason && h('p', { class: 'reason' }, h('code', {}, reason.code), ` ${reason.message}`),
    reason && h('p', {}, reason.hint),
    reason &&
      facts(
        ['phase', reason.phase],
        [
          'points at',
          reason.code in ERRORS
            ? {
                product: 'the runtime, browser or model',
                harness: 'Plumbline itself',
                environment: 'the machine',
                input: 'what was given',
              }[ERRORS[reason.code].owner]
            : undefined,
        ],
      ),
    reason?.stack !== undefined && h('details', {}, h('summary', {}, 'Stack'), h('pre', { tabindex: 0 }, reason.stack)),
    expectation &&
      facts(
        ['declared', `${expectation.status} ${expectation.code}: ${expectation.reason}`],
        ['came as declared', expectation.met ? 'yes' : 'no'],
        ['report', webLink(expectation.link)],
      ),
  );
}

const worse = (difference: number): string => `${points(difference)} points`;

function accuracyBlock({ accuracy, agreement, dataset }: ResultRecord): Child {
  return block(
    'Accuracy',
    accuracy &&
      facts(
        ['top-1 here', percent(accuracy.top1)],
        ['the same file on the PC', percent(accuracy.baselineTop1)],
        ['the fp32 original on the PC', percent(accuracy.fp32Top1)],
        [
          'difference to the PC',
          `${worse(accuracy.top1 - accuracy.baselineTop1)}, n = ${count(accuracy.n)}, p = ${float(accuracy.pValue, 3)} (McNemar, exact)`,
        ],
      ),
    facts(
      agreement && ['agrees with the PC', `on ${percent(agreement.share)} of ${count(agreement.n)} samples`],
      agreement && ['another class', `${count(agreement.flips)}, of them ${count(agreement.beyondTies)} beyond ties`],
      dataset && [
        'samples',
        `${dataset.name} ${dataset.split}, ${count(dataset.n)}${dataset.generated === true ? ', generated: no labels' : ''}`,
      ],
    ),
  );
}

function numericBlock({ numeric }: ResultRecord): Child {
  if (numeric === undefined) return undefined;
  const { tolerance, worst } = numeric;
  return block(
    'Outputs',
    facts(
      ['largest difference', `${float(numeric.maxAbs)}, relative ${float(numeric.maxRel)}`],
      ['worst output', `${float(numeric.toleranceUsed, 3)} × its tolerance`],
      worst && [
        'which is',
        `sample ${count(worst.sample)}, element ${count(worst.index)}: ${float(worst.got)} here, ${float(worst.want)} on the PC`,
      ],
      ['tolerance', `${tolerance.name}: relative ${float(tolerance.relative)}, absolute ${float(tolerance.absolute)}`],
      numeric.beyond !== undefined && ['beyond tolerance', `${percent(numeric.beyond)} of elements`],
      numeric.gain !== undefined && ['scaled against the PC', `by ${float(numeric.gain)}`],
      ['not finite', count(numeric.nonFinite)],
    ),
  );
}

const parityRow = (name: string, parity: Parity): Child[] => [
  name,
  parity.difference === undefined ? '' : points(parity.difference),
  parity.pValue === undefined ? '' : float(parity.pValue, 3),
  parity.agreement === undefined ? '' : percent(parity.agreement),
  float(parity.distance, 3),
  count(parity.n),
];

function quantizationBlock({ quantization }: ResultRecord): Child {
  if (quantization === undefined) return undefined;
  return block(
    'Quantization and drift',
    h('p', {}, quantization.words),
    h(
      'div',
      { class: 'scroll' },
      table(
        'Quantization loss and platform drift',
        ['', 'points', 'p', 'agreement', 'distance', 'n'],
        [parityRow('loss on the PC', quantization.loss), parityRow('drift in the browser', quantization.drift)],
        new Set([1, 2, 3, 4, 5]),
      ),
    ),
  );
}

function teethBlock({ teeth }: ResultRecord): Child {
  if (teeth === undefined) return undefined;
  return block(
    'Would a fault be seen?',
    h('p', {}, `${count(teeth.killed)} of ${count(teeth.total)} seeded faults in these outputs are found.`),
    teeth.survivors.length > 0 &&
      h('ul', {}, ...teeth.survivors.map(({ mutant, reason }) => h('li', {}, `not found: ${mutant}; ${reason}`))),
  );
}

function timingBlock({ timing }: ResultRecord): Child {
  if (timing === undefined) return undefined;
  const ms = (value: number | undefined): string | undefined => (value === undefined ? undefined : duration(value));
  const inferences = timing.inferenceMs ?? [];
  return block(
    'Time of the accuracy run',
    facts(
      ['runtime load', timing.warmPage === true ? 'on a warm page' : ms(timing.runtimeLoadMs)],
      ['model fetch', ms(timing.modelFetchMs)],
      ['session', ms(timing.sessionMs)],
      ['first inference', ms(timing.firstInferenceMs)],
      inferences.length > 0 && [
        'later inferences',
        `median ${duration(median(inferences))}${timing.batchSize === undefined ? '' : `, ${count(timing.batchSize)} samples each`}`,
      ],
      ['input', ms(timing.inputMs)],
      ['upload', ms(timing.uploadMs)],
      ['dispose', ms(timing.disposeMs)],
      ['the whole cell', ms(timing.cellMs)],
    ),
  );
}

function latencyBlock(title: string, series: Distribution | undefined): Child {
  if (series === undefined) return undefined;
  const { median: middle, samplesMs } = series;
  return block(
    title,
    h(
      'p',
      { class: 'headline' },
      h('b', {}, inMs(middle.value)),
      ` ${inMs(middle.low)} to ${inMs(middle.high)} (95 %)`,
    ),
    strip(
      samplesMs,
      middle.value,
      `${title}: ${count(samplesMs.length)} timings in the order taken, from ${inMs(Math.min(...samplesMs))} to ${inMs(Math.max(...samplesMs))}`,
    ),
    facts(
      ['timings', `${count(series.n)}, of ${plural(series.iterations, 'inference')} each`],
      series.p90 !== undefined && ['90th percentile', inMs(series.p90)],
      series.p99 !== undefined && ['99th percentile', inMs(series.p99)],
      ['outliers', `${count(series.outliers)}, kept`],
      ['step of the clock', `${float(series.clockStepMs * 1000, 3)} µs`],
      ['warm-up', series.steady ? 'became steady' : 'did not become steady'],
    ),
  );
}

function coldRow(name: string, phases: Phases | undefined): Child[][] {
  if (phases === undefined) return [];
  return [
    [
      name,
      ...START_PHASES.map((phase) => duration(phases[phase])),
      phases.disposeMs === undefined ? '' : duration(phases.disposeMs),
      duration(startOf(phases)),
    ],
  ];
}

function coldBlock({ cold }: PerformanceBlock): Child {
  const rows = [...coldRow('empty cache', cold.empty), ...coldRow('full cache', cold.full)];
  if (rows.length === 0) return undefined;
  const head = ['', ...START_PHASES.map((phase) => PHASE_TITLES[phase]), 'dispose', 'to first outputs'];
  return block(
    'Cold start',
    h('div', { class: 'scroll' }, table('Phases of a cold start', head, rows, new Set([1, 2, 3, 4, 5, 6]))),
  );
}

function memoryBlock({ memory, modelBytes }: PerformanceBlock): Child {
  if (memory === undefined) return undefined;
  const size = (value: number | undefined): string => (value === undefined ? '' : bytes(value));
  const rows = memory.readings.map(({ point, page, processBytes, yardstick }): Child[] => [
    point,
    processBytes === undefined ? '' : `${bytes(processBytes)}${yardstick === 'rss' ? ' (RSS)' : ''}`,
    size(page.wasmHeapBytes),
    size(page.jsHeapBytes),
    size(page.userAgentBytes),
    page.tensors === undefined ? '' : `${count(page.tensors)} (${size(page.tensorBytes)})`,
  ]);
  return block(
    'Memory',
    facts(
      memory.addedBytes !== undefined && [
        'added',
        `${bytes(Math.max(0, memory.addedBytes))}${memory.timesModel === undefined ? '' : `, ${float(memory.timesModel, 3)} × the model`}`,
      ],
      ['model', bytes(modelBytes)],
    ),
    rows.length > 0 &&
      h(
        'div',
        { class: 'scroll' },
        table(
          'Memory readings',
          ['', 'processes', 'wasm', 'JS heap', 'browser says', 'tensors'],
          rows,
          new Set([1, 2, 3, 4, 5]),
        ),
      ),
  );
}

function performanceBlocks({ performance }: ResultRecord): Child[] {
  if (performance === undefined) return [];
  const { native = [], throughput, responsiveness, noise } = performance;
  return [
    latencyBlock('Warm latency', performance.latency),
    block(
      'Beside native',
      facts(
        ...native.map((entry): Fact => [
          `PC, ${plural(entry.threads, 'thread')}`,
          h(
            'span',
            {},
            `${float(entry.ratio.value, 3)} × (${float(entry.ratio.low, 3)} to ${float(entry.ratio.high, 3)}); `,
            h('a', { href: cellHref(entry.id) }, inMs(entry.medianMs)),
          ),
        ]),
      ),
    ),
    latencyBlock('Warm latency without read-back', performance.latencyWithoutReadBack),
    coldBlock(performance),
    memoryBlock(performance),
    block(
      'Throughput, page and machine',
      facts(
        throughput && [
          'most samples',
          `${float(throughput.samplesPerSecond.value, 4)} a second (${float(throughput.samplesPerSecond.low, 4)} to ${float(throughput.samplesPerSecond.high, 4)}), ${count(throughput.batchSize)} at once`,
        ],
        responsiveness && [
          'longest task',
          `${duration(responsiveness.longestTaskMs)} in ${duration(responsiveness.durationMs)} and ${count(responsiveness.inferences)} inferences`,
        ],
        responsiveness && [
          'frames dropped',
          `${count(responsiveness.framesDropped)} of ${count(responsiveness.framesExpected)}`,
        ],
        ['machine', `calibration moved by ${float(noise.shift, 3)} ×: ${noise.noisy ? 'noisy' : 'calm'}`],
      ),
    ),
  ];
}

const MEMORY_TITLES = new Map([
  ['processBytes', 'processes'],
  ['wasmHeapBytes', 'wasm'],
  ['jsHeapBytes', 'JS heap'],
  ['userAgentBytes', 'as the browser says'],
  ['tensors', 'tensors'],
  ['tensorBytes', 'bytes of tensors'],
]);

const signedBytes = (value: number): string => `${value < 0 ? '-' : ''}${bytes(Math.round(Math.abs(value)))}`;

function soakBlock(soak: SoakBlock | undefined): Child {
  if (soak === undefined) return undefined;
  const slopes = (per: string, rows: SoakBlock['overRounds']): Child[][] =>
    rows.map(({ what, slope, leaks, points: n }) => {
      const show = (value: number): string => (what === 'tensors' ? float(value, 3) : signedBytes(value));
      return [
        `${MEMORY_TITLES.get(what) ?? what}, ${per}`,
        show(slope.value),
        `${show(slope.low)} to ${show(slope.high)}`,
        count(n),
        leaks ? 'leaks' : 'steady',
      ];
    });
  return block(
    'Repeated',
    facts(
      ['inferences', count(soak.inferences)],
      ['rounds of loading', count(soak.rounds)],
      [
        'other outputs than the first',
        soak.differing.length === 0 ? 'none, to the bit' : `inferences ${soak.differing.map(count).join(', ')}`,
      ],
    ),
    h(
      'div',
      { class: 'scroll' },
      table(
        'Growth of memory',
        ['memory', 'growth', '95 % interval', 'readings', ''],
        [...slopes('an inference', soak.overInferences), ...slopes('a round', soak.overRounds)],
        new Set([1, 2, 3]),
      ),
    ),
  );
}

function evidenceBlock({ evidence, probe, memory }: ResultRecord): Child {
  return block(
    'Evidence that the backend ran',
    probe && facts(['probe', `${probe.available ? 'there' : 'not there'}: ${probe.words}`]),
    evidence &&
      facts(
        ['provider', evidence.provider],
        evidence.gpuDispatches > 0 && ['WebGPU dispatches', count(evidence.gpuDispatches)],
        evidence.webglDraws > 0 && ['WebGL draws', count(evidence.webglDraws)],
        evidence.webnnDispatches > 0 && ['WebNN dispatches', count(evidence.webnnDispatches)],
        evidence.kernels !== undefined && ['kernels on the backend', count(evidence.kernels)],
        evidence.wasmModules.length > 0 && [
          'wasm',
          evidence.wasmModules
            .map(({ name, bytes: size }) => `${name}${size > 0 ? ` (${bytes(size)})` : ''}`)
            .join(', '),
        ],
        evidence.wasmMemoryBytes > 0 && ['wasm memory', bytes(evidence.wasmMemoryBytes)],
        ['threads', `${count(evidence.threads)}, ${count(evidence.workersAlive)} workers alive`],
        ['GPU device lost', evidence.gpuDeviceLost],
      ),
    memory &&
      facts(
        memory.processTreePssBytes !== undefined && ['browser’s processes', bytes(memory.processTreePssBytes)],
        memory.jsHeapBytes !== undefined && ['JS heap', bytes(memory.jsHeapBytes)],
        memory.tensors !== undefined && ['tensors left', count(memory.tensors)],
      ),
  );
}

function environmentBlock({ cell }: ResultRecord): Child {
  const known = (value: string): string | undefined => (value === 'unknown' ? undefined : value);
  return block(
    'Where',
    facts(
      ['browser', `${BROWSER_TITLES[cell.browser]} ${known(cell.browserVersion) ?? ''}`],
      [
        'runtime',
        `${RUNTIME_TITLES[cell.runtime]} ${known(cell.runtimeVersion) ?? ''}, ${cell.backend}, ${count(cell.threads)} ${cell.threads === 1 ? 'thread' : 'threads'}${cell.worker === true ? ', in a worker' : ''}`,
      ],
      ['driver', `${known(cell.driver) ?? ''} ${known(cell.driverVersion) ?? ''}`.trim()],
      ['system', known(cell.os)],
      ['processor', known(cell.cpu)],
      ['GPU', known(cell.gpu)],
    ),
  );
}

function rawBlock(record: ResultRecord): HTMLElement {
  const details = h('details', { class: 'raw' }, h('summary', {}, 'The record as it is'));
  details.addEventListener(
    'toggle',
    () => {
      details.append(h('pre', { tabindex: 0 }, JSON.stringify(record, null, 2)));
    },
    { once: true },
  );
  return details;
}

/** Whether it is of what a cell answered; what was measured of it needs no such words. */
const isJudged = ({ kind }: ResultRecord): boolean => kind === 'accuracy' || kind === 'baseline';

function recordElement(record: ResultRecord, alone: boolean): HTMLElement {
  const outcome = outcomeOf(record);
  return h(
    'article',
    {},
    h(
      'h3',
      {},
      h(
        'span',
        { class: 'badge', 'data-outcome': outcome },
        h('i', { 'aria-hidden': 'true' }, SIGNS[outcome]),
        ` ${OUTCOME_TITLES[outcome]}`,
      ),
      h('span', {}, ` ${KIND_TITLES[record.kind]}`),
      h('small', {}, alone && isJudged(record) ? ` ${OUTCOME_WORDS[outcome]}` : ''),
    ),
    reasonBlock(record),
    block(
      'Repeat',
      command(record.id, record.kind),
      record.finding !== undefined && facts(['finding', findingLink(record.finding)]),
    ),
    accuracyBlock(record),
    quantizationBlock(record),
    numericBlock(record),
    ...performanceBlocks(record),
    soakBlock(record.soak),
    teethBlock(record),
    evidenceBlock(record),
    timingBlock(record),
    environmentBlock(record),
    rawBlock(record),
  );
}

export interface EvidenceOptions {
  readonly cell: (id: string) => Cell | undefined;
  /** The cell before or after, among those that are shown. */
  readonly beside: (id: string, step: -1 | 1) => Cell | undefined;
  /** Is told when the evidence of a cell was closed. */
  readonly closed: (id: string) => void;
}

/** Shows the cell that the address names, and keeps the address true when it is closed. */
export function evidenceDialog(options: EvidenceOptions): void {
  const dialog = h('dialog', { 'aria-labelledby': 'evidence-title' });
  document.body.append(dialog);
  let open: string | undefined;

  const close = (): void => {
    const id = open;
    open = undefined;
    dialog.replaceChildren();
    if (named() === id) history.replaceState(null, '', location.pathname + location.search);
    if (id !== undefined) options.closed(id);
  };
  const show = (): void => {
    const cell = options.cell(named());
    if (cell === undefined) {
      if (dialog.open) dialog.close();
      return;
    }
    const held = document.activeElement instanceof HTMLElement ? document.activeElement.dataset.step : undefined;
    open = cell.id;
    const title = h('h2', { id: 'evidence-title', tabindex: -1 }, cell.id);
    const body = h(
      'div',
      { class: 'body', tabindex: 0, role: 'region', 'aria-labelledby': 'evidence-title' },
      ...cell.records.map((record) => recordElement(record, cell.records.length === 1)),
    );
    const step = (way: -1 | 1, words: string, sign: string): HTMLElement => {
      const to = options.beside(cell.id, way);
      const button = h(
        'button',
        { type: 'button', 'aria-label': words, title: words, 'data-step': way, disabled: to === undefined },
        sign,
      );
      button.addEventListener('click', () => {
        if (to !== undefined) location.replace(cellHref(to.id));
      });
      return button;
    };
    const shut = h('button', { type: 'button', 'aria-label': 'Close', title: 'Close (Esc)' }, '✕');
    shut.addEventListener('click', () => {
      dialog.close();
    });
    dialog.replaceChildren(h('header', {}, title, step(-1, 'Cell before', '‹'), step(1, 'Next cell', '›'), shut), body);
    if (!dialog.open) dialog.showModal();
    for (const svg of dialog.querySelectorAll('svg')) svg.setAttribute('role', 'img');
    const again =
      held === undefined ? undefined : dialog.querySelector<HTMLButtonElement>(`[data-step="${held}"]:not(:disabled)`);
    (again ?? title).focus();
  };

  dialog.addEventListener('close', close);
  // A click beside the sheet.
  dialog.addEventListener('click', ({ target }) => {
    if (target === dialog) dialog.close();
  });
  addEventListener('hashchange', show);
  show();
}

/** The cell that the address names, or what stands there instead. */
function named(): string {
  try {
    return decodeURIComponent(location.hash.slice(1));
  } catch {
    return '';
  }
}
