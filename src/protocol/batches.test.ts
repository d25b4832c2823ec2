import { describe, expect, test } from 'vitest';
import { createCollector, createFeeder } from './batches.js';
import type { InputSpec } from './card.js';
import type { TensorData } from './observation.js';

const input = (name: string, shape: InputSpec['shape'], dtype: InputSpec['dtype'] = 'float32'): InputSpec => ({
  name,
  dtype,
  shape,
  layout: 'any',
  wire: dtype,
});
const plain = ({ name, dtype, shape, data }: TensorData) => ({ name, dtype, shape, data: [...data] });

describe('createFeeder', () => {
  test('gives each input its batch, on one buffer for all', () => {
    const inputs = [input('ids', ['N', 2], 'int64'), input('mask', ['N'], 'bool')];
    const feeder = createFeeder(
      inputs,
      [
        { name: 'ids', dtype: 'int64', shape: [2] },
        { dtype: 'bool', shape: [] },
      ],
      2,
    );
    expect(feeder.layout).toEqual([
      { bytes: 16, shared: false },
      { bytes: 1, shared: false },
    ]);
    const first = feeder.feed([BigInt64Array.of(1n, 2n, 3n, 2n ** 60n), Uint8Array.of(1, 0)], 2, 2);
    expect(first.map(plain)).toEqual([
      { name: 'ids', dtype: 'int64', shape: [2, 2], data: [1n, 2n, 3n, 2n ** 60n] },
      { name: 'mask', dtype: 'bool', shape: [2], data: [1, 0] },
    ]);
    const last = feeder.feed([BigInt64Array.of(5n, 6n), Uint8Array.of(1)], 1, 1);
    expect(last.map(plain)).toEqual([
      { name: 'ids', dtype: 'int64', shape: [1, 2], data: [5n, 6n] },
      { name: 'mask', dtype: 'bool', shape: [1], data: [1] },
    ]);
    expect(last[0]?.data.buffer).toBe(first[0]?.data.buffer);
  });

  test('fills the last batch up with zeros, not with what came before', () => {
    const feeder = createFeeder([input('x', ['N', 1], 'int64')], [{ dtype: 'int64', shape: [1] }], 3);
    feeder.feed([BigInt64Array.of(7n, 8n, 9n)], 3, 3);
    expect(feeder.feed([BigInt64Array.of(1n)], 1, 3).map(plain)).toMatchObject([{ shape: [3, 1], data: [1n, 0n, 0n] }]);
  });

  test('without "N" anywhere a sample is one set of inputs, scalars included', () => {
    const fields = [
      { dtype: 'float32', shape: [2, 2] },
      { dtype: 'float32', shape: [] },
    ] as const;
    const feeder = createFeeder(
      [input('x', [2, 2]), input('s', [])],
      fields.map(({ dtype, shape }) => ({ dtype, shape: [...shape] })),
      1,
    );
    const fed = feeder.feed([Float32Array.of(1, 2, 3, 4), Float32Array.of(0.5)], 1, 1);
    expect(fed.map(plain)).toMatchObject([
      { shape: [2, 2], data: [1, 2, 3, 4] },
      { shape: [], data: [0.5] },
    ]);
  });

  test('an input without "N" beside one with it is the same for all samples', () => {
    const feeder = createFeeder(
      [input('audio', ['N', 2]), input('sr', [], 'int64')],
      [
        { dtype: 'float32', shape: [2] },
        { dtype: 'int64', shape: [] },
      ],
      2,
    );
    expect(feeder.layout.map(({ shared }) => shared)).toEqual([false, true]);
    const fed = feeder.feed([Float32Array.of(1, 2, 3, 4), BigInt64Array.of(16000n)], 2, 2);
    expect(fed.map(plain)).toMatchObject([{ shape: [2, 2] }, { shape: [], data: [16000n] }]);
  });

  test('refuses another number of fields, another name, a batch axis that is not the first', () => {
    const x = { dtype: 'float32', shape: [2] } as const;
    expect(() => createFeeder([input('a', ['N', 2]), input('b', ['N', 2])], [{ ...x, shape: [2] }], 1)).toThrow(
      /E_CARD.*2 inputs \("a", "b"\).*feeds 1/,
    );
    expect(() => createFeeder([input('a', ['N', 2])], [{ ...x, shape: [2], name: 'b' }], 1)).toThrow(/"b".*"a"/);
    expect(() => createFeeder([input('a', [2, 'N'])], [{ ...x, shape: [2] }], 1)).toThrow(
      /E_CARD.*"a" has "N" beyond its first/,
    );
  });
});

describe('createCollector', () => {
  const tensor = (shape: number[], values: number[]): TensorData => ({
    name: 'y',
    dtype: 'float32',
    shape,
    data: Float32Array.from(values),
  });

  test('puts batches behind each other and leaves out what fills the last', () => {
    const collector = createCollector([input('x', ['N', 1])], 3);
    collector.add([tensor([2, 2], [1, 2, 3, 4])], 0, 2, 2);
    collector.add([tensor([2, 2], [5, 6, 0, 0])], 2, 1, 2);
    expect(collector.take(3).map(plain)).toEqual([
      { name: 'y', dtype: 'float32', shape: [3, 2], data: [1, 2, 3, 4, 5, 6] },
    ]);
    expect(collector.take(1)[0]?.shape).toEqual([1, 2]);
  });

  test('stacks whole outputs on a new first axis where there is no batch axis', () => {
    const collector = createCollector([input('x', [4])], 2);
    collector.add([tensor([1, 2], [1, 2]), { ...tensor([], [9]), name: 's' }], 0, 1, 1);
    collector.add([tensor([1, 2], [3, 4]), { ...tensor([], [8]), name: 's' }], 1, 1, 1);
    expect(collector.take(2).map(plain)).toMatchObject([
      { shape: [2, 1, 2], data: [1, 2, 3, 4] },
      { name: 's', shape: [2], data: [9, 8] },
    ]);
  });

  test('names the output that has no batch axis, or another shape than before', () => {
    const batched = createCollector([input('x', ['N', 1])], 4);
    expect(() => {
      batched.add([tensor([1, 2], [1, 2])], 0, 2, 2);
    }).toThrow(/E_OUTPUT_SHAPE.*"y" has shape \[1, 2\] for a batch of 2/);
    expect(() => {
      batched.add([tensor([2, 2], [1, 2])], 0, 2, 2);
    }).toThrow(/E_OUTPUT_SHAPE.*"y" has 2 elements/);
    const single = createCollector([input('x', [1])], 4);
    single.add([tensor([1, 2], [1, 2])], 0, 1, 1);
    expect(() => {
      single.add([tensor([2, 1], [1, 2])], 1, 1, 1);
    }).toThrow(/"y" was float32 \[1, 2\].*depends on the data/);
  });
});
