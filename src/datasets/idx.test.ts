import { describe, expect, test } from 'vitest';
import { parseIdx } from './idx.js';

const idx = (type: number, shape: number[], values: number[]): Uint8Array => {
  const header = new DataView(new ArrayBuffer(4 + 4 * shape.length));
  header.setUint8(2, type);
  header.setUint8(3, shape.length);
  shape.forEach((size, axis) => {
    header.setUint32(4 + 4 * axis, size);
  });
  return Uint8Array.from([...new Uint8Array(header.buffer), ...values]);
};

describe('parseIdx', () => {
  test('reads shape and values', () => {
    const { shape, data } = parseIdx(idx(8, [2, 3], [1, 2, 3, 4, 5, 6]), 'f');
    expect(shape).toEqual([2, 3]);
    expect([...data]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test.each([
    ['an empty file', new Uint8Array(0), /two zero bytes/],
    ['text', new TextEncoder().encode('<html>404'), /two zero bytes/],
    ['floats', idx(0x0d, [1], [0, 0, 0, 0]), /type is 0xd/],
    ['a cut header', idx(8, [2, 3], []).subarray(0, 7), /within its header/],
    ['a truncated file', idx(8, [2, 3], [1, 2, 3]), /says 6 values, 3 follow/],
    ['a file with a tail', idx(8, [1], [1, 2]), /says 1 values, 2 follow/],
  ])('refuses %s', (_, bytes, words) => {
    expect(() => parseIdx(bytes, 'some-file')).toThrow(words);
    expect(() => parseIdx(bytes, 'some-file')).toThrow(/E_DATASET_FORMAT: some-file/);
  });
});
