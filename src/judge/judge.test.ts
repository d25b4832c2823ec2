import { describe, expect, test } from 'vitest';
import { PRECISIONS } from '../protocol/cell.js';
import type { Observation, TensorData } from '../protocol/observation.js';
import { accuracySchema, numericSchema } from '../protocol/record.js';
import { errorRecordSchema } from '../protocol/observation.js';
import { judgeAccuracy, type Verdict } from './judge.js';
import { ACCURACY_ALPHA } from './mcnemar.js';
import type { AccuracyCase } from './measure.js';
import { evidence, float32, mapped, observation, passingCase, seeded } from './testing.js';

/** The logits of the passing case, changed. */
function changed(change: (value: number, position: number, all: Float32Array) => number, n = 200): AccuracyCase {
  const input = passingCase(n);
  const [logits] = input.outputs as [TensorData];
  const values = logits.data as Float32Array;
  return { ...input, outputs: [mapped(logits, (value, position) => change(value, position, values))] };
}

const observed = (changes: Partial<Observation>): AccuracyCase =>
  passingCase(200, { observation: observation({ n: 200, ...changes }) });

/** Every verdict must fit the record. */
function judged(input: AccuracyCase): Verdict {
  const verdict = judgeAccuracy(input);
  if (verdict.reason !== undefined) errorRecordSchema.parse(verdict.reason);
  if (verdict.accuracy !== undefined) accuracySchema.parse(verdict.accuracy);
  if (verdict.numeric !== undefined) numericSchema.parse(verdict.numeric);
  expect(verdict.status === 'pass').toBe(verdict.reason === undefined);
  return verdict;
}

describe('pass', () => {
  test('a cell that differs by rounding alone', () => {
    const { status, accuracy, numeric } = judged(passingCase());
    expect(status).toBe('pass');
    expect(accuracy).toMatchObject({ n: 200, agreement: 1, pValue: 1 });
    expect(accuracy?.top1).toBeGreaterThan(0.9);
    expect(accuracy?.top1).toBe(accuracy?.baselineTop1);
    expect(numeric?.maxAbs).toBeGreaterThan(0);
    expect(numeric?.toleranceUsed).toBeLessThan(1);
    expect(numeric?.tolerance).toEqual({ relative: 1e-5, absolute: 1e-5, name: 'float32 on a CPU' });
  });

  test('is judged on the prefix that it ran: what follows in baseline and labels does not count', () => {
    const input = passingCase(120);
    const [baseline] = input.baseline as [TensorData];
    const altered = mapped(baseline, (value, position) => (position < 1200 ? value : NaN));
    const labels = input.labels?.map((label, sample) => (sample < 120 ? label : 255));
    const verdict = judged({ ...input, baseline: [altered], fp32: [altered], labels });
    expect(verdict).toEqual(judged(input));
    expect(verdict).toMatchObject({ status: 'pass', accuracy: { n: 120 } });
    // One sample more would meet it.
    expect(judged({ ...passingCase(121), baseline: [altered] }).status).toBe('fail');
  });

  test('a model whose card speaks of its rounding may have a few elements a little further off', () => {
    const rounding = { share: 0.005, factor: 8, reason: 'measured' };
    const off = (by: number, every: number): AccuracyCase => ({
      ...changed((value, position) => (position % every === 0 ? value * (1 + by) : value)),
      rounding,
    });
    // 10 of 2000, by some five times the tolerance; without the card's word it fails.
    expect(judged(off(7e-5, 200)).status).toBe('pass');
    expect(judged({ ...off(7e-5, 200), rounding: undefined }).reason?.code).toBe('E_NUMERIC');
    // Twice as many, or one of them ten times as far.
    expect(judged(off(7e-5, 100)).reason?.code).toBe('E_NUMERIC');
    expect(judged(off(7e-4, 2000)).reason?.code).toBe('E_NUMERIC');
  });

  test('without labels: on closeness alone', () => {
    const { status, accuracy, numeric } = judged(passingCase(200, { labels: undefined, fp32: [] }));
    expect(status).toBe('pass');
    expect(accuracy).toBeUndefined();
    expect(numeric).toBeDefined();
    expect(judged({ ...changed((value) => value * 1.001), labels: undefined }).status).toBe('fail');
  });

  test('NaN and infinities where the PC has them', () => {
    const input = passingCase();
    const put = (tensor: TensorData): TensorData =>
      mapped(tensor, (value, position) => (position === 33 ? NaN : position === 34 ? -Infinity : value));
    const both = { ...input, outputs: input.outputs.map(put), baseline: input.baseline.map(put) };
    expect(judged(both)).toMatchObject({ status: 'pass', numeric: { nonFinite: 0 } });
    expect(judged({ ...both, outputs: input.outputs })).toMatchObject({
      status: 'fail',
      reason: { code: 'E_NUMERIC', message: expect.stringMatching(/, the PC has NaN; 2 of 2000 elements/) as unknown },
      numeric: { nonFinite: 0, maxAbs: 'Infinity', worst: { want: 'NaN' } },
    });
  });
});

describe('fail: numbers', () => {
  test.each<[string, Parameters<typeof changed>[0]]>([
    ['scaled by 1.001', (value) => value * 1.001],
    ['scaled by 1.01', (value) => value * 1.01],
    ['one logit negated', (value, position) => (position === 1173 ? -value : value)],
    ['all negated', (value) => -value],
    ['shifted by one sample', (_, position, all) => all[(position + 10) % all.length] ?? 0],
    ['two classes swapped', (value, i, all) => (i % 10 === 3 ? all[i + 1] : i % 10 === 4 ? all[i - 1] : value) ?? 0],
    ['zeroed', () => 0],
    ['the last batch zeroed', (value, position) => (position < 1900 ? value : 0)],
    ['the first batch for all', (_, position, all) => all[position % 100] ?? 0],
    ['rounded to float16', (value) => Math.round(value * 256) / 256],
  ])('%s', (_, change) => {
    // Not only the strictest row of the table.
    for (const target of [
      { runtime: 'ort', backend: 'wasm', threads: 1 },
      { runtime: 'ort', backend: 'webgpu' },
    ] as const) {
      const ran = observation({
        n: 200,
        evidence: { ...evidence, gpuDispatches: target.backend === 'webgpu' ? 9 : 0 },
      });
      const verdict = judged({ ...changed(change), target, observation: ran });
      expect(verdict).toMatchObject({ status: 'fail', reason: { code: 'E_NUMERIC', phase: 'judge' } });
      expect(verdict.accuracy?.n).toBe(200);
      expect(verdict.numeric?.toleranceUsed).toBeGreaterThan(1);
    }
  });

  test('says which element, by how much and what was allowed', () => {
    const input = passingCase();
    const [baseline] = input.baseline as [TensorData];
    const set = (to: number): TensorData => mapped(baseline, (value, position) => (position === 1173 ? to : value));
    const verdict = judged({
      ...input,
      baseline: [set(4.2)],
      outputs: [{ ...set(-4.2), shape: [200, 10], data: set(-4.2).data.slice(0, 2000) }],
    });
    expect(verdict.reason?.message).toMatch(
      /^logit 3 of sample 117 is -4\.2, the PC has 4\.2 \(off by 8\.4, tolerance (\d\.\d+e-5|0\.0000\d+): float32 on a CPU\); 1 of 2000 elements are beyond tolerance\.$/,
    );
    expect(verdict.numeric?.worst).toMatchObject({ sample: 117, index: 3 });
  });

  test('NaN and infinity come first', () => {
    const verdict = judged(changed((value, i) => (i === 5 ? 77 : i === 42 ? NaN : i === 43 ? Infinity : value)));
    expect(verdict).toMatchObject({
      status: 'fail',
      reason: { code: 'E_OUTPUT_NONFINITE' },
      numeric: {
        nonFinite: 2,
        maxAbs: 'Infinity',
        toleranceUsed: 'Infinity',
        worst: { sample: 4, index: 2, got: 'NaN' },
      },
    });
    expect(verdict.reason?.message).toMatch(/^logit 2 of sample 4 is NaN, .* 2 of 2000 elements are NaN or infinite/);
    expect(verdict.accuracy).toBeDefined();
  });

  test('an all-zero baseline must be matched exactly', () => {
    const zero = float32(new Float32Array(2000), [200, 10]);
    const input = passingCase(200, { baseline: [zero], outputs: [zero] });
    expect(judged(input).status).toBe('pass');
    const touched = mapped(zero, (_, position) => (position === 1999 ? 1e-40 : 0));
    expect(judged({ ...input, outputs: [touched] })).toMatchObject({ status: 'fail', reason: { code: 'E_NUMERIC' } });
  });
});

describe('fail: accuracy', () => {
  /** n samples whose two classes are within tolerance of each other; the cell prefers the wrong one in `flips` of them. */
  const close = (n: number, flips: number): AccuracyCase => {
    const baseline = float32(
      Array.from({ length: n * 2 }, (_, i) => (i % 2 === 0 ? 1 + 1e-6 : 1)),
      [n, 2],
    );
    const outputs = mapped(baseline, (value, i) => (i >= flips * 2 ? value : i % 2 === 0 ? 1 : 1 + 1e-6));
    return passingCase(n, {
      observation: observation({ n }),
      outputs: [outputs],
      baseline: [baseline],
      fp32: [baseline],
      labels: new Uint8Array(n),
      outputSpecs: [{ name: 'logits', dtype: 'float32', shape: ['N', 2] }],
    });
  };

  test('flips within tolerance fail once they are more than chance', () => {
    // 2 / 2^7 is above 0.01, 2 / 2^8 below.
    expect(ACCURACY_ALPHA).toBe(0.01);
    expect(judged(close(100, 7))).toMatchObject({ status: 'pass', accuracy: { top1: 0.93 } });
    const verdict = judged(close(100, 8));
    expect(verdict).toMatchObject({ status: 'fail', reason: { code: 'E_ACCURACY' }, numeric: { nonFinite: 0 } });
    expect(verdict.reason?.message).toBe(
      '92 % of 100 samples are right, on the PC 100 %: more than chance (McNemar’s exact p is 0.0078125, the limit 0.01).',
    );
  });
});

describe('error', () => {
  test('a fault keeps its own code, and the numbers where there are any', () => {
    const fault = { code: 'E_LEAK', message: 'two sessions were left', hint: 'report it', phase: 'dispose' } as const;
    expect(judged(observed({ outcome: 'faulted', fault }))).toMatchObject({
      status: 'error',
      reason: fault,
      accuracy: { n: 200 },
      numeric: { nonFinite: 0 },
    });
    const early = { ...observed({ outcome: 'faulted', fault, n: 0, evidence: undefined }), outputs: [], baseline: [] };
    expect(judged(early)).toEqual({ status: 'error', reason: fault });
  });

  test.each<[string, AccuracyCase, string, RegExp]>([
    ['a fault that nothing explains', observed({ outcome: 'faulted' }), 'E_INTERNAL', /nothing says of what/],
    ['no sample', { ...observed({ n: 0 }), outputs: [] }, 'E_RUN', /without an answer to a single sample/],
    ['no evidence', observed({ evidence: undefined }), 'E_BACKEND_NOT_USED', /nothing was recorded/],
    [
      'a silent fall-back',
      { ...passingCase(), target: { runtime: 'ort', backend: 'webgpu' } },
      'E_BACKEND_NOT_USED',
      /no WebGPU compute pass/,
    ],
    ['a lost device', observed({ evidence: { ...evidence, gpuDeviceLost: 'gone' } }), 'E_GPU_DEVICE_LOST', /gone/],
    [
      'unsupported, though the probe found it',
      observed({ outcome: 'unsupported', probe: { available: true, words: 'adapter: swiftshader' } }),
      'E_INTERNAL',
      /found the backend: adapter: swiftshader/,
    ],
    ['unsupported without a probe', observed({ outcome: 'unsupported', probe: undefined }), 'E_INTERNAL', /no probe/],
  ])('%s', (_, input, code, words) => {
    const verdict = judged(input);
    expect(verdict).toMatchObject({ status: 'error', reason: { code } });
    expect(verdict.reason?.message).toMatch(words);
  });

  test('the numbers of a cell that fell back are kept', () => {
    const verdict = judged({ ...passingCase(), target: { runtime: 'ort', backend: 'webgl' } });
    expect(verdict).toMatchObject({ status: 'error', accuracy: { agreement: 1 }, numeric: { nonFinite: 0 } });
  });

  const logits = passingCase().outputs[0] as TensorData;
  const values = logits.data as Float32Array;
  test.each<[string, TensorData[], RegExp]>([
    ['no outputs', [], /there are 0 outputs \(\), not 1 \(logits\)/],
    ['an output more', [logits, { ...logits, name: 'spare' }], /2 outputs \(logits, spare\), not 1/],
    ['an output twice', [logits, logits], /2 outputs \(logits, logits\), not 1/],
    ['another name', [{ ...logits, name: 'probabilities' }], /there is no output "logits"/],
    [
      'another dtype',
      [{ ...logits, dtype: 'int32', data: Int32Array.from(values) }],
      /is int32\[200,10\], not float32/,
    ],
    ['half precision', [{ ...logits, dtype: 'float16', data: new Uint16Array(2000) }], /is float16\[200,10\], not/],
    ['another array', [{ ...logits, data: Int32Array.from(values) }], /says float32 but holds a Int32Array/],
    ['fewer samples', [float32(values.subarray(0, 1990), [199, 10])], /is float32\[199,10\], not float32\[200,10\]/],
    ['more samples', [float32([...values, ...values.subarray(0, 10)], [201, 10])], /is float32\[201,10\]/],
    ['another number of classes', [float32(values, [400, 5])], /is float32\[400,5\]/],
    ['another rank', [float32(values, [200, 10, 1])], /is float32\[200,10,1\]/],
    ['values missing', [float32(values.subarray(1), [200, 10])], /needs 2000 elements but holds 1999/],
    ['empty', [float32([], [0, 10])], /is float32\[0,10\]/],
  ])('outputs: %s', (_, outputs, words) => {
    const verdict = judged(passingCase(200, { outputs }));
    expect(verdict).toMatchObject({ status: 'error', reason: { code: 'E_OUTPUT_SHAPE' } });
    expect(verdict.reason?.message).toMatch(words);
  });

  const pc = passingCase().baseline[0] as TensorData;
  test.each<[string, Partial<AccuracyCase>, string, RegExp]>([
    ['no baseline', { baseline: [] }, 'E_BASELINE', /"logits" is missing/],
    [
      'too short a baseline',
      { baseline: [logits].map((t) => ({ ...t, shape: [199, 10], data: t.data.slice(10) })) },
      'E_BASELINE',
      /has 199 samples of 200/,
    ],
    [
      'a baseline of other classes',
      { baseline: [float32(pc.data as Float32Array, [500, 5])] },
      'E_BASELINE',
      /is float32\[200,5\], not float32\[200,10\]/,
    ],
    ['a broken baseline', { baseline: [{ ...pc, shape: [300, 10] }] }, 'E_BASELINE', /needs 3000 elements/],
    [
      'a baseline of another dtype',
      { baseline: [{ ...pc, dtype: 'float16', data: new Uint16Array(2500) }] },
      'E_BASELINE',
      /is float16/,
    ],
    ['no fp32 original', { fp32: [] }, 'E_BASELINE', /fp32 original.*is missing/],
    ['too few labels', { labels: new Uint8Array(199) }, 'E_DATASET_FORMAT', /199 labels for 200 samples/],
    ['a card without outputs', { outputSpecs: [], outputs: [] }, 'E_OUTPUT_SHAPE', /promises no output/],
  ])('%s', (_, changes, code, words) => {
    const verdict = judged(passingCase(200, changes));
    expect(verdict).toMatchObject({ status: 'error', reason: { code } });
    expect(verdict.reason?.message).toMatch(words);
  });
});

test('unsupported says the words of the probe', () => {
  const input = observed({
    outcome: 'unsupported',
    n: 0,
    evidence: undefined,
    probe: { available: false, words: 'navigator.gpu is undefined' },
  });
  expect(judged({ ...input, outputs: [] })).toEqual({
    status: 'unsupported',
    reason: {
      code: 'E_BACKEND_UNAVAILABLE',
      message: 'navigator.gpu is undefined',
      hint: 'The browser does not offer this backend here; the words are its own.',
      phase: 'probe',
    },
  });
});

describe('several outputs', () => {
  const second = (values: number[]): TensorData => ({ ...float32(values, [200, 1]), name: 'angle' });
  const small = Array.from({ length: 200 }, (_, i) => 1e-6 * (i + 1));
  const two = (got: number[], changes: Partial<AccuracyCase> = {}): AccuracyCase => {
    const input = passingCase();
    return {
      ...input,
      // The page may send them in any order.
      outputs: [second(got), ...input.outputs],
      baseline: [...input.baseline, second(small)],
      outputSpecs: [...input.outputSpecs, { name: 'angle', dtype: 'float32', shape: ['N', 1] }],
      ...changes,
    };
  };

  test('each has its own scale: large logits hide nothing in a small output', () => {
    expect(judged(two(small)).status).toBe('pass');
    const verdict = judged(two(small.map((value, i) => (i === 7 ? value * 1.001 : value))));
    expect(verdict).toMatchObject({ status: 'fail', reason: { code: 'E_NUMERIC' }, numeric: { worst: { sample: 7 } } });
    expect(verdict.reason?.message).toMatch(/^element 0 of "angle" of sample 7/);
    expect(verdict.reason?.message).toMatch(/1 of 200 elements/);
  });

  test('what is missing in one does not take the numbers of the other', () => {
    const input = two(small);
    const verdict = judged({ ...input, outputs: input.outputs.slice(1) });
    expect(verdict).toMatchObject({ status: 'error', reason: { code: 'E_OUTPUT_SHAPE' }, accuracy: { n: 200 } });
    expect(verdict.numeric).toBeDefined();
  });
});

test('without a batch axis the shape on the card is that of one sample', () => {
  const whole = passingCase(200, { outputSpecs: [{ name: 'logits', dtype: 'float32', shape: [10] }] });
  expect(judged(whole).status).toBe('pass');
  const more = passingCase(200, { outputSpecs: [{ name: 'logits', dtype: 'float32', shape: [1, 10] }] });
  expect(judged(more)).toMatchObject({ status: 'error', reason: { code: 'E_OUTPUT_SHAPE' } });
});

test('fp16 outputs beside an fp32 original of another dtype', () => {
  // 1, 2 and 3 as binary16.
  const half = (bits: number[]): TensorData => ({
    name: 'y',
    dtype: 'float16',
    shape: [2, 3],
    data: Uint16Array.from(bits),
  });
  const input: AccuracyCase = {
    observation: observation({ n: 2 }),
    outputs: [half([0x3c00, 0x4000, 0x4200, 0x4200, 0x4000, 0x3c00])],
    baseline: [half([0x3c00, 0x4000, 0x4200, 0x4200, 0x4000, 0x3c00])],
    fp32: [float32([1, 2, 3, 3, 2, 1], [2, 3])],
    labels: Uint8Array.of(2, 0),
    outputSpecs: [{ name: 'y', dtype: 'float16', shape: ['N', 3] }],
    precision: 'fp16',
    target: { runtime: 'ort', backend: 'wasm', threads: 1 },
  };
  expect(judged(input)).toMatchObject({ status: 'pass', accuracy: { top1: 1, fp32Top1: 1 } });
  const negated = half([0x3c00, 0x4000, 0x4200, 0x4200, 0x4000, 0xbc00]);
  expect(judged({ ...input, outputs: [negated] })).toMatchObject({ status: 'fail', reason: { code: 'E_NUMERIC' } });
});

test('integer outputs are judged exactly', () => {
  const classes = (...values: bigint[]): TensorData => ({
    name: 'classes',
    dtype: 'int64',
    shape: [2],
    data: BigInt64Array.from(values),
  });
  const input = passingCase(2, {
    outputs: [classes(7n, 1_000_001n)],
    baseline: [classes(7n, 1_000_000n)],
    labels: undefined,
    task: 'none',
    outputSpecs: [{ name: 'classes', dtype: 'int64', shape: ['N'] }],
  });
  expect(judged({ ...input, outputs: input.baseline }).status).toBe('pass');
  expect(judged(input).reason).toMatchObject({
    code: 'E_NUMERIC',
    message:
      'element 0 of "classes" of sample 1 is 1000001, the PC has 1000000 (off by 1, tolerance 0: float32 on a CPU); ' +
      '1 of 2 elements are beyond tolerance.',
  });
});

describe('never throws', () => {
  test('and a defect of the judge does not hide the fault of the cell', () => {
    const fault = { code: 'E_RUN', message: 'the real reason', hint: 'look', phase: 'run' } as const;
    const input = { ...observed({ outcome: 'faulted', fault }), precision: 'fp8' } as unknown as AccuracyCase;
    expect(judged(input)).toEqual({ status: 'error', reason: fault });
  });

  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['an empty object', {}],
    ['an observation alone', { observation: observation() }],
    ['tensors without data', { ...passingCase(), outputs: [{ name: 'logits', dtype: 'float32', shape: [200, 10] }] }],
    ['a precision nobody knows', { ...passingCase(), precision: 'fp8' }],
  ])('%s', (_, input) => {
    const verdict = judged(input as AccuracyCase);
    expect(verdict).toMatchObject({ status: 'error', reason: { code: 'E_INTERNAL', phase: 'judge' } });
  });

  test('whatever combination of outcome, evidence and tensors comes', () => {
    const random = seeded(11);
    const pick = <T>(...choices: T[]): T => choices[Math.floor(random() * choices.length)] as T;
    const seen = new Set<string>();
    const bases = [1, 200, 250].map((n) => passingCase(n));
    for (let round = 0; round < 2000; round++) {
      const n = pick(0, 1, 200, 250, 251);
      const base = pick(...bases);
      const verdict = judged({
        ...base,
        observation: observation({
          n,
          outcome: pick('completed', 'completed', 'unsupported', 'faulted'),
          probe: pick(undefined, { available: false, words: 'no' }, { available: true, words: 'yes' }),
          fault: pick(undefined, { code: 'E_RUN', message: 'x', hint: 'y' }),
          evidence: pick(undefined, evidence, evidence, { ...evidence, wasmMemoryBytes: 0 }),
        }),
        outputs: pick(base.outputs, base.outputs, [], base.baseline),
        baseline: pick(base.baseline, base.baseline, [], base.outputs),
        fp32: pick(base.fp32, base.fp32, []),
        labels: pick(base.labels, undefined, new Uint8Array(3)),
        precision: pick(...PRECISIONS),
      });
      seen.add(`${verdict.status} ${verdict.reason?.code ?? ''}`);
      // No way around the evidence, and none to a pass without a comparison.
      if (verdict.status === 'pass') expect(verdict.numeric).toBeDefined();
    }
    expect([...seen].sort()).toEqual([
      'error E_BACKEND_NOT_USED',
      'error E_BASELINE',
      'error E_DATASET_FORMAT',
      'error E_INTERNAL',
      'error E_OUTPUT_SHAPE',
      'error E_RUN',
      'pass ',
      'unsupported E_BACKEND_UNAVAILABLE',
    ]);
  });
});
