/** What a .tflite file says of itself. */
import { notAModel, openAxis, supportedDtype, type ModelFacts, type TensorFacts } from './facts.js';

/** TensorType of TensorFlow Lite's schema, by its number. */
const TYPES = [
  'float32',
  'float16',
  'int32',
  'uint8',
  'int64',
  'string',
  'bool',
  'int16',
  'complex64',
  'int8',
  'float64',
  'complex128',
  'uint64',
  'resource',
  'variant',
  'uint32',
  'uint16',
  'int4',
  'bfloat16',
] as const;

/** BuiltinOperator GATHER: its operands are a table and ids. EMBEDDING_LOOKUP has them the other way round. */
const GATHER = 36;
const EMBEDDING_LOOKUP = 7;

/**
 * @param file how the file is called in messages
 * @throws PlumblineError `E_MODEL_FILE` for what is no .tflite, or not all of one; `E_MODEL_TENSOR` for an input or output
 *   of a type that is not supported, or an input with an open axis
 */
export function readTflite(bytes: Uint8Array, file: string): ModelFacts {
  if (bytes.byteLength < 8 || String.fromCharCode(...bytes.subarray(4, 8)) !== 'TFL3')
    throw notAModel(file, 'is no TensorFlow Lite model: it does not say TFL3 in front');
  try {
    return readModel(new FlatBuffer(bytes), file);
  } catch (error) {
    if (error instanceof RangeError) throw notAModel(file, 'is not all of a TensorFlow Lite model', error);
    throw error;
  }
}

// Fields of the tables of tensorflow/lite/schema/schema.fbs (Apache-2.0), by their number.
const MODEL = { operatorCodes: 1, subgraphs: 2, description: 3, buffers: 4, signatures: 7 };
const SUBGRAPH = { tensors: 0, inputs: 1, outputs: 2, operators: 3 };
const TENSOR = { shape: 0, type: 1, buffer: 2, name: 3, shapeSignature: 7 };
const BUFFER = { data: 0, offset: 1, size: 2 };
const OPERATOR = { code: 0, inputs: 1 };
const OPERATOR_CODE = { deprecatedCode: 0, code: 3 };
const SIGNATURE = { inputs: 0, outputs: 1 };
const TENSOR_MAP = { name: 0, tensor: 1 };

interface Tensor {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
  readonly buffer: number;
  /** As the shape, with -1 for an axis that is open; empty where none is. */
  readonly signature: readonly number[];
}

function readModel(buffer: FlatBuffer, file: string): ModelFacts {
  const model = buffer.root();
  const [graph] = model.tables(MODEL.subgraphs);
  if (graph === undefined) throw notAModel(file, 'is no TensorFlow Lite model: there is no graph in it');
  const constants = model.tables(MODEL.buffers).map((one) => {
    // Large models keep their weights behind the tables.
    const [at, size] = [one.uint64(BUFFER.offset), one.uint64(BUFFER.size)];
    if (at > 1) buffer.need(at, size);
    return at > 1 ? size : one.bytes(BUFFER.data);
  });
  const tensors = graph.tables(SUBGRAPH.tensors).map((table): Tensor => ({
    name: table.text(TENSOR.name),
    type: TYPES[table.int8(TENSOR.type)] ?? 'of an unknown type',
    shape: table.int32s(TENSOR.shape),
    buffer: table.uint32(TENSOR.buffer),
    signature: table.int32s(TENSOR.shapeSignature),
  }));
  const [signature] = model.tables(MODEL.signatures);
  const names = (field: number): ReadonlyMap<number, string> =>
    new Map(
      (signature?.tables(field) ?? []).map((entry) => [entry.uint32(TENSOR_MAP.tensor), entry.text(TENSOR_MAP.name)]),
    );
  const facts = (role: 'input' | 'output', indices: readonly number[], given: ReadonlyMap<number, string>) =>
    indices.map((index): TensorFacts => {
      const { name, type, shape, signature } = tensors[index] as Tensor;
      const known = given.get(index) ?? name;
      const open = role === 'input' ? signature.indexOf(-1) : -1;
      if (open >= 0) throw openAxis(known, open, 'LiteRT.js');
      return { name: known, dtype: supportedDtype(role, known, type), shape };
    });
  const inputIndices = graph.int32s(SUBGRAPH.inputs);
  const ranges = tableRows(model, graph, tensors);
  const inputs = facts('input', inputIndices, names(SIGNATURE.inputs)).map((input, place) => {
    const rows = ranges.get(inputIndices[place] as number);
    return rows === undefined ? input : { ...input, range: [0, rows - 1] as [number, number] };
  });
  if (inputs.length === 0) throw notAModel(file, 'takes no input: there is nothing to run it on');
  return {
    format: 'tflite',
    ...precisionOf(tensors, constants),
    inputs,
    outputs: facts('output', graph.int32s(SUBGRAPH.outputs), names(SIGNATURE.outputs)),
    files: [file],
    producer: { tool: model.text(MODEL.description).replace(/\.$/, '') || 'unknown', version: 'unknown' },
  };
}

/** Rows of the table that the ids in a tensor look up, by the tensor's index. */
function tableRows(model: Table, graph: Table, tensors: readonly Tensor[]): ReadonlyMap<number, number> {
  const codes = model
    .tables(MODEL.operatorCodes)
    .map((code) => Math.max(code.int8(OPERATOR_CODE.deprecatedCode), code.int32(OPERATOR_CODE.code)));
  const rows = new Map<number, number>();
  for (const operator of graph.tables(SUBGRAPH.operators)) {
    const code = codes[operator.uint32(OPERATOR.code)];
    if (code !== GATHER && code !== EMBEDDING_LOOKUP) continue;
    const [first = -1, second = -1] = operator.int32s(OPERATOR.inputs);
    const [table, ids] = code === GATHER ? [first, second] : [second, first];
    const size = tensors[table]?.shape[0];
    if (size !== undefined) rows.set(ids, Math.min(size, rows.get(ids) ?? Infinity));
  }
  return rows;
}

function precisionOf(
  tensors: readonly Tensor[],
  constants: readonly number[],
): Pick<ModelFacts, 'precision' | 'quantization'> {
  const constant = (type: string): number =>
    tensors
      .filter((tensor) => tensor.type === type)
      .reduce((sum, tensor) => sum + (constants[tensor.buffer] ?? 0) / Math.max(1, type === 'float32' ? 4 : 2), 0);
  const computed = (type: string): boolean =>
    tensors.some((tensor) => tensor.type === type && (constants[tensor.buffer] ?? 0) === 0);
  const small = constant('int8') >= constant('uint8') ? 'int8' : 'uint8';
  if (constant(small) > constant('float32')) {
    // Activations of the weights' own type mean that it was calibrated.
    const isStatic = computed(small);
    return {
      precision: 'int8',
      quantization: {
        kind: isStatic ? 'static' : 'dynamic',
        weights: small,
        activations: small,
      },
    };
  }
  if (constant('float16') > constant('float32'))
    return { precision: 'fp16', quantization: { kind: 'weights', weights: 'float16', activations: 'float32' } };
  return { precision: 'fp32' };
}

/**
 * Just enough of FlatBuffers (flatbuffers.dev/internals) to read tables. A place beyond the end throws a RangeError,
 * where the official reader would go on with zeros.
 */
class FlatBuffer {
  readonly view: DataView;

  constructor(readonly data: Uint8Array) {
    this.view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  }

  root(): Table {
    return new Table(this, this.view.getUint32(0, true));
  }

  /** @throws RangeError when there are not `size` bytes from `at` on */
  need(at: number, size: number): void {
    if (at + size > this.data.byteLength) throw new RangeError(`${String(size)} bytes at ${String(at)}`);
  }
}

class Table {
  constructor(
    private readonly buffer: FlatBuffer,
    private readonly at: number,
  ) {}

  /** Place of a field's value; `undefined` where the field has its default. */
  #place(field: number): number | undefined {
    const { view } = this.buffer;
    const vtable = this.at - view.getInt32(this.at, true);
    const slot = 4 + 2 * field;
    if (slot >= view.getUint16(vtable, true)) return undefined;
    const offset = view.getUint16(vtable + slot, true);
    return offset === 0 ? undefined : this.at + offset;
  }

  int8(field: number): number {
    const place = this.#place(field);
    return place === undefined ? 0 : this.buffer.view.getInt8(place);
  }

  int32(field: number): number {
    const place = this.#place(field);
    return place === undefined ? 0 : this.buffer.view.getInt32(place, true);
  }

  uint32(field: number): number {
    return this.int32(field) >>> 0;
  }

  uint64(field: number): number {
    const place = this.#place(field);
    return place === undefined ? 0 : Number(this.buffer.view.getBigUint64(place, true));
  }

  /** Place of a vector's first element, and their number. */
  #vector(field: number): { at: number; length: number } {
    const place = this.#place(field);
    if (place === undefined) return { at: 0, length: 0 };
    const at = place + this.buffer.view.getUint32(place, true);
    return { at: at + 4, length: this.buffer.view.getUint32(at, true) };
  }

  /** Number of bytes in a vector of bytes. */
  bytes(field: number): number {
    const { at, length } = this.#vector(field);
    this.buffer.need(at, length);
    return length;
  }

  text(field: number): string {
    const { at, length } = this.#vector(field);
    this.buffer.need(at, length);
    return new TextDecoder().decode(this.buffer.data.subarray(at, at + length));
  }

  int32s(field: number): number[] {
    const { at, length } = this.#vector(field);
    this.buffer.need(at, 4 * length);
    return Array.from({ length }, (_, index) => this.buffer.view.getInt32(at + 4 * index, true));
  }

  tables(field: number): Table[] {
    const { at, length } = this.#vector(field);
    this.buffer.need(at, 4 * length);
    return Array.from({ length }, (_, index) => {
      const place = at + 4 * index;
      return new Table(this.buffer, place + this.buffer.view.getUint32(place, true));
    });
  }
}
