/**
 * The PC's side, before any browser: what each artifact computes here, kept by content for the cells to be judged by.
 * TF.js artifacts are computed by TF.js in Node, a second opinion, and held against the ONNX form of their weights.
 */
import { readPlan, test } from '../../src/testing/index.js';

for (const cell of readPlan().baselines) {
  test(cell.id, async ({ compute, judge, report }) => {
    await report(await judge(cell, await compute(cell)));
  });
}
