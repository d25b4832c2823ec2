/**
 * Writes `reports/results.jsonl`, and for each cell what it observed (`observations/<id>/`) and its finding, if it failed
 * (`findings/<id>/`). A line is appended as a cell's attempt ends, so that a kill loses nothing; at the end the file is
 * written anew: complete, one line a cell and kind, in the order of reports.
 */
import type {
  FullConfig,
  FullResult,
  Reporter,
  Suite,
  TestCase,
  TestError,
  TestResult,
} from '@playwright/test/reporter';
import { summarizeTeeth } from '../judge/index.js';
import type { Finding, ResultRecord } from '../protocol/record.js';
import { readAttachments } from './attachments.js';
import { cellOf, errorRecordOf, recordsOfSuite, recordsOfTest } from './collect.js';
import { buildFinding } from './finding.js';
import { ReportFolder } from './folder.js';
import { isBad } from './outcome.js';
import { reportPaths, type ReporterOptions } from './paths.js';

const RESULTS = 'results.jsonl';

export default class ResultsReporter implements Reporter {
  readonly #folder: ReportFolder;
  /** With `--list` nothing runs, and the results of the last run must stay. */
  readonly #listing: boolean;
  #suite: Suite | undefined;
  /** A shard has the cells that fell to it: whether the tolerances have teeth is judged of the whole, when it is merged. */
  #isShard = false;
  #globalError: string | undefined;
  /** Cells that have a finding in this run. */
  readonly #found = new Set<string>();

  constructor(options: ReporterOptions = {}) {
    this.#folder = ReportFolder.fresh(reportPaths(options.configDir).root);
    this.#listing = options._mode === 'list';
  }

  printsToStdio(): boolean {
    return false;
  }

  onBegin(config: FullConfig, suite: Suite): void {
    if (this.#listing) return;
    this.#suite = suite;
    this.#isShard = config.shard !== null;
    this.#folder.start(RESULTS);
    this.#folder.clear('findings', 'observations');
  }

  onError(error: TestError): void {
    if (this.#globalError !== undefined) return;
    const { code, message } = errorRecordOf(error);
    this.#globalError = `${code}: ${message.split('\n')[0] ?? ''}`;
  }

  onTestEnd(test: TestCase, result: TestResult): void {
    if (this.#listing) return;
    const { observations, outputs, findings, problems } = readAttachments(result);
    for (const { error } of problems) process.stderr.write(`${test.title}: ${error.code}: ${error.message}\n`);
    // A test that the run gave up is settled at the end, when it is known why.
    const left = cellOf(test) !== undefined && result.status === 'skipped' && result.attachments.length === 0;
    if (!left) this.#append(recordsOfTest(test, { status: undefined }));
    for (const observation of observations) {
      const folder = `observations/${observation.id}`;
      this.#folder.write(`${folder}/observation.json`, `${JSON.stringify(observation, null, 2)}\n`);
      const wanted = new Set(observation.outputs.map(({ file }) => file));
      for (const output of outputs) {
        // Two cells in one test would be told apart by the files that each one names.
        if (observations.length === 1 || wanted.has(output.file)) this.#copy(`${folder}/${output.file}`, output);
      }
    }
    for (const finding of findings) this.#writeFinding(finding);
  }

  async onEnd(result: FullResult): Promise<{ status?: FullResult['status'] } | undefined> {
    if (this.#listing || this.#suite === undefined) return undefined;
    const records = recordsOfSuite(this.#suite, result.status, this.#globalError);
    for (const record of records) {
      // A failed cell always has a finding, if only of what is known without it.
      if (isBad(record) && !this.#found.has(record.id)) this.#writeFinding(buildFinding({ record }));
    }
    // A retry that passed leaves no finding of the attempt before it.
    const wanted = new Set(records.flatMap(({ id, finding }) => (finding === undefined ? [] : [id])));
    this.#folder.clear(...[...this.#found].filter((id) => !wanted.has(id)).map((id) => `findings/${id}`));
    this.#folder.write(RESULTS, lines(records));
    // Thrown, not returned: `merge-reports` heeds nothing else, and every reporter that prints shows it.
    this.#folder.raise();
    const isToothless = !this.#isShard && !summarizeTeeth(records.map(({ teeth }) => teeth)).ok;
    const isWrong = records.some(isBad) || isToothless;
    return await Promise.resolve(result.status === 'passed' && isWrong ? { status: 'failed' } : undefined);
  }

  #append(records: readonly ResultRecord[]): void {
    if (records.length > 0) this.#folder.append(RESULTS, lines(records));
  }

  #copy(target: string, output: { readonly bytes: Uint8Array }): void {
    let bytes: Uint8Array;
    try {
      bytes = output.bytes;
    } catch {
      return; // The file is gone (the disk was full, somebody cleaned up); the record stands without it.
    }
    this.#folder.write(target, bytes);
  }

  #writeFinding(finding: Finding): void {
    this.#found.add(finding.id);
    const folder = `findings/${finding.id}`;
    this.#folder.write(`${folder}/report.md`, finding.markdown);
    this.#folder.write(`${folder}/finding.json`, `${JSON.stringify(finding.json, null, 2)}\n`);
    for (const [name, picture] of Object.entries(finding.pictures)) {
      this.#folder.write(`${folder}/${name}`, Buffer.from(picture, 'base64'));
    }
  }
}

const lines = (records: readonly ResultRecord[]): string =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('');
