import { describe, expect, test } from 'vitest';
import type { InputSpec } from './card.js';
import { encodeFloat16 } from './float16.js';
import { createEncoder, normalizationTable } from './inputs.js';
import { ARRAYS } from './observation.js';

const spec = (over: Partial<InputSpec>): InputSpec => ({
  name: 'x',
  dtype: 'float32',
  shape: ['N', 3, 1, 2],
  layout: 'NCHW',
  wire: 'uint8',
  normalization: { scale: 1 / 255, mean: [0, 0.5, 0], std: [1, 0.5, 2] },
  ...over,
});

describe('normalizationTable', () => {
  test('is the formula in double precision, rounded once', () => {
    const table = normalizationTable({ scale: 1 / 255, mean: [0.1307], std: [0.3081] }, 1);
    for (const byte of [0, 1, 127, 255]) expect(table[byte]).toBe(Math.fround((byte / 255 - 0.1307) / 0.3081));
  });

  test('refuses fewer entries than channels', () => {
    expect(() => normalizationTable({ scale: 1, mean: [0, 0], std: [1] }, 3)).toThrow(
      /E_CARD.*mean has 2 entries.*3 channels/,
    );
  });
});

describe('createEncoder', () => {
  const sample = { dtype: 'uint8', shape: [1, 2, 3] } as const;
  // Two samples of two RGB pixels each.
  const wire = Uint8Array.from([255, 0, 51, 0, 255, 102, 51, 51, 51, 0, 0, 0]);

  test('turns interleaved pixels into planes for NCHW, per channel normalized', () => {
    const out = new Float32Array(12);
    createEncoder(spec({}), { ...sample, shape: [...sample.shape] }).encode(wire, 2, out);
    const r = (b: number) => b / 255;
    const g = (b: number) => (b / 255 - 0.5) / 0.5;
    const b = (v: number) => v / 255 / 2;
    const want = [r(255), r(0), g(0), g(255), b(51), b(102), r(51), r(0), g(51), g(0), b(51), b(0)];
    expect([...out]).toEqual(want.map(Math.fround));
  });

  test('keeps them interleaved for NHWC', () => {
    const out = new Float32Array(12);
    const encoder = createEncoder(spec({ layout: 'NHWC', shape: ['N', 1, 2, 3] }), {
      ...sample,
      shape: [...sample.shape],
    });
    encoder.encode(wire, 1, out);
    expect(out[0]).toBe(1);
    expect(out[1]).toBe(-1);
    expect(out[3]).toBe(0);
    expect(out[4]).toBe(1);
    expect([...out.subarray(6)]).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('passes tokens on as they are', () => {
    const out = new Int32Array(4);
    const tokens = spec({ dtype: 'int32', wire: 'int32', shape: ['N', 2], layout: 'NT', normalization: undefined });
    createEncoder(tokens, { dtype: 'int32', shape: [2] }).encode(Int32Array.from([7, -1, 20000, 3]), 2, out);
    expect([...out]).toEqual([7, -1, 20000, 3]);
  });

  test('refuses samples of another size or type, naming both', () => {
    expect(() => createEncoder(spec({}), { dtype: 'uint8', shape: [28, 28, 1] })).toThrow(/E_CARD.*6 elements.*784/);
    expect(() => createEncoder(spec({}), { dtype: 'int32', shape: [6] })).toThrow(/E_CARD.*travels as uint8.*int32/);
  });

  test('normalizes to float16: the bits of each float32, rounded', () => {
    const out = new Uint16Array(6);
    createEncoder(spec({ dtype: 'float16' }), { ...sample, shape: [...sample.shape] }).encode(wire, 1, out);
    const inFloat32 = new Float32Array(6);
    createEncoder(spec({}), { ...sample, shape: [...sample.shape] }).encode(wire, 1, inFloat32);
    expect([...out]).toEqual([...inFloat32].map(encodeFloat16));
    expect(out[0]).toBe(0x3c00);
  });

  const plain = (wire: InputSpec['wire'], dtype: InputSpec['dtype']) =>
    createEncoder(spec({ wire, dtype, shape: ['N', 2], layout: 'any', normalization: undefined }), {
      dtype: wire,
      shape: [2],
    });

  test('token ids become int64 or float32 without loss', () => {
    const ids = Int32Array.from([7, -1, 19_999, 2 ** 24]);
    const long = new BigInt64Array(4);
    plain('int32', 'int64').encode(ids, 2, long);
    expect([...long]).toEqual([7n, -1n, 19_999n, 16_777_216n]);
    const float = new Float32Array(4);
    plain('int32', 'float32').encode(ids, 2, float);
    expect([...float]).toEqual([7, -1, 19_999, 16_777_216]);
  });

  test.each([
    ['float32', Float32Array.of(0.1, -0, NaN, 3)],
    ['float16', Uint16Array.of(0x3c00, 0x8000, 0x7e00, 1)],
    ['int32', Int32Array.of(1, -2, 3, -4)],
    ['int64', BigInt64Array.of(1n, -(2n ** 62n), 3n, 4n)],
    ['uint8', Uint8Array.of(0, 255, 3, 4)],
    ['int8', Int8Array.of(-128, 127, 3, 4)],
    ['bool', Uint8Array.of(0, 1, 1, 0)],
  ] as const)('%s is passed on to itself, bit by bit', (dtype, values) => {
    const into = new ARRAYS[dtype](4);
    plain(dtype, dtype).encode(values, 2, into);
    expect([...into]).toEqual([...values]);
    expect(Object.is(into[1], values[1])).toBe(true);
  });

  test('refuses what would lose values, naming the input', () => {
    expect(() => plain('int64', 'int32')).toThrow(/E_CARD.*"x" is int32, which samples of int64 cannot become/);
    expect(() => plain('float32', 'float16')).toThrow(/E_CARD/);
    expect(() => createEncoder(spec({ dtype: 'int32' }), { dtype: 'uint8', shape: [1, 2, 3] })).toThrow(
      /E_CARD.*"x": normalization makes float32 or float16 of uint8, not int32/,
    );
  });
});
