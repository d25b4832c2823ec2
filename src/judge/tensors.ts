/** Reading tensors: what their bytes mean as numbers, how they fall into samples. */
import type { Dtype } from '../protocol/card.js';
import { ARRAYS, type TensorData } from '../protocol/observation.js';

export const isFloat = (dtype: Dtype): boolean => dtype === 'float32' || dtype === 'float16';

/** `float32[100,10]`, for messages. */
export const describeTensor = (tensor: Pick<TensorData, 'dtype' | 'shape'>): string =>
  `${tensor.dtype}[${tensor.shape.join(',')}]`;

const product = (dimensions: readonly number[]): number => dimensions.reduce((size, dimension) => size * dimension, 1);

/** Elements of one sample; the first axis counts the samples, and a scalar is one sample of one element. */
export const rowLength = (tensor: Pick<TensorData, 'shape'>): number => product(tensor.shape.slice(1));

/** Samples of a tensor: the size of its first axis. */
export const sampleCount = (tensor: Pick<TensorData, 'shape'>): number => tensor.shape[0] ?? 1;

/** @returns in words, how the tensor contradicts itself (array type or length), or `undefined` when it does not. */
export function flawOf(tensor: TensorData): string | undefined {
  const expected = ARRAYS[tensor.dtype];
  if (!(tensor.data instanceof expected)) {
    return `it says ${tensor.dtype} but holds a ${tensor.data.constructor.name}`;
  }
  const length = product(tensor.shape);
  if (tensor.data.length !== length) {
    return `${describeTensor(tensor)} needs ${String(length)} elements but holds ${String(tensor.data.length)}`;
  }
  return undefined;
}

/** The first `n` samples, on the same memory. */
export function prefixOf(tensor: TensorData, n: number): TensorData {
  return { ...tensor, shape: [n, ...tensor.shape.slice(1)], data: tensor.data.subarray(0, n * rowLength(tensor)) };
}

/** The value of an IEEE 754-2019 binary16 given by its bits. Exact: every binary16 is a double. */
export function decodeFloat16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

let float16Values: Float32Array | undefined;

/** All 65,536 values, made on first use: reading one is several times faster than working it out. */
function float16Table(): Float32Array {
  float16Values ??= Float32Array.from({ length: 0x10000 }, (_, bits) => decodeFloat16(bits));
  return float16Values;
}

/**
 * The values of a tensor as numbers: float32 on the same memory, float16 decoded, int64 rounded to doubles (enough to
 * order them by, not to compare them by).
 */
export function numbersOf(tensor: TensorData): Float32Array | Float64Array | Int32Array | Uint8Array | Int8Array {
  const { data } = tensor;
  if (data instanceof Uint16Array) {
    const table = float16Table();
    const values = new Float32Array(data.length);
    for (let i = 0; i < data.length; i++) values[i] = table[data[i] as number] as number;
    return values;
  }
  return data instanceof BigInt64Array ? Float64Array.from(data, Number) : data;
}
