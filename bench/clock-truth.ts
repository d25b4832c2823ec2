/** Whether the warm latency that the suite tells is the one that a bare loop finds. */
import { z } from 'zod';
import { BROWSERS, type BrowserName } from '../src/protocol/cell.js';
import { onBed } from './bed.js';
import { median, type Benchmark } from './benchmark.js';

const ROUNDS = 15;
const TIMINGS = 60;
const BUDGET_MS = 1_000;
const CLOCK_STEPS = 50;
/** Inferences before the bare loop is timed; the session has run thousands by the second round. */
const WARM_UP = 2_000;
const DEADLINE_MS = 120_000;

const answerSchema = z.object({ samplesMs: z.array(z.number().positive()).min(1) });

/**
 * Both run in one browser, each in a page with a session of its own, one after the other in every round, with as many
 * inferences a timing. The first round warms both up and does not count.
 */
export const clockTruths: readonly Benchmark[] = BROWSERS.map((browser) => ({
  name: `clock-truth-${browser}`,
  unit: 'ratio',
  target: 1.03,
  better: 'lower',
  how: `LeNet-5, one image, ort-wasm-t1: warm median of the suite to that of a bare loop, or the other way round, whichever is above 1; median of ${String(ROUNDS)} interleaved rounds`,
  measure: (say) => measure(browser, say),
}));

async function measure(browser: BrowserName, say: (line: string) => void): ReturnType<Benchmark['measure']> {
  return await onBed(browser, async (bed) => {
    const suite = (): ReturnType<typeof bed.measure> =>
      bed.measure({
        batchSize: 1,
        timings: TIMINGS,
        budgetMs: BUDGET_MS,
        minClockSteps: CLOCK_STEPS,
        readBack: true,
      });
    const { iterations } = await suite();
    const page = await bed.openHandwritten('bare-loop');
    const bareLoop = async (): Promise<readonly number[]> => {
      const request = { warmUp: WARM_UP, timings: TIMINGS, iterations };
      return answerSchema.parse(await page.call('run', request, { deadlineMs: DEADLINE_MS })).samplesMs;
    };
    await bareLoop();
    const samples: { suiteMs: number; bareMs: number; ratio: number }[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      // Whoever comes first in a round may find the machine in another state.
      const first = round % 2 === 0 ? await bareLoop() : undefined;
      const suiteMs = median((await suite()).samplesMs);
      const bareMs = median(first ?? (await bareLoop()));
      samples.push({ suiteMs, bareMs, ratio: suiteMs / bareMs });
    }
    const ratio = median(samples.map((sample) => sample.ratio));
    say(`${browser}: suite to bare loop ${ratio.toFixed(3)}, ${String(iterations)} inferences a timing`);
    return { value: Math.max(ratio, 1 / ratio), samples };
  });
}
