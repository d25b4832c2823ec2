/** What a TensorFlow.js model.json says of itself, Layers or Graph. */
import { z } from 'zod';
import type { Dtype } from '../protocol/card.js';
import { messageOf } from '../protocol/errors.js';
import { notAModel, unsupportedTensor, type ModelFacts, type TensorFacts } from './facts.js';

const weightSchema = z.looseObject({
  name: z.string(),
  shape: z.array(z.number()),
  dtype: z.string(),
  quantization: z.looseObject({ dtype: z.string() }).optional(),
});
const manifestSchema = z.array(z.looseObject({ paths: z.array(z.string()), weights: z.array(weightSchema) }));
type Weight = z.infer<typeof weightSchema>;

const tensorInfoSchema = z.looseObject({
  name: z.string().optional(),
  dtype: z.string().optional(),
  tensorShape: z
    .looseObject({ dim: z.array(z.looseObject({ size: z.union([z.string(), z.number()]).optional() })).optional() })
    .optional(),
});
type TensorInfo = z.infer<typeof tensorInfoSchema>;

const nodeSchema = z.looseObject({
  name: z.string(),
  op: z.string(),
  input: z.array(z.string()).optional(),
  attr: z.record(z.string(), z.unknown()).optional(),
});
type GraphNode = z.infer<typeof nodeSchema>;

const graphSchema = z.looseObject({
  modelTopology: z.looseObject({ node: z.array(nodeSchema) }),
  signature: z
    .looseObject({
      inputs: z.record(z.string(), tensorInfoSchema).optional(),
      outputs: z.record(z.string(), tensorInfoSchema).optional(),
    })
    .optional(),
  userDefinedMetadata: z.unknown().optional(),
});

const modelSchema = z.looseObject({
  format: z.string().optional(),
  generatedBy: z.string().nullish(),
  convertedBy: z.string().nullish(),
  modelTopology: z.record(z.string(), z.unknown()),
  weightsManifest: manifestSchema,
});

/** DataType of TensorFlow as TensorFlow.js holds it: ids of 64 bits are int32 there. */
const TYPES: Readonly<Record<string, Dtype>> = {
  DT_FLOAT: 'float32',
  DT_INT32: 'int32',
  DT_INT64: 'int32',
  DT_BOOL: 'bool',
  DT_UINT8: 'int32',
};

/**
 * @param file how model.json is called in messages
 * @throws PlumblineError `E_MODEL_FILE` for what is no model.json; `E_MODEL_TENSOR` for an input or output of a type that
 *   is not supported
 */
export function readTfjs(bytes: Uint8Array, file: string): ModelFacts {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder().decode(bytes));
  } catch (error) {
    throw notAModel(file, `is not JSON, or not all of it (${messageOf(error)})`, error);
  }
  const parsed = modelSchema.safeParse(json);
  if (!parsed.success) throw notAModel(file, 'is no TensorFlow.js model: it has no modelTopology and weightsManifest');
  const { format, generatedBy, convertedBy, weightsManifest } = parsed.data;
  const weights = weightsManifest.flatMap((group) => group.weights);
  const [tool = 'unknown', version = 'unknown'] = (convertedBy ?? generatedBy ?? '').split(/ Converter v| v(?=\d)/);
  return {
    format: 'tfjs',
    ...precisionOf(weights),
    ...(format === 'graph-model' || 'node' in parsed.data.modelTopology
      ? graphTensors(json, weights, file)
      : layersTensors(parsed.data.modelTopology, file)),
    files: [file, ...weightsManifest.flatMap((group) => group.paths)],
    producer: { tool: tool === '' ? 'unknown' : tool, version },
  };
}

type Tensors = Pick<ModelFacts, 'inputs' | 'outputs'>;

function graphTensors(json: unknown, weights: readonly Weight[], file: string): Tensors {
  const parsed = graphSchema.safeParse(json);
  if (!parsed.success) throw notAModel(file, `is no TensorFlow.js graph model (${z.prettifyError(parsed.error)})`);
  const { modelTopology, signature, userDefinedMetadata } = parsed.data;
  const nodes = modelTopology.node;
  const told = signature?.inputs !== undefined ? signature : signatureIn(userDefinedMetadata);
  const inputs = Object.entries(told?.inputs ?? fromPlaceholders(nodes));
  const outputs = Object.entries(told?.outputs ?? fromEnds(nodes));
  if (inputs.length === 0) throw notAModel(file, 'takes no input: there is nothing to run it on');
  return {
    // By the graph's own names, which the runtime always knows. `x:0`, the first output of node x, is also called `x`.
    inputs: inputs.map(([key, { name = key, ...info }]) =>
      withRange(tensorFacts('input', name.replace(/:0$/, ''), info), nodes, weights),
    ),
    outputs: outputs.map(([key, { name = key, ...info }]) => tensorFacts('output', name.replace(/:0$/, ''), info)),
  };
}

/** Older converters kept the signature among the user's own metadata. */
function signatureIn(metadata: unknown): z.infer<typeof graphSchema>['signature'] {
  const parsed = z.looseObject({ signature: graphSchema.shape.signature }).safeParse(metadata);
  return parsed.success ? parsed.data.signature : undefined;
}

function fromPlaceholders(nodes: readonly GraphNode[]): Record<string, TensorInfo> {
  const placeholders = nodes.filter((node) => node.op === 'Placeholder');
  return Object.fromEntries(placeholders.map(({ name, attr }) => [name, infoOf(name, attr)]));
}

/** Nodes that no other takes from. */
function fromEnds(nodes: readonly GraphNode[]): Record<string, TensorInfo> {
  const used = new Set(nodes.flatMap((node) => (node.input ?? []).map(nodeName)));
  const ends = nodes.filter(({ name, op }) => !used.has(name) && op !== 'NoOp' && op !== 'Const');
  return Object.fromEntries(ends.map(({ name, attr }) => [name, infoOf(name, attr)]));
}

function infoOf(name: string, attr: GraphNode['attr']): TensorInfo {
  const dtype = z.looseObject({ type: z.string() }).safeParse(attr?.dtype ?? attr?.T);
  const shape = z.looseObject({ shape: tensorInfoSchema.shape.tensorShape }).safeParse(attr?.shape);
  return {
    name,
    ...(dtype.success ? { dtype: dtype.data.type } : {}),
    ...(shape.success && shape.data.shape !== undefined ? { tensorShape: shape.data.shape } : {}),
  };
}

/** `^dense/MatMul:0` is output 0 of node `dense/MatMul`. */
const nodeName = (input: string): string => input.replace(/^\^/, '').replace(/:\d+$/, '');

function tensorFacts(
  role: 'input' | 'output',
  name: string,
  info: Pick<TensorInfo, 'dtype' | 'tensorShape'>,
): TensorFacts {
  const type = info.dtype ?? 'DT_FLOAT';
  const dtype = TYPES[type];
  if (dtype === undefined) throw unsupportedTensor(role, name, type.replace('DT_', '').toLowerCase());
  const shape = (info.tensorShape?.dim ?? []).map(({ size }) => {
    const value = Number(size ?? -1);
    return value > 0 ? value : undefined;
  });
  return { name, dtype, shape };
}

/** As for ONNX: ids must be below the rows of the table that they look up. */
function withRange(input: TensorFacts, nodes: readonly GraphNode[], weights: readonly Weight[]): TensorFacts {
  const names = new Set([nodeName(input.name)]);
  const byName = new Map(nodes.map((node) => [node.name, node]));
  let grown = true;
  while (grown) {
    grown = false;
    for (const { name, op, input: from = [] } of nodes) {
      if (!/^(Cast|Identity|Reshape|ExpandDims|Squeeze)$/.test(op) || names.has(name)) continue;
      if (!names.has(nodeName(from[0] ?? ''))) continue;
      names.add(name);
      grown = true;
    }
  }
  const rows = nodes
    .filter(({ op, input: from = [] }) => /^Gather/.test(op) && names.has(nodeName(from[1] ?? '')))
    .map(({ input: from = [] }) => {
      let table = nodeName(from[0] ?? '');
      for (let node = byName.get(table); node?.op === 'Identity'; node = byName.get(table))
        table = nodeName(node.input?.[0] ?? '');
      return weights.find((weight) => weight.name === table)?.shape[0] ?? Infinity;
    });
  const least = Math.min(...rows);
  return Number.isFinite(least) ? { ...input, range: [0, least - 1] } : input;
}

const layerSchema = z.looseObject({
  class_name: z.string(),
  config: z.looseObject({
    name: z.string(),
    dtype: z.unknown().optional(),
    batch_input_shape: z.array(z.number().nullable()).optional(),
    batch_shape: z.array(z.number().nullable()).optional(),
    input_dim: z.number().optional(),
  }),
  inbound_nodes: z.unknown().optional(),
});
type Layer = z.infer<typeof layerSchema>;
const layersSchema = z.looseObject({
  layers: z.array(layerSchema),
  input_layers: z.array(z.tuple([z.string()], z.unknown())).optional(),
  output_layers: z.array(z.tuple([z.string()], z.unknown())).optional(),
});

function layersTensors(topology: Record<string, unknown>, file: string): Tensors {
  const model = z.looseObject({ model_config: z.unknown() }).safeParse(topology);
  const parsed = z
    .looseObject({ class_name: z.string(), config: z.union([layersSchema, z.array(layerSchema)]) })
    .safeParse(model.success && model.data.model_config !== undefined ? model.data.model_config : topology);
  if (!parsed.success) throw notAModel(file, `is no TensorFlow.js Layers model (${z.prettifyError(parsed.error)})`);
  const config = Array.isArray(parsed.data.config) ? { layers: parsed.data.config } : parsed.data.config;
  const { layers } = config;
  const named = (name: string): Layer | undefined => layers.find((layer) => layer.config.name === name);
  const ends = (list: unknown): string[] =>
    Array.isArray(list) ? list.map((entry: unknown) => String(Array.isArray(entry) ? entry[0] : entry)) : [];
  const inputNames = ends('input_layers' in config ? config.input_layers : undefined);
  const outputNames = ends('output_layers' in config ? config.output_layers : undefined);
  const first = layers.find((layer) => shapeOf(layer) !== undefined);
  const inputs = (inputNames.length > 0 ? inputNames.map(named) : [first]).map((layer): TensorFacts => {
    const shape = layer === undefined ? undefined : shapeOf(layer);
    if (layer === undefined || shape === undefined) throw notAModel(file, 'does not say what its input looks like');
    const dtype: Dtype =
      layer.config.dtype === 'int32' || layer.config.dtype === 'bool' ? layer.config.dtype : 'float32';
    const embedding = embeddingOf(layer, layers);
    return {
      name: layer.config.name,
      dtype,
      shape: shape.map((size) => size ?? undefined),
      ...(embedding === undefined ? {} : { range: [0, embedding - 1] as [number, number] }),
    };
  });
  const last = layers.at(-1)?.config.name ?? 'output';
  return {
    inputs,
    outputs: (outputNames.length > 0 ? outputNames : [last]).map((name) => ({ name, dtype: 'float32', shape: [] })),
  };
}

const shapeOf = ({ config }: Layer): (number | null)[] | undefined => config.batch_input_shape ?? config.batch_shape;

/** Rows of the table that a layer's values look up: its own, or that of an Embedding right behind it. */
function embeddingOf(layer: Layer, layers: readonly Layer[]): number | undefined {
  if (layer.class_name === 'Embedding') return layer.config.input_dim;
  const behind = layers.find(
    ({ class_name, inbound_nodes }) =>
      class_name === 'Embedding' && JSON.stringify(inbound_nodes ?? '').includes(`"${layer.config.name}"`),
  );
  if (behind !== undefined) return behind.config.input_dim;
  // A Sequential's layers follow one another.
  const next = layers[layers.indexOf(layer) + 1];
  const sequential = next?.inbound_nodes === undefined;
  return sequential && next?.class_name === 'Embedding' ? next.config.input_dim : undefined;
}

function precisionOf(weights: readonly Weight[]): Pick<ModelFacts, 'precision' | 'quantization'> {
  const kinds = new Set(
    weights.flatMap(({ quantization }) => (quantization === undefined ? [] : [quantization.dtype])),
  );
  const weightOnly = (weights: 'uint8' | 'int16' | 'float16') =>
    ({ kind: 'weights', weights, activations: 'float32' }) as const;
  if (kinds.has('uint8')) return { precision: 'int8', quantization: weightOnly('uint8') };
  if (kinds.has('uint16')) return { precision: 'fp16', quantization: weightOnly('int16') };
  if (kinds.has('float16')) return { precision: 'fp16', quantization: weightOnly('float16') };
  return { precision: 'fp32' };
}
