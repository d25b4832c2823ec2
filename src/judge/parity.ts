/** How one set of outputs stands to another over the same samples: one measure for quantization loss and platform drift. */
import type { JsonFloat, Parity } from '../protocol/record.js';
import type { TensorData } from '../protocol/observation.js';
import { NO_CLASS } from './accuracy.js';
import { mcnemarExact } from './mcnemar.js';
import { numbersOf, rowLength, sampleCount } from './tensors.js';

/** Outputs with the classes that they come to; `classes` is absent where the outputs are no scores. */
export interface Side {
  readonly tensor: TensorData;
  readonly classes: Int32Array | undefined;
}

/**
 * @param got, want of one shape, over the same samples
 * @param labels the true class of each sample, where there are any
 */
export function parityOf(got: Side, want: Side, labels: Uint8Array | undefined): Parity {
  const n = sampleCount(want.tensor);
  const distance = jsonFloat(distanceOf(got.tensor, want.tensor));
  if (got.classes === undefined || want.classes === undefined) return { n, distance };
  const { agreeing, onlyGot, onlyWant } = countClasses(got.classes, want.classes, labels, n);
  return {
    n,
    ...(labels === undefined || n === 0
      ? {}
      : { difference: (onlyGot - onlyWant) / n, pValue: mcnemarExact(onlyWant, onlyGot) }),
    agreement: n === 0 ? 0 : agreeing / n,
    distance,
  };
}

function countClasses(
  got: Int32Array,
  want: Int32Array,
  labels: Uint8Array | undefined,
  n: number,
): { agreeing: number; onlyGot: number; onlyWant: number } {
  let agreeing = 0;
  let onlyGot = 0;
  let onlyWant = 0;
  for (let i = 0; i < n; i++) {
    if (got[i] === want[i]) {
      if (got[i] !== NO_CLASS) agreeing++;
    } else if (labels !== undefined) {
      if (got[i] === labels[i]) onlyGot++;
      if (want[i] === labels[i]) onlyWant++;
    }
  }
  return { agreeing, onlyGot, onlyWant };
}

/**
 * Root mean square of `got - want`, in units of how `want` varies from sample to sample about the mean of each place. So
 * outputs that have nothing to do with the input are at 1 or more, however large a constant they share with the original.
 * Where nothing varies (one sample, a constant output) the unit is the root mean square of `want` itself.
 *
 * Places where both are not finite do not count; where only one is, the distance is Infinity. Two tensors of zeros are at
 * 0, anything against a tensor of zeros at Infinity.
 *
 * @param got, want of as many elements
 */
export function distanceOf(got: TensorData, want: TensorData): number {
  const values = numbersOf(got);
  const wanted = numbersOf(want);
  const places = rowLength(want);
  const sums = new Float64Array(places);
  const counts = new Int32Array(places);
  let squares = 0;
  let differences = 0;
  for (let i = 0, place = 0; i < wanted.length; i++) {
    const g = values[i] as number;
    const w = wanted[i] as number;
    if (Number.isFinite(w) && Number.isFinite(g)) {
      sums[place] = (sums[place] as number) + w;
      counts[place] = (counts[place] as number) + 1;
      squares += w * w;
      differences += (g - w) ** 2;
    } else if (Number.isFinite(w) || Number.isFinite(g)) return Infinity;
    if (++place === places) place = 0;
  }
  if (differences === 0) return 0;
  let common = 0;
  for (let place = 0; place < places; place++) {
    const count = counts[place] as number;
    if (count > 0) common += (sums[place] as number) ** 2 / count;
  }
  // What is left of a constant in double precision is rounding, not variation.
  const variation = squares - common;
  return Math.sqrt(differences / (variation > 1e-12 * squares ? variation : squares));
}

/** A float as a record can carry it. */
export const jsonFloat = (value: number): JsonFloat =>
  Number.isFinite(value) ? value : (String(value) as 'NaN' | 'Infinity' | '-Infinity');
