/** Makers of what the judge's own tests judge: seeded numbers, tensors, whole cases. Used by tests alone. */
import type { OutputSpec } from '../protocol/card.js';
import type { Evidence, Observation, PlatformInfo, TensorData } from '../protocol/observation.js';
import type { AccuracyCase } from './measure.js';
import { seeded } from '../protocol/random.js';

export { seeded } from '../protocol/random.js';

export const float32 = (values: ArrayLike<number>, shape: readonly number[] = [1, values.length]): TensorData => ({
  name: 'logits',
  dtype: 'float32',
  shape,
  data: Float32Array.from(values),
});

/** Logits such as a trained classifier has: of both signs, up to about `size`, the class `label(sample)` far ahead. */
export function logits(n: number, classes: number, random: () => number, size = 10): TensorData {
  const values = Float32Array.from({ length: n * classes }, () => (random() - 0.6) * size);
  for (let sample = 0; sample < n; sample++) {
    values[sample * classes + Math.floor(random() * classes)] = size * (1 + random());
  }
  return float32(values, [n, classes]);
}

/** A copy of a float32 tensor with each element changed. */
export function mapped(tensor: TensorData, change: (value: number, position: number) => number): TensorData {
  return { ...tensor, data: Float32Array.from(tensor.data as Float32Array, change) };
}

export const evidence: Evidence = {
  provider: 'wasm',
  gpuDispatches: 0,
  webglDraws: 0,
  webnnDispatches: 0,
  wasmModules: [{ name: 'ort-wasm-simd-threaded.wasm', bytes: 13_000_000 }],
  wasmMemoryBytes: 16_777_216,
  workersAlive: 0,
  threads: 1,
};

/** Where a made-up observation comes from, in words as short as can be. */
export const platform: PlatformInfo = {
  runtimeVersion: '1',
  browserVersion: '1',
  driver: 'd',
  driverVersion: '1',
  os: 'o',
  cpu: 'c',
  gpu: 'g',
};

export function observation(changes: Partial<Observation> = {}): Observation {
  return {
    schema: 1,
    id: 'lenet5/onnx-fp32/ort-wasm-t1@firefox',
    platform: {
      runtimeVersion: '1.30.0',
      browserVersion: '153.0',
      driver: 'playwright',
      driverVersion: '1.64.1',
      os: 'Linux 6.1',
      cpu: 'a processor',
      gpu: 'llvmpipe',
    },
    outcome: 'completed',
    probe: { available: true, words: 'WebAssembly is there' },
    n: 200,
    dataset: { name: 'mnist', split: 'test', n: 10_000, sha256: '0'.repeat(64) },
    outputs: [],
    timing: { runtimeLoadMs: 12 },
    memory: {},
    evidence,
    console: [],
    ...changes,
  };
}

export const outputSpecs: OutputSpec[] = [{ name: 'logits', dtype: 'float32', shape: ['N', 10] }];

/** A cell of LeNet-5 on ort-wasm over `n` samples that passes: what the PC has, off by rounding. 250 samples on the PC. */
export function passingCase(n = 200, changes: Partial<AccuracyCase> = {}): AccuracyCase {
  const random = seeded(7);
  const baseline = logits(250, 10, random);
  const rounding = seeded(8);
  const outputs = mapped(
    { ...baseline, shape: [n, 10], data: baseline.data.slice(0, n * 10) },
    (value) => value + (rounding() - 0.5) * 8e-6,
  );
  // Right in about 98 of 100 samples.
  const labels = Uint8Array.from({ length: 250 }, (_, sample) => {
    const row = [...(baseline.data as Float32Array).subarray(sample * 10, sample * 10 + 10)];
    const best = row.indexOf(Math.max(...row));
    return random() < 0.98 ? best : (best + 1) % 10;
  });
  return {
    observation: observation({ n }),
    outputs: [outputs],
    baseline: [baseline],
    fp32: [baseline],
    labels,
    outputSpecs,
    precision: 'fp32',
    target: { runtime: 'ort', backend: 'wasm', threads: 1 },
    ...changes,
  };
}
