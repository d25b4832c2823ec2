/** How much faster an image is judged by a cell than by the usual way: `page.evaluate` with arrays of numbers. */
import { chromium, type Page } from '@playwright/test';
import { findEngine } from '../src/browsers/find.js';
import { normalizationTable } from '../src/protocol/inputs.js';
import { PlumblineError } from '../src/protocol/errors.js';
import { onBed, type Bed } from './bed.js';
import { median, timed, type Benchmark } from './benchmark.js';

const ROUNDS = 5;
const BATCH = 100;
/** The usual way takes the same time for every batch, so a tenth of the images tells what an image takes. */
const BATCHES = 10;

interface PageGlobals {
  predict(input: readonly number[]): Promise<number[]>;
}

/**
 * The usual way is given every advantage: its session is made, its inputs are normalized and lie ready as arrays before
 * the clock starts, and nothing is judged. The cell is timed whole, over all 10,000 images.
 */
export const jsonEvaluateVsCell: Benchmark = {
  name: 'json-evaluate-vs-cell',
  unit: 'ratio',
  target: 30,
  better: 'higher',
  how:
    `time an image: page.evaluate over ${String(BATCH * BATCHES)} images in batches of ${String(BATCH)} (extrapolated), ` +
    `the cell over 10,000; median of ${String(ROUNDS)} interleaved rounds`,
  measure: (say) =>
    onBed('chromium', async (bed) => {
      const batches = await normalizedBatches(bed);
      return await onPage(bed.handwrittenUrl(), async (page) => {
        await bed.runCell();
        await evaluateAll(page, batches.slice(0, 2));
        const samples: { jsonMsPerImage: number; cellMsPerImage: number; ratio: number }[] = [];
        for (let round = 1; round <= ROUNDS; round++) {
          const { ms } = await timed(() => evaluateAll(page, batches));
          const cell = await bed.runCell();
          const jsonMsPerImage = ms / (BATCH * BATCHES);
          const cellMsPerImage = cell.ms / cell.observation.n;
          const ratio = jsonMsPerImage / cellMsPerImage;
          samples.push({ jsonMsPerImage, cellMsPerImage, ratio });
          say(
            `${String(round)}/${String(ROUNDS)}: an image takes ${jsonMsPerImage.toFixed(3)} ms by JSON, ` +
              `${cellMsPerImage.toFixed(3)} ms in a cell, ratio ${ratio.toFixed(1)}`,
          );
        }
        return { value: median(samples.map(({ ratio }) => ratio)), samples };
      });
    }),
};

async function evaluateAll(page: Page, batches: readonly (readonly number[])[]): Promise<void> {
  for (const batch of batches) {
    const logits = await page.evaluate((input) => (globalThis as unknown as PageGlobals).predict(input), batch);
    if (logits.length !== BATCH * 10) throw new PlumblineError('E_INTERNAL', 'the page gave no logits for a batch');
  }
}

async function normalizedBatches({ cell, dataset }: Bed): Promise<number[][]> {
  const normalization = cell.model.card.inputs[0]?.normalization;
  if (normalization === undefined) throw new PlumblineError('E_CARD', `${cell.id} has no normalization`);
  const table = normalizationTable(normalization, 1);
  const samples = await dataset.samples();
  const size = (samples.length / dataset.descriptor.n) * BATCH;
  return Array.from({ length: BATCHES }, (_, batch) =>
    Array.from(samples.subarray(batch * size, (batch + 1) * size), (byte) => table[byte] as number),
  );
}

/** The browser of the cells, steered by Playwright alone. */
async function onPage<T>(url: string, work: (page: Page) => Promise<T>): Promise<T> {
  const status = await findEngine('chromium');
  if (!status.found || status.engine.driver !== 'playwright') {
    throw new PlumblineError('E_BROWSER_MISSING', 'page.evaluate needs a Chromium that Playwright steers');
  }
  const { executablePath, args, headless } = status.engine;
  const browser = await chromium.launch({ executablePath, args: [...args], headless });
  try {
    const page = await browser.newPage();
    await page.goto(url);
    return await work(page);
  } finally {
    await browser.close();
  }
}
