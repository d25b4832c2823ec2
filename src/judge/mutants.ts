/**
 * Outputs that are wrong on purpose, as a defect in a runtime, a driver or a harness would make them. Each is made from what
 * a cell really gave, so it holds all of the cell's own rounding beside its one fault.
 */
import { numbersOf, rowLength, sampleCount } from './tensors.js';
import type { TensorData } from '../protocol/observation.js';

/** What the fp32 original gives on the PC with one weight changed, over the first samples of the dataset. */
export interface WrongWeight {
  readonly what: string;
  readonly wrong: TensorData;
  /** The same with the right weights. */
  readonly right: TensorData;
}

/** What a mutant is made of: the outputs, row by row, and a stream of seeded numbers. */
export interface Stock {
  readonly values: Float32Array;
  /** At least one. */
  readonly samples: number;
  /** Elements a sample, at least one. */
  readonly row: number;
  readonly random: () => number;
  readonly wrongWeight: WrongWeight | undefined;
}

export interface Mutant {
  readonly name: string;
  /** @returns the mutated values, or `undefined` where such outputs cannot have the fault (one class, one sample) */
  readonly make: (stock: Stock) => Float32Array | undefined;
}

/** Share of the samples whose top-1 class is turned, at least one. */
const FLIPPED = 0.005;

const pick = (random: () => number, below: number): number => Math.floor(random() * below);

function edited(values: Float32Array, edit: (copy: Float32Array) => void): Float32Array {
  const copy = values.slice();
  edit(copy);
  return copy;
}

const mapped = (values: Float32Array, change: (value: number) => number): Float32Array =>
  edited(values, (copy) => {
    for (let i = 0; i < copy.length; i++) copy[i] = change(copy[i] as number);
  });

function swap(values: Float32Array, a: number, b: number): void {
  const kept = values[a] as number;
  values[a] = values[b] as number;
  values[b] = kept;
}

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'one logit negated',
    make: ({ values, random }) =>
      edited(values, (copy) => {
        const place = pick(random, copy.length);
        copy[place] = -(copy[place] as number);
      }),
  },
  { name: 'two classes swapped', make: swapClasses },
  {
    name: 'shifted by one sample',
    make: ({ values, samples, row }) =>
      samples < 2
        ? undefined
        : edited(values, (copy) => {
            copy.copyWithin(row, 0);
            copy.set(values.subarray(values.length - row), 0);
          }),
  },
  { name: 'scaled by 1.01', make: ({ values }) => mapped(values, (value) => value * 1.01) },
  { name: 'zeroed', make: ({ values }) => mapped(values, () => 0) },
  {
    name: 'one NaN',
    make: ({ values, random }) =>
      edited(values, (copy) => {
        copy[pick(random, copy.length)] = NaN;
      }),
  },
  { name: 'top-1 flipped in 0.5 % of samples', make: flipTop },
  { name: 'one wrong weight', make: addWrongWeight },
];

function swapClasses({ values, samples, row, random }: Stock): Float32Array | undefined {
  if (row < 2) return undefined;
  const first = pick(random, row);
  const second = (first + 1 + pick(random, row - 1)) % row;
  return edited(values, (copy) => {
    for (let start = 0; start < samples * row; start += row) swap(copy, start + first, start + second);
  });
}

/** The two highest scores change places. */
function flipTop({ values, samples, row, random }: Stock): Float32Array | undefined {
  if (row < 2) return undefined;
  const count = Math.max(1, Math.round(FLIPPED * samples));
  return edited(values, (copy) => {
    for (let i = 0; i < count; i++) {
      // One of each stretch of samples: so no sample is drawn twice, which would turn it back.
      const sample = Math.floor(((i + random()) * samples) / count);
      const [highest, second] = twoHighest(copy, sample * row, row);
      swap(copy, highest, second);
    }
  });
}

function twoHighest(values: Float32Array, start: number, row: number): readonly [number, number] {
  let highest = start;
  let second = start + 1;
  if ((values[second] as number) > (values[highest] as number)) [highest, second] = [second, highest];
  for (let i = start + 2; i < start + row; i++) {
    if ((values[i] as number) > (values[highest] as number)) [highest, second] = [i, highest];
    else if ((values[i] as number) > (values[second] as number)) second = i;
  }
  return [highest, second];
}

/** What the wrong weight adds to the original it adds to the cell, on the samples for which it is known. */
function addWrongWeight({ values, row, wrongWeight }: Stock): Float32Array | undefined {
  if (wrongWeight === undefined || rowLength(wrongWeight.wrong) !== row || rowLength(wrongWeight.right) !== row) {
    return undefined;
  }
  const wrong = numbersOf(wrongWeight.wrong);
  const right = numbersOf(wrongWeight.right);
  const length = Math.min(values.length, row * sampleCount(wrongWeight.wrong), row * sampleCount(wrongWeight.right));
  if (length === 0) return undefined;
  return edited(values, (copy) => {
    for (let i = 0; i < length; i++) {
      copy[i] = (copy[i] as number) + ((wrong[i] as number) - (right[i] as number));
    }
  });
}
