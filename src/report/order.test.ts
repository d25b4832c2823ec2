import { expect, it } from 'vitest';
import { madeUpMatrix, madeUpRecord } from './made-up.js';
import { compareRecords } from './order.js';
import { uniqueRecords } from './collect.js';

it('puts baselines first, then goes by artifact, runtime-backend, browser, as the protocol lists them', () => {
  const ordered = [
    'lenet1/onnx-fp32/ort-native@pc',
    'lenet5/onnx-fp32/ort-native@pc',
    'lenet1/tfjs-fp32/tfjs-wasm@chromium',
    'lenet5/onnx-fp32/ort-wasm-t1@chromium',
    'lenet5/onnx-fp32/ort-wasm-t1@firefox',
    'lenet5/onnx-fp32/ort-wasm-t1@webkit',
    'lenet5/onnx-fp32/ort-wasm-t2@chromium',
    'lenet5/onnx-fp32/ort-wasm-t10@chromium',
    'lenet5/onnx-fp32/ort-webgpu@chromium',
    'lenet5/onnx-fp32/ort-webgpu-jsep@chromium',
    'lenet5/onnx-fp32-b100/ort-wasm-t1@chromium',
    'lenet5/onnx-fp16/ort-wasm-t1@chromium',
    'lenet5/onnx-int8/ort-wasm-t1@chromium',
    'lenet5/tflite-fp32/litert-wasm@chromium',
  ];
  const records = ordered.map((id) => madeUpRecord(id));
  expect(records.toReversed().sort(compareRecords)).toEqual(records);
});

it('is the same order, whatever order the records come in', () => {
  const sorted = madeUpMatrix().sort(compareRecords);
  expect(uniqueRecords(madeUpMatrix().reverse())).toEqual(sorted);
});
