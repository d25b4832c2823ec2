import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { delegationIn, failuresIn } from './litert-log.js';
import { TINY_TFLITE } from './litert-tiny.js';

const INFO = 'INFO: [compiled_model.cc:812] Flatbuffer model initialized directly from incoming litert model.';
const REFUSED = 'ERROR: Following operations are not supported by GPU delegate:';

describe('delegationIn', () => {
  test('a share of the operations', () => {
    const lines = [
      INFO,
      REFUSED,
      'GATHER: Only support 1D indices',
      'SUB: No support of few identical inputs in the same operation.',
      '53 operations will run on the GPU, and the remaining 5 operations will run on the CPU.',
      'I1124 10:34:01.027000  755312 delegate_kernel.cc:855] Initializing WebGPU-based API from graph.',
    ];
    expect(delegationIn(lines)).toEqual({
      gpu: 53,
      cpu: 5,
      refusals: ['GATHER: Only support 1D indices', 'SUB: No support of few identical inputs in the same operation.'],
    });
  });

  test('none of the operations', () => {
    const last = 'No operations will run on the GPU, and all 7 operations will run on the CPU.';
    expect(delegationIn([REFUSED, 'CAST: odd', last])).toEqual({ gpu: 0, cpu: 7, refusals: ['CAST: odd'] });
    expect(delegationIn([last])).toEqual({ gpu: 0, cpu: 7, refusals: [] });
  });

  test('a loop: its body is told of by itself', () => {
    const lines = [
      REFUSED,
      'GATHER: Only support 1D indices',
      'WHILE: Operation is not supported.',
      '3 operations will run on the GPU, and the remaining 5 operations will run on the CPU.',
      INFO,
      REFUSED,
      'GATHER: Only support 1D indices',
      '14 operations will run on the GPU, and the remaining 7 operations will run on the CPU.',
    ];
    expect(delegationIn(lines)).toEqual({
      gpu: 17,
      cpu: 12,
      refusals: ['GATHER: Only support 1D indices', 'WHILE: Operation is not supported.'],
    });
  });

  test('nothing was refused', () => {
    expect(delegationIn([])).toBeUndefined();
    expect(delegationIn([INFO])).toBeUndefined();
  });
});

test('failuresIn: errors in either form, once and without their time; no news, and nothing that was refused', () => {
  const failed = 'ERROR: Node number 0 (FlexMatrixInverse) failed to prepare.';
  const fatal = 'F1124 11:27:51.852000  755312 object_reader.cc:369] Check failed: CanReadValue(node_input_index) ';
  const news = [INFO, 'WARNING: [npu_registry.cc:34] NPU', 'I1124 10:33:43.857999  736560 delegate_webgpu.cc:243] ok'];
  expect(failuresIn([...news, REFUSED, failed, fatal, fatal.replace('51', '52'), 'Aborted()'])).toEqual([
    failed,
    'object_reader.cc:369] Check failed: CanReadValue(node_input_index)',
  ]);
});

test('the tiny model is the one that the script makes', () => {
  const file = new URL('../../tests/litert/models/relu.tflite', import.meta.url);
  expect(TINY_TFLITE).toBe(readFileSync(file).toString('base64'));
});
