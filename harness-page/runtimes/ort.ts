/** onnxruntime-web. Each backend comes from the distribution file that its users load, untouched. */
import type * as Ort from 'onnxruntime-common';
import type { Backend, Target } from '../../src/protocol/cell.js';
import { PlumblineError, messageOf } from '../../src/protocol/errors.js';
import type { TensorData } from '../../src/protocol/observation.js';
import { fromOrtTensor } from '../../src/protocol/ort-tensors.js';
import type { LoadedModel, ModelFiles, Runtime, StartRuntime } from './adapter.js';

/** Distribution file and execution provider of each backend. */
const BACKENDS: Partial<Record<Backend, { file: string; provider: string }>> = {
  wasm: { file: 'ort.wasm.min.mjs', provider: 'wasm' },
  webgl: { file: 'ort.webgl.min.mjs', provider: 'webgl' },
  // The native provider, compiled from C++ and run through asyncify.
  webgpu: { file: 'ort.webgpu.min.mjs', provider: 'webgpu' },
  // The older provider, whose kernels are TypeScript.
  'webgpu-jsep': { file: 'ort.all.min.mjs', provider: 'webgpu' },
  webnn: { file: 'ort.all.min.mjs', provider: 'webnn' },
};

/**
 * One Relu on a float32 [1] (made by zoo/tiny_onnx.py). A first session compiles the wasm binary and asks for the GPU
 * device; this one takes that on itself, so that the session of a real model is timed alone.
 */
const TINY_MODEL = 'CAQ6MwoMCgF4EgF5IgRSZWx1EgFnWg8KAXgSCgoICAESBAoCCAFiDwoBeRIKCggIARIECgIIAUIECgAQCQ==';

export const start: StartRuntime = async (target) => {
  const backend = BACKENDS[target.backend];
  if (backend === undefined) throw new PlumblineError('E_RUNTIME_LOAD', `ort has no backend "${target.backend}"`);
  const url = new URL(PLUMBLINE_VENDOR.ort + backend.file, document.baseURI).href;
  const ort = (await import(url)) as typeof Ort;
  ort.env.wasm.numThreads = target.threads ?? 1;
  ort.env.logLevel = 'warning';
  const providers = executionProviders(backend.provider);
  try {
    const bytes = Uint8Array.from(atob(TINY_MODEL), (character) => character.charCodeAt(0));
    // Never released: with its last session the native provider gives up the GPU device.
    await ort.InferenceSession.create(bytes, { executionProviders: providers });
  } catch (error) {
    throw new PlumblineError('E_BACKEND_UNAVAILABLE', messageOf(error), { cause: error });
  }
  return createRuntime(ort, target, providers, backend.provider);
};

function executionProviders(provider: string): Ort.InferenceSession.ExecutionProviderConfig[] {
  return provider === 'webnn' ? [{ name: 'webnn', deviceType: 'cpu' }] : [provider];
}

function createRuntime(
  ort: typeof Ort,
  target: Target,
  executionProviders: Ort.InferenceSession.ExecutionProviderConfig[],
  provider: string,
): Runtime {
  return {
    version: ort.env.versions.web ?? ort.env.versions.common,
    async loadModel(files: ModelFiles): Promise<LoadedModel> {
      const session = await ort.InferenceSession.create(files.entry, {
        executionProviders,
        externalData: externalData(files),
      });
      return {
        provider: target.backend === 'webgpu-jsep' ? `${provider} (jsep)` : provider,
        async run(inputs) {
          const feeds: Record<string, Ort.Tensor> = {};
          for (const input of inputs) feeds[input.name] = toOrt(ort, input);
          const results = await session.run(feeds);
          const outputs: TensorData[] = [];
          for (const spec of files.outputs) {
            const tensor = results[spec.name];
            if (tensor === undefined) {
              throw new PlumblineError(
                'E_OUTPUT_SHAPE',
                `the card names an output "${spec.name}", the model gives ${Object.keys(results).join(', ')}`,
              );
            }
            outputs.push(fromOrtTensor(spec.name, tensor, await tensor.getData()));
          }
          for (const tensor of Object.values(results)) tensor.dispose();
          return outputs;
        },
        memory: () => ({}),
        async dispose() {
          try {
            await session.release();
            return [];
          } catch (error) {
            return [`session.release() failed: ${messageOf(error)}`];
          }
        },
      };
    },
  };
}

/** Weights in files beside the model, by the name that the model has for each. */
function externalData(files: ModelFiles): { path: string; data: Uint8Array }[] {
  return [...files.byName].filter(([, bytes]) => bytes !== files.entry).map(([path, data]) => ({ path, data }));
}

function toOrt(ort: typeof Ort, { dtype, data, shape }: TensorData): Ort.Tensor {
  return new ort.Tensor(dtype, data as Ort.Tensor.DataTypeMap[typeof dtype] & Uint8Array, [...shape]);
}
