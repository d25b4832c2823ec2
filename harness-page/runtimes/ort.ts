/** onnxruntime-web. Each backend comes from the distribution file that its users load, untouched. */
import type * as Ort from 'onnxruntime-common';
import type { Backend, Target } from '../../src/protocol/cell.js';
import { PlumblineError, messageOf } from '../../src/protocol/errors.js';
import type { TensorData } from '../../src/protocol/observation.js';
import type { OutputSpec } from '../../src/protocol/card.js';
import { fromOrtTensor, toOrtTensor } from '../../src/protocol/ort-tensors.js';
import { pageUrl } from '../address.js';
import { runOnce, type LoadedModel, type ModelFiles, type Runtime, type StartRuntime } from './adapter.js';

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
  const url = pageUrl(PLUMBLINE_VENDOR.ort + backend.file);
  const ort = (await import(url)) as typeof Ort;
  ort.env.wasm.numThreads = target.threads ?? 1;
  ort.env.logLevel = 'warning';
  const providers = executionProviders(backend.provider);
  try {
    // Never released: with its last session the native provider gives up the GPU device.
    await createTiny(ort, providers);
  } catch (error) {
    throw new PlumblineError('E_BACKEND_UNAVAILABLE', messageOf(error), { cause: error });
  }
  return createRuntime(ort, target, providers);
};

async function createTiny(
  ort: typeof Ort,
  executionProviders: Ort.InferenceSession.ExecutionProviderConfig[],
): Promise<Ort.InferenceSession> {
  const bytes = Uint8Array.from(atob(TINY_MODEL), (character) => character.charCodeAt(0));
  return await ort.InferenceSession.create(bytes, { executionProviders });
}

/** @throws when a further session of the tiny model does not give the Relu of what it is given */
async function checkTiny(
  ort: typeof Ort,
  executionProviders: Ort.InferenceSession.ExecutionProviderConfig[],
): Promise<void> {
  const session = await createTiny(ort, executionProviders);
  const input = new ort.Tensor('float32', [2], [1]);
  const { y } = await session.run({ x: input });
  const [value] = (await y?.getData()) as Float32Array;
  input.dispose();
  y?.dispose();
  await session.release();
  if (value !== 2) throw new Error(`the Relu of 2 is ${String(value)}`);
}

function executionProviders(provider: string): Ort.InferenceSession.ExecutionProviderConfig[] {
  return provider === 'webnn' ? [{ name: 'webnn', deviceType: 'cpu' }] : [provider];
}

function createRuntime(
  ort: typeof Ort,
  target: Target,
  executionProviders: Ort.InferenceSession.ExecutionProviderConfig[],
): Runtime {
  return {
    version: ort.env.versions.web ?? ort.env.versions.common,
    async loadModel(files: ModelFiles): Promise<LoadedModel> {
      const session = await ort.InferenceSession.create(files.entry, {
        executionProviders,
        externalData: externalData(files),
      });
      // The closures below must not hold `files`: nobody keeps the bytes of a model that is loaded.
      return asModel(ort, session, files.outputs, target);
    },
    check: () => checkTiny(ort, executionProviders),
  };
}

function asModel(
  ort: typeof Ort,
  session: Ort.InferenceSession,
  outputs: readonly OutputSpec[],
  { backend }: Target,
): LoadedModel {
  const onWebgpu = backend === 'webgpu' || backend === 'webgpu-jsep';
  const prepare: LoadedModel['prepare'] = (inputs) => {
    const feeds = Object.fromEntries(inputs.map((input) => [input.name, toOrtTensor(ort, input)]));
    const onGpu = onWebgpu ? runnerOnGpu(ort, session, feeds) : undefined;
    return {
      async run() {
        const results = await session.run(feeds);
        const read: TensorData[] = [];
        for (const { name } of outputs) {
          const tensor = results[name];
          if (tensor === undefined) throw withoutOutput(name, results);
          // What is on the CPU is there: waiting for it would be told as time of the inference.
          const data = tensor.location === 'cpu' ? tensor.data : await tensor.getData();
          read.push(fromOrtTensor(name, tensor, data));
        }
        for (const name in results) results[name]?.dispose();
        return read;
      },
      ...(backend === 'wasm' ? { infer: () => session.run(feeds) } : {}),
      ...(onGpu === undefined ? {} : { runOnly: onGpu.runOnly }),
      release() {
        onGpu?.release();
        for (const tensor of Object.values(feeds)) tensor.dispose();
      },
    };
  };
  return {
    provider: backend === 'webgpu-jsep' ? 'webgpu (jsep)' : (BACKENDS[backend]?.provider ?? backend),
    withoutReadBack: onWebgpu,
    prepare,
    run: (inputs) => runOnce(prepare, inputs),
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
}

interface GpuOutputs {
  readonly device: GPUDevice;
  readonly fetches: Readonly<Record<string, Ort.Tensor>>;
}

/** Inferences whose outputs go into GPU buffers, which are made by the first one, for it shows the shapes. */
function runnerOnGpu(
  ort: typeof Ort,
  session: Ort.InferenceSession,
  feeds: Record<string, Ort.Tensor>,
): { runOnly: () => Promise<void>; release: () => void } {
  let ready: GpuOutputs | undefined;
  return {
    async runOnly() {
      ready ??= await outputBuffers(ort, await session.run(feeds));
      await session.run(feeds, ready.fetches);
      await ready.device.queue.onSubmittedWorkDone();
    },
    release() {
      for (const tensor of Object.values(ready?.fetches ?? {})) tensor.dispose();
    },
  };
}

async function outputBuffers(ort: typeof Ort, results: Ort.InferenceSession.ReturnType): Promise<GpuOutputs> {
  const device = await ort.env.webgpu.device;
  const fetches: Record<string, Ort.Tensor> = {};
  for (const [name, tensor] of Object.entries(results)) {
    const { byteLength } = (await tensor.getData()) as Uint8Array;
    const buffer = device.createBuffer({
      // What kernels bind is of whole vec4s.
      size: Math.ceil(byteLength / 16) * 16,
      usage: GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST,
    });
    fetches[name] = ort.Tensor.fromGpuBuffer(buffer, {
      dataType: tensor.type as Ort.Tensor.GpuBufferDataTypes,
      dims: tensor.dims,
      dispose() {
        buffer.destroy();
      },
    });
    tensor.dispose();
  }
  return { device, fetches };
}

const withoutOutput = (name: string, results: Ort.InferenceSession.OnnxValueMapType): PlumblineError =>
  new PlumblineError(
    'E_OUTPUT_SHAPE',
    `the card names an output "${name}", the model gives ${Object.keys(results).join(', ')}`,
  );

/** Weights in files beside the model, by the name that the model has for each. */
function externalData(files: ModelFiles): { path: string; data: Uint8Array }[] {
  return [...files.byName].filter(([, bytes]) => bytes !== files.entry).map(([path, data]) => ({ path, data }));
}
