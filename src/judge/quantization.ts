/**
 * Quantization loss told apart from platform drift. What the fp32 original loses by quantization it loses everywhere: that
 * is a property of the artifact, seen on the PC. What a browser adds is drift, and only that fails its cell.
 */
import type { Quantization } from '../protocol/card.js';
import type { Precision } from '../protocol/cell.js';
import type { ErrorRecord } from '../protocol/errors.js';
import type { JsonFloat, Parity, QuantizationResult } from '../protocol/record.js';
import { ACCURACY_ALPHA } from './mcnemar.js';
import { parityOf, type Side } from './parity.js';
import { because, percent, show } from './reason.js';
import { arithmeticOf, lossLimitFor, type Arithmetic, type LossRow } from './tolerances.js';

export interface QuantizationCase {
  readonly cell: Side;
  /** The same artifact on the PC. */
  readonly pc: Side;
  /** The fp32 original on the PC. */
  readonly original: Side;
  readonly labels: Uint8Array | undefined;
  readonly precision: Exclude<Precision, 'fp32'>;
  readonly quantization: Quantization | undefined;
  /** Whether the cell is beyond the tolerance of its drift. */
  readonly drifted: boolean;
}

/** One side is called the one that moved when it is so many times as far from the original as the other. */
const CLEARLY = 1.25;

/** All sides of one shape, over the same samples. */
export function quantizationOf(input: QuantizationCase): {
  result: QuantizationResult;
  failure: ErrorRecord | undefined;
} {
  const { cell, pc, original, labels, precision, quantization, drifted } = input;
  const limit = lossLimitFor(precision, quantization?.kind);
  const loss = parityOf(pc, original, labels);
  const drift = parityOf(cell, pc, labels);
  const whole = parityOf(cell, original, labels);
  const why = whyTooMuch(loss, limit);
  // A loss that is more than chance is told, and within its limit no failure.
  const lost = why !== undefined || isReal(loss);
  const platform = drifted || isReal(drift);
  const side = platform ? sideOf(number(whole.distance), number(loss.distance)) : undefined;
  const words = [
    lossWords(loss),
    ...(platform
      ? [
          driftWords({
            drift,
            whole,
            loss,
            side,
            arithmetic: arithmeticOf(precision, quantization),
            limit: limit.distance,
          }),
        ]
      : []),
  ].join(' ');
  return {
    result: {
      loss,
      drift,
      moved: lost ? (platform ? 'both' : 'quantization') : platform ? 'platform' : 'none',
      ...(side === undefined ? {} : { side }),
      words,
    },
    failure: why === undefined ? undefined : because('E_QUANTIZATION', why),
  };
}

const isReal = ({ pValue = 1 }: Parity): boolean => pValue < ACCURACY_ALPHA;

/** In words, by what the artifact loses more than it may; a difference in accuracy counts only beyond chance. */
function whyTooMuch(loss: Parity, { name, top1, distance }: LossRow): string | undefined {
  const { difference, pValue = 1 } = loss;
  if (difference !== undefined && -difference > top1 && pValue < ACCURACY_ALPHA) {
    return (
      `On the PC already, the artifact is ${points(-difference)} points less accurate than its fp32 original over ` +
      `${String(loss.n)} samples (McNemar’s exact p is ${show(pValue)}); ${points(top1)} are allowed for: ${name}.`
    );
  }
  if (number(loss.distance) <= distance) return undefined;
  return (
    `On the PC already, the artifact’s outputs are ${shown(loss.distance)} from those of its fp32 original, in units of how ` +
    `these vary from sample to sample; ${show(distance)} are allowed for: ${name}.`
  );
}

function sideOf(cell: number, pc: number): QuantizationResult['side'] {
  if (cell > CLEARLY * pc) return 'browser';
  if (pc > CLEARLY * cell) return 'pc';
  return undefined;
}

function lossWords({ n, difference, pValue = 1, agreement, distance }: Parity): string {
  const far = `its outputs are ${shown(distance)} from the original’s`;
  const agree =
    agreement === undefined ? '' : `, it agrees with the original on ${percent(agreement)} of ${String(n)} samples`;
  if (difference === undefined) return `Quantization: ${far} on the PC${agree}.`;
  if (difference === 0) return `Quantization costs no accuracy on the PC${agree}.`;
  const what = difference < 0 ? 'costs' : 'gains';
  return `Quantization ${what} ${points(Math.abs(difference))} points on the PC (p = ${show(pValue)})${agree}.`;
}

interface Drift {
  readonly drift: Parity;
  /** The cell beside the fp32 original. */
  readonly whole: Parity;
  readonly loss: Parity;
  readonly side: QuantizationResult['side'];
  readonly arithmetic: Arithmetic;
  /** The largest distance that is still put down to how numbers are rounded. */
  readonly limit: number;
}

function driftWords({ drift, whole, loss, side, arithmetic, limit }: Drift): string {
  const { difference, pValue = 1, agreement } = drift;
  const same = 'the PC running the same artifact';
  const adds =
    difference === undefined
      ? `The browser’s outputs are ${shown(drift.distance)} from those of ${same}`
      : difference === 0
        ? `The browser is as accurate as ${same}`
        : `The browser ${difference < 0 ? 'loses another' : 'gains'} ${points(Math.abs(difference))} points on ${same} (p = ${show(pValue)})`;
  const agree = agreement === undefined ? '' : ` and agrees with it on ${percent(agreement)}`;
  const distances = `${shown(whole.distance)} from the fp32 original, the PC ${shown(loss.distance)}`;
  const moved =
    side === undefined
      ? `The browser is ${distances}: neither clearly further`
      : `The browser is ${distances}: it is the ${side === 'pc' ? 'PC' : 'browser'} that moved`;
  const cause =
    number(drift.distance) > limit
      ? 'That is more than kernels which differ by design account for.'
      : side === undefined
        ? undefined
        : BY_DESIGN[arithmetic][side];
  return `${adds}${agree}. ${moved}.${cause === undefined ? '' : ` ${cause}`}`;
}

/** Where kernels are known to differ by design, by which side is the further one. */
const BY_DESIGN: Readonly<Record<Arithmetic, { readonly pc?: string; readonly browser?: string }>> = {
  float32: {},
  float16: {
    browser: 'By design, a GPU with shader-f16 sums in float16, where the PC sums in float32 and rounds the result.',
    pc: 'By design, kernels that compute in float32 between two operators round less often than the PC.',
  },
  'dynamic int8': { pc: saturates(), browser: requantizes() },
  'static int8': { pc: saturates(), browser: requantizes() },
};

function saturates(): string {
  return (
    'By design, x86 CPUs without VNNI add two products of uint8 and int8 in 16 bits, which saturates (onnxruntime’s guide to ' +
    'quantization names reduce_range as the way out), and a provider without integer kernels computes in floats, which rounds less.'
  );
}

function requantizes(): string {
  return 'Known causes are kernels that saturate in 16 bits, and scales that are rounded to another width.';
}

const number = (value: JsonFloat): number => Number(value);
const shown = (value: JsonFloat): string => (typeof value === 'number' ? String(Number(value.toPrecision(3))) : value);
/** A share as percentage points. */
const points = (share: number): string => (100 * share).toFixed(2);
