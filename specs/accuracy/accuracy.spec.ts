/**
 * Accuracy matrix (RQ2, RQ4): every artifact, on every runtime-backend that reads it, in every browser, gives the PC's
 * answers: logits within the tolerance of the backend, the same accuracy, by the backend that was asked for.
 *
 * A test is a cell and is named by its id: model/format-precision/runtime-backend@browser.
 */
import { readPlan, test } from '../../src/testing/index.js';

const plan = readPlan();

for (const group of plan.groups) {
  // One runtime-backend in one browser: one worker, one warm page, one after the other.
  test.describe(() => {
    test.describe.configure({ mode: 'default' });
    for (const cell of group.cells) {
      test(cell.id, async ({ gather, judge, report }) => {
        await report(await judge(cell, await gather(cell)));
      });
    }
  });
}
