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
export { ACCURACY_ALPHA, mcnemarExact } from './mcnemar.js';
export type { AccuracyCase } from './measure.js';
export { MUTANTS } from './mutants.js';
export {
  CLOCK_STEPS,
  distributionOf,
  judgePerformance,
  type PerformanceCase,
  type PerformanceVerdict,
} from './performance.js';
export { performanceRecord, soakRecord, toRecord, type RecordExtras } from './record.js';
export { judgeSoak, LEAST_LEAKS, type SoakCase, type SoakVerdict } from './soak.js';
export * from './statistics/index.js';
export type { BareVerdict } from './outcome.js';
export { decodeFloat16, numbersOf, prefixOf } from './tensors.js';
export { summarizeTeeth, TEETH_MINIMUM, TEETH_SHARE, type TeethSummary, type WrongWeight } from './teeth.js';
export {
  arithmeticOf,
  LOSS_LIMITS,
  lossLimitFor,
  toleranceFor,
  TOLERANCES,
  type Arithmetic,
  type LossRow,
  type ToleranceRow,
} from './tolerances.js';
