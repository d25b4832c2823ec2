import { describe, expect, test } from 'vitest';
import type { Quantization } from '../protocol/card.js';
import type { TensorData } from '../protocol/observation.js';
import { quantizationResultSchema } from '../protocol/record.js';
import { top1 } from './accuracy.js';
import { judgeAccuracy, type Verdict } from './judge.js';
import type { AccuracyCase } from './measure.js';
import { float32, logits, mapped, observation, seeded } from './testing.js';

const N = 400;
const original = logits(N, 10, seeded(21));
const labels = Uint8Array.from(top1(original, N));
const QDQ: Quantization = { kind: 'static', weights: 'int8', activations: 'uint8' };

/** Steps of a quantization: what the artifact makes of the original. */
const stepped = (tensor: TensorData, step: number): TensorData =>
  mapped(tensor, (value) => Math.round(value / step) * step);

function judged(cell: TensorData, pc: TensorData, changes: Partial<AccuracyCase> = {}): Verdict {
  const verdict = judgeAccuracy({
    observation: observation({ n: N }),
    outputs: [cell],
    baseline: [pc],
    fp32: [original],
    labels,
    outputSpecs: [{ name: 'logits', dtype: 'float32', shape: ['N', 10] }],
    precision: 'int8',
    quantization: QDQ,
    target: { runtime: 'ort', backend: 'wasm', threads: 1 },
    ...changes,
  });
  if (verdict.quantization !== undefined) quantizationResultSchema.parse(verdict.quantization);
  return verdict;
}

const sound = stepped(original, 0.2);
/** Every third sample gets the first sample's outputs. */
const broken = mapped(sound, (value, i) => (i % 30 < 10 ? (sound.data[i % 10] as number) : value));
const collapsed = mapped(original, (_, i) => (i % 10 === 3 ? 9 : -1));

describe('loss and drift', () => {
  test('neither', () => {
    const { status, quantization } = judged(sound, sound);
    expect(status).toBe('pass');
    expect(quantization).toMatchObject({
      moved: 'none',
      loss: { n: N, difference: 0 },
      drift: { distance: 0, agreement: 1 },
    });
    expect(quantization?.loss.distance).toBeGreaterThan(0);
    expect(quantization).not.toHaveProperty('side');
    expect(quantization?.words).toMatch(
      /^Quantization costs no accuracy on the PC, it agrees with the original on 100 % of 400 samples\.$/,
    );
  });

  test('a loss that the PC has as well does not fail the browser', () => {
    const verdict = judged(broken, broken);
    expect(verdict).toMatchObject({
      status: 'pass',
      quantization: { moved: 'quantization', drift: { difference: 0 } },
    });
    expect(verdict.quantization?.loss.difference).toBeLessThan(-0.1);
    expect(verdict.quantization?.words).toMatch(
      /^Quantization costs \d+\.\d\d points on the PC \(p = \S+\), it agrees/,
    );
  });

  test('it fails the PC’s own cell', () => {
    const verdict = judged(broken, broken, { isBaseline: true });
    expect(verdict).toMatchObject({ status: 'fail', reason: { code: 'E_QUANTIZATION' } });
    expect(verdict.reason?.message).toMatch(
      /^On the PC already, the artifact is \d+\.\d\d points less accurate than its fp32 original over 400 samples .*; 3\.00 are allowed for: int8, weights and activations\.$/,
    );
    expect(judged(sound, sound, { isBaseline: true }).status).toBe('pass');
  });

  test('what drifts fails, and the browser is named as what moved', () => {
    const verdict = judged(broken, sound);
    expect(verdict).toMatchObject({
      status: 'fail',
      reason: { code: 'E_NUMERIC' },
      quantization: { moved: 'platform', side: 'browser', loss: { difference: 0 } },
    });
    expect(verdict.quantization?.words).toMatch(
      /The browser loses another \d.*it is the browser that moved\. That is more than/,
    );
  });

  test('where the PC is the further one, the PC is named', () => {
    // As a CPU without VNNI does: large sums saturate.
    const saturated = mapped(sound, (value) => Math.min(value, 13));
    const verdict = judged(sound, saturated);
    expect(verdict).toMatchObject({ status: 'fail', quantization: { side: 'pc' } });
    expect(verdict.quantization?.words).toMatch(/it is the PC that moved\. By design, x86 CPUs without VNNI/);
  });

  test('where both are as far, neither', () => {
    const random = seeded(9);
    const noisy = (): TensorData => mapped(original, (value) => value + (random() - 0.5) * 3);
    const { quantization } = judged(noisy(), noisy());
    expect(quantization).not.toHaveProperty('side');
    expect(quantization?.words).toMatch(/neither clearly further/);
  });

  test('where one is hardly further than the other, neither', () => {
    const random = seeded(9);
    const noisy = (size: number): TensorData => mapped(original, (value) => value + (random() - 0.5) * size);
    for (const [cell, pc] of [
      [3.3, 3],
      [3, 3.3],
    ] as const) {
      expect(judged(noisy(cell), noisy(pc)).quantization).not.toHaveProperty('side');
    }
    expect(judged(noisy(4.5), noisy(3)).quantization?.side).toBe('browser');
    expect(judged(noisy(3), noisy(4.5)).quantization?.side).toBe('pc');
  });

  test('both', () => {
    expect(
      judged(
        mapped(broken, (value) => -value),
        broken,
      ).quantization?.moved,
    ).toBe('both');
  });

  test('fp32 has none of it', () => {
    expect(judged(original, original, { precision: 'fp32', quantization: undefined }).quantization).toBeUndefined();
  });
});

describe('a collapsed quantization is red', () => {
  test.each<[string, Partial<AccuracyCase>]>([
    ['with labels', {}],
    ['without', { labels: undefined }],
    ['of no classes', { labels: undefined, task: 'none' }],
    ['of fp16', { precision: 'fp16', quantization: { kind: 'static', weights: 'float16', activations: 'float16' } }],
    ['of weights alone', { quantization: { kind: 'weights', weights: 'uint8', activations: 'float32' } }],
    ['of a kind that nobody noted', { quantization: undefined }],
  ])('%s', (_, changes) => {
    const verdict = judged(collapsed, collapsed, { ...changes, isBaseline: true });
    expect(verdict).toMatchObject({ status: 'fail', reason: { code: 'E_QUANTIZATION' } });
    expect(judged(sound, sound, { ...changes, isBaseline: true }).reason?.code).toBe(
      // Steps of 0.2 are within what int8 may lose, and fp16 as well.
      undefined,
    );
  });

  test('outputs of NaN', () => {
    const nan = mapped(original, () => NaN);
    expect(judged(nan, nan, { isBaseline: true })).toMatchObject({
      status: 'fail',
      quantization: { loss: { distance: 'Infinity', agreement: 0 } },
    });
  });
});

test('a loss beyond the limit that is no more than chance is not red', () => {
  // Three of 20 samples: 15 points, p = 0.25.
  const few = (tensor: TensorData): TensorData => ({ ...tensor, shape: [20, 10], data: tensor.data.slice(0, 200) });
  const lost = mapped(few(original), (value, i) => (i < 30 ? (value > 9 ? 0 : value) : value));
  const verdict = judged(lost, lost, {
    observation: observation({ n: 20 }),
    fp32: [few(original)],
    labels: labels.subarray(0, 20),
    isBaseline: true,
  });
  expect(verdict.quantization?.loss.difference).toBeLessThan(-0.03);
  expect(verdict.quantization?.loss.pValue).toBeGreaterThan(0.01);
  expect(verdict.status).toBe('pass');
});

test('more flips than ties explain fail, though no element is too far', () => {
  // Two classes 0.02 apart: a step turns them.
  const want = float32(
    Array.from({ length: 800 }, (_, i) => (i % 2 === 0 ? 1.02 : 1)),
    [N, 2],
  );
  const turned = (count: number): TensorData =>
    mapped(want, (value, i) => (i % 2 === 1 && i < 2 * count ? 1.04 : value));
  const flips = (count: number): Verdict =>
    judged(turned(count), want, {
      fp32: [want],
      labels: undefined,
      outputSpecs: [{ name: 'logits', dtype: 'float32', shape: ['N', 2] }],
    });
  // Two per cent of 400 samples.
  expect(flips(8)).toMatchObject({ status: 'pass', agreement: { n: N, flips: 8, beyondTies: 8 } });
  expect(flips(9)).toMatchObject({
    status: 'fail',
    reason: { code: 'E_AGREEMENT' },
    quantization: { moved: 'platform' },
  });
});

test('of several outputs the one that fails is named, though another holds the worst element', () => {
  const far = mapped(sound, (value, i) => (i === 5 ? value + 0.05 * (Math.abs(value) + 3) : value));
  const other = { ...sound, name: 'other' };
  const many = mapped(other, (value) => value * 1.0005);
  const verdict = judged(far, sound, {
    outputs: [far, many],
    baseline: [sound, other],
    outputSpecs: [
      { name: 'logits', dtype: 'float32', shape: ['N', 10] },
      { name: 'other', dtype: 'float32', shape: ['N', 10] },
    ],
  });
  expect(judged(far, sound).status).toBe('pass');
  expect(verdict.reason?.message).toMatch(
    /^element \d+ of "other".* elements are beyond tolerance, where 15 % may be, up to 1000 times the tolerance\.$/,
  );
  expect(verdict.numeric?.worst).toMatchObject({ sample: 0, index: 5 });
});

describe('what the baseline covers', () => {
  const short = { ...sound, shape: [100, 10], data: sound.data.slice(0, 1_000) };

  test('no more is judged', () => {
    const worse = mapped(sound, (value, i) => (i < 1_000 ? value : -value));
    expect(judged(worse, short, { covers: 100 })).toMatchObject({
      status: 'pass',
      accuracy: { n: 100 },
      agreement: { n: 100 },
      quantization: { loss: { n: 100 } },
    });
  });

  test('one that is too short otherwise does not serve', () => {
    expect(judged(sound, short)).toMatchObject({ status: 'error', reason: { code: 'E_BASELINE' } });
  });

  test('the outputs must be whole all the same', () => {
    expect(judged({ ...sound, shape: [100, 10] }, short, { covers: 100 })).toMatchObject({
      status: 'error',
      reason: { code: 'E_OUTPUT_SHAPE' },
    });
  });
});

test('one sample, one class', () => {
  const one = float32([2], [1, 1]);
  const verdict = judged(one, one, {
    observation: observation({ n: 1 }),
    fp32: [float32([2.01], [1, 1])],
    labels: Uint8Array.of(0),
    outputSpecs: [{ name: 'logits', dtype: 'float32', shape: ['N', 1] }],
    isBaseline: true,
  });
  expect(verdict).toMatchObject({ status: 'pass', quantization: { moved: 'none' } });
  expect(verdict).not.toHaveProperty('agreement');
});
