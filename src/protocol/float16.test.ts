import { describe, expect, test } from 'vitest';
import { decodeFloat16 } from '../judge/tensors.js';
import { encodeFloat16 } from './float16.js';

describe('encodeFloat16', () => {
  test('gives back the bits of every binary16', () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = decodeFloat16(bits);
      if (Number.isNaN(value)) expect(encodeFloat16(value) & 0x7fff).toBe(0x7e00);
      else if (encodeFloat16(value) !== bits) expect.fail(`${String(bits)} became ${String(encodeFloat16(value))}`);
    }
  });

  test('rounds to the nearest, ties to even, between all neighbours', () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const [low, high] = [decodeFloat16(bits), decodeFloat16(bits + 1)];
      const middle = (low + high) / 2;
      const even = bits % 2 === 0 ? bits : bits + 1;
      const step = (high - low) / 16;
      const got = [middle - step, middle, middle + step].map(encodeFloat16);
      if (got.join() !== [bits, even, bits + 1].join()) expect.fail(`around ${String(middle)}: ${got.join()}`);
    }
  });

  test('goes to an infinity from 65520 on, keeps the sign', () => {
    expect([65519.99, 65520, 1e9, Infinity].map(encodeFloat16)).toEqual([0x7bff, 0x7c00, 0x7c00, 0x7c00]);
    expect([-0, -65520, -(2 ** -25), -(2 ** -24)].map(encodeFloat16)).toEqual([0x8000, 0xfc00, 0x8000, 0x8001]);
  });
});
