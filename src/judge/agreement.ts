/** Whether a cell names the PC's classes: what is left to judge by where a dataset has no labels, and more than they tell. */
import type { ErrorRecord } from '../protocol/errors.js';
import type { TensorData } from '../protocol/observation.js';
import type { Agreement } from '../protocol/record.js';
import { NO_CLASS } from './accuracy.js';
import { limitsOf, type Tolerance } from './compare.js';
import { because, percent, show } from './reason.js';
import { isFloat, numbersOf, rowLength } from './tensors.js';

/** A sample with another class than on the PC, where no tie explains it. */
export interface Flip {
  readonly sample: number;
  readonly got: number;
  readonly want: number;
  /** How far the PC's scores of the two classes are apart. */
  readonly margin: number;
}

/**
 * Counts the samples whose class is another than on the PC. One is put down to a tie where the PC's own scores of the two
 * classes are no further apart than both tolerances together: rounding alone may turn it.
 *
 * @param got, want the classes of {@link top1}, of as many samples
 * @param scores the PC's, shape [samples, classes…]
 */
export function agreementOf(
  got: Int32Array,
  want: Int32Array,
  scores: TensorData,
  tolerance: Tolerance,
): { agreement: Agreement; first: Flip | undefined } {
  const n = want.length;
  const values = numbersOf(scores);
  const classes = rowLength(scores);
  let limits: { readonly relative: number; readonly floor: number } | undefined;
  let flips = 0;
  let beyondTies = 0;
  let first: Flip | undefined;
  for (let sample = 0; sample < n; sample++) {
    const [g, w] = [got[sample] as number, want[sample] as number];
    if (g === w && g !== NO_CLASS) continue;
    // Both without a class: they agree on nothing, but neither is it a flip that the cell alone has.
    flips++;
    if (g === w) continue;
    // Integer scores are compared exactly, so only equal ones are a tie.
    limits ??=
      isFloat(scores.dtype) && values instanceof Float32Array ? limitsOf(values, tolerance) : { relative: 0, floor: 0 };
    const high = w === NO_CLASS ? NaN : (values[sample * classes + w] as number);
    const low = g === NO_CLASS ? NaN : (values[sample * classes + g] as number);
    const margin = high - low;
    const slack = limits.relative * (Math.abs(high) + Math.abs(low)) + 2 * limits.floor;
    if (margin <= slack) continue;
    beyondTies++;
    first ??= { sample, got: g, want: w, margin };
  }
  return { agreement: { n, share: n === 0 ? 0 : (n - flips) / n, flips, beyondTies }, first };
}

/**
 * Share of the samples that may change their class where some elements may lie beyond tolerance. Far less than those: it
 * takes an element that moves and a runner-up as near as it moves. One of 1,000 was seen at most.
 */
const FLIPS = 0.02;

/** Where every element must be within tolerance, no class can flip but by a tie; elsewhere {@link FLIPS} may. */
export function agreementFailure(
  { n, share, beyondTies }: Agreement,
  first: Flip | undefined,
  { outliers, name }: Tolerance,
): ErrorRecord | undefined {
  const allowed = outliers === undefined ? 0 : Math.floor(FLIPS * n);
  if (beyondTies <= allowed || first === undefined) return undefined;
  const nameOf = (index: number): string => (index === NO_CLASS ? 'no class' : `class ${String(index)}`);
  return because(
    'E_AGREEMENT',
    `${String(beyondTies)} of ${String(n)} samples have another class than on the PC where no tie explains it, ` +
      `${String(allowed)} may: ${name} (${percent(share)} agree). The first is sample ${String(first.sample)}: ` +
      `${nameOf(first.got)}, the PC has ${nameOf(first.want)}, ${show(first.margin)} ahead.`,
  );
}
