/** The runtime-backends there are, and which formats each of them reads. */
import { type Backend, type Format, type Target } from '../protocol/cell.js';

const ORT: readonly Target[] = [
  { runtime: 'ort', backend: 'wasm', threads: 1 },
  { runtime: 'ort', backend: 'wasm', threads: 2 },
  { runtime: 'ort', backend: 'webgl' },
  { runtime: 'ort', backend: 'webgpu' },
  { runtime: 'ort', backend: 'webgpu-jsep' },
  { runtime: 'ort', backend: 'webnn' },
];

const TFJS: readonly Target[] = [
  { runtime: 'tfjs', backend: 'cpu' },
  { runtime: 'tfjs', backend: 'wasm' },
  { runtime: 'tfjs', backend: 'webgl' },
  { runtime: 'tfjs', backend: 'webgpu' },
];

const LITERT: readonly Target[] = [
  { runtime: 'litert', backend: 'wasm', threads: 1 },
  { runtime: 'litert', backend: 'wasm', threads: 2 },
  { runtime: 'litert', backend: 'webgpu' },
];

export const TARGETS: Readonly<Record<Format, readonly Target[]>> = { onnx: ORT, tfjs: TFJS, tflite: LITERT };

/** The npm package whose version is a runtime's version. */
export const RUNTIME_PACKAGES = { ort: 'onnxruntime-web', tfjs: '@tensorflow/tfjs', litert: '@litertjs/core' } as const;

const GPU: readonly Backend[] = ['webgl', 'webgpu', 'webgpu-jsep', 'webnn'];

/** Whether the runtime computes on workers that it starts itself, from wherever it runs. */
export function startsWorkers({ runtime, backend, threads = 1 }: Target): boolean {
  return threads > 1 || (runtime === 'tfjs' && backend === 'wasm');
}

export function isGpu(target: Target): boolean {
  return GPU.includes(target.backend);
}
