/** Made-up records for the tests of the reports. */
import { BROWSERS, parseCellId } from '../protocol/cell.js';
import { ERRORS, type ErrorCode, type ErrorRecord } from '../protocol/errors.js';
import type { ResultRecord } from '../protocol/record.js';

const VERSIONS = { chromium: '156.0.7444.59', firefox: '153.0', webkit: '2.50.1', pc: 'v20.20.2' };
const GPUS = {
  chromium: 'ANGLE (Google, Vulkan 1.3.0 (SwiftShader Device (Subzero) (0x0000C0DE)), SwiftShader driver)',
  firefox: 'llvmpipe, or similar',
  webkit: 'llvmpipe (LLVM 15.0.6, 256 bits)',
  pc: '',
};

export function reasonOf(code: ErrorCode, message: string, more: Partial<ErrorRecord> = {}): ErrorRecord {
  return { code, message, hint: ERRORS[code].hint, ...more };
}

/** A record that passes with 98.97 % on 10,000 samples, changed by `changes`. */
export function madeUpRecord(id: string, changes: Partial<ResultRecord> = {}): ResultRecord {
  const { threads, ...key } = parseCellId(id);
  const { browser, backend, runtime } = key;
  return {
    schema: 1,
    kind: browser === 'pc' ? 'baseline' : 'accuracy',
    id,
    cell: {
      ...key,
      threads: threads ?? 1,
      runtimeVersion: runtime === 'ort' ? '1.30.0' : '4.22.0',
      browserVersion: VERSIONS[browser],
      driver: browser === 'webkit' ? 'webdriver' : 'playwright',
      driverVersion: browser === 'webkit' ? '4.45.0' : '1.64.1',
      os: 'Debian GNU/Linux 12 (bookworm)',
      cpu: 'AMD EPYC 7R13, 2 logical CPUs',
      gpu: GPUS[browser],
    },
    status: 'pass',
    dataset: { name: 'mnist', split: 'test', n: 10_000, sha256: 'c3f1'.repeat(16) },
    accuracy: { n: 10_000, top1: 0.9897, baselineTop1: 0.9897, fp32Top1: 0.9897, agreement: 1, pValue: 1 },
    numeric: {
      maxAbs: 3.8e-6,
      maxRel: 1.2e-6,
      worst: { sample: 2130, index: 7, got: 11.204_51, want: 11.204_506 },
      nonFinite: 0,
      tolerance: { relative: 1e-4, absolute: 1e-5, name: `fp32 on ${backend}` },
      toleranceUsed: 0.031,
    },
    timing: {
      runtimeLoadMs: 812,
      modelFetchMs: 6.2,
      sessionMs: 41.5,
      firstInferenceMs: 18.9,
      inferenceMs: [9.1, 8.7, 8.8, 9.0, 12.4, 8.6],
      batchSize: 100,
      inputMs: 61,
      uploadMs: 12,
      disposeMs: 3,
      cellMs: 1_184,
      warmPage: true,
    },
    memory: { jsHeapBytes: 18_200_000, wasmHeapBytes: 33_554_432, processTreePssBytes: 412_000_000 },
    evidence: {
      provider: backend,
      gpuDispatches: backend === 'webgpu' ? 1_212 : 0,
      webglDraws: backend === 'webgl' ? 840 : 0,
      webnnDispatches: 0,
      wasmModules: backend === 'wasm' ? [{ name: 'ort-wasm-simd-threaded.wasm', bytes: 12_300_000 }] : [],
      wasmMemoryBytes: backend === 'wasm' ? 33_554_432 : 0,
      workersAlive: threads === undefined ? 0 : threads - 1,
      threads: threads ?? 1,
    },
    ...changes,
  };
}

/** A record of a cell that gave nothing to judge. */
export function madeUpFault(id: string, reason: ErrorRecord, changes: Partial<ResultRecord> = {}): ResultRecord {
  const { schema, kind, cell, dataset } = madeUpRecord(id);
  return { schema, kind, id, cell, ...(dataset === undefined ? {} : { dataset }), status: 'error', reason, ...changes };
}

/** A whole matrix in which every outcome occurs. */
export function madeUpMatrix(): ResultRecord[] {
  const records: ResultRecord[] = [];
  for (const model of ['lenet1', 'lenet5']) {
    records.push(madeUpRecord(`${model}/onnx-fp32/ort-native@pc`), madeUpRecord(`${model}/tfjs-fp32/tfjs-cpu@pc`));
    for (const browser of BROWSERS) {
      for (const target of ['ort-wasm-t1', 'ort-wasm-t2', 'ort-webgl', 'ort-webgpu', 'ort-webgpu-jsep', 'ort-webnn']) {
        records.push(madeUpRecord(`${model}/onnx-fp32/${target}@${browser}`));
      }
      records.push(madeUpRecord(`${model}/onnx-fp32-b100/ort-webgl@${browser}`));
      for (const target of ['tfjs-cpu', 'tfjs-wasm', 'tfjs-webgl', 'tfjs-webgpu']) {
        records.push(madeUpRecord(`${model}/tfjs-fp32/${target}@${browser}`));
      }
    }
  }
  const part = { n: 3_200, top1: 0.9888, baselineTop1: 0.9888, fp32Top1: 0.9888, agreement: 1, pValue: 1 };
  return records.map((record): ResultRecord => {
    const { id, cell } = record;
    if (cell.backend === 'webnn') {
      return madeUpFault(id, reasonOf('E_BACKEND_UNAVAILABLE', 'navigator.ml is undefined'), {
        status: 'unsupported',
        probe: { available: false, words: 'navigator.ml is undefined' },
      });
    }
    if (cell.browser === 'webkit' && (cell.backend.startsWith('webgpu') || cell.threads === 2)) {
      return madeUpFault(id, reasonOf('E_BACKEND_UNAVAILABLE', 'navigator.gpu is undefined'), {
        status: 'unsupported',
        probe: { available: false, words: 'navigator.gpu is undefined' },
      });
    }
    if (cell.backend === 'webgl' && cell.runtime === 'ort' && cell.variant === undefined) {
      const message = "check failed: expected shape '[,1,28,28]' but got [100,1,28,28]";
      return madeUpFault(id, reasonOf('E_RUN', message, { phase: 'run' }), {
        expectation: {
          status: 'error',
          code: 'E_RUN',
          reason: 'the webgl provider takes no symbolic batch dimension',
          link: 'https://github.com/microsoft/onnxruntime/issues/13909',
          met: true,
        },
      });
    }
    if (id === 'lenet5/onnx-fp32/ort-webgpu@firefox') {
      return {
        ...record,
        status: 'fail',
        reason: reasonOf('E_ACCURACY', 'top-1 is 11.35% against 98.88% on the PC over 3,200 samples (p < 1e-300)', {
          phase: 'judge',
        }),
        accuracy: { n: 3_200, top1: 0.1135, baselineTop1: 0.9888, fp32Top1: 0.9888, agreement: 0.1128, pValue: 1e-300 },
        finding: `findings/${id}`,
      };
    }
    if (id === 'lenet1/tfjs-fp32/tfjs-webgl@webkit') {
      return {
        ...record,
        status: 'fail',
        reason: reasonOf('E_NUMERIC', 'sample 4, element 2: got 3.1251, want 3.1187, 41 times the tolerance', {
          phase: 'judge',
        }),
        finding: `findings/${id}`,
      };
    }
    if (id === 'lenet1/onnx-fp32/ort-webgpu-jsep@chromium') {
      const reason = reasonOf('E_BROWSER_CRASHED', 'the browser process ended with SIGKILL in mid-run', {
        phase: 'run',
      });
      return madeUpFault(id, reason, { finding: `findings/${id}` });
    }
    if (id === 'lenet5/tfjs-fp32/tfjs-cpu@webkit') {
      return madeUpFault(id, reasonOf('E_NOT_RUN', 'the run was interrupted before the cell began'), {
        status: 'skipped',
      });
    }
    return cell.backend.startsWith('webgpu') ? { ...record, accuracy: part } : record;
  });
}

const ARTIFACTS = {
  onnx: ['fp32', 'fp32-b100', 'fp16', 'int8-dynamic', 'int8-qdq'],
  tfjs: ['fp32', 'fp32-graph', 'fp16-graph', 'int8-graph'],
  tflite: ['fp32', 'fp16', 'int8-dynamic', 'int8-full'],
} as const;

const ZOO_TARGETS = {
  onnx: ['ort-wasm-t1', 'ort-wasm-t2', 'ort-webgl', 'ort-webgpu', 'ort-webgpu-jsep', 'ort-webnn'],
  tfjs: ['tfjs-cpu', 'tfjs-wasm', 'tfjs-webgl', 'tfjs-webgpu'],
  tflite: ['litert-wasm', 'litert-webgpu'],
} as const;

const PC_TARGETS = { onnx: 'ort-native', tfjs: 'tfjs-cpu', tflite: 'litert-native' } as const;

/** What quantization costs in it: half a point with int8, nothing with fp16. */
function madeUpQuantized(record: ResultRecord): ResultRecord {
  const { cell } = record;
  if (cell.precision === 'fp32') return record;
  const lost = cell.precision === 'int8' ? 0.005 : 0;
  const n = record.accuracy?.n ?? 0;
  const labels = cell.model !== 'textrnn-gru';
  return {
    ...record,
    ...(labels && record.accuracy !== undefined
      ? { accuracy: { ...record.accuracy, top1: 0.9897 - lost, baselineTop1: 0.9897 - lost } }
      : {}),
    quantization: {
      loss: {
        n,
        ...(labels ? { difference: -lost, pValue: lost > 0 ? 0.002 : 1 } : {}),
        agreement: 0.99,
        distance: 0.024,
      },
      drift: { n, ...(labels ? { difference: 0, pValue: 1 } : {}), agreement: 1, distance: 2.1e-5 },
      moved: lost > 0 ? 'quantization' : 'none',
      words:
        'Quantization costs 0.50 points on the PC (p = 0.002), it agrees with the original on 99 % of 1000 samples.',
    },
  };
}

/** Six models, three formats, all that the suite may have: about 900 cells, with labels, without and in part. */
export function madeUpZoo(): ResultRecord[] {
  const records: ResultRecord[] = [];
  for (const model of ['lenet1', 'lenet5', 'resnet20', 'textrnn-gru', 'textrnn-lstm', 'vgg16']) {
    for (const format of ['onnx', 'tfjs', 'tflite'] as const) {
      for (const artifact of ARTIFACTS[format]) {
        const places = [
          `${PC_TARGETS[format]}@pc`,
          ...BROWSERS.flatMap((browser) => ZOO_TARGETS[format].map((target) => `${target}@${browser}`)),
        ];
        for (const place of places)
          records.push(madeUpQuantized(madeUpRecord(`${model}/${format}-${artifact}/${place}`)));
      }
    }
  }
  return records
    .map(zooOutcome)
    .map((record) =>
      record.cell.model === 'textrnn-gru' && record.accuracy !== undefined ? withoutLabels(record) : record,
    );
}

/** As of a dataset that could not be had. */
function withoutLabels(record: ResultRecord): ResultRecord {
  const left = { ...record };
  delete left.accuracy;
  return {
    ...left,
    dataset: { name: 'imdb', split: 'generated', n: 100, sha256: 'c3f1'.repeat(16), generated: true },
    agreement: { n: 100, share: 1, flips: 0, beyondTies: 0 },
  };
}

function zooOutcome(record: ResultRecord): ResultRecord {
  const { id, cell } = record;
  const { browser, backend } = cell;
  if (browser === 'pc') return record;
  const absent = (words: string): ResultRecord =>
    madeUpFault(id, reasonOf('E_BACKEND_UNAVAILABLE', words), {
      status: 'unsupported',
      probe: { available: false, words },
    });
  if (backend === 'webnn') return absent('navigator.ml is undefined');
  if (browser === 'webkit' && backend.startsWith('webgpu')) return absent('navigator.gpu is undefined');
  if (browser === 'webkit' && cell.threads === 2) return absent('SharedArrayBuffer is undefined');
  const expectation = {
    status: 'error',
    code: 'E_MODEL_LOAD',
    reason: 'onnxruntime-web’s webgl provider has no kernels of less than fp32',
    link: 'https://github.com/microsoft/onnxruntime/issues/13909',
    met: true,
  } as const;
  if (backend === 'webgl' && cell.runtime === 'ort' && cell.precision !== 'fp32') {
    return madeUpFault(id, reasonOf('E_MODEL_LOAD', 'cannot resolve operator QLinearConv'), { expectation });
  }
  if (id.includes('int8-qdq/ort-webgpu-jsep')) {
    const top1 = 0.0981;
    return {
      ...record,
      status: 'fail',
      reason: reasonOf('E_NUMERIC', 'logit 4 of sample 0 is 1129944000, the PC has 0'),
      ...(record.accuracy === undefined
        ? {}
        : { accuracy: { ...record.accuracy, n: 300, top1, baselineTop1: 0.9847 } }),
      ...(record.quantization === undefined
        ? {}
        : {
            quantization: {
              ...record.quantization,
              moved: 'both',
              side: 'browser',
              words:
                'The browser loses another 88.66 points on the PC running the same artifact (p = 0). It is the browser that moved.',
            },
          }),
      ...(browser === 'firefox'
        ? {
            expectation: {
              ...expectation,
              status: 'fail',
              code: 'E_NUMERIC',
              reason: 'the older WebGPU provider dequantizes wrong',
            },
          }
        : { finding: `findings/${id}` }),
    };
  }
  const part = backend.startsWith('web') ? { n: 3_200 } : {};
  const survivors = cell.precision === 'int8' ? [{ mutant: 'one logit negated', reason: 'it is 0.001' }] : [];
  return {
    ...record,
    ...(record.accuracy === undefined ? {} : { accuracy: { ...record.accuracy, ...part } }),
    teeth: {
      killed: 8 - survivors.length,
      total: 8,
      tried: [
        'one logit negated',
        'two classes swapped',
        'shifted by one sample',
        'scaled by 1.01',
        'zeroed',
        'one NaN',
        'top-1 flipped in 0.5 % of samples',
        'one wrong weight',
      ],
      survivors,
    },
  };
}
