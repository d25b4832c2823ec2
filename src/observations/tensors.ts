/** Tensors as bytes: little-endian, C order. */
import type { Dtype } from '../protocol/card.js';
import { PlumblineError } from '../protocol/errors.js';
import { ARRAYS, type OutputTensor, type TensorData } from '../protocol/observation.js';

/** Bytes of one element. */
export function elementBytes(dtype: Dtype): number {
  return ARRAYS[dtype].BYTES_PER_ELEMENT;
}

/** Bytes of a tensor of that type and shape. */
export function tensorBytes(dtype: Dtype, shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, elementBytes(dtype));
}

/**
 * A tensor over a copy of `bytes`.
 * @throws PlumblineError `E_OUTPUT_SHAPE` when their number is not the shape's
 */
export function tensorFromBytes(name: string, dtype: Dtype, shape: readonly number[], bytes: Uint8Array): TensorData {
  const wanted = tensorBytes(dtype, shape);
  if (bytes.byteLength !== wanted) {
    throw new PlumblineError(
      'E_OUTPUT_SHAPE',
      `output "${name}" of ${dtype} [${shape.join(', ')}] takes ${String(wanted)} bytes, ${String(bytes.byteLength)} came`,
    );
  }
  // A copy is aligned for every element type; a slice of a larger buffer need not be.
  const { buffer } = Uint8Array.from(bytes);
  return { name, dtype, shape, data: new ARRAYS[dtype](buffer) };
}

/** The bytes of a tensor, without a copy. */
export function bytesOf({ data }: TensorData): Uint8Array {
  return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
}

/** Outputs as an observation lists them, each with the name of the file that holds its values. */
export function describeOutputs(outputs: readonly TensorData[]): OutputTensor[] {
  return outputs.map(({ name, dtype, shape }, index) => ({
    name,
    dtype,
    shape: [...shape],
    file: `output-${String(index)}.bin`,
  }));
}
