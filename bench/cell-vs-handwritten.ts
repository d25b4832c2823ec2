/** How much longer the whole cell takes than a page that somebody wrote by hand for the same loop. */
import { z } from 'zod';
import { top1 } from '../src/judge/index.js';
import { PlumblineError } from '../src/protocol/errors.js';
import { onBed } from './bed.js';
import { median, type Benchmark } from './benchmark.js';

const ROUNDS = 15;
const DEADLINE_MS = 120_000;

const answerSchema = z.object({ ms: z.number().positive(), classes: z.array(z.int()) });

/**
 * Both run in one browser, each on a page of its own that has run before: the runtime is loaded, model and samples are
 * fetched anew, the session is made anew. The cell is timed by the runner, from plan to verdict; the hand-written page
 * times itself, as such pages do.
 */
export const cellVsHandwritten: Benchmark = {
  name: 'cell-vs-handwritten',
  unit: 'ratio',
  target: 1.15,
  better: 'lower',
  how: `LeNet-5, 10,000 images, ort-wasm-t1, Chromium; median of ${String(ROUNDS)} interleaved rounds`,
  measure: (say) =>
    onBed('chromium', async (bed) => {
      await bed.runCell();
      const page = await bed.openHandwritten();
      const handwritten = async (): Promise<z.infer<typeof answerSchema>> =>
        answerSchema.parse(await page.call('run', null, { deadlineMs: DEADLINE_MS }));
      await handwritten();
      const samples: { cellMs: number; handwrittenMs: number; ratio: number }[] = [];
      for (let round = 1; round <= ROUNDS; round++) {
        const cell = await bed.runCell();
        const byHand = await handwritten();
        const [logits] = cell.outputs;
        if (logits === undefined || !isSame(top1(logits, cell.observation.n), byHand.classes)) {
          throw new PlumblineError('E_INTERNAL', 'the hand-written page has other answers than the cell');
        }
        const ratio = cell.ms / byHand.ms;
        samples.push({ cellMs: cell.ms, handwrittenMs: byHand.ms, ratio });
        say(
          `${String(round)}/${String(ROUNDS)}: cell ${cell.ms.toFixed(0)} ms, by hand ${byHand.ms.toFixed(0)} ms, ratio ${ratio.toFixed(3)}`,
        );
      }
      return { value: median(samples.map(({ ratio }) => ratio)), samples };
    }),
};

const isSame = (one: Int32Array, other: readonly number[]): boolean =>
  one.length === other.length && one.every((winner, sample) => winner === other[sample]);
