/**
 * Whether a tolerance has teeth: a cell that passes is judged anew with each {@link MUTANTS mutant} of its own outputs, and
 * those that pass as well are named, with the reason. Pure, and seeded by the cell's id: the same each time.
 */
import type { Teeth } from '../protocol/record.js';
import { accuracyOf, top1 } from './accuracy.js';
import { exceeds, limitsOf, type Limits, type Tolerance } from './compare.js';
import type { Pair } from './closeness.js';
import { agreementFailure, agreementOf } from './agreement.js';
import { ACCURACY_ALPHA } from './mcnemar.js';
import { MUTANTS, type WrongWeight } from './mutants.js';
import { seeded, seedOf } from '../protocol/random.js';
import { percent, show } from './reason.js';
import { isFloat, numbersOf, rowLength, sampleCount } from './tensors.js';

export type { WrongWeight } from './mutants.js';

/** The share of mutants that a run as a whole must kill. */
export const TEETH_SHARE = 0.95;

export interface TeethCase {
  /** The cell's: seeds what is drawn. */
  readonly id: string;
  /** All outputs, which pass. The first one that holds floats is mutated. */
  readonly pairs: readonly Pair[];
  readonly tolerance: Tolerance;
  /** The PC's classes of the first output, where it is a classifier's. */
  readonly classes: Int32Array | undefined;
  readonly labels: Uint8Array | undefined;
  readonly wrongWeight: WrongWeight | undefined;
}

/** @returns `undefined` where there is nothing to mutate: no float output, or an empty one */
export function teethOf(input: TeethCase): Teeth | undefined {
  const index = input.pairs.findIndex(({ got, want }) => isFloat(got.dtype) && isFloat(want.dtype));
  const pair = input.pairs[index];
  if (pair === undefined || pair.want.data.length === 0) return undefined;
  const got = numbersOf(pair.got) as Float32Array;
  const want = numbersOf(pair.want) as Float32Array;
  const limits = limitsOf(want, input.tolerance);
  const isScores = index === 0 && input.classes !== undefined;
  const stock = {
    values: got,
    samples: sampleCount(pair.want),
    row: rowLength(pair.want),
    wrongWeight: index === 0 ? input.wrongWeight : undefined,
  };
  const tried: string[] = [];
  const survivors: Teeth['survivors'] = [];
  for (const { name, make } of MUTANTS) {
    // A stream each, so that a new mutant does not change what the others draw.
    const mutant = make({ ...stock, random: seeded(seedOf(`${input.id} ${name}`)) });
    if (mutant === undefined) continue;
    tried.push(name);
    if (exceeds(mutant, want, limits)) continue;
    if (isScores && isAnotherAnswer(mutant, pair, input)) continue;
    survivors.push({ mutant: name, reason: whyBelow({ mutant, got, want, limits, pair, tolerance: input.tolerance }) });
  }
  return { killed: tried.length - survivors.length, total: tried.length, tried, survivors };
}

/** Whether a mutant that is close enough gives itself away by its classes, as {@link measure} would see it. */
function isAnotherAnswer(mutant: Float32Array, pair: Pair, { tolerance, classes, labels }: TeethCase): boolean {
  if (classes === undefined) return false;
  const predicted = top1({ ...pair.want, dtype: 'float32', data: mutant }, classes.length);
  const { agreement, first } = agreementOf(predicted, classes, pair.want, tolerance);
  if (agreementFailure(agreement, first, tolerance) !== undefined) return true;
  return labels !== undefined && accuracyOf(predicted, classes, classes, labels).pValue < ACCURACY_ALPHA;
}

interface Survivor {
  readonly mutant: Float32Array;
  readonly got: Float32Array;
  readonly want: Float32Array;
  readonly limits: Limits;
  readonly pair: Pair;
  readonly tolerance: Tolerance;
}

/** By numbers: what the mutant changes most, in units of what the tolerance allows there. */
function whyBelow({ mutant, got, want, limits: { relative, floor, factor }, pair, tolerance }: Survivor): string {
  const row = rowLength(pair.want);
  let changed = 0;
  let worst = 0;
  let most = -1;
  for (let i = 0; i < mutant.length; i++) {
    const moved = Math.abs((mutant[i] as number) - (got[i] as number));
    if (!(moved > 0)) continue;
    changed++;
    const share = moved / (relative * Math.abs(want[i] as number) + floor);
    if (share > most) {
      most = share;
      worst = i;
    }
  }
  if (changed === 0) return 'it changes nothing: the outputs are the same with the fault';
  const place = `${pair.element.replace('#', String(worst % row))} of sample ${String(Math.floor(worst / row))}`;
  const isOutlier = most > 1;
  const allowed = (isOutlier ? factor : 1) * (relative * Math.abs(want[worst] as number) + floor);
  const few = isOutlier ? `, as up to ${percent(tolerance.outliers?.share ?? 0)} of the elements may be off` : '';
  return (
    `it changes ${String(changed)} of ${String(mutant.length)} elements, ${place} the most: from ${show(got[worst] as number)} to ` +
    `${show(mutant[worst] as number)}, where the PC has ${show(want[worst] as number)} give or take ${show(allowed)}${few}`
  );
}

/** The teeth of a whole run. */
export interface TeethSummary {
  readonly killed: number;
  readonly total: number;
  readonly share: number;
  /** `false`: too few are killed. A handful of mutants says nothing of the whole, so it is always well with them. */
  readonly ok: boolean;
}

/** Below so many mutants (a dozen cells), a share is told and not judged: one survivor alone would break the limit. */
export const TEETH_MINIMUM = 100;

export function summarizeTeeth(teeth: Iterable<Teeth | undefined>): TeethSummary {
  let killed = 0;
  let total = 0;
  for (const one of teeth) {
    killed += one?.killed ?? 0;
    total += one?.total ?? 0;
  }
  const share = total === 0 ? 1 : killed / total;
  return { killed, total, share, ok: total < TEETH_MINIMUM || share >= TEETH_SHARE };
}
