/**
 * Each mutant is a runtime, or an adapter to it, with one thing wrong. Its cell must go red, with the code that names the
 * thing; the cell after it, on the same page as it is, must be green.
 */
import { expect, test } from '../faults/fixtures.js';
import type { RunOptions } from '../faults/rig.js';
import type { BrowserName } from '../../src/protocol/cell.js';
import type { ErrorCode } from '../../src/protocol/errors.js';
import { SAID, SPOILED, type MutantName } from './page/mutants.js';

const BROWSER: BrowserName = 'chromium';

interface Mutation {
  readonly mutant: MutantName;
  /** Which cells of LeNet-1 are spoiled. */
  readonly targets: readonly string[];
  readonly status: 'fail' | 'error';
  readonly code: ErrorCode;
  /** What the message says of it. */
  readonly message: string | RegExp;
  readonly options?: RunOptions;
}

const spot = `logit ${String(SPOILED.logit)} of sample ${String(SPOILED.sample)}`;
const numbers = ['onnx-fp32/ort-wasm-t1', 'tfjs-fp32/tfjs-wasm', 'tfjs-fp32/tfjs-webgl', 'tflite-fp32/litert-wasm-t1'];
const one = ['onnx-fp32/ort-wasm-t1'];
const each = [...one, 'tfjs-fp32/tfjs-wasm', 'tflite-fp32/litert-wasm-t1'];
/** Short, for what never ends. */
const brief: RunOptions = { budgetMs: 1, deadlines: { modelLoad: 1500, runGrace: 1500 } };

const MUTATIONS: readonly Mutation[] = [
  { mutant: 'negateLogit', targets: numbers, status: 'fail', code: 'E_NUMERIC', message: spot },
  { mutant: 'scaleLogits', targets: numbers, status: 'fail', code: 'E_NUMERIC', message: 'beyond tolerance' },
  { mutant: 'swapSamples', targets: one, status: 'fail', code: 'E_NUMERIC', message: /of sample [01] / },
  { mutant: 'oneNaN', targets: numbers, status: 'fail', code: 'E_OUTPUT_NONFINITE', message: `${spot} is NaN` },
  { mutant: 'oneInfinity', targets: one, status: 'fail', code: 'E_OUTPUT_NONFINITE', message: `${spot} is Infinity` },
  {
    mutant: 'lackLogit',
    targets: one,
    status: 'error',
    code: 'E_OUTPUT_SHAPE',
    message: /\[300,9\], not .*\[300,10\]/,
  },
  {
    mutant: 'lackSample',
    targets: one,
    status: 'error',
    code: 'E_OUTPUT_SHAPE',
    message: '[99, 10] for a batch of 100',
  },
  {
    mutant: 'fallBackToWasm',
    targets: ['onnx-fp32/ort-webgpu-jsep', 'tfjs-fp32/tfjs-webgl', 'tfjs-fp32/tfjs-cpu', 'tflite-fp32/litert-webgpu'],
    status: 'error',
    code: 'E_BACKEND_NOT_USED',
    message: 'was asked for',
  },
  {
    mutant: 'fallBackToOneThread',
    targets: ['onnx-fp32/ort-wasm-t2', 'tflite-fp32/litert-wasm-t2'],
    status: 'error',
    code: 'E_BACKEND_NOT_USED',
    message: 'only 0 of the 1 worker threads',
  },
  { mutant: 'throwInStart', targets: one, status: 'error', code: 'E_RUNTIME_LOAD', message: SAID },
  { mutant: 'throwInLoad', targets: each, status: 'error', code: 'E_MODEL_LOAD', message: SAID },
  { mutant: 'throwInRun', targets: each, status: 'error', code: 'E_RUN', message: SAID },
  {
    mutant: 'neverLoad',
    targets: one,
    status: 'error',
    code: 'E_MODEL_LOAD_TIMEOUT',
    message: 'still answers',
    options: brief,
  },
  {
    mutant: 'neverRun',
    targets: one,
    status: 'error',
    code: 'E_RUN_TIMEOUT',
    message: 'still answers',
    options: brief,
  },
];

for (const { mutant, targets, status, code, message, options } of MUTATIONS) {
  for (const target of targets) {
    test(`${mutant} in ${target} is ${code}`, async ({ mutantsIn }) => {
      const rig = await mutantsIn(BROWSER);
      const id = `lenet1/${target}@${BROWSER}`;
      const { record } = await rig.run(id, { ...options, mutant });
      expect(record).toMatchObject({ id, status, reason: { code } });
      expect(record.reason?.message).toMatch(message);

      const healthy = await rig.run(id);
      expect(healthy.record).toMatchObject({ id, status: 'pass' });
      expect(healthy.record.reason).toBeUndefined();
    });
  }
}

test('a page in which tensors were left behind is not used again', async ({ mutantsIn }) => {
  const rig = await mutantsIn(BROWSER);
  const id = `lenet1/tfjs-fp32/tfjs-wasm@${BROWSER}`;
  const leaking = await rig.run(id, { mutant: 'leakTensors' });
  // The answers are good.
  expect(leaking.record.status).toBe('pass');
  expect(leaking.observation.leaks).toEqual([expect.stringMatching(/^3 tensors left/)]);
  expect((await rig.run(id, { mutant: 'leakTensors' })).observation.timing.warmPage).toBe(false);

  const clean = await rig.run(id);
  expect(clean.observation.leaks).toBeUndefined();
  expect((await rig.run(id)).observation.timing.warmPage).toBe(true);
});

for (const target of ['onnx-fp32/ort-wasm-t1', 'onnx-fp32/ort-webgl', 'tflite-fp32/litert-wasm-t1']) {
  test(`a page on which ${target} refused a model is used again, if the runtime is none the worse`, async ({
    mutantsIn,
  }) => {
    const rig = await mutantsIn(BROWSER);
    const id = `lenet1/${target}@${BROWSER}`;
    for (const [mutant, stays] of [
      ['throwInLoad', true],
      ['breakInLoad', false],
    ] as const) {
      expect((await rig.run(id, { mutant })).record).toMatchObject({ reason: { code: 'E_MODEL_LOAD' } });
      const again = await rig.run(id, { mutant });
      expect(again.record).toMatchObject({ reason: { code: 'E_MODEL_LOAD' } });
      expect(again.observation.timing.warmPage, mutant).toBe(stays);
    }
  });
}
