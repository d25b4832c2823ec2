import { describe, expect, test } from 'vitest';
import { cellId, namesTarget, parseCellId, type CellKey } from './cell.js';

const keys: CellKey[] = [
  {
    model: 'lenet5',
    format: 'onnx',
    precision: 'fp32',
    runtime: 'ort',
    backend: 'wasm',
    threads: 2,
    browser: 'firefox',
  },
  {
    model: 'lenet5',
    format: 'onnx',
    precision: 'fp32',
    variant: 'b100',
    runtime: 'ort',
    backend: 'webgl',
    browser: 'webkit',
  },
  {
    model: 'resnet-20',
    format: 'onnx',
    precision: 'int8',
    runtime: 'ort',
    backend: 'webgpu-jsep',
    browser: 'chromium',
  },
  { model: 'text.gru', format: 'tfjs', precision: 'fp16', runtime: 'tfjs', backend: 'webgpu', browser: 'chromium' },
  { model: 'lenet1', format: 'onnx', precision: 'fp32', runtime: 'ort', backend: 'native', browser: 'pc' },
];

describe('cell ids', () => {
  test('read as documented', () => {
    expect(keys.map(cellId)).toEqual([
      'lenet5/onnx-fp32/ort-wasm-t2@firefox',
      'lenet5/onnx-fp32-b100/ort-webgl@webkit',
      'resnet-20/onnx-int8/ort-webgpu-jsep@chromium',
      'text.gru/tfjs-fp16/tfjs-webgpu@chromium',
      'lenet1/onnx-fp32/ort-native@pc',
    ]);
  });

  test('parse back into the same key', () => {
    for (const key of keys) expect(parseCellId(cellId(key))).toEqual(key);
  });

  test.each([
    '',
    'lenet5',
    'lenet5/onnx-fp32/ort-wasm-t0@firefox',
    'a/onnx-fp64/ort-wasm@webkit',
    'a/onnx-fp32/ort-wasm@opera',
    '../x/onnx-fp32/ort-wasm@pc',
    'a/onnx-fp32/ort-wasm-t1@pc\n',
  ])('refuse %j with a hint', (id) => {
    expect(() => parseCellId(id)).toThrow(
      expect.objectContaining({ code: 'E_USAGE', hint: expect.stringContaining('reads model/') as string }),
    );
  });
});

describe('namesTarget', () => {
  test('takes the exact target, or a backend with any number of threads', () => {
    const target = { runtime: 'ort', backend: 'wasm', threads: 2 } as const;
    expect(
      ['ort-wasm', 'ort-wasm-t2', 'ort-wasm-t1', 'ort-webgl', 'tfjs-wasm'].map((pattern) =>
        namesTarget(pattern, target),
      ),
    ).toEqual([true, true, false, false, false]);
    expect(namesTarget('ort-webgpu', { runtime: 'ort', backend: 'webgpu-jsep' })).toBe(false);
  });
});
