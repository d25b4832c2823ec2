import { describe, expect, test } from 'vitest';
import type { Target } from '../protocol/cell.js';
import type { Evidence } from '../protocol/observation.js';
import { evidenceFlaw } from './evidence.js';
import { evidence as wasm } from './testing.js';

const nothing: Evidence = { ...wasm, wasmModules: [], wasmMemoryBytes: 0 };
const ort = (backend: Target['backend'], threads?: number): Target => ({ runtime: 'ort', backend, threads });
const tfjs = (backend: Target['backend']): Target => ({ runtime: 'tfjs', backend });

describe('what shows that the backend ran', () => {
  test.each<[string, Target, Evidence]>([
    ['webgpu dispatched', ort('webgpu'), { ...wasm, gpuDispatches: 1 }],
    ['webgpu-jsep dispatched', ort('webgpu-jsep'), { ...wasm, gpuDispatches: 40 }],
    ['webgl drew', ort('webgl'), { ...nothing, webglDraws: 1 }],
    ['tfjs webgl drew and counted', tfjs('webgl'), { ...nothing, webglDraws: 9, kernels: 4 }],
    ['webnn dispatched', ort('webnn'), { ...wasm, webnnDispatches: 1 }],
    ['wasm with one thread', ort('wasm', 1), wasm],
    ['wasm with two threads', ort('wasm', 2), { ...wasm, workersAlive: 1, threads: 2 }],
    ['wasm with a worker more', ort('wasm', 2), { ...wasm, workersAlive: 2, threads: 2 }],
    ['tfjs wasm, which has no thread setting', tfjs('wasm'), { ...wasm, workersAlive: 3, kernels: 12 }],
    ['a pool that tfjs keeps', { ...tfjs('wasm'), threads: 1 }, { ...wasm, workersAlive: 1 }],
    ['tfjs cpu counted', tfjs('cpu'), { ...nothing, kernels: 1 }],
    ['the PC', ort('native'), nothing],
  ])('%s', (_, target, evidence) => {
    expect(evidenceFlaw(evidence, target)).toBeUndefined();
  });
});

describe('what does not', () => {
  test.each<[string, Target, Evidence | undefined, RegExp]>([
    ['nothing recorded', ort('wasm', 1), undefined, /ort-wasm-t1 was asked for, and nothing was recorded/],
    ['webgpu on wasm', ort('webgpu'), wasm, /no WebGPU compute pass was dispatched.*"wasm"/],
    ['webgpu-jsep on webgl', ort('webgpu-jsep'), { ...wasm, webglDraws: 7 }, /no WebGPU/],
    ['webgl on webgpu', ort('webgl'), { ...wasm, gpuDispatches: 7 }, /nothing was drawn/],
    ['webnn on webgpu', ort('webnn'), { ...wasm, gpuDispatches: 7 }, /no WebNN graph/],
    ['wasm without a module', ort('wasm', 1), { ...wasm, wasmModules: [] }, /no wasm binary/],
    ['wasm without memory', ort('wasm', 1), { ...wasm, wasmMemoryBytes: 0 }, /memory is empty/],
    ['wasm that used the GPU', ort('wasm', 1), { ...wasm, gpuDispatches: 3 }, /3 compute dispatches, 0 WebGL draws/],
    ['two threads without a worker', ort('wasm', 2), wasm, /only 0 of the 1 worker threads/],
    ['four threads with two workers', ort('wasm', 4), { ...wasm, workersAlive: 2 }, /only 2 of the 3/],
    ['one thread with a worker', ort('wasm', 1), { ...wasm, workersAlive: 1 }, /1 worker threads came to life/],
    ['cpu that counted nothing', tfjs('cpu'), { ...nothing, kernels: 0 }, /ran no kernel/],
    ['cpu that does not count', tfjs('cpu'), nothing, /does not tell/],
    ['cpu that drew', tfjs('cpu'), { ...nothing, kernels: 4, webglDraws: 5 }, /5 WebGL draws/],
    ['cpu that dispatched', tfjs('cpu'), { ...nothing, kernels: 4, gpuDispatches: 5 }, /5 compute/],
    ['cpu that was wasm', tfjs('cpu'), { ...wasm, kernels: 4 }, /a wasm binary was instantiated/],
    ['draws without a kernel', tfjs('webgl'), { ...nothing, webglDraws: 5, kernels: 0 }, /ran no kernel/],
  ])('%s', (_, target, evidence, words) => {
    const flaw = evidenceFlaw(evidence, target);
    expect(flaw).toMatchObject({ code: 'E_BACKEND_NOT_USED', phase: 'judge' });
    expect(flaw?.message).toMatch(words);
  });

  test('a lost device has a code of its own, whatever else was counted', () => {
    const lost = { ...wasm, gpuDispatches: 9, gpuDeviceLost: 'destroyed' };
    expect(evidenceFlaw(lost, ort('webgpu'))).toMatchObject({
      code: 'E_GPU_DEVICE_LOST',
      message: 'The GPU device was lost while ort-webgpu ran: destroyed',
    });
    expect(evidenceFlaw({ ...lost, gpuDispatches: 0 }, ort('webgpu'))?.code).toBe('E_GPU_DEVICE_LOST');
  });
});
