/** How a verdict ends its Playwright test. */
import { test } from '@playwright/test';
import { PlumblineError } from '../protocol/errors.js';
import type { ResultRecord } from '../protocol/record.js';

/**
 * A pass passes. What is absent or declared is skipped with its reason, for neither is a pass. Anything else throws, with
 * the code in front, so that reports can bucket by it.
 */
export function endTest({ id, kind, status, reason, expectation }: ResultRecord, ok: boolean): void {
  if (ok && status === 'pass') return;
  const said = reason === undefined ? status : `${reason.code}: ${reason.message}`;
  if (ok) {
    const why =
      expectation?.met === true ? `known: ${expectation.reason} (${expectation.link}); ${said}` : `${status}: ${said}`;
    test.skip(true, why);
  }
  // A failed set-up test would keep every cell from running; the cells that rest on this baseline fail by themselves.
  if (kind === 'baseline') test.skip(true, `${status}: ${said}`);
  if (reason === undefined) throw new PlumblineError('E_INTERNAL', `${id} is ${status} without a reason`);
  const error = new PlumblineError(reason.code, `${reason.message}\n${reason.hint}`);
  // The stack of this line says nothing; the page's own is in the finding.
  error.stack = error.message;
  throw error;
}
