/** LiteRT.js: .tflite models on wasm (XNNPACK) and on its WebGPU delegate. */
import {
  Tensor,
  getWebGpuDevice,
  loadAndCompile,
  loadLiteRt,
  supportsFeature,
  type CompileOptions,
  type CompiledModel,
  type TensorDetails,
  type TypedArray,
} from '@litertjs/core';
import type { Backend, Target } from '../../src/protocol/cell.js';
import { PlumblineError, messageOf } from '../../src/protocol/errors.js';
import type { TensorData } from '../../src/protocol/observation.js';
import { pageUrl } from '../address.js';
import { runOnce, type LoadedModel, type ModelFiles, type StartRuntime } from './adapter.js';
import { Journal, delegationIn, failuresIn } from './litert-log.js';
import { TINY_TFLITE } from './litert-tiny.js';

const BACKENDS: readonly Backend[] = ['wasm', 'webgpu'];

type Options = CompileOptions & { readonly accelerator: 'wasm' | 'webgpu' };

const journal = new Journal();

export const start: StartRuntime = async (target) => {
  if (!BACKENDS.includes(target.backend))
    throw new PlumblineError('E_RUNTIME_LOAD', `litert has no backend "${target.backend}"`);
  await loadWasm(target);
  const options: Options = {
    accelerator: target.backend as Options['accelerator'],
    ...(target.threads === undefined ? {} : { cpuOptions: { numThreads: target.threads } }),
  };
  try {
    await warmUp(options);
  } catch (error) {
    throw new PlumblineError('E_BACKEND_UNAVAILABLE', messageOf(error), { cause: error });
  }
  return {
    version: PLUMBLINE_LITERT_VERSION,
    loadModel: (files) => loadModel(files, options),
    check: () => warmUp(options),
  };
};

/**
 * Loads one of the four wasm builds. LiteRT.js itself takes the one without relaxed SIMD where the browser lacks that; it
 * is to be told of threads, and of JSPI, without which it cannot share a model between GPU and CPU.
 */
async function loadWasm({ backend, threads = 1 }: Target): Promise<void> {
  const folder = pageUrl(PLUMBLINE_VENDOR.litert);
  // Emscripten's own way of options; the loader takes it from here.
  Reflect.set(globalThis, 'Module', { ...journal.printers, ...placesIn(folder) });
  try {
    await loadLiteRt(folder, {
      threads: threads > 1,
      jspi: backend === 'webgpu' && (await supportsFeature('jspi')),
    });
  } catch (thrown) {
    // A script element tells by an event that it could not be loaded, and why to no one.
    const message = thrown instanceof Event ? `a script of ${folder} could not be loaded` : messageOf(thrown);
    throw new PlumblineError('E_RUNTIME_LOAD', message, { cause: thrown });
  }
}

/**
 * Where the files are, for a worker: there, a script that was loaded does not know whence, and takes the worker's own
 * script for itself.
 */
function placesIn(folder: string): object {
  if (typeof document !== 'undefined') return {};
  return {
    locateFile: (file: string) => new URL(file, folder).href,
    mainScriptUrlOrBlob: new URL('litert_wasm_threaded_internal.js', folder).href,
  };
}

/** The model is deleted again: on the threaded build a model that lives keeps threads of the pool. */
async function warmUp(options: Options): Promise<void> {
  const model = await loadAndCompile(
    Uint8Array.from(atob(TINY_TFLITE), (character) => character.charCodeAt(0)),
    options,
  );
  const input = new Tensor(new Float32Array(1), [1]);
  await infer(model, [input]);
  input.delete();
  model.delete();
}

/**
 * One inference.
 * @returns the outputs in the model's order, copied into memory of the page's own
 */
async function infer(model: CompiledModel, inputs: Tensor[]): Promise<Omit<TensorData, 'name'>[]> {
  const outputs = await compute(model, inputs);
  try {
    // At once: each one's way from the GPU takes its time.
    return await Promise.all(
      outputs.map(async (tensor) => ({
        dtype: tensor.type.dtype,
        shape: [...tensor.type.layout.dimensions],
        data: await tensor.data(),
      })),
    );
  } finally {
    for (const tensor of outputs) tensor.delete();
  }
}

/** One inference. @returns the outputs where they are, to be deleted */
async function compute(model: CompiledModel, inputs: Tensor[]): Promise<Tensor[]> {
  const outputs = await model.run(inputs).catch((error: unknown) => {
    throw explained(error);
  });
  const failures = failuresIn(journal.take());
  if (failures.length === 0) return outputs;
  for (const tensor of outputs) tensor.delete();
  throw new PlumblineError(
    'E_RUN',
    `LiteRT.js gave outputs, but printed that it had not computed them: ${failures.join(' ')}`,
  );
}

/** One inference whose outputs stay on the GPU. */
async function computeOnGpu(model: CompiledModel, inputs: Tensor[]): Promise<void> {
  const outputs = await compute(model, inputs);
  await getWebGpuDevice()?.queue.onSubmittedWorkDone();
  for (const tensor of outputs) tensor.delete();
}

async function loadModel(files: ModelFiles, options: Options): Promise<LoadedModel> {
  journal.take();
  const model = await compile(files.entry, options);
  try {
    const provider = providerOf(model, options);
    const inputs = match('input', model.getInputDetails(), files.inputs);
    const outputs = match('output', files.outputs, model.getOutputDetails());
    const names = files.outputs.map(({ name }) => name);
    const onGpu = options.accelerator === 'webgpu';
    const prepare: LoadedModel['prepare'] = (given) => {
      const fed = inputs.map((index) => toLiteRt(given[index] as TensorData));
      journal.take();
      return {
        async run() {
          const results = await infer(model, fed);
          return outputs.map((index, at) => ({
            name: names[at] ?? '',
            ...(results[index] as Omit<TensorData, 'name'>),
          }));
        },
        ...(onGpu ? { runOnly: () => computeOnGpu(model, fed) } : {}),
        release() {
          for (const tensor of fed) tensor.delete();
        },
      };
    };
    return {
      provider,
      prepare,
      withoutReadBack: onGpu,
      run: (given) => runOnce(prepare, given),
      memory: () => ({}),
      dispose() {
        try {
          model.delete();
          return Promise.resolve([]);
        } catch (error) {
          return Promise.resolve([`model.delete() failed: ${messageOf(error)}`]);
        }
      },
    };
  } catch (error) {
    model.delete();
    throw error;
  }
}

async function compile(bytes: Uint8Array, options: Options): Promise<CompiledModel> {
  try {
    return await loadAndCompile(bytes, options);
  } catch (thrown) {
    const error = explained(thrown);
    if (error !== thrown || !messageOf(error).startsWith(UNREADABLE)) throw error;
    const isTflite = new TextDecoder().decode(bytes.subarray(4, 8)) === 'TFL3';
    const what = isTflite
      ? 'is damaged or cut short'
      : 'is no .tflite file, for it lacks the identifier "TFL3" at its fifth byte';
    throw new Error(`${UNREADABLE}: the file of ${String(bytes.length)} bytes ${what}`, { cause: thrown });
  }
}

/** All that LiteRT.js throws of a file that it cannot read. */
const UNREADABLE = 'Failed to load model from buffer';

/** What is thrown may tell only that, or where in the runtime's own sources, something failed: what did was printed. */
function explained(error: unknown): unknown {
  const message = messageOf(error);
  const printed = failuresIn(journal.take());
  const vague = /^(ERROR: \[|Aborted\()/.test(message) || message.startsWith(UNREADABLE);
  return vague && printed.length > 0 ? new Error(`${printed.join(' ')} (${message})`, { cause: error }) : error;
}

/**
 * What computes the model.
 * @throws PlumblineError `E_BACKEND_NOT_USED` when that is the CPU where the GPU was asked for: LiteRT.js falls back
 *   with a word on the console alone
 */
function providerOf(model: CompiledModel, { accelerator }: Options): string {
  const delegation = delegationIn(journal.take());
  if (accelerator === 'wasm') return 'wasm';
  if (model.options.accelerator !== accelerator || delegation?.gpu === 0) {
    const why = delegation === undefined ? '' : `, for its GPU delegate refused ${delegation.refusals.join('; ')}`;
    throw new PlumblineError('E_BACKEND_NOT_USED', `LiteRT.js fell back to wasm for the whole model${why}`);
  }
  if (delegation === undefined) return model.isFullyAccelerated ? accelerator : `${accelerator}, and wasm in part`;
  const { gpu, cpu, refusals } = delegation;
  return `${accelerator} for ${String(gpu)} of ${String(gpu + cpu)} operations, wasm for the others (${refusals.join('; ')})`;
}

type Named = Pick<TensorDetails, 'name'>;

/**
 * Finds each of `wanted` in `there` by its name; by its place where the model has no names.
 * @returns indices into `there`, one a tensor that is wanted
 * @throws PlumblineError `E_CARD` when the card and the model do not name the same
 */
function match(what: 'input' | 'output', wanted: readonly Named[], there: readonly Named[]): number[] {
  const nameless = [...wanted, ...there].some(({ name }) => name === '');
  return wanted.map(({ name }, place) => {
    const index = nameless ? place : there.findIndex((other) => other.name === name);
    if (there[index] !== undefined) return index;
    const names = (list: readonly Named[]): string => list.map((each) => `"${each.name}"`).join(', ') || 'none';
    const [model, card] = what === 'input' ? [wanted, there] : [there, wanted];
    throw new PlumblineError('E_CARD', `the model's ${what}s are ${names(model)}; the card says ${names(card)}`);
  });
}

function toLiteRt({ data, shape }: TensorData): Tensor {
  // LiteRT.js knows three classes of arrays, and refuses the others in words of its own.
  return new Tensor(data as TypedArray, [...shape]);
}
