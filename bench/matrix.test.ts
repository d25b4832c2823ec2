import { expect, test } from 'vitest';
import { workOf } from './matrix.js';

const timing = {
  runtimeLoadMs: 1,
  modelFetchMs: 2,
  sessionMs: 4,
  firstInferenceMs: 8,
  inferenceMs: [16, 32],
  inputMs: 1000,
  uploadMs: 1000,
  disposeMs: 1000,
  cellMs: 5000,
};
const reason = { code: 'E_MODEL_LOAD', message: 'no', hint: 'none' } as const;

test('work is what any page would have to do', () => {
  expect(workOf({ timing })).toBe(63);
  expect(workOf({})).toBe(0);
});

test('and what a runtime did of it until it refused', () => {
  const refused = { runtimeLoadMs: 1, brokeOffMs: 100 };
  expect(workOf({ timing: refused, reason: { ...reason, phase: 'model-load' } })).toBe(101);
  expect(workOf({ timing: refused, reason: { ...reason, code: 'E_RUN', phase: 'run' } })).toBe(101);
  expect(workOf({ timing: refused, reason: { ...reason, code: 'E_UPLOAD', phase: 'upload' } })).toBe(1);
  expect(workOf({ timing: refused, reason })).toBe(1);
});
