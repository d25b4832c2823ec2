/**
 * `docs/accuracy.md`: a run's results in the form of the study's tables (Guo et al., ASE 2019, RQ2 and RQ4): rows models and
 * artifacts, columns the PC and each runtime-backend, a table an engine. Pure and deterministic: records in, text out.
 */
import { artifactSlug, BROWSERS, RUNTIMES, targetSlug, type Platform, type RuntimeName } from '../protocol/cell.js';
import type { JsonFloat, Parity, ResultRecord } from '../protocol/record.js';
import { summarizeTeeth } from '../judge/index.js';
import { count, float, points } from './format.js';
import { markdownTable, type Align } from './markdown-table.js';
import { compareArtifacts, compareRecords, compareTargets } from './order.js';
import { outcomeOf } from './outcome.js';
import { parityTable, parityVersions, type TrainingRuns } from './parity.js';
import { teethTable } from './teeth-table.js';

const RUNTIME_TITLES: Readonly<Record<RuntimeName, string>> = {
  ort: 'onnxruntime-web',
  tfjs: 'TensorFlow.js',
  litert: 'LiteRT.js',
};

const BROWSER_TITLES: Readonly<Record<Platform, string>> = {
  chromium: 'Chromium',
  firefox: 'Firefox',
  webkit: 'WebKit',
  pc: 'PC',
};

/** A share as per cent, without the sign: a column of them says it once. */
const cents = (share: number): string => (100 * share).toFixed(2);

/** Known failures are numbered in the order in which the tables come to them. */
class Notes {
  readonly #numbers = new Map<string, number>();
  readonly #lines: string[] = [];

  /** ` [(1)](#known-failures)` for what was declared of a cell. */
  mark({ expectation }: ResultRecord): string {
    if (expectation === undefined) return '';
    const line = `\`${expectation.code}\`: ${plain(expectation.reason)} ([report](${expectation.link}))`;
    let number = this.#numbers.get(line);
    if (number === undefined) {
      number = this.#lines.push(`${String(this.#lines.length + 1)}. ${line}`);
      this.#numbers.set(line, number);
    }
    return ` [(${String(number)})](#known-failures)`;
  }

  list(): string | undefined {
    return this.#lines.length === 0 ? undefined : this.#lines.join('\n');
  }
}

/** Text in Markdown: no markup. */
const plain = (text: string): string => text.replace(/\s+/g, ' ').replace(/[\\`*_<>[\]]/g, '\\$&');

/** What a cell of the matrix holds. */
function cellText(record: ResultRecord | undefined, notes: Notes, all: number | undefined): string {
  if (record === undefined) return '';
  const outcome = outcomeOf(record);
  switch (outcome) {
    case 'unsupported':
      return '–';
    case 'skipped':
      return 'skipped';
    case 'pass':
      return score(record, all) ?? '✓';
    case 'known':
      return `${score(record, all) ?? `\`${record.reason?.code ?? record.status}\``}${notes.mark(record)}`;
    case 'fail':
    case 'error':
      return `**${[score(record, all), record.reason?.code ?? record.status].filter(Boolean).join(' ')}**`;
  }
}

/** Samples that a cell was judged on. */
const judgedOn = ({ accuracy, agreement }: ResultRecord): number | undefined => accuracy?.n ?? agreement?.n;

/** The most samples that any cell of each model was judged on, in a browser. */
function samplesOf(records: readonly ResultRecord[]): Map<string, number> {
  const most = new Map<string, number>();
  for (const record of records) {
    const n = isBaseline(record) ? undefined : judgedOn(record);
    if (n !== undefined) most.set(record.cell.model, Math.max(n, most.get(record.cell.model) ?? 0));
  }
  return most;
}

/** `98.80 (-0.12) 500`: accuracy, drift where there is any, n where it is not all. Without labels `≡` and the agreement. */
function score(record: ResultRecord, all: number | undefined): string | undefined {
  const { accuracy, agreement } = record;
  const n = judgedOn(record);
  if (n === undefined) return undefined;
  const part = n === all ? '' : ` <sub>${count(n)}</sub>`;
  if (accuracy === undefined) return `≡ ${cents(agreement?.share ?? 0)}${part}`;
  const drift = accuracy.top1 - accuracy.baselineTop1;
  return `${cents(accuracy.top1)}${drift === 0 ? '' : ` (${points(drift)})`}${part}`;
}

interface Row {
  readonly model: string;
  readonly slug: string;
  readonly records: ResultRecord[];
}

function rowsOf(records: readonly ResultRecord[]): Row[] {
  const rows = new Map<string, Row>();
  for (const record of [...records].sort((a, b) => compareArtifacts(a.cell, b.cell))) {
    const slug = artifactSlug(record.cell);
    const name = `${record.cell.model}/${slug}`;
    const row = rows.get(name) ?? { model: record.cell.model, slug, records: [] };
    row.records.push(record);
    rows.set(name, row);
  }
  return [...rows.values()];
}

const isBaseline = ({ cell }: ResultRecord): boolean => cell.browser === 'pc';

/** The PC's accuracy of an artifact over the most samples that anything was judged on; `≡` where there are no labels. */
function pcText({ records }: Row): string {
  let best: ResultRecord['accuracy'];
  for (const { accuracy } of records) if (accuracy !== undefined && accuracy.n > (best?.n ?? 0)) best = accuracy;
  return best === undefined ? '' : cents(best.baselineTop1);
}

/** The name of a cell's target within its runtime: `wasm-t2`. */
const backendOf = ({ cell, id }: ResultRecord): string => {
  const threads = /-t(\d+)@/.exec(id)?.[1];
  return targetSlug({ ...cell, threads: threads === undefined ? undefined : Number(threads) }).slice(
    cell.runtime.length + 1,
  );
};

/** The tables of one runtime, one an engine. */
function runtimeSection(records: readonly ResultRecord[], runtime: RuntimeName, notes: Notes): string | undefined {
  const own = records.filter(({ cell }) => cell.runtime === runtime && cell.browser !== 'pc');
  if (own.length === 0) return undefined;
  const backends = [
    ...new Map([...own].sort((a, b) => compareTargets(a.cell, b.cell)).map((one) => [backendOf(one), one])).keys(),
  ];
  const samples = samplesOf(records);
  const tables = BROWSERS.flatMap((browser) => {
    const inBrowser = own.filter(({ cell }) => cell.browser === browser);
    if (inBrowser.length === 0) return [];
    // What is nowhere there needs no column.
    const shown = backends.filter((name) =>
      inBrowser.some((record) => backendOf(record) === name && record.status !== 'unsupported'),
    );
    const absent = backends.filter((name) => !shown.includes(name) && inBrowser.some((one) => backendOf(one) === name));
    const everything = rowsOf([...inBrowser, ...records.filter(isBaseline)]);
    let last = '';
    const rows = rowsOf(inBrowser).map((row) => {
      const whole = everything.find(({ model, slug }) => model === row.model && slug === row.slug) ?? row;
      const model = row.model === last ? '' : row.model;
      last = row.model;
      return [
        model,
        row.slug,
        pcText(whole),
        ...shown.map((name) =>
          cellText(
            row.records.find((record) => backendOf(record) === name),
            notes,
            samples.get(row.model),
          ),
        ),
      ];
    });
    const aligns: Align[] = ['left', 'left', 'right', ...shown.map(() => 'right' as const)];
    const title = `### ${RUNTIME_TITLES[runtime]} in ${[BROWSER_TITLES[browser], versionOf(inBrowser, 'browserVersion')].filter(Boolean).join(' ')}`;
    const why = absent.map((name) => `${name} (${wordsOf(inBrowser, name)})`).join('; ');
    return [
      [
        title,
        ...(shown.length === 0 ? [] : [markdownTable(['model', 'artifact', 'PC', ...shown], rows, aligns)]),
        ...(absent.length === 0 ? [] : [`Not there, as the probe in that browser says: ${why}.`]),
      ].join('\n\n'),
    ];
  });
  const version = versionOf(own, 'runtimeVersion');
  return [`## ${RUNTIME_TITLES[runtime]}${version === undefined ? '' : ` ${version}`}`, ...tables].join('\n\n');
}

function wordsOf(records: readonly ResultRecord[], backend: string): string {
  const record = records.find((one) => backendOf(one) === backend);
  return plain(record?.probe?.words ?? record?.reason?.message ?? 'no words');
}

function versionOf(records: readonly ResultRecord[], field: 'browserVersion' | 'runtimeVersion'): string | undefined {
  const versions = [...new Set(records.map(({ cell }) => cell[field]))]
    .filter((version) => version !== 'unknown')
    .sort();
  return versions.length === 0 ? undefined : versions.join(', ');
}

const signed = ({ difference }: Parity): string => (difference === undefined ? '' : points(difference));

/** Loss on the PC, and the worst drift of any cell of the artifact. */
function quantizationSection(records: readonly ResultRecord[]): string | undefined {
  const quantized = rowsOf(records.filter(({ quantization }) => quantization !== undefined));
  if (quantized.length === 0) return undefined;
  let last = '';
  const rows = quantized.map((row) => {
    const byN = [...row.records].sort((a, b) => lossN(b) - lossN(a) || compareRecords(a, b));
    const loss = byN[0]?.quantization?.loss;
    const cells = row.records.filter((record) => !isBaseline(record) && record.quantization !== undefined);
    const fine = cells.filter((record) => outcomeOf(record) === 'pass');
    const worst = worstDrift(fine);
    const model = row.model === last ? '' : row.model;
    last = row.model;
    const accuracy = byN.find(({ accuracy }) => accuracy !== undefined && accuracy.n === loss?.n)?.accuracy;
    return [
      model,
      row.slug,
      loss === undefined ? '' : count(loss.n),
      accuracy === undefined ? '' : cents(accuracy.fp32Top1),
      accuracy === undefined ? '' : cents(accuracy.baselineTop1),
      loss === undefined ? '' : signed(loss),
      loss?.pValue === undefined ? '' : float(loss.pValue, 2),
      loss?.agreement === undefined ? '' : cents(loss.agreement),
      loss === undefined ? '' : brief(loss.distance),
      `${String(fine.length)} of ${String(cells.length)}`,
      worst === undefined ? '' : signed(worst),
      worst?.agreement === undefined
        ? ''
        : cents(Math.min(...fine.map((one) => one.quantization?.drift.agreement ?? 1))),
      worst === undefined ? '' : brief(worst.distance),
    ];
  });
  const head = [
    'model',
    'artifact',
    'n',
    'fp32',
    'quantized',
    'loss',
    'p',
    'agree',
    'distance',
    'cells within tolerance',
    'drift',
    'agree',
    'distance',
  ];
  return [
    '## Quantization loss and platform drift',
    'Loss is what the artifact costs on the PC against its fp32 original, in points: it is there wherever the artifact runs. Drift is ' +
      'what a browser adds against the PC running the same artifact: here the furthest of the cells that are within their ' +
      'tolerance; what is beyond is in the tables below. `agree` is the share of samples with the same class, `p` McNemar’s exact ' +
      'two-sided p, `distance` the RMS of the difference in units of how the outputs vary from sample to sample (1: they have ' +
      'nothing to do with each other).',
    markdownTable(head, rows, ['left', 'left', ...head.slice(2).map(() => 'right' as const)]),
  ].join('\n\n');
}

/** Two significant digits. */
const brief = (value: JsonFloat): string =>
  typeof value === 'number' && value > 0 ? float(Number(value.toPrecision(2))) : float(value);

const lossN = ({ quantization }: ResultRecord): number => quantization?.loss.n ?? 0;

function worstDrift(cells: readonly ResultRecord[]): Parity | undefined {
  let worst: Parity | undefined;
  for (const { quantization } of cells) {
    const drift = quantization?.drift;
    if (drift !== undefined && (worst === undefined || Number(drift.distance) > Number(worst.distance))) worst = drift;
  }
  return worst;
}

function movedSection(records: readonly ResultRecord[]): string | undefined {
  const moved = records.filter(
    ({ quantization, cell }) =>
      cell.browser !== 'pc' && (quantization?.moved === 'platform' || quantization?.moved === 'both'),
  );
  if (moved.length === 0) return undefined;
  const lines = [...moved]
    .sort(compareRecords)
    .map(({ id, quantization }) => `- \`${id}\`: ${plain(quantization?.words ?? '')}`);
  return ['## Which side moved', 'Of the quantized cells that are beyond their tolerance.', lines.join('\n')].join(
    '\n\n',
  );
}

function parametersOf(records: readonly ResultRecord[]): string {
  const machine = (field: 'cpu' | 'os'): string =>
    [...new Set(records.map(({ cell }) => cell[field]))]
      .filter((value) => value !== 'unknown' && value !== '')
      .sort()
      .join('; ');
  const samples = samplesOf(records);
  const datasets = new Map<string, string>();
  for (const { cell, dataset } of records) {
    if (dataset === undefined) continue;
    const n = samples.get(cell.model);
    const first = n === undefined ? '' : `, ${n === dataset.n ? 'all' : 'the first'} ${count(n)} samples`;
    const what = `${dataset.name} ${dataset.split}${first}${dataset.generated === true ? ' (generated: no labels, no accuracy)' : ''}`;
    datasets.set(cell.model, what);
  }
  const byDataset = new Map<string, string[]>();
  for (const [model, what] of [...datasets].sort()) byDataset.set(what, [...(byDataset.get(what) ?? []), model]);
  return [
    `- Machine: ${machine('cpu')}; ${machine('os')}.`,
    ...[...byDataset].sort().map(([what, models]) => `- ${what}: ${models.join(', ')}.`),
  ].join('\n');
}

const LEGEND = [
  'Top-1 accuracy in per cent. A number below it is the samples that a slow backend managed in its time budget, where those are not all.',
  'In brackets: the drift, in points against the PC running the same artifact over the same samples; none where it is 0.',
  '`≡`: there are no labels, so this is the share of samples with the PC’s class. `✓`: no classes, outputs within tolerance.',
  '`(1)`: a known failure, explained and linked [below](#known-failures). **Bold**: a failure that nobody declared. `–`: the browser does not have the backend.',
];

/**
 * The document.
 * @param records of a whole run; their order does not matter
 */
export function accuracyDoc(records: readonly ResultRecord[], training: TrainingRuns = []): string {
  const notes = new Notes();
  const all = [...records].sort(compareRecords);
  const runtimes = RUNTIMES.map((runtime) => runtimeSection(all, runtime, notes));
  const known = notes.list();
  const parity = parityTable(training);
  const teeth = summarizeTeeth(all.map((record) => record.teeth));
  const table = teethTable(all);
  const blocks = [
    '# Accuracy: what migration, quantization and the browser cost',
    '<!-- Written by `npm run docs:accuracy` from the results of a run. -->',
    'The study’s RQ2 (the same weights everywhere) and RQ4 (migration and quantization), answered by `npm run matrix`. ' +
      'What the words mean is in the [README](../README.md#what-a-cells-verdict-means), the tolerances with their reasons in ' +
      '[`src/judge/tolerances.ts`](../src/judge/tolerances.ts).',
    parametersOf(all),
    LEGEND.map((line) => `- ${line}`).join('\n'),
    quantizationSection(all),
    ...runtimes,
    known === undefined ? undefined : `## Known failures\n\n${known}`,
    movedSection(all),
    parity === undefined
      ? undefined
      : [
          '## The same training on the PC’s frameworks',
          `The study’s RQ1: the same architecture, initial weights, batches and rates, in ${parityVersions(training).join(' and ')}. ` +
            'Accuracy on the test samples in per cent; `widest apart` is where the learning curves are, in points.',
          parity,
        ].join('\n\n'),
    table === undefined
      ? undefined
      : [
          '## The teeth of the tolerances',
          `Each cell that passes is judged anew with seeded mutants of its own outputs: ${count(teeth.killed)} of ${count(teeth.total)} ` +
            `(${(100 * teeth.share).toFixed(1)} %) are found, 95 % must be. \`npm run judge\` names each that is not, and why.`,
          table,
        ].join('\n\n'),
  ];
  return `${blocks.filter((block) => block !== undefined).join('\n\n')}\n`;
}
