import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Observation, TensorData } from '../protocol/observation.js';
import { loadObservation, saveObservation } from './store.js';
import { bytesOf, tensorFromBytes } from './tensors.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'plumbline-test-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

const tensors: TensorData[] = [
  { name: 'a', dtype: 'float32', shape: [2, 2], data: Float32Array.of(1.5, -0, NaN, Infinity) },
  { name: 'b', dtype: 'int64', shape: [2], data: BigInt64Array.of(-1n, 2n ** 62n) },
  { name: 'c', dtype: 'float16', shape: [2, 1], data: Uint16Array.of(0x3c00, 0x7e00) },
  { name: 'd', dtype: 'bool', shape: [2], data: Uint8Array.of(0, 1) },
];

const observation: Observation = {
  schema: 1,
  id: 'lenet5/onnx-fp32/ort-wasm-t1@firefox',
  platform: { runtimeVersion: '1', browserVersion: '1', driver: 'd', driverVersion: '1', os: 'o', cpu: 'c', gpu: 'g' },
  outcome: 'completed',
  n: 2,
  dataset: { name: 'mnist', split: 'test', n: 2, sha256: '' },
  outputs: tensors.map(({ name, dtype, shape }, index) => ({
    name,
    dtype,
    shape: [...shape],
    file: `output-${String(index)}.bin`,
  })),
  timing: {},
  memory: {},
  console: [],
};

describe('tensors', () => {
  test('from any place in a buffer', () => {
    const bytes = Uint8Array.of(
      9,
      ...bytesOf({ name: 'x', dtype: 'float32', shape: [1], data: Float32Array.of(2.5) }),
    ).subarray(1);
    expect(tensorFromBytes('x', 'float32', [1], bytes).data).toEqual(Float32Array.of(2.5));
  });

  test('refuse another number of bytes, naming both', () => {
    expect(() => tensorFromBytes('x', 'float32', [3, 2], new Uint8Array(20))).toThrow(
      /E_OUTPUT_SHAPE: output "x" of float32 \[3, 2\] takes 24 bytes, 20 came/,
    );
  });
});

describe('observations', () => {
  test('come back to the bit', async () => {
    await saveObservation(path.join(folder, 'o'), { observation, outputs: tensors });
    expect(await loadObservation(path.join(folder, 'o'))).toEqual({ observation, outputs: tensors });
  });

  test('saved twice, and by several at once, stay whole', async () => {
    const place = path.join(folder, 'o');
    await Promise.all(Array.from({ length: 4 }, () => saveObservation(place, { observation, outputs: tensors })));
    expect(await loadObservation(place)).toEqual({ observation, outputs: tensors });
  });

  test.each(['observation.json', 'output-0.bin'])('with a damaged %s are as good as none', async (file) => {
    await saveObservation(path.join(folder, 'o'), { observation, outputs: tensors });
    await writeFile(path.join(folder, 'o', file), '{');
    expect(await loadObservation(path.join(folder, 'o'))).toBeUndefined();
  });

  test('that are not there are none', async () => {
    expect(await loadObservation(path.join(folder, 'none'))).toBeUndefined();
  });
});
