/** What a record comes to, for people: its status with its expectation taken into account. */
import { ERRORS, type ErrorOwner } from '../protocol/errors.js';
import type { ResultRecord } from '../protocol/record.js';

export const OUTCOMES = ['pass', 'known', 'unsupported', 'skipped', 'fail', 'error'] as const;
/** As a record's status, but `known` for a non-pass that was declared and came as declared. */
export type Outcome = (typeof OUTCOMES)[number];

export function outcomeOf(record: ResultRecord): Outcome {
  const { status, expectation } = record;
  if (expectation === undefined || status === 'skipped') return status;
  if (expectation.met) return status === 'pass' || status === 'unsupported' ? status : 'known';
  // Declared as a non-pass, and passes: that is a failure as well, of the declaration.
  return status === 'pass' ? 'fail' : status;
}

/** Whether the record turns the run red. */
export function isBad(record: ResultRecord): boolean {
  const outcome = outcomeOf(record);
  return outcome === 'fail' || outcome === 'error';
}

/** Whose fault a record's reason points at; nobody's on a pass. */
export function ownerOf(record: ResultRecord): ErrorOwner | undefined {
  return record.reason === undefined ? undefined : ERRORS[record.reason.code].owner;
}

/** One sign each, told apart without colour. */
export const SIGNS: Readonly<Record<Outcome, string>> = {
  pass: '✓',
  known: '~',
  unsupported: '–',
  skipped: '○',
  fail: '✗',
  error: '!',
};
