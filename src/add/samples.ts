/** What a model that was brought along is run on: arrays that somebody supplies, or seeded noise of its inputs' shapes. */
import type { Dtype, InputSpec } from '../protocol/card.js';
import { PlumblineError } from '../protocol/errors.js';
import { encodeFloat16 } from '../protocol/float16.js';
import { elementsOf, zeros, type Elements } from '../protocol/inputs.js';
import { ARRAYS } from '../protocol/observation.js';
import { seeded, seedOf } from '../protocol/random.js';
import type { Dimension, TensorFacts } from './facts.js';
import type { NpyArray } from './npy.js';

/** What feeds one input. */
export interface Field {
  readonly name: string;
  readonly dtype: Dtype;
  /** Of one sample, without the batch axis. */
  readonly shape: readonly number[];
  readonly data: Elements;
}

export interface Samples {
  readonly n: number;
  readonly fields: readonly Field[];
  readonly specs: readonly InputSpec[];
  /** What was decided for the user, in words. */
  readonly notes: readonly string[];
}

/** Samples that are generated at most, and bytes that they may take in all: they are committed beside the card. */
const MOST_SAMPLES = 20;
const MOST_BYTES = 4 << 20;

/** What an open dimension is taken to be, by its name. */
const SIZES: readonly (readonly [RegExp, number])[] = [
  [/batch|^n$|^b$/i, 1],
  [/height|width|^h$|^w$/i, 64],
  [/channel|^c$/i, 3],
  [/seq|len|token|time|step|past/i, 16],
  [/sample|audio|frame/i, 512],
];
const ANY_SIZE = 8;
/** The two axes of an image's sides. */
const IMAGE_SIDE = 64;

/** Whether the first axis of every input is open: samples can be gathered into batches there. */
export function isBatchable(inputs: readonly TensorFacts[], outputs: readonly Pick<TensorFacts, 'shape'>[]): boolean {
  const [first] = inputs.map(({ shape }) => shape[0]);
  if (typeof first === 'number' || (first !== undefined && !/batch|^n$|^b$|^bs$|unk|none|\?/i.test(first)))
    return false;
  return (
    inputs.every(({ shape }) => shape.length > 0 && shape[0] === first) &&
    // Later axes that have the batch's name would be more than a batch.
    inputs.every(({ shape }) => first === undefined || !shape.slice(1).includes(first)) &&
    outputs.every(({ shape }) => shape.length === 0 || shape[0] === undefined || shape[0] === first)
  );
}

/** How long open axes are made at least, one try after the other: speech models refuse what is shorter than a window. */
export const LEAST_SIZES = [1, 64, 512] as const;

/**
 * Seeded samples.
 * @param seedName what the seed is made from
 * @param least what open axes of what is no image are made at least
 */
export function generateSamples(
  inputs: readonly TensorFacts[],
  batched: boolean,
  seedName: string,
  least = 1,
): Samples {
  const sizes = new Map<string, number>();
  const notes: string[] = [];
  const shapes = inputs.map(({ name, shape }) =>
    shape.slice(batched ? 1 : 0).map((dimension, axis) => {
      if (typeof dimension === 'number') return dimension;
      const size = openSize(dimension, shape, axis + (batched ? 1 : 0), least);
      const known = dimension === undefined ? size : (sizes.get(dimension) ?? size);
      if (dimension !== undefined) sizes.set(dimension, known);
      notes.push(
        `input "${name}": axis ${String(axis + (batched ? 1 : 0))} (${dimension ?? 'open'}) is taken to be ${String(known)}`,
      );
      return known;
    }),
  );
  const bytes = inputs.reduce(
    (sum, { dtype }, index) => sum + elementsOf(shapes[index] ?? []) * ARRAYS[dtype].BYTES_PER_ELEMENT,
    0,
  );
  const n = Math.max(1, Math.min(MOST_SAMPLES, Math.floor(MOST_BYTES / Math.max(1, bytes))));
  const random = seeded(seedOf(seedName));
  const ranges = inputs.map((input) => input.range ?? usualRange(input));
  const fields = inputs.map(({ name, dtype }, index): Field => {
    const shape = shapes[index] ?? [];
    const data = zeros(dtype, n * elementsOf(shape));
    fill(data, dtype, ranges[index] ?? [0, 1], random);
    return { name, dtype, shape, data };
  });
  inputs.forEach(({ name, dtype, range }, index) => {
    const [low, high] = ranges[index] ?? [0, 1];
    const why = range === undefined ? 'taken' : 'as the model’s table has rows';
    notes.push(`input "${name}": ${dtype} from ${String(low)} to ${String(high)}, ${why}`);
  });
  return { n, fields, specs: specsOf(inputs, fields, batched, ranges), notes };
}

function openSize(dimension: Dimension, shape: readonly Dimension[], axis: number, least: number): number {
  // In front is the batch; so is the middle of a recurrent state, [layers, batch, units].
  const [before, , behind] = shape;
  const state = shape.length === 3 && axis === 1 && typeof before === 'number' && typeof behind === 'number';
  if (axis === 0 || state) return 1;
  const named = typeof dimension === 'string' ? SIZES.find(([pattern]) => pattern.test(dimension)) : undefined;
  if (named !== undefined) return named[1] < IMAGE_SIDE && named[1] > 3 ? Math.max(least, named[1]) : named[1];
  const image = shape.length === 4 && (shape[1] === 3 || shape[3] === 3 || shape[1] === 1 || shape[3] === 1);
  return image ? IMAGE_SIDE : Math.max(least, ANY_SIZE);
}

/** What values an input takes, where the model does not tell. Both ends are inclusive for integers. */
function usualRange({ name, dtype }: TensorFacts): [number, number] {
  if (dtype === 'float32' || dtype === 'float16') return [-1, 1];
  if (dtype === 'bool') return [0, 1];
  if (dtype === 'uint8') return [0, 255];
  if (dtype === 'int8') return [-128, 127];
  // A mask of zeros alone is no text: what comes of it is often NaN.
  if (/mask/i.test(name)) return [1, 1];
  if (/type|segment/i.test(name)) return [0, 1];
  // The usual rate of speech models; others refuse what is no rate at all.
  if (/^sr$|rate/i.test(name)) return [16_000, 16_000];
  return [0, 9];
}

function fill(data: Elements, dtype: Dtype, [low, high]: readonly [number, number], random: () => number): void {
  for (let i = 0; i < data.length; i++) {
    if (dtype === 'float32' || dtype === 'float16') {
      // Ids that travel as floats are whole numbers.
      const value = low === 0 && high > 1 ? Math.floor(random() * (high + 1)) : low + random() * (high - low);
      data[i] = dtype === 'float16' ? encodeFloat16(value) : value;
    } else {
      const value = low + Math.floor(random() * (high - low + 1));
      data[i] = dtype === 'int64' ? BigInt(value) : value;
    }
  }
}

function specsOf(
  inputs: readonly TensorFacts[],
  fields: readonly Field[],
  batched: boolean,
  ranges: readonly (InputSpec['range'] | undefined)[],
): InputSpec[] {
  return inputs.map(({ name, dtype }, index): InputSpec => {
    const range = ranges[index];
    const shape = [...(fields[index]?.shape ?? [])];
    return {
      name,
      dtype,
      shape: batched ? ['N', ...shape] : shape,
      layout: 'any',
      wire: dtype,
      ...(range === undefined ? {} : { range: [range[0], range[1]] }),
    };
  });
}

/**
 * Samples from arrays that somebody supplies: each of the input's shape (one sample), or with an axis of samples in front.
 * @throws PlumblineError `E_INPUT_DATA` that names the array and what was expected
 */
export function samplesFrom(
  arrays: ReadonlyMap<string, NpyArray>,
  inputs: readonly TensorFacts[],
  batched: boolean,
): Samples {
  const missing = inputs.filter(({ name }) => !arrays.has(name)).map(({ name }) => `"${name}"`);
  const extra = [...arrays.keys()].filter((name) => !inputs.some((input) => input.name === name));
  if (missing.length > 0) {
    const others =
      extra.length === 0 ? '' : `; there are ${extra.map((name) => `"${name}"`).join(', ')}, which are no inputs`;
    throw new PlumblineError('E_INPUT_DATA', `there is no array for input ${missing.join(', ')}${others}`);
  }
  const notes = extra.map((name) => `array "${name}" is not used: the model has no such input`);
  const parts = inputs.map((input) => {
    const array = arrays.get(input.name) as NpyArray;
    const sample = input.shape.slice(batched ? 1 : 0);
    const hasAxis = array.shape.length === sample.length + 1;
    const shape = hasAxis ? array.shape.slice(1) : array.shape;
    const fits = shape.length === sample.length && shape.every((size, axis) => agrees(size, sample[axis]));
    if (!fits || shape.includes(0)) {
      throw new PlumblineError(
        'E_INPUT_DATA',
        `array "${input.name}" is [${array.shape.join(', ')}]; the input takes ${showShape(sample)} a sample, ` +
          `so ${showShape(sample)} or ${showShape(['samples', ...sample])}`,
      );
    }
    const n = hasAxis ? (array.shape[0] ?? 1) : 1;
    if (n === 0) throw new PlumblineError('E_INPUT_DATA', `array "${input.name}" holds no sample`);
    return { input, array, shape, n };
  });
  const n = Math.max(...parts.map((part) => part.n));
  const fields = parts.map(({ input, array, shape, n: own }): Field => {
    if (own !== n && own !== 1) {
      throw new PlumblineError(
        'E_INPUT_DATA',
        `array "${input.name}" has ${String(own)} samples, another one has ${String(n)}`,
      );
    }
    const data = convert(array, input, notes);
    if (own === n) return { name: input.name, dtype: input.dtype, shape, data };
    const repeated = zeros(input.dtype, n * data.length);
    for (let i = 0; i < n; i++) (repeated as Uint8Array).set(data as Uint8Array, i * data.length);
    notes.push(`array "${input.name}" holds one sample: it is used for all ${String(n)}`);
    return { name: input.name, dtype: input.dtype, shape, data: repeated };
  });
  return { n, fields, specs: specsOf(inputs, fields, batched, []), notes };
}

const agrees = (size: number, dimension: Dimension): boolean => typeof dimension !== 'number' || dimension === size;

const showShape = (shape: readonly Dimension[]): string => `[${shape.map((size) => size ?? '?').join(', ')}]`;

/** The array in the input's own type; refused where a value would change. */
function convert({ dtype, data }: NpyArray, input: TensorFacts, notes: string[]): Elements {
  if (dtype === input.dtype) return data as Elements;
  const refused = (why: string): PlumblineError =>
    new PlumblineError('E_INPUT_DATA', `array "${input.name}" is ${dtype}, the input takes ${input.dtype}: ${why}`);
  const into = zeros(input.dtype, data.length);
  const toFloat = input.dtype === 'float32' || input.dtype === 'float16';
  if (dtype === 'float16' || (!toFloat && (dtype === 'float32' || dtype === 'float64')))
    throw refused('save it with that type');
  for (let i = 0; i < data.length; i++) {
    const value = Number(data[i]);
    if (toFloat) {
      into[i] = input.dtype === 'float16' ? encodeFloat16(value) : value;
    } else {
      into[i] = input.dtype === 'int64' ? BigInt(value) : value;
      const beyond = input.dtype === 'bool' && value !== 0 && value !== 1;
      if (beyond || Number(into[i]) !== value) throw refused(`${String(value)} does not fit`);
    }
  }
  notes.push(`array "${input.name}": ${dtype} rounded to ${input.dtype}`);
  return into;
}
