/**
 * `docs/performance.md`: time and memory of a run in the form of the study's tables (Guo et al., ASE 2019, RQ5): rows models
 * and precisions, columns the PC and each runtime-backend, a table a browser. Pure and deterministic: records in, text out.
 */
import {
  BROWSERS,
  PLATFORMS,
  RUNTIMES,
  artifactSlug,
  parseCellId,
  targetSlug,
  type BrowserName,
  type Platform,
  type RuntimeName,
} from '../protocol/cell.js';
import type { PerformanceBlock, Phases } from '../protocol/performance.js';
import type { ResultRecord } from '../protocol/record.js';
import { median } from '../judge/index.js';
import { byteChange, bytes, count, duration, millis, times } from './format.js';
import { markdownTable } from './markdown-table.js';
import { compareArtifacts, compareRecords, compareTargets } from './order.js';
import { isBad, outcomeOf } from './outcome.js';
import { caveats, soakTroubles } from './performance-table.js';
import { nativeOf, START_PHASES, startOf } from './readings.js';

const TITLES: Readonly<Record<Platform | RuntimeName, string>> = {
  chromium: 'Chromium',
  firefox: 'Firefox',
  webkit: 'WebKit',
  pc: 'PC',
  ort: 'onnxruntime-web',
  tfjs: 'TensorFlow.js',
  litert: 'LiteRT.js',
};

/** A record with its block, which it has. */
type Measured = ResultRecord & { readonly performance: PerformanceBlock };

const isMeasured = (record: ResultRecord): record is Measured => record.performance !== undefined;

const targetOf = ({ id }: ResultRecord): string => targetSlug(parseCellId(id));

/** `fp32`, `int8-qdq`: the name of an artifact without its format, which the runtime implies. */
const precisionOf = ({ cell }: ResultRecord): string =>
  cell.variant === undefined ? cell.precision : `${cell.precision}-${cell.variant}`;

const rowOf = (record: ResultRecord): string => `${record.cell.model} ${precisionOf(record)}`;

/** The distinct words of some records, in the order of the records. */
const distinct = (records: readonly ResultRecord[], word: (record: ResultRecord) => string): string[] => [
  ...new Set(records.map(word)),
];

const joined = (values: Iterable<string>): string =>
  [...new Set(values)]
    .filter((value) => value !== '' && value !== 'unknown')
    .sort()
    .join(', ');

/** Rows of models and precisions; a model's name stands in its first row alone. */
function modelTable(
  head: readonly string[],
  rows: readonly { readonly model: string; readonly cells: readonly string[] }[],
  /** Columns after the model's that hold words, not numbers. */
  words = 1,
): string {
  let last = '';
  const body = rows.map(({ model, cells }) => {
    const shown = model === last ? '' : model;
    last = model;
    return [shown, ...cells];
  });
  return markdownTable(
    ['model', ...head],
    body,
    ['model', ...head].map((_, column) => (column <= words ? 'left' : 'right')),
  );
}

const compareRows = (a: ResultRecord, b: ResultRecord): number =>
  compareArtifacts({ ...a.cell, format: 'onnx' }, { ...b.cell, format: 'onnx' });

/** What people need to know why there is no number. */
function wordOf(record: ResultRecord): string {
  const outcome = outcomeOf(record);
  if (outcome === 'unsupported') return '–';
  if (outcome === 'skipped') return 'skipped';
  const code = `\`${record.reason?.code ?? record.status}\``;
  return isBad(record) ? `**${code}**` : code;
}

/** A table a browser: rows models and precisions, columns targets. */
function browserTables(
  records: readonly ResultRecord[],
  text: (record: ResultRecord) => string,
  leading: {
    readonly head: readonly string[];
    readonly cells: (row: readonly ResultRecord[], browser: BrowserName) => readonly string[];
  } = { head: [], cells: () => [] },
): string {
  const tables = BROWSERS.flatMap((browser) => {
    const own = records.filter(({ cell }) => cell.browser === browser);
    const shown = own.filter(({ status }) => status !== 'unsupported');
    if (shown.length === 0) return [];
    const targets = distinct(
      [...shown].sort((a, b) => compareTargets(a.cell, b.cell)),
      targetOf,
    );
    const rows = distinct([...shown].sort(compareRows), rowOf).map((name) => {
      const row = own.filter((record) => rowOf(record) === name);
      const [first] = row;
      return {
        model: first?.cell.model ?? '',
        cells: [
          first === undefined ? '' : precisionOf(first),
          ...leading.cells(row, browser),
          ...targets.map((target) => {
            const record = row.find((one) => targetOf(one) === target);
            return record === undefined ? '' : text(record);
          }),
        ],
      };
    });
    const version = joined(own.map(({ cell }) => cell.browserVersion));
    return [
      `### ${[TITLES[browser], version].filter(Boolean).join(' ')}`,
      modelTable(['precision', ...leading.head, ...targets], rows),
      ...absences(own, targets),
    ];
  });
  return tables.join('\n\n');
}

/** Targets that a browser has nowhere, with the words of its probes. */
function absences(own: readonly ResultRecord[], shown: readonly string[]): string[] {
  const absent = own.filter((record) => !shown.includes(targetOf(record)));
  if (absent.length === 0) return [];
  const words = distinct(
    [...absent].sort((a, b) => compareTargets(a.cell, b.cell)),
    (record) => `${targetOf(record)} (${record.probe?.words ?? record.reason?.message ?? 'no words'})`,
  );
  return [`Not there, as the probe in that browser says: ${words.join('; ')}.`];
}

/** The PC's median for a row, with so many threads. */
function pcMedian(row: readonly ResultRecord[], pc: readonly Measured[], threads: number): string {
  const [first] = row;
  if (first === undefined) return '';
  const own = pc.find((record) => rowOf(record) === rowOf(first) && record.cell.threads === threads);
  const latency = own?.performance.latency?.median.value;
  const beside = row.flatMap(({ performance }) => performance?.native ?? []).find((one) => one.threads === threads);
  const value = latency ?? beside?.medianMs;
  return value === undefined ? '' : millis(value);
}

/** `3.21 (3.18–3.30) ×2.70`. */
function latencyText(record: ResultRecord): string {
  const latency = record.performance?.latency;
  if (record.performance === undefined || latency === undefined || isBad(record)) return wordOf(record);
  const { value, low, high } = latency.median;
  const native = nativeOf(record);
  const wary = caveats(record.performance).length === 0 ? '' : ' ?';
  const ratio = native === undefined ? '' : ` **×${times(native.ratio.value)}**`;
  return `${millis(value)} (${millis(low)}–${millis(high)})${ratio}${wary}`;
}

function timeSection(records: readonly ResultRecord[]): string {
  const pc = records.filter(({ cell }) => cell.browser === 'pc').filter(isMeasured);
  return [
    '## Warm inference',
    'Milliseconds an inference at batch 1 (TFLite files have a fixed batch of 10 to 100 samples, which is timed, here and on the PC that ' +
      'they are held against), outputs read back: the median of all timings with its 95 % interval, and in bold how many ' +
      'times that of the PC with as many threads it is. `?`: the machine was noisy around it, or its warm-up never steady ' +
      '([below](#how-it-was-measured)). `–`: the browser does not have the backend.',
    browserTables(records, latencyText, {
      head: ['PC, 1 thread', 'PC, 2 threads'],
      cells: (row) => [pcMedian(row, pc, 1), pcMedian(row, pc, 2)],
    }),
  ].join('\n\n');
}

/** Geometric mean; NaN of nothing. */
const geometricMean = (values: readonly number[]): number =>
  Math.exp(values.reduce((sum, value) => sum + Math.log(value), 0) / values.length);

/** How much slower than the PC each target is, over all models. */
function ratioSection(records: readonly ResultRecord[]): string | undefined {
  const beside = records.filter((record) => !isBad(record) && nativeOf(record) !== undefined);
  if (beside.length === 0) return undefined;
  const browsers = BROWSERS.filter((browser) => beside.some(({ cell }) => cell.browser === browser));
  const sorted = [...beside].sort((a, b) => compareTargets(a.cell, b.cell));
  const rows = distinct(sorted, targetOf).flatMap((target) =>
    distinct(
      sorted.filter((record) => targetOf(record) === target).sort((a, b) => compareRows(a, b)),
      ({ cell }) => cell.precision,
    ).map((precision) => [
      target,
      precision,
      ...browsers.map((browser) => {
        const ratios = beside.flatMap((record) => {
          const isOwn = targetOf(record) === target && record.cell.precision === precision;
          const ratio = nativeOf(record)?.ratio.value;
          return isOwn && record.cell.browser === browser && ratio !== undefined ? [ratio] : [];
        });
        if (ratios.length === 0) return '';
        return `×${times(geometricMean(ratios))} (${times(Math.min(...ratios))}–${times(Math.max(...ratios))}), ${count(ratios.length)}`;
      }),
    ]),
  );
  return [
    '## Beside the PC',
    'How many times the PC’s time a warm inference takes, with as many threads: the geometric mean over the models, in brackets the ' +
      'least and the most, then how many models.',
    markdownTable(['runtime-backend', 'precision', ...browsers.map((browser) => TITLES[browser])], rows, [
      'left',
      'left',
      ...browsers.map(() => 'right' as const),
    ]),
  ].join('\n\n');
}

const hasCold = ({ performance }: ResultRecord): boolean =>
  performance?.cold.empty !== undefined || performance?.cold.full !== undefined;

/** A row a cell, as there are too many phases for columns. */
function coldSection(records: readonly ResultRecord[]): string | undefined {
  const tables = BROWSERS.flatMap((browser) => {
    const own = records.filter((record) => record.cell.browser === browser && hasCold(record) && !isBad(record));
    if (own.length === 0) return [];
    const rows = [...own]
      .sort((a, b) => compareRows(a, b) || compareTargets(a.cell, b.cell))
      .map((record) => {
        const { empty, full } = record.performance?.cold ?? {};
        const phase = (pick: (phases: Phases) => number | undefined): string => {
          const value = empty === undefined ? undefined : pick(empty);
          return value === undefined ? '' : duration(value);
        };
        return {
          model: record.cell.model,
          cells: [
            precisionOf(record),
            targetOf(record),
            ...START_PHASES.map((name) => phase((phases) => phases[name])),
            phase(startOf),
            full === undefined ? '' : duration(startOf(full)),
            phase(({ disposeMs }) => disposeMs),
          ],
        };
      });
    const head = [
      'precision',
      'runtime-backend',
      'runtime',
      'fetch',
      'session',
      'first inference',
      'all, empty cache',
      'all, full cache',
      'dispose',
    ];
    return [details(`${TITLES[browser]}: ${count(rows.length)} cells`, modelTable(head, rows, 2))];
  });
  if (tables.length === 0) return undefined;
  return [
    '## Cold start',
    'From a fresh page to the first outputs, phase by phase, with an empty HTTP cache: the runtime (script, wasm compile), fetching the ' +
      'model, creating the session, the first inference; then all of it with a full cache, as far as the browser keeps such files. Each is the median over the visits.',
    coldSummary(records),
    ...tables,
  ].join('\n\n');
}

/** The runtime's own start, which no model changes: over all models of a target. */
function coldSummary(records: readonly ResultRecord[]): string {
  const started = records.filter((record) => record.cell.browser !== 'pc' && hasCold(record) && !isBad(record));
  const sorted = [...started].sort((a, b) => compareTargets(a.cell, b.cell));
  const browsers = BROWSERS.filter((browser) => started.some(({ cell }) => cell.browser === browser));
  const rows = distinct(sorted, targetOf).map((target) => [
    target,
    ...browsers.map((browser) => {
      const cold = started.flatMap((record) =>
        targetOf(record) === target && record.cell.browser === browser ? (record.performance?.cold ?? []) : [],
      );
      const load = (phases: readonly (Phases | undefined)[]): string => {
        const all = phases.flatMap((one) => one?.runtimeLoadMs ?? []);
        return all.length === 0 ? '–' : duration(median(all));
      };
      return cold.length === 0 ? '' : `${load(cold.map(({ empty }) => empty))}, ${load(cold.map(({ full }) => full))}`;
    }),
  ]);
  return [
    'Loading the runtime alone, the median over all models, with an empty and with a full cache:',
    markdownTable(['runtime-backend', ...browsers.map((browser) => TITLES[browser])], rows, [
      'left',
      ...browsers.map(() => 'right' as const),
    ]),
  ].join('\n\n');
}

const details = (summary: string, body: string): string =>
  `<details>\n<summary>${summary}</summary>\n\n${body}\n\n</details>`;

function memorySection(records: readonly ResultRecord[]): string | undefined {
  const added = records.filter(({ performance }) => performance?.memory?.addedBytes !== undefined);
  if (added.length === 0) return undefined;
  const yardsticks = joined(
    added.flatMap(({ performance }) => performance?.memory?.readings.map(({ yardstick }) => yardstick ?? '') ?? []),
  );
  const text = (record: ResultRecord): string => {
    const memory = record.performance?.memory;
    if (memory?.addedBytes === undefined) return record.status === 'pass' ? '' : wordOf(record);
    const ratio = memory.timesModel === undefined ? '' : ` **×${times(memory.timesModel)}**`;
    return `${byteChange(memory.addedBytes)}${ratio}`;
  };
  const sizes = (row: readonly ResultRecord[]): readonly string[] => {
    const own = row.flatMap(({ performance }) => performance?.modelBytes ?? []);
    if (own.length === 0) return [''];
    const [least, most] = [Math.min(...own), Math.max(...own)];
    return [least === most ? bytes(least) : `${bytes(least)}–${bytes(most)}`];
  };
  return [
    '## Memory',
    `What the browser’s processes take at their peak beyond the empty page (${yardsticks.toUpperCase()} of the process tree), and in bold ` +
      'how many times the size of the model’s files that is. The size is that of each format, where they differ.',
    browserTables(added, text, { head: ['model'], cells: sizes }),
  ].join('\n\n');
}

function throughputSection(records: readonly ResultRecord[]): string | undefined {
  const own = records.filter(({ performance, cell }) => performance?.throughput !== undefined && cell.browser !== 'pc');
  if (!own.some(({ performance }) => (performance?.throughput?.batchSize ?? 1) > 1)) return undefined;
  const text = (record: ResultRecord): string => {
    const throughput = record.performance?.throughput;
    if (throughput === undefined || isBad(record)) return wordOf(record);
    return `${millis(throughput.samplesPerSecond.value)} <sub>${count(throughput.batchSize)}</sub>`;
  };
  return [
    '## Throughput',
    'Samples a second at the batch that gives the most of them, which stands below it.',
    browserTables(own, text),
  ].join('\n\n');
}

function responsivenessSection(records: readonly ResultRecord[]): string | undefined {
  const rows = records.flatMap(({ id, performance }) => {
    const seen = performance?.responsiveness;
    if (seen === undefined) return [];
    const dropped = seen.framesExpected === 0 ? 0 : seen.framesDropped / seen.framesExpected;
    return [[`\`${id}\``, duration(seen.longestTaskMs), `${(100 * dropped).toFixed(0)} %`, count(seen.inferences)]];
  });
  if (rows.length === 0) return undefined;
  return [
    '## The page meanwhile',
    'What its user sees while the model runs in a loop: the longest time that the main thread answers to nothing, and the share of an ' +
      'animation’s frames that are dropped.',
    markdownTable(['cell', 'longest task', 'frames dropped', 'inferences'], rows, ['left', 'right', 'right', 'right']),
  ].join('\n\n');
}

function soakSection(records: readonly ResultRecord[]): string | undefined {
  const soaks = records.filter(({ kind, soak }) => kind === 'soak' && soak !== undefined);
  if (soaks.length === 0) return undefined;
  const [first] = soaks;
  const wrong = soaks.flatMap(({ id, soak }) => {
    const troubles = soak === undefined ? [] : soakTroubles(soak);
    return troubles.length === 0 ? [] : [`- \`${id}\`: ${troubles.join('; ')}`];
  });
  return [
    '## Repeat and soak',
    `${count(soaks.length)} cells inferred the same input ${count(first?.soak?.inferences ?? 0)} times, and loaded and disposed the model ` +
      `${count(first?.soak?.rounds ?? 0)} times (\`npm run soak\`). Outputs are compared to the bit, and no memory figure may grow beyond its noise. ` +
      (wrong.length === 0 ? 'None failed.' : `${count(wrong.length)} failed:`),
    ...(wrong.length === 0 ? [] : [wrong.join('\n')]),
  ].join('\n\n');
}

function methodSection(records: readonly ResultRecord[]): string {
  const measured = records.filter(isMeasured).filter(({ cell }) => cell.browser !== 'pc');
  const latencies = measured.flatMap(({ performance }) => performance.latency ?? []);
  const visits = latencies.flatMap((latency) => latency.visits?.length ?? []);
  const steps = BROWSERS.flatMap((browser) => {
    const own = measured.flatMap(({ cell, performance }) =>
      cell.browser === browser ? (performance.latency?.clockStepMs ?? []) : [],
    );
    return own.length === 0 ? [] : [`${TITLES[browser]} ${millis(1000 * median(own))} µs`];
  });
  const range = (values: readonly number[]): string => {
    const [least, most] = [Math.min(...values), Math.max(...values)];
    return least === most ? count(least) : `${count(least)} to ${count(most)}`;
  };
  const noisy = measured.filter(({ performance }) => performance.noise.noisy).map(({ id }) => id);
  const unsteady = measured.filter(({ performance }) => performance.latency?.steady === false).map(({ id }) => id);
  const outliers = latencies.reduce((sum, latency) => sum + latency.outliers, 0);
  const timings = latencies.reduce((sum, latency) => sum + latency.n, 0);
  const borrowed = distinct(
    measured.filter((record) => {
      const native = nativeOf(record);
      return native !== undefined && artifactSlug(parseCellId(native.id)) !== artifactSlug(record.cell);
    }),
    (record) => `${artifactSlug(record.cell)} beside ${artifactSlug(parseCellId(nativeOf(record)?.id ?? record.id))}`,
  ).sort();
  const list = (ids: readonly string[]): string => ids.map((id) => `\`${id}\``).join(', ');
  const facts = [
    'Cells are visited one by one, all others in between, each visit in a fresh page' +
      (visits.length === 0
        ? '.'
        : `: ${range(visits)} visits a cell, ${range(latencies.map(({ n }) => n))} timings in all.`),
    'A warm-up ends when the timings are steady. A timing spans as many inferences as it takes to be 50 steps of the page’s clock ' +
      (steps.length === 0 ? 'long.' : `long (its steps: ${steps.join(', ')}).`),
    'The interval is that of a bootstrap of visits, then of blocks of their timings ([`src/judge/statistics/bootstrap.ts`](../src/judge/statistics/bootstrap.ts), ' +
      'with how often it holds the true median). A few visits tell little of how much the next one would differ: whether a cell became slower is a ' +
      'question of its own (`npx plumbline baseline compare`).',
    `Timings beyond Tukey’s fences are kept: ${count(outliers)} of ${count(timings)}.`,
    'Around each visit a fixed piece of work is timed that no runtime has a part in. ' +
      (noisy.length === 0
        ? 'It moved by more than 10 % around no cell.'
        : `It moved by more than 10 % around ${list(noisy)}.`),
    ...(unsteady.length === 0 ? [] : [`Warm-ups that never became steady: ${list(unsteady)}.`]),
    'The PC runs the same artifact in `onnxruntime-node`' +
      (borrowed.length === 0
        ? '.'
        : `; what it does not read is held against the ONNX form of its weights: ${borrowed.join(', ')}.`),
    'Memory is never read while timings are taken.',
  ];
  return ['## How it was measured', facts.map((fact) => `- ${fact}`).join('\n')].join('\n\n');
}

function failureSection(records: readonly ResultRecord[]): string | undefined {
  const bad = records.filter((record) => record.status === 'fail' || record.status === 'error');
  if (bad.length === 0) return undefined;
  const lines = bad.map(({ id, kind, reason, expectation }) => {
    const known = expectation?.met === true ? ` ([known](${expectation.link}))` : '';
    return `- \`${id}\` (${kind}): \`${reason?.code ?? ''}\`: ${plain(reason?.message ?? '')}${known}`;
  });
  return ['## What gave no numbers, or failed', lines.join('\n')].join('\n\n');
}

/** The first line of a message, without markup. */
const plain = (text: string): string =>
  (text.split('\n', 1)[0] ?? '')
    .slice(0, 300)
    .replace(/\s+/g, ' ')
    .replace(/[\\`*_<>[\]]/g, '\\$&');

function machineOf(records: readonly ResultRecord[]): string {
  const cells = records.map(({ cell }) => cell);
  const runtimes = RUNTIMES.flatMap((runtime) => {
    const version = joined(
      cells.filter((cell) => cell.runtime === runtime && cell.browser !== 'pc').map((cell) => cell.runtimeVersion),
    );
    return version === '' ? [] : [`${TITLES[runtime]} ${version}`];
  });
  const platforms = PLATFORMS.flatMap((platform) => {
    const version = joined(cells.filter(({ browser }) => browser === platform).map((cell) => cell.browserVersion));
    return version === '' || platform === 'pc' ? [] : [`${TITLES[platform]} ${version}`];
  });
  const native = joined(cells.filter(({ browser }) => browser === 'pc').map((cell) => cell.runtimeVersion));
  return [
    `- Machine: ${joined(cells.map(({ cpu }) => cpu))}; ${joined(cells.map(({ os }) => os))}.`,
    `- Browsers: ${platforms.join(', ')}.`,
    `- Runtimes: ${[...runtimes, ...(native === '' ? [] : [`onnxruntime-node ${native} on the PC`])].join(', ')}.`,
    '- Command: `npm run perf`, one cell at a time, nothing beside it; then `npm run docs:performance`.',
  ].join('\n');
}

/**
 * The document.
 * @param all records of any kinds, in any order; those of kind `performance` and `soak` count
 */
export function performanceDoc(all: readonly ResultRecord[]): string {
  const records = all.filter(({ kind }) => kind === 'performance').sort(compareRecords);
  const soaks = all.filter(({ kind }) => kind === 'soak').sort(compareRecords);
  const inBrowsers = records.filter(({ cell }) => cell.browser !== 'pc');
  const blocks = [
    '# Time and memory: what an inference costs in a browser',
    '<!-- Written by `npm run docs:performance` from the results of a run. -->',
    'The study’s RQ5 (time cost and memory consumption after migration and quantization), answered by `npm run perf` for every model and ' +
      'precision on every runtime and backend, in three browser engines and on the PC.',
    machineOf(records),
    timeSection(records),
    ratioSection(inBrowsers),
    coldSection(inBrowsers),
    memorySection(inBrowsers),
    throughputSection(inBrowsers),
    responsivenessSection(inBrowsers),
    soakSection(soaks),
    failureSection([...records, ...soaks]),
    methodSection(records),
  ];
  return `${blocks.filter((block) => block !== undefined).join('\n\n')}\n`;
}
