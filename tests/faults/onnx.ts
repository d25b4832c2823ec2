/**
 * ONNX models of one node, written byte by byte (the protocol buffers of onnx.proto3), for faults that no real model has.
 */
const varint = (value: number | bigint): Buffer => {
  const bytes: number[] = [];
  let rest = BigInt(value);
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
};

const int = (field: number, value: number | bigint): Buffer => Buffer.concat([varint(field << 3), varint(value)]);
const bytes = (field: number, content: Uint8Array | string): Buffer => {
  const body = typeof content === 'string' ? Buffer.from(content) : content;
  return Buffer.concat([varint((field << 3) | 2), varint(body.length), body]);
};
const message = (field: number, ...parts: Buffer[]): Buffer => bytes(field, Buffer.concat(parts));

// TensorProto.DataType
const FLOAT = 1;
const INT64 = 7;

type Dimension = number | string;

const valueInfo = (field: number, name: string, shape: readonly Dimension[]): Buffer => {
  const dimensions = shape.map((size) => message(1, typeof size === 'number' ? int(1, size) : bytes(2, size)));
  return message(field, bytes(1, name), message(2, message(1, int(1, FLOAT), message(2, ...dimensions))));
};

const int64s = (name: string, values: readonly number[]): Buffer =>
  message(
    5,
    int(1, values.length),
    int(2, INT64),
    bytes(8, name),
    bytes(9, new Uint8Array(BigInt64Array.from(values, BigInt).buffer)),
  );

/**
 * `output = Tile(input, repeats)`: asks for the size of the input times the product of `repeats`.
 * @param shape of the input; strings are symbolic
 */
export function tileModel(
  input: string,
  output: string,
  shape: readonly Dimension[],
  repeats: readonly number[],
): Buffer {
  const node = message(1, bytes(1, input), bytes(1, 'repeats'), bytes(2, output), bytes(4, 'Tile'));
  const tiled = shape.map((size, axis) => (typeof size === 'number' ? size * (repeats[axis] ?? 1) : size));
  const graph = message(
    7,
    node,
    bytes(2, 'tile'),
    int64s('repeats', repeats),
    valueInfo(11, input, shape),
    valueInfo(12, output, tiled),
  );
  const opset = message(8, int(2, 13));
  return Buffer.concat([int(1, 8), graph, opset]);
}
