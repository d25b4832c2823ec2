/** Whether a baseline can be judged by: the PC must reach the accuracy that the card was written with. */
import type { ModelCard } from '../protocol/card.js';
import { PlumblineError } from '../protocol/errors.js';

/**
 * Another CPU's rounding may flip a sample or two that stand on the edge; a changed weight flips many.
 * Of 10,000 samples: five; of 1,000: two.
 */
export const slackOver = (n: number): number => Math.max(5e-4, 2 / n);

/**
 * @param top1 accuracy of the fp32 original on this PC, over the first `n` samples of the card's dataset
 * @throws PlumblineError `E_BASELINE` when it is not the card's
 */
export function assertSound(card: ModelCard, top1: number, n: number): void {
  const exact = card.artifacts.filter(({ precision }) => precision === 'fp32');
  const claims = [card.accuracy, ...exact.map(({ accuracy }) => accuracy)];
  const accuracy = claims.find((claim) => claim?.n === n);
  // A card that claims nothing over so many samples gives nothing to compare with.
  if (accuracy === undefined || Math.abs(accuracy.top1 - top1) <= slackOver(n) + Number.EPSILON) return;
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
