/** What a record says in Allure's terms: labels, parameters, categories, environment, the page of numbers. Pure. */
import type { Category, EnvironmentInfo, RuntimeMessage } from 'allure-js-commons/sdk';
import { LabelName, LinkType, Stage, Status, type Label, type Parameter, type TestResult } from 'allure-js-commons';
import { artifactSlug, parseCellId, targetSlug, type CellKey, type RuntimeName } from '../protocol/cell.js';
import { ERRORS, type ErrorOwner } from '../protocol/errors.js';
import type { Parity, ResultRecord } from '../protocol/record.js';
import { median } from '../judge/index.js';
import { byteChange, bytes, count, duration, float, millis, percent, points, times } from './format.js';
import { outcomeOf, ownerOf, type Outcome } from './outcome.js';
import { performanceSections, type Section } from './performance-rows.js';
import { soakTroubles } from './performance-table.js';
import { nativeOf } from './readings.js';

/** An outcome, or whose fault a non-pass is. */
type Verdict = Exclude<Outcome, 'fail' | 'error'> | ErrorOwner;

function verdictOf(record: ResultRecord): Verdict {
  const outcome = outcomeOf(record);
  return outcome === 'fail' || outcome === 'error' ? (ownerOf(record) ?? 'harness') : outcome;
}

const codesOf = (owner: ErrorOwner): string =>
  Object.entries(ERRORS)
    .filter(([, info]) => info.owner === owner)
    .map(([code]) => code)
    .join('|');

interface OwnCategory {
  readonly verdict: Exclude<Verdict, 'pass'>;
  readonly name: string;
  readonly description: string;
}

/** In the order in which they are shown and tried. */
const CATEGORIES: readonly OwnCategory[] = [
  {
    verdict: 'product',
    name: 'Product faults',
    description: 'The runtime, the browser or the model: another answer than the PC, a crash, a backend that throws.',
  },
  {
    verdict: 'harness',
    name: 'Harness faults',
    description: 'Plumbline itself, its server or its driver. They say nothing of the product.',
  },
  {
    verdict: 'environment',
    name: 'Environment faults',
    description: 'The machine: a browser that is missing, a full disk. They say nothing of the product.',
  },
  {
    verdict: 'input',
    name: 'Wrong input',
    description: 'A model card, a dataset, an expectation that no longer holds.',
  },
  {
    verdict: 'known',
    name: 'Known issues',
    description: 'Failures that specs/expectations.json declares, with a link.',
  },
  { verdict: 'unsupported', name: 'Unsupported', description: 'The probe in that browser did not find the backend.' },
  { verdict: 'skipped', name: 'Skipped', description: 'The run was stopped or the cell was left out.' },
];

const messagePattern = ({ verdict }: OwnCategory): string => {
  switch (verdict) {
    case 'known':
      return '^known issue: ';
    case 'unsupported':
      return '^unsupported: ';
    case 'skipped':
      return '^skipped: ';
    case 'product':
    case 'harness':
    case 'environment':
    case 'input':
      return `^(\\w*Error: )?(${codesOf(verdict)}): `;
  }
};

/** For the reporter: `categories.json`, which Allure 2 reads. The error code is in the message. */
export function allureCategories(): Category[] {
  return CATEGORIES.map((category) => ({
    name: category.name,
    description: category.description,
    messageRegex: messagePattern(category),
  }));
}

/** For `allurerc`: Allure 3 takes categories from its configuration alone. The names are those of {@link allureCategories}. */
export function allureRules(): {
  name: string;
  matchers: { message: RegExp };
  groupBy: ('severity' | { label: string })[];
  expand: boolean;
}[] {
  return CATEGORIES.map((category) => ({
    name: category.name,
    matchers: { message: new RegExp(messagePattern(category)) },
    groupBy: [],
    expand: category.verdict === 'product',
  }));
}

const RUNTIME_TITLES: Readonly<Record<RuntimeName, string>> = {
  ort: 'onnxruntime-web',
  tfjs: 'TensorFlow.js',
  litert: 'LiteRT.js',
};

const EPICS: Readonly<Record<ResultRecord['kind'], string>> = {
  baseline: 'PC baseline',
  accuracy: 'Accuracy',
  performance: 'Time and memory',
  soak: 'Repeat and soak',
};

/** Labels by which the report reads as the matrix: kind > model > artifact on runtime-backend > browser. */
export function allureLabels(key: CellKey, kind: ResultRecord['kind']): Label[] {
  return [
    { name: LabelName.EPIC, value: EPICS[kind] },
    { name: LabelName.FEATURE, value: key.model },
    { name: LabelName.STORY, value: `${artifactSlug(key)} on ${targetSlug(key)}` },
    // The tree of suites: model, artifact, runtime-backend; a test in it is a browser.
    { name: LabelName.PARENT_SUITE, value: key.model },
    { name: LabelName.SUITE, value: artifactSlug(key) },
    { name: LabelName.SUB_SUITE, value: targetSlug(key) },
    { name: LabelName.TAG, value: `${key.runtime}-${key.backend}` },
    { name: LabelName.TAG, value: key.precision },
  ];
}

const known = (value: string): boolean => value !== '' && value !== 'unknown';

/** Versions and numbers change from run to run; they are excluded from what identifies a test in its history. */
function parameters(record: ResultRecord): Parameter[] {
  const { cell, accuracy, agreement, dataset, teeth } = record;
  const n = accuracy?.n ?? agreement?.n;
  const pairs: readonly (readonly [string, string])[] = [
    ['browser', known(cell.browserVersion) ? `${cell.browser} ${cell.browserVersion}` : cell.browser],
    ['driver', `${cell.driver} ${cell.driverVersion}`],
    ['runtime', `${cell.runtime} ${cell.runtimeVersion}`],
    ['threads', String(cell.threads)],
    ['GPU', cell.gpu],
    ...(n === undefined
      ? []
      : [['n', `${count(n)}${dataset === undefined ? '' : ` of ${count(dataset.n)}`}`] as const]),
    ...(accuracy === undefined
      ? agreement === undefined
        ? []
        : ([['agreement', percent(agreement.share)]] as const)
      : ([['accuracy', `${percent(accuracy.top1)} (Δ${points(accuracy.top1 - accuracy.baselineTop1)})`]] as const)),
    ...(teeth === undefined ? [] : ([['teeth', `${String(teeth.killed)} of ${String(teeth.total)}`]] as const)),
    ...measured(record),
  ];
  return pairs
    .filter(([, value]) => !value.includes('unknown') && known(value))
    .map(([name, value]) => ({ name, value, excluded: true }));
}

/** What was measured of a cell, in a word or two each. */
function measured(record: ResultRecord): (readonly [string, string])[] {
  const { performance, soak } = record;
  if (soak !== undefined) return [['memory', soakTroubles(soak).join(', ') || 'does not grow']];
  if (performance === undefined) return [];
  const { latency, memory, throughput, noise } = performance;
  const native = nativeOf(record);
  return [
    ...(latency === undefined ? [] : [['median', `${millis(latency.median.value)} ms`] as const]),
    ...(native === undefined ? [] : [['beside the PC', `×${times(native.ratio.value)}`] as const]),
    ...(throughput === undefined
      ? []
      : [
          [
            'samples a second',
            `${float(throughput.samplesPerSecond.value, 3)} at ${count(throughput.batchSize)}`,
          ] as const,
        ]),
    ...(memory?.addedBytes === undefined ? [] : [['memory added', byteChange(memory.addedBytes)] as const]),
    ...(noise.noisy ? [['machine', `noisy, ×${times(noise.shift)}`] as const] : []),
  ];
}

/** The runtime message by which a cell's test gets its labels, parameters, link and description. */
export function allureMessage(record: ResultRecord): RuntimeMessage {
  const { expectation } = record;
  return {
    type: 'metadata',
    data: {
      labels: allureLabels(parseCellId(record.id), record.kind),
      parameters: parameters(record),
      links: expectation === undefined ? [] : [{ type: LinkType.ISSUE, url: expectation.link, name: expectation.code }],
      description: describe(record),
    },
  };
}

function describe(record: ResultRecord): string {
  const { accuracy, agreement, dataset, expectation, performance, quantization } = record;
  const parts: string[] = [];
  const latency = performance?.latency;
  if (latency !== undefined) {
    const { value, low, high } = latency.median;
    const native = nativeOf(record);
    const beside = native === undefined ? '' : `, ${times(native.ratio.value)} times what \`${native.id}\` takes`;
    parts.push(
      `**${millis(value)} ms** an inference (median; 95 % interval ${millis(low)} to ${millis(high)})${beside}.`,
    );
  }
  if (accuracy !== undefined) {
    parts.push(
      `**${percent(accuracy.top1)}** top-1 over ${count(accuracy.n)} samples; ${percent(accuracy.baselineTop1)} on the PC ` +
        `(Δ${points(accuracy.top1 - accuracy.baselineTop1)} points, McNemar's exact p = ${float(accuracy.pValue)}).`,
    );
  }
  if (accuracy === undefined && agreement !== undefined) {
    const why =
      dataset?.generated === true ? 'the samples are generated, so there is no accuracy' : 'there are no labels';
    parts.push(`The PC’s class on **${percent(agreement.share)}** of ${count(agreement.n)} samples; ${why}.`);
  }
  if (quantization !== undefined) parts.push(quantization.words);
  if (expectation !== undefined) parts.push(`Declared as ${expectation.code}: ${expectation.reason}.`);
  return parts.join('\n\n');
}

/**
 * Gives a result the status of its record. Playwright knows pass, fail and skip; here a fault that is not the product's is
 * `broken`, and a known failure is not green.
 */
export function applyVerdict(result: TestResult, record: ResultRecord): void {
  const { reason, expectation } = record;
  const verdict = verdictOf(record);
  const say = (message: string): void => {
    result.statusDetails = { ...result.statusDetails, message };
  };
  const why = reason === undefined ? '' : `${reason.code}: ${reason.message}`;
  result.stage = Stage.FINISHED;
  switch (verdict) {
    case 'pass':
      break;
    case 'known':
      result.status = Status.SKIPPED;
      say(`known issue: ${why}${expectation === undefined ? '' : `\n${expectation.reason}\n${expectation.link}`}`);
      break;
    case 'unsupported':
      result.status = Status.SKIPPED;
      say(`unsupported: ${record.probe?.words ?? reason?.message ?? ''}`);
      break;
    case 'skipped':
      result.status = Status.SKIPPED;
      say(`skipped: ${why}`);
      break;
    case 'product':
      result.status = Status.FAILED;
      say(`${why}\n${reason?.hint ?? ''}`);
      break;
    case 'harness':
    case 'environment':
    case 'input':
      result.status = Status.BROKEN;
      say(`${why}\n${reason?.hint ?? ''}`);
      break;
  }
}

/**
 * Browsers, runtimes and machines of a run, for the report's front page, the important ones first. Several values of one
 * thing stand side by side.
 */
export function allureEnvironment(records: readonly ResultRecord[]): EnvironmentInfo {
  const found = new Map<string, Set<string>>();
  const add = (name: string, value: string): void => {
    const values = found.get(name) ?? new Set();
    found.set(name, values);
    if (!value.includes('unknown') && value.trim() !== '') values.add(value);
  };
  const cells = records.filter(({ cell }) => cell.browser !== 'pc').map(({ cell }) => cell);
  for (const cell of cells) add(cell.browser, `${cell.browserVersion} (${cell.driver} ${cell.driverVersion})`);
  for (const cell of cells) add(RUNTIME_TITLES[cell.runtime], cell.runtimeVersion);
  for (const { cell } of records)
    if (cell.browser === 'pc') add('PC baseline', `${cell.runtime} ${cell.runtimeVersion}`);
  for (const { cell } of records) add('CPU', cell.cpu);
  for (const { cell } of records) add('operating system', cell.os);
  for (const cell of cells) add(`GPU in ${cell.browser}`, cell.gpu);
  return Object.fromEntries(
    [...found].flatMap(([name, values]) => (values.size === 0 ? [] : [[name, [...values].join('; ')]])),
  );
}

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign] ?? sign);

/** Timing, memory and closeness of a cell as one small page; undefined where the record has none of them. */
export function numbersPage(record: ResultRecord): string | undefined {
  const { accuracy, agreement, numeric, quantization, teeth, timing, memory, evidence } = record;
  const ms = (value: number | undefined): string | undefined => (value === undefined ? undefined : duration(value));
  const size = (value: number | undefined): string | undefined => (value === undefined ? undefined : bytes(value));
  const number = (value: number | undefined): string | undefined => (value === undefined ? undefined : count(value));
  const runs = timing?.inferenceMs ?? [];
  const sections: readonly Section[] = [
    ...performanceSections(record),
    [
      'Accuracy',
      accuracy === undefined
        ? []
        : [
            ['top-1', percent(accuracy.top1)],
            ['top-1 on the PC', percent(accuracy.baselineTop1)],
            ['top-1 of the fp32 original on the PC', percent(accuracy.fp32Top1)],
            ['agreement with the PC', percent(accuracy.agreement)],
            ['samples', count(accuracy.n)],
            ['McNemar’s exact p', float(accuracy.pValue)],
          ],
    ],
    [
      'Agreement',
      agreement === undefined
        ? []
        : [
            ['samples with the PC’s class', `${percent(agreement.share)} of ${count(agreement.n)}`],
            ['with another', count(agreement.flips)],
            ['with another, and no tie', count(agreement.beyondTies)],
          ],
    ],
    [
      'Quantization loss, on the PC',
      quantization === undefined ? [] : parityRows(quantization.loss, 'the fp32 original'),
    ],
    ['Platform drift', quantization === undefined ? [] : parityRows(quantization.drift, 'the PC')],
    [
      'Teeth of the tolerance',
      teeth === undefined
        ? []
        : [
            ['mutants found', `${count(teeth.killed)} of ${count(teeth.total)}`],
            ...teeth.survivors.map(({ mutant, reason }) => [mutant, `not found: ${reason}`] as const),
          ],
    ],
    [
      'Closeness of the logits',
      numeric === undefined
        ? []
        : [
            ['largest absolute difference', float(numeric.maxAbs)],
            ['largest relative difference', float(numeric.maxRel)],
            ['tolerance used', `${float(numeric.toleranceUsed)} times`],
            [
              `tolerance (${numeric.tolerance.name})`,
              `${float(numeric.tolerance.relative)} relative, ${float(numeric.tolerance.absolute)} absolute`,
            ],
            [
              'elements beyond it',
              numeric.beyond === undefined
                ? undefined
                : `${percent(numeric.beyond)}${numeric.tolerance.outliers === undefined ? '' : `, ${percent(numeric.tolerance.outliers.share)} may be, up to ${String(numeric.tolerance.outliers.factor)} times`}`,
            ],
            ['scaled by', numeric.gain === undefined ? undefined : float(numeric.gain)],
            [
              'worst logit',
              numeric.worst &&
                `sample ${String(numeric.worst.sample)}, element ${String(numeric.worst.index)}: got ${float(numeric.worst.got)}, want ${float(numeric.worst.want)}`,
            ],
            ['not finite', count(numeric.nonFinite)],
          ],
    ],
    [
      'Time',
      timing === undefined
        ? []
        : [
            ['runtime load', ms(timing.runtimeLoadMs)],
            ['model fetch', ms(timing.modelFetchMs)],
            ['session', ms(timing.sessionMs)],
            ['first inference', ms(timing.firstInferenceMs)],
            [
              `inferences after the first, ${count(runs.length)} × ${count(timing.batchSize ?? 1)} samples`,
              runs.length === 0
                ? undefined
                : `median ${duration(median(runs))}, ${duration(Math.min(...runs))} to ${duration(Math.max(...runs))}`,
            ],
            ['input', ms(timing.inputMs)],
            ['upload', ms(timing.uploadMs)],
            ['dispose', ms(timing.disposeMs)],
            ['whole cell', ms(timing.cellMs)],
            ['page', timing.warmPage === undefined ? undefined : timing.warmPage ? 'warm' : 'fresh'],
          ],
    ],
    [
      'Memory',
      memory === undefined
        ? []
        : [
            ['JavaScript heap', size(memory.jsHeapBytes)],
            ['wasm heap', size(memory.wasmHeapBytes)],
            ['the browser’s own measure', size(memory.userAgentBytes)],
            ['browser processes (PSS)', size(memory.processTreePssBytes)],
            ['tensors', number(memory.tensors)],
            ['tensor memory', size(memory.tensorBytes)],
          ],
    ],
    [
      'Evidence',
      evidence === undefined
        ? []
        : [
            ['provider', evidence.provider],
            ['GPU dispatches', count(evidence.gpuDispatches)],
            ['WebGL draw calls', count(evidence.webglDraws)],
            ['WebNN dispatches', count(evidence.webnnDispatches)],
            ['kernels', number(evidence.kernels)],
            ['wasm', evidence.wasmModules.map(({ name, bytes: length }) => `${name} (${bytes(length)})`).join(', ')],
            ['threads', count(evidence.threads)],
            ['workers that answered', count(evidence.workersAlive)],
          ],
    ],
  ];
  const html = sections.flatMap(([title, rows]) => {
    const there = rows.filter(([, value]) => value !== undefined && value !== '');
    if (there.length === 0) return [];
    const body = there.map(
      ([name, value = '']) => `<tr><th>${escapeHtml(name)}</th><td>${escapeHtml(value)}</td></tr>`,
    );
    return [`<section><h2>${title}</h2><table>${body.join('')}</table></section>`];
  });
  if (html.length === 0) return undefined;
  return `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escapeHtml(record.id)}</title><style>${STYLE}</style><main>${html.join('')}</main></html>`;
}

function parityRows(
  { n, difference, pValue, agreement, distance }: Parity,
  other: string,
): (readonly [string, string | undefined])[] {
  return [
    ['samples', count(n)],
    [`accuracy less that of ${other}`, difference === undefined ? undefined : `${points(difference)} points`],
    ['McNemar’s exact p', pValue === undefined ? undefined : float(pValue)],
    [`agreement with ${other}`, agreement === undefined ? undefined : percent(agreement)],
    [`distance from ${other}`, float(distance, 3)],
  ];
}

const STYLE = [
  ':root{color-scheme:light dark}',
  'body{margin:12px;font:13px/1.45 system-ui,sans-serif}',
  'main{display:grid;grid-template-columns:repeat(auto-fit,minmax(330px,1fr));gap:14px 28px}',
  'h2{font-size:13px;margin:0 0 4px}',
  'table{border-collapse:collapse;width:100%}',
  'th{font-weight:400;text-align:left;opacity:.7;padding:2px 12px 2px 0;vertical-align:top}',
  'td{text-align:right;padding:2px 0;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}',
  'tr+tr{border-top:1px solid rgb(128 128 128/.25)}',
].join('');
