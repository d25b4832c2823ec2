/**
 * Time and memory (RQ5): every cell is visited twice or more, the others in between: each time a fresh page, the phases of
 * its start, warm latency, memory; on the last visit it is judged over all of them, beside the same model on the PC.
 *
 * The test of the last visit is named by the cell's id, those before it by the id and their number.
 */
import { performanceTest as test, readPerformancePlan } from '../../src/testing/index.js';

for (const visit of readPerformancePlan().visits) {
  test(visit.title, async ({ visit: make, judgeVisits, report }) => {
    await make(visit);
    if (visit.number === visit.of) await report(await judgeVisits(visit));
  });
}
