/**
 * How close a tensor is to the one that the PC computed.
 *
 * An element is within tolerance when
 *
 *     |got - want| <= relative * |want| + absolute * scale
 *
 * where `scale` is the median of the non-zero finite |want| over the whole tensor. Why this scale:
 *
 * - A fixed absolute floor would pass any tensor whose values lie below it; a floor in units of the tensor's own scale
 *   means the same for values of 1e-6 as for values of 10.
 * - It is the tensor's and not the sample's, because rounding errors come from the terms that a layer sums, which are
 *   as large for the sample whose terms happen to cancel. A sample's own scale would cry wolf there, and a tensor with
 *   one element a sample would have no absolute part at all.
 * - It is the median and not the maximum or the RMS, because one huge element (or a few box coordinates among scores)
 *   would lift those and hide errors everywhere else; half of the elements would have to be huge to lift the median.
 * - Zeros are left out, because a sparse tensor is not a small one. A tensor without a non-zero finite element has
 *   scale 0 and must be matched exactly.
 *
 * Integers and booleans are classes, tokens or masks: they must be matched exactly, whatever the tolerance.
 *
 * Arithmetic that goes in steps (int8) needs two statements more, and a tolerance may hold them:
 *
 * - `outliers`: a float that falls on the border between two steps goes to either side by its last bit, and an early flip
 *   moves what comes after it by several steps. So a small share of elements may lie beyond, but none of them far.
 * - `gain`: such a tolerance is wider than a systematic error of a per cent. But steps err to both sides: over many elements
 *   that averages out, and what is scaled as a whole shows in the factor that fits `got` to `want` best (least squares).
 *   It must be within `gain` of 1, give or take {@link GAIN_DEVIATIONS} of its own standard errors; of less
 *   than {@link GAIN_ELEMENTS} elements it is not asked.
 */
import type { TensorData } from '../protocol/observation.js';
import { describeTensor, flawOf, isFloat, numbersOf, rowLength } from './tensors.js';

/** All parts are dimensionless; see the top of this file. `name` says which row of the table it is. */
export interface Tolerance {
  readonly relative: number;
  readonly absolute: number;
  readonly name: string;
  /** At most this share of the elements beyond tolerance, and none beyond `factor` times it; absent: none at all. */
  readonly outliers?: { readonly share: number; readonly factor: number };
  /** Absent: the outputs as a whole are not looked at. */
  readonly gain?: number;
}

/** By what a comparison fails, in the order in which it is said. */
export type Excess = 'nonfinite' | 'element' | 'share' | 'gain';

/** An element where two tensors are furthest apart; int64 values are rounded to doubles here, though not in the comparison. */
export interface WorstElement {
  /** Position on the first axis. */
  readonly sample: number;
  /** Position within the sample, flattened. */
  readonly index: number;
  readonly got: number;
  readonly want: number;
}

export interface Comparison {
  /** Nothing exceeds the tolerance and nothing is wrong with dtype, shape or length. */
  readonly matched: boolean;
  /** By what the tolerance is exceeded, where it is. */
  readonly excess?: Excess;
  /** In words, why the tensors can't be compared; then all distances are Infinity. */
  readonly incomparable?: string;
  /**
   * The first of the elements with the largest {@link toleranceUsed}, those counted by {@link nonFinite} before all
   * others; absent on empty and incomparable tensors.
   */
  readonly worst?: WorstElement;
  /** Largest |got - want|; Infinity where one is not finite and the other is not the same. */
  readonly maxAbs: number;
  /** Largest |got - want| / max(|want|, scale); Infinity likewise, and for a difference in a tensor of scale 0. */
  readonly maxRel: number;
  /** Largest |got - want| / (relative * |want| + absolute * scale): above 1 is beyond tolerance. Infinity likewise. */
  readonly toleranceUsed: number;
  /** Elements of `got` that are NaN or infinite where `want` is not the same. */
  readonly nonFinite: number;
  /** Elements beyond tolerance, non-finite ones included. */
  readonly beyond: number;
  /** The factor that fits `got` to `want` best, over the elements that are finite in both; 1 where that says nothing. */
  readonly gain: number;
  /** See the top of this file. */
  readonly scale: number;
}

/**
 * Compares what a cell computed with what the PC did. Strict on dtype, shape and length. NaN equals NaN and an infinity
 * equals itself, each at the same place only; +0 equals -0. Never throws.
 */
export function compareTensors(got: TensorData, want: TensorData, tolerance: Tolerance): Comparison {
  const incomparable = whyIncomparable(got, want);
  if (incomparable !== undefined) {
    return {
      matched: false,
      incomparable,
      maxAbs: Infinity,
      maxRel: Infinity,
      toleranceUsed: Infinity,
      nonFinite: 0,
      beyond: 0,
      gain: 1,
      scale: 0,
    };
  }
  const row = rowLength(want);
  if (!isFloat(want.dtype)) return compareExactly(got.data, want.data, row);
  return compareFloats(numbersOf(got) as Float32Array, numbersOf(want) as Float32Array, row, tolerance);
}

function whyIncomparable(got: TensorData, want: TensorData): string | undefined {
  if (got.dtype !== want.dtype) return `the dtype is ${got.dtype}, not ${want.dtype}`;
  const gotFlaw = flawOf(got);
  if (gotFlaw !== undefined) return gotFlaw;
  const wantFlaw = flawOf(want);
  if (wantFlaw !== undefined) return `the PC’s tensor is broken: ${wantFlaw}`;
  const sameShape =
    got.shape.length === want.shape.length && got.shape.every((size, axis) => size === want.shape[axis]);
  return sameShape ? undefined : `the shape is ${describeTensor(got)}, not ${describeTensor(want)}`;
}

/** A tolerance, worked out for one tensor of the PC's. */
export interface Limits {
  readonly scale: number;
  readonly relative: number;
  /** `absolute * scale`. */
  readonly floor: number;
  /** No element may be further beyond its tolerance than so many times it. */
  readonly factor: number;
  /** So many elements may be beyond their tolerance. */
  readonly allowed: number;
  readonly gain: number | undefined;
}

export function limitsOf(want: Float32Array, { relative, absolute, outliers, gain }: Tolerance): Limits {
  const scale = medianMagnitude(want);
  return {
    scale,
    relative,
    floor: absolute * scale,
    factor: outliers?.factor ?? 1,
    allowed: Math.floor((outliers?.share ?? 0) * want.length),
    gain,
  };
}

/** Sums over the elements that are finite in both: of `want²`, `want⁴`, `difference * want` and `difference²`. */
interface Sums {
  readonly ww: number;
  readonly w4: number;
  readonly dw: number;
  readonly dd: number;
  readonly count: number;
}

/** Standard errors of the fitted gain that are put down to chance: 4 come up in one of 16,000 fits. */
const GAIN_DEVIATIONS = 4;

/**
 * Elements that must carry a fit for it to say anything, as (sum w²)² / sum w⁴ counts them: one among ten that is larger
 * than all others together is fitted by itself, and its own rounding would be taken for a gain.
 */
const GAIN_ELEMENTS = 100;

function isScaled({ ww, w4, dw, dd, count }: Sums, limit: number | undefined): boolean {
  if (limit === undefined || ww === 0 || ww ** 2 < GAIN_ELEMENTS * w4) return false;
  const residual = Math.max(0, dd - dw ** 2 / ww);
  const deviation = Math.sqrt(residual / Math.max(1, count - 1) / ww);
  return Math.abs(dw / ww) > limit + GAIN_DEVIATIONS * deviation;
}

/** The hot loop: one pass, no allocation, both arrays of one type. */
function compareFloats(got: Float32Array, want: Float32Array, row: number, tolerance: Tolerance): Comparison {
  const limits = limitsOf(want, tolerance);
  const { relative, floor, scale } = limits;
  let maxAbs = 0;
  let maxRel = 0;
  let used = 0;
  let worst = 0;
  let nonFinite = 0;
  let beyond = 0;
  let ww = 0;
  let w4 = 0;
  let dw = 0;
  let dd = 0;
  let count = 0;
  for (let i = 0; i < want.length; i++) {
    const g = got[i] as number;
    const w = want[i] as number;
    const difference = g - w;
    const distance = Math.abs(difference);
    // NaN, or the distance to an infinity: neither is below Infinity.
    if (!(distance < Infinity)) {
      if (g === w || (Number.isNaN(g) && Number.isNaN(w))) continue;
      // A NaN or infinity of the cell's own is the worst there is, whatever came before it.
      if (Number.isFinite(g) ? used < Infinity : nonFinite++ === 0) worst = i;
      beyond++;
      maxAbs = maxRel = used = Infinity;
      continue;
    }
    const square = w * w;
    ww += square;
    w4 += square * square;
    count++;
    if (distance === 0) continue;
    dw += difference * w;
    dd += distance * distance;
    const magnitude = Math.abs(w);
    const share = distance / (relative * magnitude + floor);
    if (distance > maxAbs) maxAbs = distance;
    const relativeDistance = distance / Math.max(magnitude, scale);
    if (relativeDistance > maxRel) maxRel = relativeDistance;
    if (share > 1) beyond++;
    if (share > used) {
      used = share;
      worst = i;
    }
  }
  const excess =
    nonFinite > 0
      ? 'nonfinite'
      : used > limits.factor
        ? 'element'
        : beyond > limits.allowed
          ? 'share'
          : isScaled({ ww, w4, dw, dd, count }, limits.gain)
            ? 'gain'
            : undefined;
  return {
    matched: excess === undefined,
    ...(excess === undefined ? {} : { excess }),
    ...(want.length === 0 ? {} : { worst: elementAt(worst, row, got[worst] as number, want[worst] as number) }),
    maxAbs,
    maxRel,
    toleranceUsed: used,
    nonFinite,
    beyond,
    gain: ww === 0 ? 1 : 1 + dw / ww,
    scale,
  };
}

/**
 * Whether {@link compareTensors} would find anything, without its numbers: ends at the first element that decides.
 * @param got, want of one length
 */
export function exceeds(got: Float32Array, want: Float32Array, limits: Limits): boolean {
  const { relative, floor, factor, allowed } = limits;
  let beyond = 0;
  let ww = 0;
  let w4 = 0;
  let dw = 0;
  let dd = 0;
  let count = 0;
  for (let i = 0; i < want.length; i++) {
    const g = got[i] as number;
    const w = want[i] as number;
    const difference = g - w;
    const distance = Math.abs(difference);
    if (!(distance < Infinity)) {
      if (g === w || (Number.isNaN(g) && Number.isNaN(w))) continue;
      return true;
    }
    const square = w * w;
    ww += square;
    w4 += square * square;
    count++;
    if (distance === 0) continue;
    dw += difference * w;
    dd += distance * distance;
    const share = distance / (relative * Math.abs(w) + floor);
    if (share > factor || (share > 1 && ++beyond > allowed)) return true;
  }
  return isScaled({ ww, w4, dw, dd, count }, limits.gain);
}

/** Integers: any difference is beyond tolerance. int64 differences are taken as BigInt, so that none is rounded away. */
function compareExactly(got: TensorData['data'], want: TensorData['data'], row: number): Comparison {
  const scale = medianMagnitude(Float32Array.from(want as ArrayLike<number | bigint>, Number));
  let maxAbs = 0;
  let maxRel = 0;
  let beyond = 0;
  let worst = 0;
  for (let i = 0; i < want.length; i++) {
    const g = got[i] as number | bigint;
    const w = want[i] as number | bigint;
    if (g === w) continue;
    if (beyond === 0) worst = i;
    beyond++;
    const distance = Math.abs(typeof g === 'bigint' ? Number(g - (w as bigint)) : g - (w as number));
    maxAbs = Math.max(maxAbs, distance);
    maxRel = Math.max(maxRel, distance / Math.max(Math.abs(Number(w)), scale));
  }
  return {
    matched: beyond === 0,
    ...(beyond === 0 ? {} : { excess: 'element' }),
    ...(want.length === 0 ? {} : { worst: elementAt(worst, row, Number(got[worst]), Number(want[worst])) }),
    maxAbs,
    maxRel,
    toleranceUsed: beyond === 0 ? 0 : Infinity,
    nonFinite: 0,
    beyond,
    gain: 1,
    scale,
  };
}

const elementAt = (position: number, row: number, got: number, want: number): WorstElement => ({
  sample: Math.floor(position / row),
  index: position % row,
  got,
  want,
});

/** Digits of the radix selection, from the top: 11 + 10 + 10 bits cover the 31 bits below the sign. */
const DIGITS = [
  { shift: 20, width: 11 },
  { shift: 10, width: 10 },
  { shift: 0, width: 10 },
] as const;

const INFINITY_BITS = 0x7f80_0000;

/**
 * The (lower) median of the non-zero finite |x|, or 0 where there is none.
 *
 * Radix selection on the bits: without their sign, IEEE 754 numbers are ordered as their bits are. Three counting passes
 * take a fraction of the time of a sort.
 */
export function medianMagnitude(values: Float32Array): number {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const counts = new Uint32Array(1 << 11);
  let prefix = 0;
  let rank = -1;
  for (const { shift, width } of DIGITS) {
    const above = shift + width;
    const mask = (1 << width) - 1;
    counts.fill(0);
    let total = 0;
    for (let i = 0; i < bits.length; i++) {
      const magnitude = (bits[i] as number) & 0x7fff_ffff;
      if (magnitude === 0 || magnitude >= INFINITY_BITS || magnitude >>> above !== prefix) continue;
      const digit = (magnitude >>> shift) & mask;
      counts[digit] = (counts[digit] as number) + 1;
      total++;
    }
    if (total === 0) return 0;
    if (rank < 0) rank = (total - 1) >> 1;
    let digit = 0;
    while (rank >= (counts[digit] as number)) {
      rank -= counts[digit] as number;
      digit++;
    }
    prefix = (prefix << width) | digit;
  }
  return new Float32Array(Uint32Array.of(prefix).buffer)[0] as number;
}
