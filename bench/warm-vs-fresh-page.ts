/** How much faster cells are that share a warm page than cells that get a fresh one each. */
import type { PlannedCell } from '../src/plan/plan.js';
import { targetSlug } from '../src/protocol/cell.js';
import { Bed } from './bed.js';
import { median, type Benchmark } from './benchmark.js';

const ROUNDS = 3;

/** One batch a cell: what is compared is all that comes before and after the inferences, which cost the same on both. */
const SAMPLES = 100;

/** Backends whose cells are quick enough that the page is what they wait for. */
const TARGETS = ['ort-wasm-t1', 'tfjs-wasm', 'litert-wasm-t1'];

/**
 * Runs the LeNets' cells on three runtimes as the matrix does, group by group, and then with each page thrown away after
 * its cell. The browser stays, and with it its HTTP cache: a page that is opened for each cell would have that, too.
 */
export const warmVsFreshPage: Benchmark = {
  name: 'warm-vs-fresh-page',
  unit: 'ratio',
  target: 3,
  better: 'higher',
  how: `Chromium, all cells of LeNet-1 and LeNet-5 on ${TARGETS.join(', ')}, ${String(SAMPLES)} images each, a fresh page a cell to one a runtime; median of ${String(ROUNDS)} interleaved rounds`,
  async measure(say) {
    const bed = await Bed.open('chromium');
    try {
      const cells = bed.cellsWhere(
        ({ model, target }) => model.card.name.startsWith('lenet') && TARGETS.includes(targetSlug(target)),
      );
      await runAll(bed, cells, false);
      const samples: { freshMs: number; warmMs: number; ratio: number }[] = [];
      for (let round = 1; round <= ROUNDS; round++) {
        const freshMs = await runAll(bed, cells, true);
        const warmMs = await runAll(bed, cells, false);
        samples.push({ freshMs, warmMs, ratio: freshMs / warmMs });
        say(
          `${String(round)}/${String(ROUNDS)}: ${String(cells.length)} cells, fresh ${freshMs.toFixed(0)} ms, warm ${warmMs.toFixed(0)} ms`,
        );
      }
      return { value: median(samples.map(({ ratio }) => ratio)), samples };
    } finally {
      await bed.close();
    }
  },
};

/** @returns milliseconds for all cells, those included that open a page */
async function runAll(bed: Bed, cells: readonly PlannedCell[], fresh: boolean): Promise<number> {
  await bed.giveUpPage();
  const from = performance.now();
  for (const cell of cells) {
    await bed.run(cell, SAMPLES);
    if (fresh) await bed.giveUpPage();
  }
  return performance.now() - from;
}
