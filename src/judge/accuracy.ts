/** Top-1 classes, accuracy and agreement. */
import type { TensorData } from '../protocol/observation.js';
import type { Accuracy } from '../protocol/record.js';
import { mcnemarExact } from './mcnemar.js';
import { numbersOf, rowLength } from './tensors.js';

/** The class of a sample whose scores are all NaN: there is none. */
export const NO_CLASS = -1;

/**
 * The class with the highest score of each of the first `n` samples. Of equal scores the lowest index wins, as in
 * `numpy.argmax`. NaN never wins (in `numpy.argmax` it does): a score that is not a number is no evidence for its class,
 * and the comparison of the tensors reports it anyway. A sample of NaN alone, or of no scores, has {@link NO_CLASS}.
 *
 * @param scores shape [samples, classes…]; at least `n` samples
 */
export function top1(scores: TensorData, n: number): Int32Array {
  const values = numbersOf(scores);
  const classes = rowLength(scores);
  const winners = new Int32Array(n);
  for (let sample = 0; sample < n; sample++) {
    const start = sample * classes;
    let winner = NO_CLASS;
    let highest = -Infinity;
    for (let index = 0; index < classes; index++) {
      const value = values[start + index] as number;
      // The second half lets -Infinity win where there is nothing higher.
      if (value > highest || (winner === NO_CLASS && value === -Infinity)) {
        highest = value;
        winner = index;
      }
    }
    winners[sample] = winner;
  }
  return winners;
}

/**
 * Accuracy of a cell beside that of the PC, all over the samples of `labels`.
 *
 * @param predicted, baseline, fp32 the classes of {@link top1}, as many as there are labels
 * @param labels the true class of each sample
 * @returns shares in [0, 1]; all of them 0, and p 1, over no samples. A sample without a class is right for nobody and
 *   agrees with nothing.
 */
export function accuracyOf(
  predicted: Int32Array,
  baseline: Int32Array,
  fp32: Int32Array,
  labels: Uint8Array,
): Accuracy {
  const n = labels.length;
  let right = 0;
  let baselineRight = 0;
  let fp32Right = 0;
  let agreeing = 0;
  let onlyCell = 0;
  let onlyBaseline = 0;
  for (let i = 0; i < n; i++) {
    const label = labels[i];
    const cell = predicted[i];
    const isRight = cell === label;
    const isBaselineRight = baseline[i] === label;
    if (isRight) right++;
    if (isBaselineRight) baselineRight++;
    if (fp32[i] === label) fp32Right++;
    if (cell !== NO_CLASS && cell === baseline[i]) agreeing++;
    if (isRight && !isBaselineRight) onlyCell++;
    if (isBaselineRight && !isRight) onlyBaseline++;
  }
  const share = (count: number): number => (n === 0 ? 0 : count / n);
  return {
    n,
    top1: share(right),
    baselineTop1: share(baselineRight),
    fp32Top1: share(fp32Right),
    agreement: share(agreeing),
    pValue: mcnemarExact(onlyBaseline, onlyCell),
  };
}
