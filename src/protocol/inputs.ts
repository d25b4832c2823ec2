/** From samples as they travel to a model's input tensor. The page and the PC baseline run this very code. */
import type { Dtype, InputSpec, Normalization } from './card.js';
import type { DatasetField } from './dataset.js';
import { PlumblineError } from './errors.js';
import { encodeFloat16 } from './float16.js';
import { ARRAYS, type TensorData } from './observation.js';

/** An array of any element type. */
export type Elements = TensorData['data'];

/** Fills input tensors of one model from the raw samples of one field of a dataset. */
export interface InputEncoder {
  /** Elements of one sample, on the wire and in the tensor alike. */
  readonly sampleSize: number;
  /**
   * @param wire raw samples of the field's dtype, one after the other; at least `count` of them
   * @param count samples to encode
   * @param into of the input's dtype; receives `count * sampleSize` elements, what lies behind them is left as it is
   */
  encode(wire: Elements, count: number, into: Elements): void;
}

/** A new array for values of a dtype, all zero. */
export function zeros(dtype: Dtype, length: number): Elements {
  return new ARRAYS[dtype](length);
}

/** Elements of a tensor of that shape; 1 for a scalar. */
export function elementsOf(shape: readonly number[]): number {
  return shape.reduce((product, dimension) => product * dimension, 1);
}

/**
 * The value of each possible byte in each channel: `(byte * scale - mean) / std` in double precision, rounded once to
 * float32. A table makes it the same to the bit in every engine, and cheap.
 */
export function normalizationTable(normalization: Normalization, channels: number): Float32Array {
  const table = new Float32Array(channels * 256);
  for (let channel = 0; channel < channels; channel++) {
    const mean = pick(normalization.mean, channel, channels, 'mean');
    const std = pick(normalization.std, channel, channels, 'std');
    for (let byte = 0; byte < 256; byte++) table[channel * 256 + byte] = (byte * normalization.scale - mean) / std;
  }
  return table;
}

function pick(values: readonly number[], channel: number, channels: number, field: string): number {
  const value = values.length === 1 ? values[0] : values[channel];
  if (value === undefined) {
    throw new PlumblineError(
      'E_CARD',
      `normalization.${field} has ${String(values.length)} entries, the samples have ${String(channels)} channels`,
    );
  }
  return value;
}

/**
 * Builds the encoder from a field of a dataset (images: height × width × channels; tokens: a row of ids; or whatever the
 * input itself takes) to an input.
 *
 * - `normalization`: uint8 becomes float32 by {@link normalizationTable}; or float16, each float32 rounded to it. Images
 *   are turned to the input's layout.
 * - Else samples are passed on as they are. Where the input is of another dtype, that must hold every value of the
 *   wire's: token ids in int64 for PyTorch, in float32 for a TF.js Layers model (which are exact up to 2^24).
 *
 * @throws PlumblineError `E_CARD` when the samples cannot become that input: other type, other number of elements.
 */
export function createEncoder(spec: InputSpec, field: Pick<DatasetField, 'dtype' | 'shape'>): InputEncoder {
  const size = elementsOf(field.shape);
  const wanted = elementsOf(spec.shape.filter((dimension) => dimension !== 'N'));
  if (size !== wanted) {
    throw new PlumblineError(
      'E_CARD',
      `input "${spec.name}" takes [${spec.shape.join(', ')}], that is ${String(wanted)} elements a sample; ` +
        `the dataset's samples are [${field.shape.join(', ')}], that is ${String(size)}`,
    );
  }
  if (spec.wire !== field.dtype) {
    throw new PlumblineError(
      'E_CARD',
      `input "${spec.name}" travels as ${spec.wire}, the dataset's samples are ${field.dtype}`,
    );
  }
  return spec.normalization === undefined
    ? plainEncoder(spec, size)
    : normalizingEncoder(spec, spec.normalization, field.shape, size);
}

/** For each dtype of samples, the dtypes of inputs that hold all of its values. */
const WIDENINGS: Readonly<Partial<Record<Dtype, readonly Dtype[]>>> = {
  uint8: ['int32', 'int64', 'float32'],
  int8: ['int32', 'int64', 'float32'],
  bool: ['uint8', 'int8', 'int32', 'int64', 'float32'],
  int32: ['int64', 'float32'],
};

function plainEncoder(spec: InputSpec, size: number): InputEncoder {
  const { name, wire, dtype } = spec;
  if (wire !== dtype && WIDENINGS[wire]?.includes(dtype) !== true)
    throw new PlumblineError(
      'E_CARD',
      `input "${name}" is ${dtype}, which samples of ${wire} cannot become as they are`,
    );
  if (dtype === 'int64' && wire !== 'int64') {
    return {
      sampleSize: size,
      encode(wire, count, into) {
        const end = count * size;
        for (let i = 0; i < end; i++) into[i] = BigInt(wire[i] as number);
      },
    };
  }
  return {
    sampleSize: size,
    encode(wire, count, into) {
      // Both are of one class, or hold numbers that `set` converts without loss.
      (into as Float32Array).set(wire.subarray(0, count * size) as Float32Array);
    },
  };
}

function normalizingEncoder(
  spec: InputSpec,
  normalization: Normalization,
  shape: readonly number[],
  size: number,
): InputEncoder {
  if (spec.wire !== 'uint8' || (spec.dtype !== 'float32' && spec.dtype !== 'float16')) {
    throw new PlumblineError(
      'E_CARD',
      `input "${spec.name}": normalization makes float32 or float16 of uint8, not ${spec.dtype} of ${spec.wire}`,
    );
  }
  const channels = shape.length === 3 ? (shape[2] ?? 1) : 1;
  const values = normalizationTable(normalization, channels);
  const table = spec.dtype === 'float16' ? Uint16Array.from(values, encodeFloat16) : values;
  if (channels === 1) {
    return {
      sampleSize: size,
      encode(wire, count, into) {
        const end = count * size;
        for (let i = 0; i < end; i++) into[i] = table[wire[i] as number] as number;
      },
    };
  }
  const pixels = size / channels;
  const planar = spec.layout === 'NCHW';
  return {
    sampleSize: size,
    encode(wire, count, into) {
      for (let n = 0; n < count; n++) {
        const base = n * size;
        for (let channel = 0; channel < channels; channel++) {
          const row = channel * 256;
          const start = planar ? base + channel * pixels : base + channel;
          const stride = planar ? 1 : channels;
          for (
            let pixel = 0, from = base + channel, to = start;
            pixel < pixels;
            pixel++, from += channels, to += stride
          ) {
            into[to] = table[row + (wire[from] as number)] as number;
          }
        }
      }
    },
  };
}
