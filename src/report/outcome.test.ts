import { expect, it } from 'vitest';
import type { ResultRecord } from '../protocol/record.js';
import { madeUpFault, madeUpRecord, reasonOf } from './made-up.js';
import { isBad, outcomeOf, ownerOf } from './outcome.js';

const ID = 'lenet5/onnx-fp32/ort-webgl@firefox';
const declared = (met: boolean): Partial<ResultRecord> => ({
  expectation: { status: 'error', code: 'E_RUN', reason: 'r', link: 'https://example.org', met },
});
const error = reasonOf('E_RUN', 'no');

it.each<[string, ResultRecord, string, boolean]>([
  ['a pass', madeUpRecord(ID), 'pass', false],
  ['a failure', madeUpRecord(ID, { status: 'fail' }), 'fail', true],
  ['an error', madeUpFault(ID, error), 'error', true],
  ['an error, as declared', madeUpFault(ID, error, declared(true)), 'known', false],
  ['an error, another than declared', madeUpFault(ID, error, declared(false)), 'error', true],
  ['a pass that was declared a failure', madeUpRecord(ID, declared(false)), 'fail', true],
  ['an absent backend', madeUpFault(ID, error, { status: 'unsupported' }), 'unsupported', false],
  [
    'an absent backend of a declared cell',
    madeUpFault(ID, error, { status: 'unsupported', ...declared(false) }),
    'unsupported',
    false,
  ],
  ['a skip', madeUpFault(ID, error, { status: 'skipped' }), 'skipped', false],
  ['a skip of a declared cell', madeUpFault(ID, error, { status: 'skipped', ...declared(false) }), 'skipped', false],
])('%s', (_, record, outcome, bad) => {
  expect(outcomeOf(record)).toBe(outcome);
  expect(isBad(record)).toBe(bad);
});

it('names whose fault it is', () => {
  expect(ownerOf(madeUpFault(ID, reasonOf('E_SERVER_GONE', 'x')))).toBe('harness');
  expect(ownerOf(madeUpRecord(ID))).toBeUndefined();
});
