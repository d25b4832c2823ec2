/** TensorFlow.js: Layers and Graph models on each of its backends. */
import * as tf from '@tensorflow/tfjs-core';
import { loadGraphModel } from '@tensorflow/tfjs-converter';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import type { Backend } from '../../src/protocol/cell.js';
import { PlumblineError, messageOf } from '../../src/protocol/errors.js';
import type { TensorData } from '../../src/protocol/observation.js';
import type { LoadedModel, ModelFiles, StartRuntime } from './adapter.js';

/** Imports the backend, which registers itself. */
const BACKENDS: Partial<Record<Backend, () => Promise<unknown>>> = {
  cpu: () => import('@tensorflow/tfjs-backend-cpu'),
  wasm: async () => {
    const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
    setWasmPaths(new URL(PLUMBLINE_VENDOR['tfjs-wasm'], document.baseURI).href);
  },
  webgl: () => import('@tensorflow/tfjs-backend-webgl'),
  webgpu: () => import('@tensorflow/tfjs-backend-webgpu'),
};

let kernelsRun = 0;

export const start: StartRuntime = async (target) => {
  const load = BACKENDS[target.backend];
  if (load === undefined) throw new PlumblineError('E_RUNTIME_LOAD', `tfjs has no backend "${target.backend}"`);
  await load();
  let started: boolean;
  try {
    started = await tf.setBackend(target.backend);
    await tf.ready();
  } catch (error) {
    throw new PlumblineError('E_BACKEND_UNAVAILABLE', messageOf(error), { cause: error });
  }
  // setBackend answers false where it could not, and ready() may then have settled for another.
  if (!started || tf.getBackend() !== target.backend) {
    throw new PlumblineError(
      'E_BACKEND_UNAVAILABLE',
      `tf.setBackend("${target.backend}") left the backend at "${tf.getBackend()}"`,
    );
  }
  countKernels(target.backend);
  const threads = target.backend === 'wasm' ? await wasmThreads() : undefined;
  return { version: PLUMBLINE_TFJS_VERSION, loadModel: (files) => loadModel(files, threads) };
};

/** The wasm backend sets its threads by itself; without SharedArrayBuffer it has one, and does not tell. */
async function wasmThreads(): Promise<number> {
  const { getThreadsCount } = await import('@tensorflow/tfjs-backend-wasm');
  try {
    return Math.max(1, getThreadsCount());
  } catch {
    return 1;
  }
}

/** Wraps each kernel of the backend, so that what it ran is counted and not assumed. */
function countKernels(backend: string): void {
  for (const config of tf.getKernelsForBackend(backend)) {
    const original = config.kernelFunc;
    config.kernelFunc = (parameters) => {
      kernelsRun++;
      return original(parameters);
    };
  }
}

async function loadModel(files: ModelFiles, threads: number | undefined): Promise<LoadedModel> {
  const tensorsBefore = tf.memory().numTensors;
  const json = parseModelJson(files.entry);
  const handler: tf.io.IOHandler = {
    load: () => tf.io.getModelArtifactsForJSON(json, (manifest) => Promise.resolve(readWeights(manifest, files))),
  };
  const layers = json.format !== 'graph-model';
  const model = layers ? await loadLayersModel(handler) : await loadGraphModel(handler);
  const [input] = files.inputs;
  return {
    provider: tf.getBackend(),
    ...(threads === undefined ? {} : { threads }),
    async run(inputs) {
      const fed = inputs.map((tensor) => toTf(tensor));
      const named = Object.fromEntries(inputs.map((tensor, index) => [tensor.name, fed[index] as tf.Tensor]));
      const result = layers
        ? tf.tidy(() => model.predict(fed.length === 1 ? (fed[0] as tf.Tensor) : fed))
        : await (model as Awaited<ReturnType<typeof loadGraphModel>>).executeAsync(
            named,
            files.outputs.map((output) => output.name),
          );
      const tensors = (Array.isArray(result) ? result : [result]) as tf.Tensor[];
      if (tensors.length !== files.outputs.length) {
        throw new PlumblineError(
          'E_OUTPUT_SHAPE',
          `the card names ${String(files.outputs.length)} outputs, the model gives ${String(tensors.length)}`,
        );
      }
      const outputs = await Promise.all(
        tensors.map((tensor, index) => fromTf(files.outputs[index]?.name ?? '', tensor)),
      );
      tf.dispose([...fed, ...tensors]);
      return outputs;
    },
    kernels: () => kernelsRun,
    memory() {
      const { numTensors, numBytes } = tf.memory();
      return { tensors: numTensors, tensorBytes: numBytes };
    },
    dispose() {
      model.dispose();
      const left = tf.memory().numTensors - tensorsBefore;
      return Promise.resolve(
        left === 0 ? [] : [`${String(left)} tensors left after dispose (input "${input?.name ?? ''}")`],
      );
    },
  };
}

function parseModelJson(entry: Uint8Array): tf.io.ModelJSON {
  try {
    return JSON.parse(new TextDecoder().decode(entry)) as tf.io.ModelJSON;
  } catch (error) {
    throw new PlumblineError('E_MODEL_LOAD', `model.json is not JSON: ${messageOf(error)}`, { cause: error });
  }
}

function readWeights(
  manifest: tf.io.WeightsManifestConfig,
  files: ModelFiles,
): [tf.io.WeightsManifestEntry[], ArrayBuffer] {
  const parts = manifest.flatMap((group) =>
    group.paths.map((path) => {
      const bytes = files.byName.get(path);
      if (bytes === undefined)
        throw new PlumblineError('E_MODEL_LOAD', `model.json names ${path}, which the card does not list`);
      return bytes;
    }),
  );
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    joined.set(part, offset);
    offset += part.byteLength;
  }
  return [manifest.flatMap((group) => group.weights), joined.buffer];
}

function toTf({ dtype, data, shape }: TensorData): tf.Tensor {
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') {
    throw new PlumblineError('E_CARD', `tfjs takes float32, int32 and bool inputs, not ${dtype}`);
  }
  return tf.tensor(data as Float32Array | Int32Array | Uint8Array, [...shape], dtype);
}

async function fromTf(name: string, tensor: tf.Tensor): Promise<TensorData> {
  const { dtype } = tensor;
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') {
    throw new PlumblineError('E_OUTPUT_SHAPE', `output "${name}" is of type ${dtype}, which is not supported`);
  }
  return { name, dtype, shape: [...tensor.shape], data: await tensor.data<typeof dtype>() };
}
