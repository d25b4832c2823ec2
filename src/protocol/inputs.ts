/** From samples as they travel to a model's input tensor. The page and the PC baseline run this very code. */
import type { InputSpec, Normalization } from './card.js';
import type { DatasetDescriptor } from './dataset.js';
import { PlumblineError } from './errors.js';

/** Fills input tensors of one model from the raw samples of one dataset. */
export interface InputEncoder {
  /** Elements of one sample in the tensor. */
  readonly sampleSize: number;
  /**
   * @param wire raw samples, one after the other; at least `count` of them
   * @param count samples to encode
   * @param into receives `count * sampleSize` elements; what lies behind them is left as it is
   */
  encode(wire: Uint8Array | Int32Array, count: number, into: Float32Array | Int32Array | Uint8Array): void;
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
 * Builds the encoder from a dataset's samples (images: height × width × channels, uint8; tokens: a row of int32) to an input.
 *
 * @throws PlumblineError `E_CARD` when the samples cannot become that input: other type, other number of elements.
 */
export function createEncoder(spec: InputSpec, sample: DatasetDescriptor['sample']): InputEncoder {
  const size = sample.shape.reduce((product, dimension) => product * dimension, 1);
  const wanted = spec.shape
    .slice(1)
    .reduce<number>((product, dimension) => product * (dimension === 'N' ? 1 : dimension), 1);
  if (size !== wanted) {
    throw new PlumblineError(
      'E_CARD',
      `input "${spec.name}" takes [${spec.shape.join(', ')}], that is ${String(wanted)} elements a sample; ` +
        `the dataset's samples are [${sample.shape.join(', ')}], that is ${String(size)}`,
    );
  }
  if (spec.wire !== sample.dtype) {
    throw new PlumblineError(
      'E_CARD',
      `input "${spec.name}" travels as ${spec.wire}, the dataset's samples are ${sample.dtype}`,
    );
  }
  if (spec.normalization === undefined) {
    return {
      sampleSize: size,
      encode(wire, count, into) {
        into.set(wire.subarray(0, count * size));
      },
    };
  }
  const channels = sample.shape.length === 3 ? (sample.shape[2] ?? 1) : 1;
  const table = normalizationTable(spec.normalization, channels);
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
