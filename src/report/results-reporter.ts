/**
 * Writes `reports/results.jsonl`, `reports/matrix/index.html`, and for each cell what it observed (`observations/<id>/`)
 * and its finding, if it failed (`findings/<id>/`). A line is appended as a cell's attempt ends, so that a kill loses
 * nothing; at the end the file is written anew: complete, one line a cell and kind, in the order of reports.
 *
 * The matrix, the measuring of time and memory, and the soak are runs of their own. Each replaces what is of its own kinds
 * in the folder, and leaves what the others left.
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
import { resultRecordSchema, type Finding, type ResultRecord } from '../protocol/record.js';
import { readAttachments } from './attachments.js';
import { cellOf, errorRecordOf, kindOf, recordsOfSuite, recordsOfTest } from './collect.js';
import { buildFinding } from './finding.js';
import { ReportFolder } from './folder.js';
import { writeMatrixPage } from './matrix-page/write.js';
import { measuredFinding } from './measured-finding.js';
import { isBad } from './outcome.js';
import { compareRecords } from './order.js';
import { findingFolder, kindOfFile, reportPaths, type ReporterOptions } from './paths.js';

const RESULTS = 'results.jsonl';

export default class ResultsReporter implements Reporter {
  readonly #folder: ReportFolder;
  /** With `--list` nothing runs, and the results of the last run must stay. */
  readonly #listing: boolean;
  #suite: Suite | undefined;
  /** A shard has the cells that fell to it: whether the tolerances have teeth is judged of the whole, when it is merged. */
  #isShard = false;
  #globalError: string | undefined;
  /** Records of other kinds, which an earlier run left. */
  #kept: readonly ResultRecord[] = [];
  /** Folders of the findings of this run. */
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
    const kinds = kindsOf(suite);
    this.#kept = parseRecords(this.#folder.read(RESULTS)).filter(({ kind }) => !kinds.has(kind));
    this.#folder.start(RESULTS);
    this.#append(this.#kept);
    const isOwn = (file: string): boolean => {
      const kind = kindOfFile(file);
      return kind === 'matrix' ? kinds.has('accuracy') : kinds.has(kind);
    };
    for (const entry of ['findings', 'observations']) this.#folder.prune(entry, isOwn);
  }

  onError(error: TestError): void {
    if (this.#globalError !== undefined) return;
    const { code, message } = errorRecordOf(error);
    this.#globalError = `${code}: ${message.split('\n')[0] ?? ''}`;
  }

  onTestEnd(test: TestCase, result: TestResult): void {
    if (this.#listing) return;
    const { observations, performances, soaks, outputs, findings, problems } = readAttachments(result);
    for (const { error } of problems) process.stderr.write(`${test.title}: ${error.code}: ${error.message}\n`);
    // A test that the run gave up is settled at the end, when it is known why.
    const left = cellOf(test) !== undefined && result.status === 'skipped' && result.attachments.length === 0;
    const records = left ? [] : recordsOfTest(test, { status: undefined });
    this.#append(records);
    for (const observation of observations) {
      const folder = `observations/${observation.id}`;
      this.#folder.write(`${folder}/observation.json`, `${JSON.stringify(observation, null, 2)}\n`);
      const wanted = new Set(observation.outputs.map(({ file }) => file));
      for (const output of outputs) {
        // Two cells in one test would be told apart by the files that each one names.
        if (observations.length === 1 || wanted.has(output.file)) this.#copy(`${folder}/${output.file}`, output);
      }
    }
    for (const observed of [...performances, ...soaks]) {
      this.#folder.write(`observations/${observed.id}/${observed.kind}.json`, `${JSON.stringify(observed)}\n`);
    }
    for (const finding of findings) this.#writeFinding(finding);
    for (const record of records) {
      const soak = record.kind === 'soak' ? soaks.find(({ id }) => id === record.id) : undefined;
      if (soak !== undefined && isBad(record)) this.#writeFinding(measuredFinding(record, soak));
    }
  }

  async onEnd(result: FullResult): Promise<{ status?: FullResult['status'] } | undefined> {
    if (this.#listing || this.#suite === undefined) return undefined;
    const records = recordsOfSuite(this.#suite, result.status, this.#globalError);
    for (const record of records) {
      // A failed cell always has a finding, if only of what is known without it.
      if (!isBad(record) || this.#found.has(findingFolder(record.id, record.kind))) continue;
      this.#writeFinding(findingOf(record));
    }
    // A retry that passed leaves no finding of the attempt before it.
    const wanted = new Set(records.flatMap(({ finding }) => finding ?? []));
    for (const stale of [...this.#found].filter((folder) => !wanted.has(folder))) {
      // Within the folder of a matrix's finding may lie those of other kinds.
      const isMatrix = kindOfFile(`${stale}/report.md`) === 'matrix';
      this.#folder.prune(stale, (file) => !isMatrix || kindOfFile(`${stale}/${file}`) === 'matrix');
    }
    const all = [...this.#kept, ...records].sort(compareRecords);
    this.#folder.write(RESULTS, lines(all));
    await writeMatrixPage(all, this.#folder);
    // Thrown, not returned: `merge-reports` heeds nothing else, and every reporter that prints shows it.
    this.#folder.raise();
    const isToothless = !this.#isShard && !summarizeTeeth(records.map(({ teeth }) => teeth)).ok;
    const isWrong = records.some(isBad) || isToothless;
    return result.status === 'passed' && isWrong ? { status: 'failed' } : undefined;
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
    const folder = findingFolder(finding.id, finding.kind);
    this.#found.add(folder);
    this.#folder.write(`${folder}/report.md`, finding.markdown);
    this.#folder.write(`${folder}/finding.json`, `${JSON.stringify(finding.json, null, 2)}\n`);
    for (const [name, picture] of Object.entries(finding.pictures)) {
      this.#folder.write(`${folder}/${name}`, Buffer.from(picture, 'base64'));
    }
  }
}

/** What is known of a failed cell by its record alone. */
const findingOf = (record: ResultRecord): Finding =>
  record.kind === 'performance' || record.kind === 'soak'
    ? measuredFinding(record, undefined)
    : buildFinding({ record });

/** The kinds of record that a run replaces: those of its tests; of a run without cells, those of the matrix. */
function kindsOf(suite: Suite): Set<ResultRecord['kind']> {
  const kinds = new Set<ResultRecord['kind']>();
  for (const test of suite.allTests()) {
    const key = cellOf(test);
    if (key !== undefined) kinds.add(kindOf(test, key));
  }
  // One run makes both; without any other kind of its own a run is one of the matrix.
  if (kinds.has('baseline') || kinds.has('accuracy') || kinds.size === 0) kinds.add('baseline').add('accuracy');
  return kinds;
}

/** What an earlier run left, as far as it can be read: a line that was cut off, or is of another version, is lost. */
function parseRecords(text = ''): ResultRecord[] {
  return text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [resultRecordSchema.parse(JSON.parse(line))];
    } catch {
      return [];
    }
  });
}

const lines = (records: readonly ResultRecord[]): string =>
  records.map((record) => `${JSON.stringify(record)}\n`).join('');
