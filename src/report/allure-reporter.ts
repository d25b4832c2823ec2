/**
 * `allure-playwright`, fed from our records: a cell's labels, parameters, status and numbers come from the record that it
 * left (or that stands for it, where its worker died), here in the reporter. So tests call nothing of Allure's, shards and
 * merges look the same, and the private attachments, megabytes of them, stay out of the report.
 */
import path from 'node:path';
import type { FullConfig, FullResult, Suite, TestCase, TestResult, TestStep } from '@playwright/test/reporter';
import { ContentType, LabelName, type TestResult as AllureResult } from 'allure-js-commons';
import type { EnvironmentInfo } from 'allure-js-commons/sdk';
import { AllureReporter } from 'allure-playwright';
import { messageOf, PlumblineError } from '../protocol/errors.js';
import type { ResultRecord } from '../protocol/record.js';
import { allureCategories, allureEnvironment, allureMessage, applyVerdict, numbersPage } from './allure.js';
import { isPrivate, PRIVATE_PREFIX, readAttachments } from './attachments.js';
import { curveChart, samplesChart } from './chart.js';
import { staleFiles } from './allure-stale.js';
import { cellOf, recordsOfSuite, recordsOfTest, runOf, type RunEnd } from './collect.js';
import { ReportFolder } from './folder.js';
import { reportPaths, type ReporterOptions } from './paths.js';

/** What allure-js-commons sends from tests; here it is sent by us. */
const RUNTIME_MESSAGE = 'application/vnd.allure.message+json';

const HOST_LABEL: string = LabelName.HOST;

/** `Attach "plumbline:record"`: how Playwright titles the step of an attachment. */
const isPrivateStep = (step: TestStep): boolean =>
  step.title.includes(`"${PRIVATE_PREFIX}`) || step.title === 'Attach "error-context"';

/** What Playwright attaches to each failure, to be read by machines; the finding says it better. */
const isContext = ({ name }: { readonly name: string }): boolean => name === 'error-context';

export default class MatrixAllureReporter extends AllureReporter {
  readonly #paths: ReturnType<typeof reportPaths>;
  readonly #folder: ReportFolder;
  readonly #listing: boolean;
  /** The record that each running call of {@link onTestEnd} writes, by test title. */
  readonly #writing: Map<string, ResultRecord>;
  /** Read by allure-playwright when it ends; filled just before. */
  readonly #environment: EnvironmentInfo;
  readonly #pending: Promise<void>[] = [];
  #matrix: Suite | undefined;
  #end: RunEnd = { status: undefined };
  #defect: PlumblineError | undefined;

  constructor(options: ReporterOptions = {}) {
    const writing = new Map<string, ResultRecord>();
    const environment: EnvironmentInfo = {};
    const beforeTestResultWrite = (result: AllureResult): void => {
      // Reports are published: whose machine it was is nobody's business.
      result.labels = result.labels.filter(({ name }) => name !== HOST_LABEL);
      const record = writing.get(result.name ?? '');
      if (record !== undefined) applyVerdict(result, record);
    };
    super({
      // Hooks and fixtures are the harness's business; steps that a spec names are shown.
      detail: false,
      categories: allureCategories(),
      environmentInfo: environment,
      listeners: [{ beforeTestResultWrite }],
    });
    this.#writing = writing;
    this.#environment = environment;
    this.#listing = options._mode === 'list';
    this.#paths = reportPaths(options.configDir);
    this.#folder = ReportFolder.shared(this.#paths.root);
  }

  override onConfigure(config: FullConfig): void {
    // Not allure-playwright's own: it takes the first project, and in a merge there is none yet.
    this.config = config;
    this.outputDir = config.projects[0]?.outputDir;
    this.snapshotDir = config.projects[0]?.snapshotDir;
  }

  override onBegin(suite: Suite): void {
    if (this.#listing) return;
    const results = path.basename(this.#paths.allureResults);
    this.#keepOthers(results, suite);
    this.#folder.start(`${results}/environment.properties`);
    this.options = { ...this.options, resultsDir: path.join(this.#folder.root, results) };
    this.#guard(() => {
      super.onBegin(suite);
      this.#matrix = suite;
    });
  }

  override onTestBegin(test: TestCase): void {
    if (this.#matrix === undefined) return;
    this.#guard(() => {
      super.onTestBegin(test);
    });
  }

  override onStepBegin(test: TestCase, result: TestResult, step: TestStep): void {
    if (this.#matrix === undefined || isPrivateStep(step)) return;
    this.#guard(() => {
      super.onStepBegin(test, result, step);
    });
  }

  override onStepEnd(test: TestCase, result: TestResult, step: TestStep): void {
    if (this.#matrix === undefined || isPrivateStep(step)) return;
    this.#guard(() => {
      super.onStepEnd(test, result, step);
    });
  }

  override onTestEnd(test: TestCase, result: TestResult): Promise<void> {
    if (this.#matrix === undefined) return Promise.resolve();
    // Playwright does not wait for this promise, and a rejected one would end the run.
    const written = this.#write(test, result).catch((thrown: unknown) => {
      this.#fail(thrown);
    });
    this.#pending.push(written);
    return written;
  }

  override async onEnd(result?: FullResult): Promise<void> {
    if (this.#listing) return;
    await Promise.all(this.#pending);
    if (this.#matrix !== undefined) {
      this.#end = { status: result?.status };
      Object.assign(this.#environment, allureEnvironment(recordsOfSuite(this.#matrix, result?.status ?? 'passed')));
      try {
        await super.onEnd();
        await Promise.all(this.#pending);
      } catch (thrown) {
        this.#fail(thrown);
      }
    }
    this.#folder.raise();
    if (this.#defect !== undefined) throw this.#defect;
  }

  /** The matrix, time and memory, and the soak are runs of their own: each leaves in the report what the others left. */
  #keepOthers(results: string, suite: Suite): void {
    const runs = new Set(suite.allTests().map((test) => runOf(test.parent.project()?.name)));
    const texts = new Map<string, string>();
    for (const file of this.#folder.list(results)) {
      if (file.endsWith('-result.json')) texts.set(file, this.#folder.read(`${results}/${file}`) ?? '');
    }
    this.#folder.prune(results, staleFiles(texts, runs.size === 0 ? new Set(['matrix']) : runs));
  }

  async #write(test: TestCase, result: TestResult): Promise<void> {
    const attachments = result.attachments.filter((attachment) => !isPrivate(attachment) && !isContext(attachment));
    const cell = cellOf(test);
    const record = cell === undefined ? undefined : recordsOfTest(test, this.#end).find(({ id }) => id === test.title);
    if (record !== undefined) {
      this.#writing.set(test.title, record);
      attachments.unshift(...attachmentsOf(record), ...chartsOf(record, result));
    }
    try {
      // A view, not a copy: in a merge results have getters.
      await super.onTestEnd(test, Object.create(result, { attachments: { value: attachments } }) as TestResult);
    } finally {
      this.#writing.delete(test.title);
    }
  }

  #guard(action: () => void): void {
    try {
      action();
    } catch (thrown) {
      this.#fail(thrown);
    }
  }

  /** Nothing more is written after a failure; the other reporters go on. */
  #fail(thrown: unknown): void {
    this.#matrix = undefined;
    if (isSystemError(thrown)) this.#folder.report(thrown);
    else
      this.#defect ??= new PlumblineError('E_INTERNAL', `no Allure results: ${messageOf(thrown)}`, { cause: thrown });
  }
}

/** Whether the disk, not the code, is at fault. */
const isSystemError = (thrown: unknown): boolean => thrown instanceof Error && 'errno' in thrown;

function attachmentsOf(record: ResultRecord): TestResult['attachments'] {
  const numbers = numbersPage(record);
  const body = (text: string): Buffer => Buffer.from(text, 'utf8');
  return [
    { name: 'Allure Metadata', contentType: RUNTIME_MESSAGE, body: body(JSON.stringify(allureMessage(record))) },
    ...(numbers === undefined ? [] : [{ name: 'Numbers', contentType: ContentType.HTML, body: body(numbers) }]),
    { name: 'Record', contentType: ContentType.JSON, body: body(JSON.stringify(record, null, 2)) },
  ];
}

/** The timings of a record, and the memory curves of what its test observed. */
function chartsOf(record: ResultRecord, result: TestResult): TestResult['attachments'] {
  const { latency, latencyWithoutReadBack } = record.performance ?? {};
  const soaks = record.kind === 'soak' ? readAttachments(result).soaks.filter(({ id }) => id === record.id) : [];
  const charts: readonly (readonly [string, string | undefined])[] = [
    ['Timings', latency && samplesChart('Warm latency', latency)],
    ['Timings without read-back', latencyWithoutReadBack && samplesChart('Without read-back', latencyWithoutReadBack)],
    ...soaks.flatMap(({ soak, rounds }) => [
      ['Memory over inferences', soak && curveChart('Over inferences', soak.curve, 'inference')] as const,
      ['Memory over rounds', curveChart('Over rounds of load and dispose', rounds, 'round')] as const,
    ]),
  ];
  return charts.flatMap(([name, svg]) =>
    svg === undefined ? [] : [{ name, contentType: ContentType.SVG, body: Buffer.from(svg, 'utf8') }],
  );
}
