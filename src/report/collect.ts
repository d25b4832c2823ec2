/**
 * From Playwright's tests to result records: what the tests left, and for each cell that left nothing a record that says
 * why. So no cell of the plan is ever missing, whatever went wrong.
 */
import { stripVTControlCharacters } from 'node:util';
import type { FullResult, Suite, TestCase, TestResult } from '@playwright/test/reporter';
import { parseCellId, type CellKey } from '../protocol/cell.js';
import { ERRORS, isErrorCode, type ErrorCode, type ErrorRecord } from '../protocol/errors.js';
import { ATTACHMENT, type ResultRecord, type Status } from '../protocol/record.js';
import { readAttachments } from './attachments.js';
import { compareRecords } from './order.js';
import { isBad, outcomeOf } from './outcome.js';
import { findingFolder } from './paths.js';

/** @returns the cell that a test stands for, or undefined where its title is no cell id. */
export function cellOf(test: TestCase): CellKey | undefined {
  try {
    return parseCellId(test.title);
  } catch {
    return undefined;
  }
}

/** The run that a test belongs to, by the name of its project: each of them replaces its own results alone. */
export function runOf(project: string | undefined): 'matrix' | 'performance' | 'soak' {
  const [, measured] = /^(performance|soak)(?:-|$)/.exec(project ?? '') ?? [];
  return measured === 'performance' || measured === 'soak' ? measured : 'matrix';
}

/**
 * Kind of the record that a test is to leave, by its project: `performance` and `soak`, alone or with more behind a dash,
 * measure; of all other projects cells of the PC are baselines.
 */
export function kindOf(test: TestCase, key: CellKey): ResultRecord['kind'] {
  const run = runOf(test.parent.project()?.name);
  if (run !== 'matrix') return run;
  return key.browser === 'pc' ? 'baseline' : 'accuracy';
}

const errorOf = (code: ErrorCode, message: string, hint: string = ERRORS[code].hint, stack?: string): ErrorRecord => ({
  code,
  message,
  hint,
  ...(stack === undefined ? {} : { stack }),
});

/** Reads a Playwright error back into an error record: our errors carry their code in the message. */
export function errorRecordOf(error: TestResult['errors'][number], fallback: ErrorCode = 'E_INTERNAL'): ErrorRecord {
  const message = stripVTControlCharacters(error.message ?? error.value ?? 'an error without a message');
  const stack = error.stack === undefined ? undefined : stripVTControlCharacters(error.stack);
  const match = /\b(E_[A-Z_]+): ([\s\S]*)/.exec(message);
  if (isErrorCode(match?.[1])) return errorOf(match[1], match[2] ?? '', undefined, stack);
  if (/worker process exited unexpectedly/.test(message)) {
    const hint = 'Something ended the test worker, such as the out-of-memory killer: repeat the cell alone.';
    return errorOf('E_INTERNAL', message.replace(/^Error: /, ''), hint);
  }
  return errorOf(fallback, message.replace(/^Error: /, ''), undefined, stack);
}

/** A record for a cell that left none. What only the cell itself could know is `unknown`. */
function recordWithout(test: TestCase, key: CellKey, status: Status, reason: ErrorRecord): ResultRecord {
  const { threads, worker, ...rest } = key;
  const unknown = 'unknown';
  return {
    schema: 1,
    kind: kindOf(test, key),
    id: test.title,
    cell: {
      ...rest,
      threads: threads ?? 1,
      ...(worker === true ? { worker } : {}),
      runtimeVersion: unknown,
      browserVersion: unknown,
      driver: unknown,
      driverVersion: unknown,
      os: unknown,
      cpu: unknown,
      gpu: unknown,
    },
    status,
    reason,
  };
}

/** How the run ended, as far as the reporter knows by now. */
export interface RunEnd {
  readonly status: FullResult['status'] | undefined;
  /** First error of a test that this run depends on (the set-up project) or of the run itself. */
  readonly cause?: string | undefined;
}

/** Why a cell left no record. An interrupt is the user's will: such cells are skipped. All else is an error. */
function whyMissing(test: TestCase, result: TestResult | undefined, end: RunEnd): readonly [Status, ErrorRecord] {
  if (result === undefined || (result.status === 'skipped' && result.workerIndex === -1)) {
    return end.status === 'interrupted'
      ? ['skipped', errorOf('E_NOT_RUN', 'the run was interrupted before the cell began', 'Run it again.')]
      : ['error', errorOf('E_NOT_RUN', `the cell never ran${end.cause === undefined ? '' : `: ${end.cause}`}`)];
  }
  const error = result.errors[0] ?? result.error;
  switch (result.status) {
    case 'interrupted':
      return ['skipped', errorOf('E_NOT_RUN', 'the run was interrupted while the cell ran', 'Run it again.')];
    case 'skipped': {
      const annotation = [...result.annotations, ...test.annotations].find(
        ({ type }) => type === 'skip' || type === 'fixme',
      );
      if (annotation === undefined) {
        return ['error', errorOf('E_NOT_RUN', `the cell never ran${end.cause === undefined ? '' : `: ${end.cause}`}`)];
      }
      const why = annotation.description ?? 'its test is marked so';
      return [
        'skipped',
        errorOf('E_NOT_RUN', `skipped: ${why}`, 'Nothing is to be done unless the skip is a surprise.'),
      ];
    }
    case 'timedOut':
      return [
        'error',
        errorOf(
          'E_INTERNAL',
          `the test ran into Playwright's own timeout${error === undefined ? '' : `: ${errorRecordOf(error).message}`}`,
          'The deadlines of the phases must end before the test does: please report this with the console.',
        ),
      ];
    case 'failed':
      return [
        'error',
        error === undefined ? errorOf('E_INTERNAL', 'the test failed without an error') : errorRecordOf(error),
      ];
    case 'passed':
      return ['error', errorOf('E_INTERNAL', 'the test passed, but left no record')];
  }
}

/**
 * The records of a test by its last attempt. A test whose title is a cell id always has one.
 * A cell whose test failed is never a pass, even if its verdict was one: what came after it (a leak, a fixture) failed.
 */
export function recordsOfTest(test: TestCase, end: RunEnd): ResultRecord[] {
  const result = test.results.at(-1);
  const left = result === undefined ? undefined : readAttachments(result);
  const key = cellOf(test);
  const findings = new Set(left?.findings.map(({ id, kind }) => findingFolder(id, kind)));
  const records = (left?.records ?? []).map((record): ResultRecord => {
    const folder = findingFolder(record.id, record.kind);
    const located = findings.has(folder) ? { ...record, finding: folder } : record;
    const error = result?.errors[0];
    const fine = outcomeOf(record) === 'pass' || outcomeOf(record) === 'known' || outcomeOf(record) === 'unsupported';
    const failed = result?.status === 'failed' || result?.status === 'timedOut';
    if (!fine || !failed || test.outcome() !== 'unexpected' || error === undefined) return located;
    return { ...located, status: 'error', reason: errorRecordOf(error) };
  });
  const isOwn = ({ id, kind }: ResultRecord): boolean => id === test.title && kind === (key && kindOf(test, key));
  if (key === undefined || records.some(isOwn)) return records;
  const malformed = left?.problems.find(({ type }) => type === ATTACHMENT.record);
  const [status, reason] =
    malformed === undefined ? whyMissing(test, result, end) : (['error', malformed.error] as const);
  return [...records, recordWithout(test, key, status, reason)];
}

/** The first error among tests that are no cells or are baselines: what the others depend on. */
function causeOf(suite: Suite): string | undefined {
  for (const test of suite.allTests()) {
    const key = cellOf(test);
    if (key !== undefined && key.browser !== 'pc') continue;
    const error = test.outcome() === 'unexpected' ? test.results.at(-1)?.errors[0] : undefined;
    if (error === undefined) continue;
    const { code, message } = errorRecordOf(error);
    return `"${test.title}" failed before it: ${code}: ${message.split('\n')[0] ?? ''}`;
  }
  return undefined;
}

/** The worse of two records of one cell and kind. Each shard runs the baselines; a failure in one of them must show. */
function worse(a: ResultRecord, b: ResultRecord): ResultRecord {
  const missing = (record: ResultRecord): boolean => record.reason?.code === 'E_NOT_RUN';
  if (missing(a) !== missing(b)) return missing(a) ? b : a;
  return isBad(b) && !isBad(a) ? b : a;
}

/** Records of one cell and kind made one, in the order of reports. */
export function uniqueRecords(records: Iterable<ResultRecord>): ResultRecord[] {
  const unique = new Map<string, ResultRecord>();
  for (const record of records) {
    const key = `${record.kind} ${record.id}`;
    const other = unique.get(key);
    unique.set(key, other === undefined ? record : worse(other, record));
  }
  return [...unique.values()].sort(compareRecords);
}

/** The records of a whole run, one a cell and kind, in the order of reports. Complete: no cell of the suite is missing. */
export function recordsOfSuite(suite: Suite, status: FullResult['status'], globalError?: string): ResultRecord[] {
  const end: RunEnd = { status, cause: globalError ?? causeOf(suite) };
  const records = uniqueRecords(suite.allTests().flatMap((test) => recordsOfTest(test, end)));
  return records.map((record) =>
    isBad(record) ? { ...record, finding: findingFolder(record.id, record.kind) } : record,
  );
}
