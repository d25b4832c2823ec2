/**
 * Repeat and soak: 300 inferences on the same input give the same outputs to the bit, and neither they nor 20 rounds of
 * loading and disposing make memory grow.
 *
 * A test is a cell and is named by its id.
 */
import { performanceTest as test, readPerformancePlan } from '../../src/testing/index.js';

for (const cell of readPerformancePlan().cells) {
  test(cell.id, async ({ soak, judgeSoaked, report }) => {
    await report(judgeSoaked(cell, await soak(cell)));
  });
}
