import type { TestCase, TestResult } from '@playwright/test/reporter';
import { describe, expect, it } from 'vitest';
import { ATTACHMENT, type ResultRecord } from '../protocol/record.js';
import { errorRecordOf, recordsOfTest, uniqueRecords, type RunEnd } from './collect.js';
import { madeUpFault, madeUpRecord, reasonOf } from './made-up.js';

const ID = 'lenet5/onnx-fp32/ort-wasm-t1@firefox';
const record = madeUpRecord(ID);

function attempt(changes: Partial<TestResult> = {}, left?: ResultRecord): TestResult {
  const body = left === undefined ? undefined : Buffer.from(JSON.stringify(left));
  return {
    status: 'passed',
    errors: [],
    annotations: [],
    workerIndex: 0,
    attachments: body === undefined ? [] : [{ name: 'plumbline:record', contentType: ATTACHMENT.record, body }],
    ...changes,
  } as TestResult;
}

function testOf(
  results: TestResult[],
  outcome: ReturnType<TestCase['outcome']> = 'expected',
  title = ID,
  project = 'firefox',
): TestCase {
  const parent = { project: () => ({ name: project }) };
  return { title, results, annotations: [], outcome: () => outcome, parent } as unknown as TestCase;
}

const ended = (status: RunEnd['status'], cause?: string): RunEnd => ({ status, cause });
const only = (test: TestCase, end = ended('failed')): ResultRecord | undefined => recordsOfTest(test, end)[0];

describe('recordsOfTest', () => {
  it('takes the record that the last attempt left', () => {
    const first = attempt({ status: 'failed' }, madeUpFault(ID, reasonOf('E_RUN', 'first')));
    expect(recordsOfTest(testOf([first, attempt({}, record)], 'flaky'), ended('passed'))).toEqual([record]);
  });

  it('does not take a record of an attempt that is not the last', () => {
    const dead = attempt({
      status: 'failed',
      errors: [{ message: 'Error: worker process exited unexpectedly (code=null, signal=SIGKILL)' }],
    });
    const made = only(testOf([attempt({ status: 'failed' }, record), dead], 'unexpected'));
    expect(made).toMatchObject({ status: 'error', reason: { code: 'E_INTERNAL' } });
    expect(made?.reason?.hint).toContain('out-of-memory');
  });

  it('never lets a cell pass whose test failed after its verdict', () => {
    const errors = [{ message: 'PlumblineError: E_LEAK: two sessions' }];
    const made = only(testOf([attempt({ status: 'failed', errors }, record)], 'unexpected'));
    expect(made).toMatchObject({ status: 'error', reason: { code: 'E_LEAK', message: 'two sessions' } });
    expect(made?.accuracy).toEqual(record.accuracy);
  });

  it('keeps a verdict that is none the better for its failed test', () => {
    const failed = madeUpFault(ID, reasonOf('E_MODEL_LOAD', 'refused'));
    const errors = [{ message: 'E_MODEL_LOAD: refused' }];
    expect(only(testOf([attempt({ status: 'failed', errors }, failed)], 'unexpected'))).toEqual(failed);
  });

  it.each<[string, TestResult[], RunEnd, string, string]>([
    ['never ran', [], ended('failed', 'E_X: why'), 'error', 'the cell never ran: E_X: why'],
    ['never ran, out of time', [], ended('timedout'), 'error', 'the cell never ran'],
    ['never ran, interrupted', [], ended('interrupted'), 'skipped', 'the run was interrupted before the cell began'],
    [
      'was running, interrupted',
      [attempt({ status: 'interrupted' })],
      ended('interrupted'),
      'skipped',
      'while the cell ran',
    ],
    [
      'was left out',
      [attempt({ status: 'skipped', annotations: [{ type: 'skip', description: 'too slow' }] })],
      ended('passed'),
      'skipped',
      'too slow',
    ],
    ['was given up', [attempt({ status: 'skipped' })], ended('failed', 'E_X: why'), 'error', 'E_X: why'],
    ['passed and left nothing', [attempt()], ended('passed'), 'error', 'left no record'],
    ['ran out of time', [attempt({ status: 'timedOut' })], ended('failed'), 'error', 'timeout'],
  ])('has a record of a cell that %s', (_, results, end, status, words) => {
    const made = only(testOf(results, 'unexpected'), end);
    expect(made).toMatchObject({ id: ID, kind: 'accuracy', status, cell: { threads: 1, browser: 'firefox' } });
    expect(made?.reason?.message).toContain(words);
  });

  it('has none of a test that is no cell', () => {
    expect(recordsOfTest(testOf([attempt()], 'expected', 'every card is valid'), ended('passed'))).toEqual([]);
  });

  it('takes a cell of the PC for a baseline', () => {
    expect(only(testOf([], 'skipped', 'lenet5/onnx-fp32/ort-native@pc'))).toMatchObject({ kind: 'baseline' });
  });
});

describe('the kind of a test that left nothing', () => {
  it.each([
    ['firefox', ID, 'accuracy'],
    ['baseline', 'lenet5/onnx-fp32/ort-native@pc', 'baseline'],
    ['performance', ID, 'performance'],
    ['performance', 'lenet5/onnx-fp32/ort-native-t1@pc', 'performance'],
    ['soak', ID, 'soak'],
    ['soak-firefox', ID, 'soak'],
    ['soaked', ID, 'accuracy'],
  ])('in project %s, of %s, is %s', (project, id, kind) => {
    expect(only(testOf([], 'skipped', id, project))?.kind).toBe(kind);
  });

  it('is asked for anew where a record of another kind is all that there is', () => {
    const kinds = recordsOfTest(testOf([attempt({}, record)], 'expected', ID, 'soak'), ended('passed'));
    expect(kinds.map(({ kind }) => kind)).toEqual(['accuracy', 'soak']);
  });

  it('says of a worker that it was one', () => {
    const id = 'lenet5/onnx-fp32/ort-wasm-t1-worker@firefox';
    expect(only(testOf([], 'skipped', id, 'performance'))?.cell).toMatchObject({ threads: 1, worker: true });
  });
});

it('a pass does not hide a failure of another kind', () => {
  const soak: ResultRecord = { ...madeUpFault(ID, reasonOf('E_LEAK', 'x')), kind: 'soak', status: 'fail' };
  expect(uniqueRecords([soak, record]).map(({ kind }) => kind)).toEqual(['accuracy', 'soak']);
});

describe('uniqueRecords', () => {
  const failed = madeUpFault(ID, reasonOf('E_RUN', 'x'));
  const notRun = madeUpFault(ID, reasonOf('E_NOT_RUN', 'x'));
  it.each([
    ['a failure before a pass', [record, failed], failed],
    ['a failure before a pass', [failed, record], failed],
    ['what ran before what did not', [notRun, record], record],
    ['what ran before what did not', [record, notRun], record],
  ])('shows %s', (_, records, shown) => {
    expect(uniqueRecords(records)).toEqual([shown]);
  });
});

it('reads our codes out of Playwright’s errors', () => {
  expect(errorRecordOf({ message: '\u001b[31mError: E_CHECKSUM: model.onnx\u001b[39m\nmore' })).toMatchObject({
    code: 'E_CHECKSUM',
    message: 'model.onnx\nmore',
  });
  expect(errorRecordOf({ message: 'Error: E_MADE_UP: x' })).toMatchObject({
    code: 'E_INTERNAL',
    message: 'E_MADE_UP: x',
  });
  expect(errorRecordOf({})).toMatchObject({ code: 'E_INTERNAL' });
});
