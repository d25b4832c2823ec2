import { expect, test } from 'vitest';
import { decodeFloat16, flawOf, numbersOf, prefixOf, rowLength, sampleCount } from './tensors.js';
import { float32, seeded } from './testing.js';

// IEEE 754 binary16 by hand; the values as `numpy.uint16(bits).view(numpy.float16)` prints them.
test.each([
  [0x0000, 0],
  [0x8000, -0],
  [0x0001, 2 ** -24],
  [0x8001, -(2 ** -24)],
  [0x0002, 2 ** -23],
  [0x03ff, 1023 * 2 ** -24],
  [0x0400, 2 ** -14],
  [0x0401, 2 ** -14 * (1 + 2 ** -10)],
  [0x3555, 0.333251953125],
  [0x3bff, 1 - 2 ** -11],
  [0x3c00, 1],
  [0x3c01, 1 + 2 ** -10],
  [0x4248, 3.140625],
  [0xc000, -2],
  [0x7bff, 65504],
  [0xfbff, -65504],
  [0x7c00, Infinity],
  [0xfc00, -Infinity],
  [0x7c01, NaN],
  [0x7e00, NaN],
  [0xffff, NaN],
])('float16 bits %i are %d', (bits, value) => {
  expect(decodeFloat16(bits)).toBe(value);
  const [number] = numbersOf({ name: 'x', dtype: 'float16', shape: [1], data: Uint16Array.of(bits) });
  expect(number).toBe(value);
});

test('float16 grows with its bits, and is odd in its sign, over all finite values', () => {
  const wrong: number[] = [];
  for (let bits = 1; bits < 0x7c00; bits++) {
    const value = decodeFloat16(bits);
    if (!(value > decodeFloat16(bits - 1)) || decodeFloat16(bits | 0x8000) !== -value) wrong.push(bits);
  }
  expect(wrong).toEqual([]);
});

test('numbers keep their values in every dtype', () => {
  expect([...numbersOf(float32([1.5, -2]))]).toEqual([1.5, -2]);
  const int64 = { name: 'x', dtype: 'int64', shape: [2], data: BigInt64Array.of(-5n, 2n ** 40n) } as const;
  expect([...numbersOf(int64)]).toEqual([-5, 2 ** 40]);
});

test('samples, rows and prefixes', () => {
  const random = seeded(1);
  const tensor = float32(Array.from({ length: 24 }, random), [4, 2, 3]);
  expect(sampleCount(tensor)).toBe(4);
  expect(rowLength(tensor)).toBe(6);
  const prefix = prefixOf(tensor, 3);
  expect(prefix.shape).toEqual([3, 2, 3]);
  expect([...prefix.data]).toEqual([...tensor.data].slice(0, 18));
  const scalar = float32([1], []);
  expect([sampleCount(scalar), rowLength(scalar)]).toEqual([1, 1]);
});

test('a tensor that contradicts itself is found out', () => {
  expect(flawOf(float32([1, 2], [1, 2]))).toBeUndefined();
  expect(flawOf(float32([1, 2], [1, 3]))).toBe('float32[1,3] needs 3 elements but holds 2');
  expect(flawOf({ ...float32([1, 2]), dtype: 'int32' })).toBe('it says int32 but holds a Float32Array');
  expect(flawOf({ ...float32([1, 2]), dtype: 'float16' })).toBe('it says float16 but holds a Float32Array');
});
