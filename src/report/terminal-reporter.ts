/** What people see while a matrix runs: a line for each cell as it ends, its failure at once, the table at the end. */
import path from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import pc from 'picocolors';
import type {
  FullConfig,
  FullResult,
  Reporter,
  Suite,
  TestCase,
  TestError,
  TestResult,
} from '@playwright/test/reporter';
import type { ResultRecord } from '../protocol/record.js';
import { cellOf, errorRecordOf, recordsOfSuite, recordsOfTest } from './collect.js';
import { count, duration, headline } from './format.js';
import { paint, partOf, renderMatrix, scoreOf } from './matrix.js';
import { isBad, outcomeOf, SIGNS } from './outcome.js';
import { reportPaths, type ReporterOptions } from './paths.js';
import { performanceScore, renderPerformance, renderSoak, soakScore } from './performance-table.js';

/** Width to which ids are padded, so that what follows stands in columns. */
const ID_WIDTH = 50;
const SCORE_WIDTH = 25;

/** What a cell came to, in a few words and numbers of its kind. */
function whatOf(record: ResultRecord): string {
  switch (record.kind) {
    case 'performance':
      return performanceScore(record);
    case 'soak':
      return soakScore(record);
    case 'baseline':
    case 'accuracy':
      return [scoreOf(record), partOf(record)].filter((part) => part !== undefined).join(' ');
  }
}

export default class TerminalReporter implements Reporter {
  readonly #mode: ReporterOptions['_mode'];
  readonly #reports: string;
  readonly #color = process.stdout.isTTY && pc.isColorSupported;
  readonly #colors = pc.createColors(this.#color);
  #suite: Suite | undefined;
  #globalError: string | undefined;
  #total = 0;
  #done = 0;

  constructor(options: ReporterOptions = {}) {
    this.#mode = options._mode;
    const { root } = reportPaths(options.configDir);
    const relative = path.relative(process.cwd(), root);
    this.#reports = relative !== '' && relative.length < root.length ? relative : root;
  }

  /** False when listing: Playwright then lists by itself. */
  printsToStdio(): boolean {
    return this.#mode !== 'list';
  }

  onBegin(config: FullConfig, suite: Suite): void {
    if (this.#mode === 'list') return;
    this.#suite = suite;
    const tests = suite.allTests();
    this.#total = tests.length;
    if (this.#mode === 'merge') return;
    const keys = tests.map(cellOf);
    const baselines = keys.filter((key) => key?.browser === 'pc').length;
    const cells = keys.filter((key) => key !== undefined).length - baselines;
    const others = tests.length - cells - baselines;
    const browsers = [...new Set(keys.map((key) => key?.browser))].filter(
      (name) => name !== undefined && name !== 'pc',
    );
    const some = (n: number, noun: string): string => `${count(n)} ${noun}${n === 1 ? '' : 's'}`;
    const parts = [
      `${some(cells, 'cell')}${browsers.length === 0 ? '' : ` in ${browsers.join(', ')}`}`,
      ...(baselines === 0 ? [] : [some(baselines, 'PC baseline')]),
      ...(others === 0 ? [] : [some(others, 'other test')]),
      some(config.workers, 'worker'),
      ...(config.shard === null ? [] : [`shard ${String(config.shard.current)} of ${String(config.shard.total)}`]),
    ];
    this.#say(`${this.#colors.bold('Plumbline')}  ${parts.join(', ')}\n`);
  }

  onTestEnd(test: TestCase, result: TestResult): void {
    if (this.#mode === 'list' || this.#mode === 'merge') return;
    const again =
      result.retry < test.retries && result.status !== test.expectedStatus && result.status !== 'interrupted';
    if (!again) this.#done++;
    const total = String(this.#total);
    const place = this.#colors.dim(`[${String(this.#done).padStart(total.length)}/${total}]`);
    const time = this.#colors.dim(duration(result.duration).padStart(7));
    const records = recordsOfTest(test, { status: undefined });
    for (const record of records) {
      const outcome = outcomeOf(record);
      const score = whatOf(record).padEnd(SCORE_WIDTH);
      const what = paint(this.#colors, outcome, `${SIGNS[outcome]} ${record.id.padEnd(ID_WIDTH)} ${score}`);
      this.#say(`${place} ${what} ${time}${again ? '  to be repeated' : ''}`);
      if (isBad(record)) this.#explain(record);
    }
    if (records.length === 0) this.#sayOther(test, result, place, time);
  }

  onStdOut(chunk: string | Buffer): void {
    if (this.#mode !== 'merge') process.stdout.write(chunk);
  }

  onStdErr(chunk: string | Buffer): void {
    if (this.#mode !== 'merge') process.stderr.write(chunk);
  }

  /** Errors of the run itself: a configuration or a spec that can't be read, a worker that ended, a report that can't be written. */
  onError(error: TestError): void {
    const { code, message, hint } = errorRecordOf(error);
    const ours = /\bE_[A-Z_]+: /.test(stripVTControlCharacters(error.message ?? ''));
    this.#globalError ??= `${code}: ${headline(message)}`;
    const text = ours ? `${code}: ${message}\n  ${hint}` : (error.stack ?? error.message ?? error.value ?? '');
    this.#say(`\n${this.#colors.red(ours ? text : this.#readable(text))}`);
    if (!ours && error.snippet !== undefined) this.#say(this.#readable(error.snippet));
  }

  onEnd(result: FullResult): void {
    if (this.#mode === 'list' || this.#suite === undefined) return;
    const records = recordsOfSuite(this.#suite, result.status, this.#globalError);
    for (const render of [renderMatrix, renderPerformance, renderSoak]) {
      const text = render(records, { color: this.#color, reports: this.#reports });
      if (text !== '') this.#say(`\n${text}`);
    }
    const others = this.#suite
      .allTests()
      .filter((test) => cellOf(test) === undefined && test.outcome() === 'unexpected');
    if (others.length > 0) {
      this.#say(
        this.#colors.red(
          `${count(others.length)} other ${others.length === 1 ? 'test' : 'tests'} failed: ${others.map(({ title }) => title).join('; ')}`,
        ),
      );
    }
    const end = { interrupted: ', interrupted', timedout: ', out of time', failed: '', passed: '' }[result.status];
    this.#say(
      this.#colors.dim(
        `${duration(result.duration)}${end}. Results in ${this.#reports}/results.jsonl; npm run report makes the Allure report.`,
      ),
    );
  }

  #explain(record: ResultRecord): void {
    const { reason } = record;
    if (reason === undefined) return;
    this.#say(`      ${paint(this.#colors, outcomeOf(record), reason.code)}: ${headline(reason.message, 400)}`);
    if (record.quantization !== undefined) this.#say(`      ${headline(record.quantization.words, 600)}`);
    this.#say(this.#colors.dim(`      ${reason.hint}`));
  }

  /** A test that is no cell: the plan's own checks, set-up. */
  #sayOther(test: TestCase, result: TestResult, place: string, time: string): void {
    const ok = result.status === test.expectedStatus;
    const outcome = result.status === 'skipped' ? 'skipped' : ok ? 'pass' : 'error';
    const title = test.titlePath().slice(3).join(' › ');
    this.#say(`${place} ${paint(this.#colors, outcome, `${SIGNS[outcome]} ${title}`)}  ${time}`);
    if (ok || result.status === 'skipped') return;
    for (const error of result.errors) {
      this.#say(this.#readable(error.stack ?? error.message ?? '').replace(/^/gm, '      '));
      if (error.snippet !== undefined) this.#say(this.#readable(error.snippet).replace(/^/gm, '      '));
    }
  }

  #readable(text: string): string {
    return this.#color ? text : stripVTControlCharacters(text);
  }

  #say(text: string): void {
    process.stdout.write(`${text}\n`);
  }
}
