/**
 * A TF.js model, Layers or Graph, on whatever backend is set: the page and the PC baseline load and run it by this very
 * code.
 */
import * as tf from '@tensorflow/tfjs-core';
import { loadGraphModel, type GraphModel } from '@tensorflow/tfjs-converter';
import { loadLayersModel, type LayersModel } from '@tensorflow/tfjs-layers';
import type { OutputSpec } from './card.js';
import { PlumblineError, messageOf } from './errors.js';
import type { TensorData } from './observation.js';

export interface TfjsModel {
  /** One inference, outputs in the order of the card. Leaves no tensor behind. */
  run(inputs: readonly TensorData[]): Promise<TensorData[]>;
  /** Holds inputs as tensors of the backend, to be inferred again and again. */
  prepare(inputs: readonly TensorData[]): TfjsPrepared;
  dispose(): void;
}

export interface TfjsPrepared {
  /** One inference, outputs in the order of the card. Leaves no tensor behind. */
  readonly run: () => Promise<TensorData[]>;
  /** The same, but the outputs are handed to nobody: whatever the backend still has to do is not waited for. */
  readonly dispatch: () => Promise<void>;
  /** Disposes of the inputs. */
  readonly release: () => void;
}

/**
 * @param entry the bytes of model.json
 * @param fileNamed the bytes of the weight file of a name; `undefined` where the artifact does not list it
 * @throws PlumblineError `E_MODEL_LOAD` when model.json is no JSON or names a file that is not listed
 */
export async function openTfjsModel(
  entry: Uint8Array,
  fileNamed: (name: string) => Uint8Array | undefined,
  outputs: readonly OutputSpec[],
): Promise<TfjsModel> {
  const json = parseModelJson(entry);
  const handler: tf.io.IOHandler = {
    load: () => tf.io.getModelArtifactsForJSON(json, (manifest) => Promise.resolve(readWeights(manifest, fileNamed))),
  };
  const names = outputs.map(({ name }) => name);
  if (json.format === 'graph-model') {
    const model = await loadGraphModel(handler);
    return asModel(model, graphPredictor(model, names), names);
  }
  const model = await loadLayersModel(handler);
  return asModel(model, layersPredictor(model, names), names);
}

function asModel(model: GraphModel | LayersModel, predict: Predictor, names: readonly string[]): TfjsModel {
  const prepare = preparer(predict, names);
  return {
    prepare,
    async run(inputs) {
      const prepared = prepare(inputs);
      try {
        return await prepared.run();
      } finally {
        prepared.release();
      }
    },
    dispose() {
      model.dispose();
    },
  };
}

/** From input tensors (disposed of by the caller) to output tensors, in the order of the card. */
type Predictor = (fed: readonly tf.Tensor[], names: readonly string[]) => Promise<tf.Tensor[]>;

function preparer(predict: Predictor, names: readonly string[]): TfjsModel['prepare'] {
  return (inputs) => {
    const fed = inputs.map(toTf);
    const fedNames = inputs.map(({ name }) => name);
    return {
      async run() {
        const tensors = await predict(fed, fedNames);
        try {
          if (tensors.length !== names.length) {
            throw new PlumblineError(
              'E_OUTPUT_SHAPE',
              `the card names ${String(names.length)} outputs, the model gives ${String(tensors.length)}`,
            );
          }
          return await Promise.all(tensors.map((tensor, index) => fromTf(names[index] ?? '', tensor)));
        } finally {
          tf.dispose(tensors);
        }
      },
      async dispatch() {
        tf.dispose(await predict(fed, fedNames));
      },
      release() {
        tf.dispose(fed);
      },
    };
  };
}

/** Layers models are fed by position; a card that uses their own names may list them in another order. */
function layersPredictor(model: LayersModel, names: readonly string[]): Predictor {
  return (fed, inputNames) => {
    const ordered = arrange(fed, inputNames, model.inputNames);
    const result = tf.tidy(() => model.predict(ordered.length === 1 ? (ordered[0] as tf.Tensor) : ordered));
    return Promise.resolve(arrange(asList(result), model.outputNames, names));
  };
}

/** Puts `items`, which have the names `given`, into the order of `wanted`; leaves them where the names are others. */
function arrange<T>(items: readonly T[], given: readonly string[], wanted: readonly string[]): T[] {
  const places = wanted.map((name) => given.indexOf(name));
  if (places.length !== items.length || places.some((place) => !(place in items))) return [...items];
  return places.map((place) => items[place] as T);
}

/** Graph models are fed by name. Those with control flow, or ops whose output's size depends on the data, run asynchronously. */
function graphPredictor(model: GraphModel, names: readonly string[]): Predictor {
  let asynchronous = false;
  return async (fed, inputNames) => {
    const named = Object.fromEntries(inputNames.map((name, index) => [name, fed[index] as tf.Tensor]));
    if (!asynchronous) {
      try {
        return asList(model.execute(named, [...names]));
      } catch (error) {
        // The executor finds such ops before it runs anything, and says which call takes them.
        if (!(error instanceof Error) || !error.message.includes('executeAsync')) throw error;
        asynchronous = true;
      }
    }
    return asList(await model.executeAsync(named, [...names]));
  };
}

const asList = (result: tf.Tensor | tf.Tensor[]): tf.Tensor[] => (Array.isArray(result) ? result : [result]);

function parseModelJson(entry: Uint8Array): tf.io.ModelJSON {
  try {
    return JSON.parse(decodeUtf8(entry)) as tf.io.ModelJSON;
  } catch (error) {
    throw new PlumblineError('E_MODEL_LOAD', `model.json is not JSON: ${messageOf(error)}`, { cause: error });
  }
}

const decodeUtf8 = (bytes: Uint8Array): string => tf.util.decodeString(bytes, 'utf-8');

function readWeights(
  manifest: tf.io.WeightsManifestConfig,
  fileNamed: (name: string) => Uint8Array | undefined,
): [tf.io.WeightsManifestEntry[], ArrayBuffer] {
  const parts = manifest.flatMap((group) =>
    group.paths.map((path) => {
      const bytes = fileNamed(path.split('/').at(-1) ?? path);
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

/** tf.js holds no other types: what the card calls int64 or uint8 cannot be fed. */
function toTf({ name, dtype, data, shape }: TensorData): tf.Tensor {
  if (dtype !== 'float32' && dtype !== 'int32' && dtype !== 'bool') {
    throw new PlumblineError('E_CARD', `input "${name}" is ${dtype}: TensorFlow.js has float32, int32 and bool alone`, {
      hint: 'Give the artifact inputs of its own in model.json: int32 for ids, float32 for the rest.',
    });
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
