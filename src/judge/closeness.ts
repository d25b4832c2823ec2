/** All outputs of a cell against the PC's: the numbers of the record, and the words of a failure. */
import type { ErrorRecord } from '../protocol/errors.js';
import type { TensorData } from '../protocol/observation.js';
import type { Numeric } from '../protocol/record.js';
import { compareTensors, type Comparison, type Tolerance } from './compare.js';
import { jsonFloat } from './parity.js';
import { because, percent, show } from './reason.js';

/** An output of the cell and the PC's, with what one of its elements is called; `#` stands for the index. */
export interface Pair {
  readonly got: TensorData;
  readonly want: TensorData;
  readonly element: string;
}

export interface Closeness {
  readonly numeric: Numeric;
  readonly failure: ErrorRecord | undefined;
}

interface Compared extends Comparison {
  readonly element: string;
  readonly elements: number;
}

/** Joins the numbers of all outputs: those of the whole cell, the place of the worst. @returns `undefined` of no pair */
export function closenessOf(pairs: readonly Pair[], tolerance: Tolerance): Closeness | undefined {
  const compared = pairs.map(({ got, want, element }): Compared => ({
    element,
    elements: got.data.length,
    ...compareTensors(got, want, tolerance),
  }));
  const [first, ...others] = compared;
  if (first === undefined) return undefined;
  const worst = others.reduce((worst, next) => (isWorse(next, worst) ? next : worst), first);
  const sum = (count: (one: Compared) => number): number => compared.reduce((total, one) => total + count(one), 0);
  const max = (distance: (one: Compared) => number): number => Math.max(...compared.map(distance));
  const elements = sum((one) => one.elements);
  const numeric: Numeric = {
    maxAbs: jsonFloat(max((one) => one.maxAbs)),
    maxRel: jsonFloat(max((one) => one.maxRel)),
    ...(worst.worst === undefined
      ? {}
      : { worst: { ...worst.worst, got: jsonFloat(worst.worst.got), want: jsonFloat(worst.worst.want) } }),
    nonFinite: sum((one) => one.nonFinite),
    tolerance: toleranceOf(tolerance),
    toleranceUsed: jsonFloat(max((one) => one.toleranceUsed)),
    beyond: elements === 0 ? 0 : sum((one) => one.beyond) / elements,
    gain: jsonFloat(compared.reduce((odd, { gain }) => (Math.abs(gain - 1) > Math.abs(odd - 1) ? gain : odd), 1)),
  };
  // Of those that fail; the one with the worst element may be another, whose tolerance allows for it.
  const failing = isExceeded(worst) ? worst : compared.find(isExceeded);
  return { numeric, failure: failing && failureOf(failing, numeric.nonFinite, elements, tolerance) };
}

const isExceeded = ({ excess, incomparable }: Comparison): boolean =>
  excess !== undefined || incomparable !== undefined;

const isWorse = (one: Comparison, other: Comparison): boolean =>
  one.nonFinite > 0 === other.nonFinite > 0 ? one.toleranceUsed > other.toleranceUsed : one.nonFinite > 0;

const toleranceOf = ({ relative, absolute, name, outliers, gain }: Tolerance): Numeric['tolerance'] => ({
  relative,
  absolute,
  name,
  ...(outliers === undefined ? {} : { outliers: { ...outliers } }),
  ...(gain === undefined ? {} : { gain }),
});

function failureOf(
  { worst, element, toleranceUsed, incomparable, excess, beyond, gain, elements: own }: Compared,
  nonFinite: number,
  elements: number,
  tolerance: Tolerance,
): ErrorRecord | undefined {
  if (incomparable !== undefined) return because('E_OUTPUT_SHAPE', `The outputs can’t be compared: ${incomparable}.`);
  if (worst === undefined || excess === undefined) return undefined;
  const { sample, index, got, want } = worst;
  const place = `${element.replace('#', String(index))} of sample ${String(sample)}`;
  const where = `${place} is ${show(got)}, the PC has ${show(want)}`;
  const { outliers } = tolerance;
  switch (excess) {
    case 'nonfinite': {
      const share = `${String(nonFinite)} of ${String(elements)} elements are NaN or infinite where the PC’s are not`;
      return because('E_OUTPUT_NONFINITE', `${where}; ${share}.`);
    }
    case 'gain': {
      const limit = `${percent(tolerance.gain ?? 0)} are allowed for: ${tolerance.name}`;
      return because(
        'E_NUMERIC',
        `The outputs as a whole are ${show(gain)} times the PC’s (${limit}); the worst: ${where}.`,
      );
    }
    case 'share':
    case 'element': {
      const distance = Math.abs(got - want);
      // Derived, because an integer and a tensor of zeros must be matched exactly, whatever the table says.
      const off = `off by ${show(distance)}, tolerance ${show(distance / toleranceUsed)}: ${tolerance.name}`;
      const by = Number.isFinite(distance) ? ` (${off})` : '';
      const allowance =
        outliers === undefined
          ? ''
          : `, where ${percent(outliers.share)} may be, up to ${String(outliers.factor)} times the tolerance`;
      const share = `${String(beyond)} of ${String(own)} elements are beyond tolerance${allowance}`;
      return because('E_NUMERIC', `${where}${by}; ${share}.`);
    }
  }
}
