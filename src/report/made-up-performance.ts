/** Made-up measurements for the tests of the reports: seeded, judged by the judge, so that their numbers fit together. */
import { judgePerformance, judgeSoak, performanceRecord, soakRecord } from '../judge/index.js';
import { parseCellId, type CellKey } from '../protocol/cell.js';
import type { Evidence } from '../protocol/observation.js';
import type { PerformanceObservation, Series, SoakObservation, Visit } from '../protocol/performance.js';
import { seeded, seedOf } from '../protocol/random.js';
import type { ResultRecord } from '../protocol/record.js';
import { madeUpFault, madeUpRecord, reasonOf } from './made-up.js';

/** Milliseconds an inference of each, on one thread of the PC. */
const SPEED: Readonly<Record<string, number>> = { lenet5: 0.21, resnet20: 9.4, vgg16: 74 };
const SIZE: Readonly<Record<string, number>> = { lenet5: 247_000, resnet20: 1_096_000, vgg16: 60_700_000 };
/** How many times slower than the PC each runtime and backend is. */
const SLOWNESS: Readonly<Record<string, number>> = {
  'ort-native': 1,
  'ort-wasm': 1.9,
  'tfjs-cpu': 31,
  'tfjs-wasm': 2.6,
  'litert-wasm': 1.6,
};

function evidenceOf({ backend, threads = 1 }: CellKey): Evidence {
  return {
    provider: backend,
    gpuDispatches: 0,
    webglDraws: 0,
    webnnDispatches: 0,
    ...(backend === 'cpu' ? { kernels: 812 } : {}),
    wasmModules: backend === 'wasm' ? [{ name: 'runtime.wasm', bytes: 12_300_000 }] : [],
    wasmMemoryBytes: backend === 'wasm' ? 33_554_432 : 0,
    workersAlive: threads - 1,
    threads,
  };
}

/** What a cell did in three visits. */
export function madeUpMeasurement(id: string, changes: Partial<PerformanceObservation> = {}): PerformanceObservation {
  const key = parseCellId(id);
  const random = seeded(seedOf(id));
  const speed = (SPEED[key.model] ?? 1) * (SLOWNESS[`${key.runtime}-${key.backend}`] ?? 2);
  const typical = (speed * (key.precision === 'int8' ? 0.7 : 1)) / ((key.threads ?? 1) > 1 ? 1.6 : 1);
  const spread = (value: number): number => value * (1 + 0.04 * random() + (random() < 0.08 ? random() : 0));
  const series = (batchSize: number, n: number): Series => ({
    batchSize,
    readBack: true,
    clockStepMs: 0.005,
    iterations: Math.max(1, Math.ceil(0.4 / (typical * batchSize))),
    warmUpMs: [9 * typical, 2 * typical, 1.1 * typical],
    steady: true,
    samplesMs: Array.from({ length: n }, () => spread(typical * batchSize * (batchSize === 1 ? 1 : 0.7))),
  });
  const calibration = (): { samplesMs: number[] } => ({ samplesMs: Array.from({ length: 5 }, () => spread(7.1)) });
  const modelBytes = Math.round((SIZE[key.model] ?? 1e6) * (key.precision === 'int8' ? 0.26 : 1));
  const visit = (turn: number): Visit => ({
    turn,
    at: `2026-11-24T12:0${String(turn)}:00.000Z`,
    httpCache: turn === 0 ? 'empty' : 'full',
    warmRuntime: false,
    phases: {
      runtimeLoadMs: turn === 0 ? 820 : 310,
      modelFetchMs: turn === 0 ? 12.5 : 1.9,
      sessionMs: 41.5,
      firstInferenceMs: 9 * typical,
      disposeMs: 2.2,
    },
    latency: series(1, 24),
    throughput: [series(16, 6)],
    calibration: { before: calibration(), after: calibration() },
    ...(turn === 0 && key.browser !== 'pc'
      ? {
          memory: [
            { point: 'empty', page: { jsHeapBytes: 3_100_000 }, processBytes: 301_000_000, yardstick: 'pss' },
            { point: 'loaded', page: { jsHeapBytes: 5_200_000 }, processBytes: 344_000_000, yardstick: 'pss' },
            {
              point: 'peak',
              page: { jsHeapBytes: 7_000_000, wasmHeapBytes: 33_554_432 },
              processBytes: 349_000_000 + 2 * modelBytes,
              yardstick: 'pss',
            },
            { point: 'disposed', page: { jsHeapBytes: 5_000_000 }, processBytes: 341_000_000, yardstick: 'pss' },
          ],
        }
      : {}),
  });
  const { cell } = madeUpRecord(id);
  return {
    schema: 1,
    kind: 'performance',
    id,
    platform: {
      runtimeVersion: cell.runtimeVersion,
      browserVersion: cell.browserVersion,
      driver: cell.driver,
      driverVersion: cell.driverVersion,
      os: cell.os,
      cpu: cell.cpu,
      gpu: cell.gpu,
    },
    outcome: 'completed',
    evidence: evidenceOf(key),
    modelBytes,
    visits: [visit(0), visit(1), visit(2)],
    ...changes,
  };
}

/** Its record, judged beside the PC's. */
export function madeUpPerformance(id: string, changes: Partial<PerformanceObservation> = {}): ResultRecord {
  const key = parseCellId(id);
  const observation = madeUpMeasurement(id, changes);
  const native =
    key.browser === 'pc'
      ? []
      : [1, 2].map((threads) =>
          madeUpMeasurement(`${key.model}/onnx-${key.precision}/ort-native-t${String(threads)}@pc`),
        );
  const runCalibration = madeUpMeasurement('lenet5/onnx-fp32/ort-wasm-t1@chromium').visits.map(
    ({ calibration }) => calibration.before,
  );
  return performanceRecord(observation, judgePerformance({ observation, native, runCalibration }));
}

/** Three models, two precisions, every CPU backend in three browsers. */
export function madeUpPerformanceRun(): ResultRecord[] {
  const records: ResultRecord[] = [];
  for (const model of Object.keys(SPEED)) {
    for (const precision of ['fp32', 'int8']) {
      for (const threads of ['t1', 't2'])
        records.push(madeUpPerformance(`${model}/onnx-${precision}/ort-native-${threads}@pc`));
      for (const target of [
        `onnx-${precision}/ort-wasm-t1`,
        `onnx-${precision}/ort-wasm-t2`,
        ...(precision === 'fp32' ? ['tfjs-fp32/tfjs-cpu', 'tfjs-fp32/tfjs-wasm'] : []),
        `tflite-${precision}/litert-wasm-t1`,
        `tflite-${precision}/litert-wasm-t2`,
      ]) {
        for (const browser of ['chromium', 'firefox', 'webkit']) {
          const id = `${model}/${target}@${browser}`;
          records.push(browser === 'webkit' && target.endsWith('t2') ? madeUpAbsence(id) : madeUpPerformance(id));
        }
      }
    }
  }
  return records;
}

function madeUpAbsence(id: string): ResultRecord {
  const words = 'SharedArrayBuffer is undefined';
  return {
    ...madeUpFault(id, reasonOf('E_BACKEND_UNAVAILABLE', words), {
      status: 'unsupported',
      probe: { available: false, words },
    }),
    kind: 'performance',
  };
}

/** What a cell did in a soak; `leak` bytes an inference are kept. */
export function madeUpSoaking(id: string, { leak = 0, differing = false } = {}): SoakObservation {
  const random = seeded(seedOf(id));
  const curve = (until: number, every: number, growth: number): SoakObservation['rounds'] =>
    Array.from({ length: until / every }, (_, i) => {
      const at = (i + 1) * every;
      return {
        at,
        page: { jsHeapBytes: Math.round(4e6 + 2e6 * random()), wasmHeapBytes: 33_554_432 },
        processBytes: Math.round(350e6 + 5e5 * random() + growth * at),
      };
    });
  return {
    schema: 1,
    kind: 'soak',
    id,
    platform: madeUpMeasurement(id).platform,
    outcome: 'completed',
    soak: {
      digests: [1, 2, 100].map((at) => ({ at, sha256: differing && at > 1 ? 'b'.repeat(64) : 'a'.repeat(64) })),
      inferences: 300,
      curve: curve(300, 5, leak),
    },
    rounds: curve(20, 1, 0),
  };
}

export function madeUpSoak(id: string, faults: { leak?: number; differing?: boolean } = {}): ResultRecord {
  const observation = madeUpSoaking(id, faults);
  return soakRecord(observation, judgeSoak({ observation }));
}
