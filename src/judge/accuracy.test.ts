import { expect, test } from 'vitest';
import { NO_CLASS, accuracyOf, top1 } from './accuracy.js';
import { float32, logits, seeded } from './testing.js';

test.each([
  ['the highest', [1, 3, 2], 1],
  ['the last', [1, 2, 3], 2],
  ['all negative', [-3, -1, -2], 1],
  ['the lowest index of a tie', [1, 3, 3], 1],
  ['the lowest index where all are equal', [2, 2, 2], 0],
  ['zeros of either sign tie', [-0, 0, -1], 0],
  ['NaN never wins, first', [NaN, 1, 2], 2],
  ['NaN never wins, in the middle', [2, NaN, 1], 0],
  ['NaN never wins over -Infinity', [NaN, -Infinity, NaN], 1],
  ['infinity wins', [1, Infinity, 2], 1],
  ['-Infinity alone', [-Infinity, -Infinity], 0],
  ['nothing but NaN', [NaN, NaN], NO_CLASS],
  ['no scores', [], NO_CLASS],
])('top-1: %s', (_, scores, winner) => {
  expect([...top1(float32(scores), 1)]).toEqual([winner]);
});

test('top-1 of float16, int64 and of a prefix', () => {
  // 1, -2, 65504 and -0, 2^-24, -2^-24.
  const data = Uint16Array.of(0x3c00, 0xc000, 0x7bff, 0x8000, 0x0001, 0x8001);
  const half = { name: 'x', dtype: 'float16', shape: [2, 3], data } as const;
  expect([...top1(half, 2)]).toEqual([2, 1]);
  expect([...top1(half, 1)]).toEqual([2]);
  const long = { name: 'x', dtype: 'int64', shape: [1, 3], data: BigInt64Array.of(-9n, 4n, 3n) } as const;
  expect([...top1(long, 1)]).toEqual([1]);
});

test('top-1 agrees with the plain way over seeded logits', () => {
  const scores = logits(500, 10, seeded(5));
  const values = [...(scores.data as Float32Array)];
  const plain = Array.from({ length: 500 }, (_, sample) => {
    const row = values.slice(sample * 10, sample * 10 + 10);
    return row.indexOf(Math.max(...row));
  });
  expect([...top1(scores, 500)]).toEqual(plain);
});

test('accuracy, agreement and p over samples counted by hand', () => {
  const labels = Uint8Array.of(0, 1, 2, 3, 4, 5);
  const predicted = Int32Array.of(0, 1, 2, 9, NO_CLASS, 7);
  const baseline = Int32Array.of(0, 1, 0, 3, NO_CLASS, 7);
  const fp32 = Int32Array.of(0, 1, 2, 3, 4, 0);
  expect(accuracyOf(predicted, baseline, fp32, labels)).toEqual({
    n: 6,
    top1: 3 / 6,
    baselineTop1: 3 / 6,
    fp32Top1: 5 / 6,
    // 0, 1 and 5; two samples without a class do not agree.
    agreement: 3 / 6,
    // One sample each way.
    pValue: 1,
  });
});

test('p counts the samples that one alone gets right', () => {
  const labels = new Uint8Array(8);
  const right = new Int32Array(8);
  const wrong = new Int32Array(8).fill(1);
  const pValue: unknown = expect.closeTo(2 / 2 ** 8, 12);
  expect(accuracyOf(wrong, right, right, labels)).toMatchObject({ top1: 0, baselineTop1: 1, pValue });
  expect(accuracyOf(right, wrong, right, labels)).toMatchObject({ top1: 1, baselineTop1: 0, pValue });
  // Both wrong, but differently: accuracy is the same.
  const otherwise = new Int32Array(8).fill(2);
  expect(accuracyOf(wrong, otherwise, right, labels)).toMatchObject({ agreement: 0, pValue: 1 });
});

test('no samples', () => {
  const none = new Int32Array(0);
  expect(accuracyOf(none, none, none, new Uint8Array(0))).toEqual({
    n: 0,
    top1: 0,
    baselineTop1: 0,
    fp32Top1: 0,
    agreement: 0,
    pValue: 1,
  });
});
