/**
 * A failed cell worked into evidence: `report.md`, which pastes into an issue tracker as it is, and `finding.json` with
 * the same for programs. Nothing personal is in either (see scrub.ts).
 *
 * An issue tracker can't show a picture that lies on the reporter's disk, and drops data: addresses. So the input is in
 * the report as text, and as a PNG beside it, to be dragged in.
 */
import { numbersOf, median } from '../judge/index.js';
import type { Observation, TensorData } from '../protocol/observation.js';
import type { Finding, JsonFloat, ResultRecord } from '../protocol/record.js';
import { bytes, count, duration, float, headline, percent, points } from './format.js';
import { pictureOf, toPng, toText } from './picture.js';
import { repeatCommand } from './repeat.js';
import { localSecrets, scrub, scrubDeep, type Secrets } from './scrub.js';

export { repeatCommand };

/** A sample as it travels: uint8 pixels (height × width × channels) or a row of int32 tokens. */
export interface Sample {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
  /** Index into `labels` of the true class. */
  readonly label?: number | undefined;
}

export interface FindingInput {
  readonly record: ResultRecord;
  readonly observation?: Observation | undefined;
  /** First output of browser and PC, samples along the first axis. Shapes may differ: that is a finding, too. */
  readonly outputs?: { readonly got: TensorData; readonly want: TensorData } | undefined;
  /** Reads a sample of the dataset. */
  readonly sample?: ((index: number) => Sample | undefined) | undefined;
  /** Class names in the order of the logits. */
  readonly labels?: readonly string[] | undefined;
}

/** The first sample on which browser and PC part. */
interface Difference {
  readonly sample: number;
  readonly why: string;
  readonly got: readonly JsonFloat[];
  readonly want: readonly JsonFloat[];
  readonly gotClass: number;
  readonly wantClass: number;
  readonly label?: number | undefined;
}

const LIMITS = {
  consoleLines: 60,
  consoleHead: 20,
  lineLength: 400,
  messageLength: 4_000,
  stackLines: 40,
  rowLength: 20,
  tokens: 64,
};

const jsonFloat = (value: number): JsonFloat =>
  Number.isNaN(value) ? 'NaN' : value === Infinity ? 'Infinity' : value === -Infinity ? '-Infinity' : value;

/** Index of the largest value; -1 where a NaN makes the question void. */
function argmax(row: ArrayLike<number>): number {
  let best = -1;
  for (let i = 0; i < row.length; i++) {
    const value = row[i] ?? NaN;
    if (Number.isNaN(value)) return -1;
    if (best === -1 || value > (row[best] ?? NaN)) best = i;
  }
  return best;
}

/**
 * The first sample that parts browser and PC: by its class if there is one, else by values that are not finite on one side
 * alone, else the one with the worst element.
 */
function firstDifference({ record, outputs }: FindingInput): Omit<Difference, 'label'> | undefined {
  if (outputs === undefined) return undefined;
  const size = (shape: readonly number[]): number => shape.slice(1).reduce((product, d) => product * d, 1);
  const width = size(outputs.want.shape);
  if (width === 0 || width !== size(outputs.got.shape)) return undefined;
  const got = numbersOf(outputs.got);
  const want = numbersOf(outputs.want);
  const n = Math.min(got.length, want.length) / width;
  const row = (values: typeof got, sample: number): typeof got => values.subarray(sample * width, (sample + 1) * width);
  const describe = (sample: number, why: string): Omit<Difference, 'label'> => {
    const [gotRow, wantRow] = [row(got, sample), row(want, sample)];
    return {
      sample,
      why,
      got: Array.from(gotRow, jsonFloat),
      want: Array.from(wantRow, jsonFloat),
      gotClass: argmax(gotRow),
      wantClass: argmax(wantRow),
    };
  };
  if (width > 1) {
    for (let sample = 0; sample < n; sample++) {
      if (argmax(row(got, sample)) !== argmax(row(want, sample))) return describe(sample, 'another class');
    }
  }
  for (let i = 0; i < n * width; i++) {
    if (Number.isFinite(got[i]) !== Number.isFinite(want[i])) return describe(Math.floor(i / width), 'not finite');
  }
  const worst = record.numeric?.worst;
  return worst !== undefined && worst.sample < n ? describe(worst.sample, 'the worst logit') : undefined;
}

/** A fence that the text can't close. */
function fenced(text: string, language = 'text'): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}${language}\n${text.trimEnd()}\n${fence}`;
}

const details = (summary: string, body: string): string =>
  `<details>\n<summary>${summary}</summary>\n\n${body}\n\n</details>`;

/** Text in a table or a sentence: no markup, no mention of people, no link to other issues. */
const plain = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .replace(/[\\|`*_<>[\]]/g, '\\$&')
    .replace(/(^|[^\w])([@#])(?=\w)/g, '$1$2\u200b');

function table(head: readonly string[], rows: readonly (readonly string[] | undefined | false)[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const there = rows.filter((cells) => cells !== undefined && cells !== false);
  return [line(head), line(head.map(() => '---')), ...there.map(line)].join('\n');
}

const capital = (name: string): string =>
  ({ chromium: 'Chromium', firefox: 'Firefox', webkit: 'WebKit', pc: 'the PC' })[name] ?? name;

const unless = (value: string | undefined, absent = 'unknown'): string | undefined =>
  value === undefined || value === '' || value === absent ? undefined : value;

function browserOf({ cell }: ResultRecord): string {
  return [capital(cell.browser), unless(cell.browserVersion)].filter(Boolean).join(' ');
}

function runtimeOf({ cell }: ResultRecord): string {
  const name = { ort: 'onnxruntime-web', tfjs: 'TensorFlow.js', litert: 'LiteRT.js' }[cell.runtime];
  return [name, unless(cell.runtimeVersion), cell.backend].filter(Boolean).join(' ');
}

function titleOf(record: ResultRecord): string {
  const { cell, accuracy, reason, numeric } = record;
  const what = `${runtimeOf(record)} in ${browserOf(record)}`;
  const model = `${cell.model} ${record.id.split('/')[1] ?? ''}`;
  if (record.status === 'fail' && reason?.code === 'E_ACCURACY' && accuracy !== undefined) {
    return `${what}: ${model} is right on ${percent(accuracy.top1)} of ${count(accuracy.n)} samples, on the PC on ${percent(accuracy.baselineTop1)}`;
  }
  if (reason?.code === 'E_OUTPUT_NONFINITE' && numeric !== undefined) {
    return `${what}: ${model} gives ${count(numeric.nonFinite)} NaN or infinite outputs that the PC does not`;
  }
  if (reason?.code === 'E_NUMERIC' && numeric !== undefined) {
    return `${what}: ${model} differs from the PC by ${float(numeric.maxAbs)} (${float(numeric.toleranceUsed)} times the tolerance)`;
  }
  return `${what}: ${model} ends in ${reason?.code ?? record.status}${reason === undefined ? '' : `: ${headline(reason.message, 90)}`}`;
}

function summaryOf(record: ResultRecord, difference: Difference | undefined): string {
  const { cell, accuracy, agreement, reason, numeric, quantization } = record;
  const subject = `The model ${cell.model} (${cell.format}, ${cell.precision}) on ${runtimeOf(record)} in ${browserOf(record)}`;
  const sentences: string[] = [];
  if (accuracy === undefined && (numeric !== undefined || agreement !== undefined)) {
    sentences.push(`${subject} gives other answers than the same file on the PC (${reason?.code ?? record.status}).`);
    if (agreement !== undefined)
      sentences.push(
        `The two agree on the class of ${percent(agreement.share)} of ${count(agreement.n)} samples; there are no labels.`,
      );
  } else if (record.kind === 'performance' || record.kind === 'soak') {
    const what = record.kind === 'soak' ? 'was made to infer the same again and again' : 'was timed';
    sentences.push(`${subject} ${what}, and ended in ${reason?.code ?? record.status}.`);
  } else if (accuracy === undefined) {
    const phase = reason?.phase === undefined ? '' : ` in the phase "${reason.phase}"`;
    sentences.push(`${subject} gave no answers to judge: it ended in ${reason?.code ?? record.status}${phase}.`);
  } else {
    sentences.push(
      `${subject} is right on ${percent(accuracy.top1)} of the first ${count(accuracy.n)} samples; on the PC the same file is ` +
        `right on ${percent(accuracy.baselineTop1)} of them (${points(accuracy.top1 - accuracy.baselineTop1)} points, ` +
        `McNemar's exact p = ${float(accuracy.pValue)}).`,
      `The two agree on the class of ${percent(accuracy.agreement)} of the samples.`,
    );
  }
  if (numeric !== undefined) {
    const { tolerance, toleranceUsed } = numeric;
    const off =
      toleranceUsed === 'NaN' || toleranceUsed === 'Infinity'
        ? 'beyond any tolerance'
        : `off by ${float(toleranceUsed)} times its tolerance`;
    sentences.push(
      `The worst logit is ${off} (${tolerance.name}: relative ${float(tolerance.relative)}, absolute ${float(tolerance.absolute)}).`,
    );
  }
  if (quantization !== undefined) sentences.push(quantization.words);
  if (difference !== undefined)
    sentences.push(`The first sample that shows it is number ${String(difference.sample)}.`);
  return sentences.join(' ');
}

function comparison(record: ResultRecord): string | undefined {
  const { accuracy, agreement, numeric, quantization } = record;
  if (accuracy === undefined && numeric === undefined) return undefined;
  const worst = numeric?.worst;
  return table(
    ['', 'expected: the PC', `actual: ${plain(browserOf(record))}`],
    [
      accuracy && ['top-1 accuracy', percent(accuracy.baselineTop1), `**${percent(accuracy.top1)}**`],
      accuracy && ['samples', count(accuracy.n), count(accuracy.n)],
      accuracy && ['agreement with the PC', '100.00%', percent(accuracy.agreement)],
      accuracy === undefined && agreement && ['samples', count(agreement.n), count(agreement.n)],
      accuracy === undefined && agreement && ['agreement with the PC', '100.00%', percent(agreement.share)],
      accuracy && ['the fp32 original, on the PC', percent(accuracy.fp32Top1), ''],
      quantization && [
        'distance from the fp32 original',
        float(quantization.loss.distance, 3),
        `${float(quantization.drift.distance, 3)} from the PC`,
      ],
      worst && [
        `worst logit: sample ${String(worst.sample)}, element ${String(worst.index)}`,
        float(worst.want, 9),
        `**${float(worst.got, 9)}**`,
      ],
      numeric && ['largest difference', '', `${float(numeric.maxAbs)} absolute, ${float(numeric.maxRel)} relative`],
      numeric && ['NaN or infinite where the PC is finite', '', count(numeric.nonFinite)],
    ],
  );
}

function differenceSection(
  difference: Difference,
  labels: readonly string[],
  pictureFile: string | undefined,
  art: string | undefined,
  sample: Sample | undefined,
): string {
  const name = (index: number): string => (index < 0 ? 'none (NaN)' : plain(labels[index] ?? String(index)));
  const parts = [
    `Sample ${String(difference.sample)} (counted from 0): ${difference.why}. ` +
      `The PC says **${name(difference.wantClass)}**, the browser **${name(difference.gotClass)}**` +
      (difference.label === undefined ? '.' : `; the true class is ${name(difference.label)}.`),
  ];
  const indices = difference.want.map((_, index) => index);
  const size = (index: number): number => {
    const [got, want] = [difference.got[index], difference.want[index]];
    return typeof got === 'number' && typeof want === 'number' ? Math.abs(got - want) : Infinity;
  };
  const shown =
    indices.length <= LIMITS.rowLength
      ? indices
      : [...indices].sort((a, b) => size(b) - size(a)).slice(0, LIMITS.rowLength);
  parts.push(
    table(
      ['logit', 'expected: the PC', 'actual: the browser', 'difference'],
      shown.map((index) => {
        const [got, want] = [difference.got[index] ?? 'NaN', difference.want[index] ?? 'NaN'];
        const label = labels[index] === undefined || labels[index] === String(index) ? '' : ` ${plain(labels[index])}`;
        const delta = typeof got === 'number' && typeof want === 'number' ? float(got - want) : '–';
        return [`${String(index)}${label}`, float(want), float(got), delta];
      }),
    ),
  );
  if (shown.length < indices.length)
    parts.push(`The ${String(shown.length)} of ${count(indices.length)} that differ most.`);
  if (pictureFile !== undefined) parts.push(`The input is \`${pictureFile}\`, beside this report (drag it in here).`);
  if (art !== undefined) parts.push(details('The input as text', fenced(art)));
  if (sample !== undefined && pictureFile === undefined) {
    const tokens = Array.from(sample.data).slice(0, LIMITS.tokens).join(' ');
    parts.push(details('The input', fenced(tokens + (sample.data.length > LIMITS.tokens ? ' …' : ''))));
  }
  return parts.join('\n\n');
}

function environmentSection({ record, observation }: FindingInput): string {
  const { cell } = record;
  const page = observation?.environment;
  const row = (name: string, value: string | undefined): string[] | undefined =>
    unless(value) === undefined ? undefined : [name, plain(value ?? '')];
  return table(
    ['', ''],
    [
      row('browser', browserOf(record)),
      row('runtime', runtimeOf(record)),
      row('driver', [unless(cell.driver), unless(cell.driverVersion)].filter(Boolean).join(' ')),
      row('operating system', cell.os),
      row('CPU', cell.cpu),
      row('GPU', cell.gpu),
      row('WebGL renderer', page?.webglRenderer),
      row('WebGPU adapter', page?.webgpuAdapter),
      row('user agent', page?.userAgent),
      page === undefined
        ? undefined
        : [
            'page',
            `${page.crossOriginIsolated ? '' : 'not '}cross-origin isolated, ${String(page.hardwareConcurrency)} logical CPUs`,
          ],
      record.dataset === undefined
        ? undefined
        : [
            'dataset',
            `${plain(record.dataset.name)} ${plain(record.dataset.split)}, \`sha256 ${record.dataset.sha256}\``,
          ],
    ],
  );
}

function backendSection({ record }: FindingInput): string {
  const { cell, evidence, probe } = record;
  const asked = `Asked for: ${cell.runtime}-${cell.backend}, ${String(cell.threads)} ${cell.threads === 1 ? 'thread' : 'threads'}.`;
  const lines = [asked];
  if (probe !== undefined)
    lines.push(`The probe ${probe.available ? 'found it' : 'did not find it'}: ${plain(probe.words)}.`);
  if (evidence === undefined) {
    lines.push('There is no evidence of what ran.');
    return lines.join(' ');
  }
  // A zero is shown where it should be none: by this a silent fall-back is seen.
  const gpu = cell.backend.startsWith('webgpu');
  const ran: readonly (readonly [string, number | undefined, boolean])[] = [
    ['GPU dispatches', evidence.gpuDispatches, gpu],
    ['WebGL draw calls', evidence.webglDraws, cell.backend === 'webgl'],
    ['WebNN dispatches', evidence.webnnDispatches, cell.backend === 'webnn'],
    ['kernels', evidence.kernels, false],
    ['threads', evidence.threads, true],
    ['workers that answered', evidence.workersAlive, cell.threads > 1],
  ];
  lines.push(`Really used: ${plain(evidence.provider)}.`);
  if (evidence.gpuDeviceLost !== undefined) lines.push(`The GPU device was lost: ${plain(evidence.gpuDeviceLost)}.`);
  const modules = evidence.wasmModules.map(({ name, bytes: size }) => `${plain(name)} (${bytes(size)})`).join(', ');
  return `${lines.join(' ')}\n\n${table(
    ['counted', ''],
    [
      ...ran.map(([name, value, always]) => (always || (value ?? 0) > 0 ? [name, count(value ?? 0)] : undefined)),
      modules === '' ? undefined : ['wasm', modules],
      evidence.wasmMemoryBytes === 0 ? undefined : ['wasm memory', bytes(evidence.wasmMemoryBytes)],
    ],
  )}`;
}

function timingSection({ timing }: ResultRecord): string | undefined {
  if (timing === undefined) return undefined;
  const row = (name: string, ms: number | undefined): string[] | undefined =>
    ms === undefined ? undefined : [name, duration(ms)];
  const runs = timing.inferenceMs ?? [];
  const rows = [
    row('runtime load', timing.runtimeLoadMs),
    row('model fetch', timing.modelFetchMs),
    row('session', timing.sessionMs),
    row('first inference', timing.firstInferenceMs),
    runs.length === 0
      ? undefined
      : [
          `inferences after the first, ${count(runs.length)} × ${count(timing.batchSize ?? 1)} samples`,
          `median ${duration(median(runs))}, ${duration(Math.min(...runs))} to ${duration(Math.max(...runs))}`,
        ],
    row('cell', timing.cellMs),
  ].filter((cells) => cells !== undefined);
  return rows.length === 0 ? undefined : table(['phase', 'time'], rows);
}

/** The lines of the console that a report shows: the start says what was set up, the end what went wrong. */
function consoleOf(observation: Observation | undefined, secrets: Secrets): string[] {
  const lines = (observation?.console ?? []).flatMap(({ level, text }) =>
    text.split('\n').map((line) => `${level}: ${line}`),
  );
  const tail = LIMITS.consoleLines - LIMITS.consoleHead;
  const shown =
    lines.length <= LIMITS.consoleLines
      ? lines
      : [
          ...lines.slice(0, LIMITS.consoleHead),
          `… ${count(lines.length - LIMITS.consoleLines)} lines left out …`,
          ...lines.slice(-tail),
        ];
  // Cut roughly, scrubbed, then cut: so that no cut leaves half of what had to go.
  return shown.map((line) => cut(scrub(cut(line, 10 * LIMITS.lineLength), secrets), LIMITS.lineLength));
}

const cut = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length)} …` : text);

/** The record with its message and stack cut to what a report can hold. */
function shortened(record: ResultRecord): ResultRecord {
  const { reason } = record;
  if (reason === undefined) return record;
  const stack = reason.stack
    ?.split('\n', LIMITS.stackLines)
    .map((line) => cut(line, LIMITS.lineLength))
    .join('\n');
  const message = cut(reason.message, LIMITS.messageLength);
  return { ...record, reason: { ...reason, message, ...(stack === undefined ? {} : { stack }) } };
}

/** Works a record, and what is known around it, into a finding. Pure for given `secrets`. */
export function buildFinding(input: FindingInput, secrets: Secrets = localSecrets()): Finding {
  const { record: raw, observation, labels = [] } = input;
  const record = scrubDeep(shortened(raw), secrets);
  const clean: FindingInput = {
    ...input,
    record,
    observation: observation && scrubDeep({ ...observation, outputs: [], console: [] }, secrets),
  };
  const found = firstDifference(input);
  const sample = found === undefined ? undefined : input.sample?.(found.sample);
  const difference: Difference | undefined = found && { ...found, label: sample?.label };
  const picture = sample === undefined ? undefined : pictureOf(sample);
  const pictureFile =
    picture === undefined || difference === undefined ? undefined : `sample-${String(difference.sample)}.png`;
  const art = picture === undefined ? undefined : toText(picture);
  const title = titleOf(record);
  const consoleLines = consoleOf(observation, secrets);
  const stack = record.reason?.stack;
  const compared = comparison(record);
  const timing = timingSection(record);
  const repeat = repeatCommand(record.id, record.kind);

  const sections: readonly (readonly [string, string | undefined])[] = [
    ['Expected and actual', compared],
    [
      'Error',
      record.reason &&
        [
          fenced(`${record.reason.code}: ${record.reason.message}`),
          plain(record.reason.hint),
          ...(stack === undefined ? [] : [details('Stack', fenced(stack))]),
        ].join('\n\n'),
    ],
    ['First differing sample', difference && differenceSection(difference, labels, pictureFile, art, sample)],
    ['Repeat', fenced(repeat, 'sh')],
    ['Environment', environmentSection(clean)],
    ['Backend', backendSection(clean)],
    ['Time', timing],
    [
      'Console',
      consoleLines.length === 0
        ? undefined
        : details(`${count(consoleLines.length)} lines`, fenced(consoleLines.join('\n'))),
    ],
  ];
  const body = sections.flatMap(([heading, text]) => (text === undefined ? [] : [`## ${heading}\n\n${text}`]));
  const markdown = `${[`# ${plain(title)}`, plain(summaryOf(record, difference)), `Cell: \`${record.id}\``, ...body].join('\n\n')}\n`;
  return {
    schema: 1,
    id: record.id,
    markdown,
    json: {
      schema: 1,
      id: record.id,
      title,
      record,
      repeat,
      ...(difference === undefined
        ? {}
        : { firstDifference: { ...difference, ...(pictureFile === undefined ? {} : { picture: pictureFile }) } }),
      ...(clean.observation?.environment === undefined ? {} : { environment: clean.observation.environment }),
      console: consoleLines,
    },
    pictures:
      picture === undefined || pictureFile === undefined ? {} : { [pictureFile]: toPng(picture).toString('base64') },
  };
}
