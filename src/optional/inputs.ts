/** Inputs that make sense to a model: made as its file in fixtures/optional/ says, the same on every machine. */
import type { NpyArray } from '../add/npy.js';
import type { ModelFacts, TensorFacts } from '../add/facts.js';
import { openOrtNative } from '../baseline/ort-native.js';
import { PlumblineError } from '../protocol/errors.js';
import { elementsOf, zeros, type Elements } from '../protocol/inputs.js';
import type { TensorData } from '../protocol/observation.js';
import type { InputSource, OptionalModel } from './model.js';
import { portrait } from './portrait.js';
import { voice } from './voice.js';

/**
 * All samples of every input, stacked on a first axis.
 * @param entry the model's own file: asked for what it carries from one sample to the next
 * @throws PlumblineError `E_INPUT_DATA` when the inputs of the model are others than those that are described
 */
export async function makeInputs(
  model: OptionalModel,
  facts: ModelFacts,
  entry: string,
): Promise<ReadonlyMap<string, NpyArray>> {
  const sources = Object.keys(model.inputs);
  const names = facts.inputs.map(({ name }) => name);
  if ([...sources].sort().join() !== [...names].sort().join()) {
    throw new PlumblineError(
      'E_INPUT_DATA',
      `${model.name} describes inputs ${sources.join(', ')}; the model has ${names.join(', ')}`,
    );
  }
  const made = facts.inputs.map((input) => {
    const source = model.inputs[input.name] as InputSource;
    const samples = Array.from({ length: model.samples }, (_, sample) => makeOne(input, source, sample, model));
    return { input, source, shape: shapeOf(source, input), samples };
  });
  if (made.some(({ source }) => source.make === 'carried')) await carry(made, facts, entry, model.samples);
  return new Map(
    made.map(({ input, shape, samples }): [string, NpyArray] => {
      const size = elementsOf(shape);
      const data = zeros(input.dtype, samples.length * size);
      samples.forEach((sample, index) => {
        // All are arrays of the one type that the input has.
        (data as Float32Array).set(sample as Float32Array, index * size);
      });
      return [input.name, { dtype: input.dtype, shape: [samples.length, ...shape], data: data as NpyArray['data'] }];
    }),
  );
}

interface Made {
  readonly input: TensorFacts;
  readonly source: InputSource;
  /** Of one sample. */
  readonly shape: readonly number[];
  /** One array a sample; replaced as what is carried comes in. */
  readonly samples: Elements[];
}

/** Of one sample as the model takes it: open axes in front are one long. */
function shapeOf(source: InputSource, { shape }: TensorFacts): readonly number[] {
  switch (source.make) {
    case 'voice':
      return [1, source.window];
    case 'portrait':
      return [1, source.height, source.width, 3];
    case 'carried':
      return source.shape;
    case 'constant':
      return shape.map((size) => (typeof size === 'number' ? size : 1));
  }
}

function makeOne(input: TensorFacts, source: InputSource, sample: number, { name, samples }: OptionalModel): Elements {
  switch (source.make) {
    case 'voice': {
      const whole = voice(source.rate, source.window * samples, name);
      return into(input, whole.subarray(sample * source.window, (sample + 1) * source.window));
    }
    case 'portrait': {
      const [low, high] = source.range;
      const bytes = portrait(source.width, source.height, sample, name);
      return into(
        input,
        Float64Array.from(bytes, (byte) => low + (byte / 255) * (high - low)),
      );
    }
    case 'carried':
      return zeros(input.dtype, elementsOf(source.shape));
    case 'constant':
      return into(input, Array<number>(elementsOf(shapeOf(source, input))).fill(source.value));
  }
}

function into({ dtype }: TensorFacts, values: ArrayLike<number>): Elements {
  const data = zeros(dtype, values.length);
  for (let i = 0; i < values.length; i++) data[i] = dtype === 'int64' ? BigInt(values[i] ?? 0) : (values[i] ?? 0);
  return data;
}

/**
 * Runs a recurrent model over its samples in turn, so that each one finds the state that the one before left. The states
 * become samples like any others: a cell is given them and does not depend on its own outputs.
 */
async function carry(made: readonly Made[], facts: ModelFacts, entry: string, n: number): Promise<void> {
  if (facts.format !== 'onnx')
    throw new PlumblineError(
      'E_INPUT_DATA',
      `a state can be carried by ONNX models alone, this one is ${facts.format}`,
    );
  const outputs = facts.outputs.map(({ name, dtype }) => ({ name, dtype, shape: [] }));
  const opened = await openOrtNative(entry, outputs);
  try {
    for (let sample = 0; sample + 1 < n; sample++) {
      const fed = made.map(
        ({ input: { name, dtype }, shape, samples }) => ({ name, dtype, shape, data: samples[sample] }) as TensorData,
      );
      const given = await opened.run(fed);
      for (const { source, samples } of made) {
        if (source.make !== 'carried') continue;
        const state = given.find(({ name }) => name === source.from);
        if (state === undefined)
          throw new PlumblineError('E_INPUT_DATA', `the model has no output "${source.from}" to carry on`);
        samples[sample + 1] = state.data;
      }
    }
  } finally {
    await opened.dispose();
  }
}
