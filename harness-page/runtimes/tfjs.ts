/** TensorFlow.js: Layers and Graph models on each of its backends. */
import * as tf from '@tensorflow/tfjs-core';
import type { MathBackendWebGL } from '@tensorflow/tfjs-backend-webgl';
import type { WebGPUBackend } from '@tensorflow/tfjs-backend-webgpu';
import type { Backend } from '../../src/protocol/cell.js';
import { PlumblineError, messageOf } from '../../src/protocol/errors.js';
import { openTfjsModel } from '../../src/protocol/tfjs-model.js';
import { pageUrl } from '../address.js';
import type { LoadedModel, ModelFiles, StartRuntime } from './adapter.js';

/** Imports the backend, which registers itself. */
const BACKENDS: Partial<Record<Backend, () => Promise<unknown>>> = {
  cpu: () => import('@tensorflow/tfjs-backend-cpu'),
  wasm: async () => {
    const { setWasmPaths } = await import('@tensorflow/tfjs-backend-wasm');
    setWasmPaths(pageUrl(PLUMBLINE_VENDOR['tfjs-wasm']));
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

/**
 * How to wait until the GPU has done what it was told to, without reading anything back. `undefined` on backends that
 * have computed by the time that they answer.
 */
function workAwaiter(): (() => Promise<void>) | undefined {
  const backend: unknown = tf.backend();
  switch (tf.getBackend()) {
    case 'webgpu': {
      const webgpu = backend as Pick<WebGPUBackend, 'device' | 'submitQueue'>;
      return async () => {
        // Commands are gathered before they are submitted.
        webgpu.submitQueue();
        await webgpu.device.queue.onSubmittedWorkDone();
      };
    }
    case 'webgl':
      return () => (backend as Pick<MathBackendWebGL, 'gpgpu'>).gpgpu.createAndWaitForFence();
    default:
      return undefined;
  }
}

async function loadModel(files: ModelFiles, threads: number | undefined): Promise<LoadedModel> {
  const tensorsBefore = tf.memory().numTensors;
  const finished = workAwaiter();
  const model = await openTfjsModel(files.entry, (name) => files.byName.get(name), files.outputs);
  return {
    provider: tf.getBackend(),
    ...(threads === undefined ? {} : { threads }),
    run: (inputs) => model.run(inputs),
    withoutReadBack: finished !== undefined,
    prepare(inputs) {
      const { run, dispatch, release } = model.prepare(inputs);
      if (finished === undefined) return { run, release };
      const runOnly = async (): Promise<void> => {
        await dispatch();
        await finished();
      };
      return { run, runOnly, release };
    },
    kernels: () => kernelsRun,
    memory() {
      const { numTensors, numBytes } = tf.memory();
      return { tensors: numTensors, tensorBytes: numBytes };
    },
    dispose() {
      model.dispose();
      const left = tf.memory().numTensors - tensorsBefore;
      return Promise.resolve(left === 0 ? [] : [`${String(left)} tensors left after dispose`]);
    },
  };
}
