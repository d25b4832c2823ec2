import { describe, expect, test } from 'vitest';
import type { InputSpec } from './card.js';
import { createEncoder, normalizationTable } from './inputs.js';

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
});
