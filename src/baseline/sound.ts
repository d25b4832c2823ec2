/** Whether a baseline can be judged by: the PC must reach the accuracy that the card was written with. */
import type { ModelCard } from '../protocol/card.js';
import { PlumblineError } from '../protocol/errors.js';

/**
 * Another CPU's rounding may flip a sample or two that stand on the edge; a changed weight flips many.
 * In samples of 10,000: five.
 */
export const ACCURACY_SLACK = 5e-4;

/**
 * @param top1 accuracy of the fp32 original on this PC, over `n` samples
 * @throws PlumblineError `E_BASELINE` when it is not the card's
 */
export function assertSound(card: ModelCard, top1: number, n: number): void {
  const { accuracy } = card;
  // A card without an accuracy, or of another number of samples, says nothing to compare with.
  if (accuracy?.n !== n || Math.abs(accuracy.top1 - top1) <= ACCURACY_SLACK) return;
  throw new PlumblineError(
    'E_BASELINE',
    `${card.name} reaches ${percent(top1)} on this PC over ${String(n)} samples, its card says ${percent(accuracy.top1)}`,
    {
      hint: 'The weights are not the ones that the card was written for: restore the artifact, or migrate the model anew.',
    },
  );
}

function percent(share: number): string {
  return `${(share * 100).toFixed(2)} %`;
}
