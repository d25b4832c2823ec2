/** The judge: pure functions from saved observations to verdicts and records. */
export { accuracyOf, NO_CLASS, top1 } from './accuracy.js';
export { compareTensors, type Comparison, type Tolerance, type WorstElement } from './compare.js';
export { evidenceFlaw } from './evidence.js';
export {
  applyExpectation,
  expectationFor,
  expectationsSchema,
  matchesCell,
  parseExpectations,
  unmatchedExpectations,
  type Expectation,
  type ExpectationOutcome,
} from './expectations.js';
export { judgeAccuracy, type Verdict } from './judge.js';
export { mcnemarExact } from './mcnemar.js';
export { ACCURACY_ALPHA, type AccuracyCase } from './measure.js';
export { toRecord, type RecordExtras } from './record.js';
export { decodeFloat16, numbersOf, prefixOf } from './tensors.js';
export { toleranceFor, TOLERANCES, type ToleranceRow } from './tolerances.js';
