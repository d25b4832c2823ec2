/** What an ONNX file says of itself. */
import protobuf from 'protobufjs';
import { messageOf } from '../protocol/errors.js';
import type { Quantization } from '../protocol/card.js';
import {
  notAModel,
  supportedDtype,
  unsupportedTensor,
  type Dimension,
  type ModelFacts,
  type TensorFacts,
} from './facts.js';

/**
 * The part of onnx.proto3 (github.com/onnx/onnx, Apache-2.0) that is read here. Fields that are left out are skipped, the
 * weights among them.
 */
const ONNX_PROTO = `
  syntax = "proto3";
  message ModelProto { int64 ir_version = 1; string producer_name = 2; string producer_version = 3; GraphProto graph = 7; }
  message GraphProto {
    repeated NodeProto node = 1; string name = 2; repeated TensorProto initializer = 5;
    repeated ValueInfoProto input = 11; repeated ValueInfoProto output = 12;
  }
  message NodeProto { repeated string input = 1; repeated string output = 2; string name = 3; string op_type = 4; }
  message TensorProto {
    repeated int64 dims = 1; int32 data_type = 2; string name = 8;
    repeated StringStringEntryProto external_data = 13; int32 data_location = 14;
  }
  message StringStringEntryProto { string key = 1; string value = 2; }
  message ValueInfoProto { string name = 1; TypeProto type = 2; }
  message TypeProto {
    oneof value {
      Tensor tensor_type = 1; Empty sequence_type = 4; Empty map_type = 5; Empty sparse_tensor_type = 8; Empty optional_type = 9;
    }
    message Tensor { int32 elem_type = 1; TensorShapeProto shape = 2; }
    message Empty {}
  }
  message TensorShapeProto {
    message Dimension { oneof value { int64 dim_value = 1; string dim_param = 2; } }
    repeated Dimension dim = 1;
  }
`;

interface Tensor {
  readonly dims: readonly number[];
  readonly data_type: number;
  readonly name: string;
  readonly external_data: readonly { readonly key: string; readonly value: string }[];
}

interface ValueInfo {
  readonly name: string;
  readonly type?: {
    readonly value?: string;
    readonly tensor_type?: {
      readonly elem_type: number;
      readonly shape?: { readonly dim: readonly { value?: string; dim_value?: number; dim_param?: string }[] };
    };
  };
}

interface Node {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly op_type: string;
}

interface OnnxModel {
  readonly ir_version: number;
  readonly producer_name: string;
  readonly producer_version: string;
  readonly graph?: {
    readonly node: readonly Node[];
    readonly initializer: readonly Tensor[];
    readonly input: readonly ValueInfo[];
    readonly output: readonly ValueInfo[];
  };
}

/** TensorProto.DataType, by its number. */
const TYPES = [
  'undefined',
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'float64',
  'uint32',
  'uint64',
  'complex64',
  'complex128',
  'bfloat16',
] as const;

/**
 * @param file how the file is called in messages; its files are listed below its folder
 * @throws PlumblineError `E_MODEL_FILE` for what is no ONNX, or not all of it; `E_MODEL_TENSOR` for an input or output of
 *   a type that is not supported
 */
export function readOnnx(bytes: Uint8Array, file: string): ModelFacts {
  const model = decode(bytes, file);
  const { graph } = model;
  if (graph === undefined || graph.node.length === 0 || graph.output.length === 0)
    throw notAModel(file, 'is no ONNX model: there is no graph in it');
  const initializers = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  // Before IR version 4 weights are inputs, too.
  const inputs = graph.input
    .filter(({ name }) => !initializers.has(name))
    .map((value) => withRange(tensorFacts('input', value), graph.node, initializers));
  if (inputs.length === 0) throw notAModel(file, 'takes no input: there is nothing to run it on');
  return {
    format: 'onnx',
    ...precisionOf(graph.node, graph.initializer),
    inputs,
    outputs: graph.output.map((value) => tensorFacts('output', value)),
    files: [file, ...externalFiles(graph.initializer)],
    producer: { tool: model.producer_name || 'unknown', version: model.producer_version || 'unknown' },
  };
}

let modelType: protobuf.Type | undefined;

function decode(bytes: Uint8Array, file: string): OnnxModel {
  modelType ??= protobuf.parse(ONNX_PROTO, { keepCase: true }).root.lookupType('ModelProto');
  try {
    const message = modelType.decode(bytes);
    return modelType.toObject(message, { longs: Number, arrays: true, oneofs: true, defaults: false }) as OnnxModel;
  } catch (error) {
    throw notAModel(file, `is no ONNX model, or not all of one (${messageOf(error)})`, error);
  }
}

function tensorFacts(role: 'input' | 'output', { name, type }: ValueInfo): TensorFacts {
  const tensor = type?.tensor_type;
  if (tensor === undefined) {
    const kind = type?.value?.replace('_type', '').replace('_', ' ') ?? 'of no type';
    throw unsupportedTensor(role, name, kind === 'of no type' ? kind : `a ${kind}, not a tensor`);
  }
  const dtype = TYPES[tensor.elem_type] ?? `of element type ${String(tensor.elem_type)}`;
  const shape = (tensor.shape?.dim ?? []).map((dimension): Dimension => {
    if (dimension.value === 'dim_value') return dimension.dim_value;
    return dimension.dim_param === '' ? undefined : dimension.dim_param;
  });
  return { name, dtype: supportedDtype(role, name, dtype), shape };
}

/** Ops that hand ids on as they are. */
const PASSING = ['Cast', 'Unsqueeze', 'Squeeze', 'Reshape', 'Identity', 'Flatten'];

/** Ids look up rows of a table: they must be below the number of its rows. */
function withRange(input: TensorFacts, nodes: readonly Node[], initializers: ReadonlyMap<string, Tensor>): TensorFacts {
  if (!input.dtype.startsWith('int') && input.dtype !== 'float32') return input;
  const names = new Set([input.name]);
  let rows: number | undefined;
  // Nodes come in topological order.
  for (const { op_type, input: from, output } of nodes) {
    if (PASSING.includes(op_type) && names.has(from[0] ?? '')) names.add(output[0] ?? '');
    if (op_type !== 'Gather' || !names.has(from[1] ?? '')) continue;
    const table = initializers.get(from[0] ?? '');
    if (table?.dims[0] !== undefined) rows = Math.min(rows ?? Infinity, table.dims[0]);
  }
  return rows === undefined ? input : { ...input, range: [0, rows - 1] };
}

function precisionOf(
  nodes: readonly Node[],
  initializers: readonly Tensor[],
): Pick<ModelFacts, 'precision' | 'quantization'> {
  const ops = new Set(nodes.map((node) => node.op_type));
  const has = (pattern: RegExp): boolean => [...ops].some((op) => pattern.test(op));
  const elements = (type: string): number =>
    initializers
      .filter((tensor) => TYPES[tensor.data_type] === type)
      .reduce((sum, { dims }) => sum + dims.reduce((product, size) => product * size, 1), 0);
  const weights = elements('int8') >= elements('uint8') ? 'int8' : 'uint8';
  const int8 = (kind: Quantization['kind'], activations: Quantization['activations']) =>
    ({ precision: 'int8', quantization: { kind, weights, activations } }) as const;
  if (has(/^(MatMulInteger|ConvInteger|DynamicQuantize)/)) return int8('dynamic', 'uint8');
  if (has(/^(QLinear|QGemm|QuantizeLinear)/)) return int8('static', 'uint8');
  if (has(/^DequantizeLinear/)) return int8('weights', 'float32');
  if (elements('float16') > elements('float32')) {
    return { precision: 'fp16', quantization: { kind: 'weights', weights: 'float16', activations: 'float16' } };
  }
  return { precision: 'fp32' };
}

function externalFiles(initializers: readonly Tensor[]): string[] {
  const locations = initializers.flatMap(({ external_data }) =>
    external_data.filter(({ key }) => key === 'location').map(({ value }) => value),
  );
  return [...new Set(locations)];
}
