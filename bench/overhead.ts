/** What the harness itself costs a cell, in each engine. */
import { BROWSERS, type BrowserName } from '../src/protocol/cell.js';
import type { Observation } from '../src/protocol/observation.js';
import { onBed } from './bed.js';
import { median, type Benchmark } from './benchmark.js';

const CELLS = 21;
const IMAGES = 500;
const WARM_UP = 2;

export const overheads: readonly Benchmark[] = BROWSERS.map(overheadIn);

function overheadIn(browser: BrowserName): Benchmark {
  return {
    name: `overhead-ms-${browser}`,
    unit: 'ms',
    target: 60,
    better: 'lower',
    how:
      `wall time from plan to verdict, less what the page measured of model load, inference and transfer; ` +
      `median of ${String(CELLS)} cells of ${String(IMAGES)} images on a warm page`,
    measure: (say) =>
      onBed(browser, async (bed) => {
        for (let cell = 0; cell < WARM_UP; cell++) await bed.runCell(IMAGES);
        const samples: { cellMs: number; inPageMs: number; overheadMs: number }[] = [];
        for (let cell = 1; cell <= CELLS; cell++) {
          const { ms: cellMs, observation } = await bed.runCell(IMAGES);
          const inPageMs = workInPage(observation.timing);
          samples.push({ cellMs, inPageMs, overheadMs: cellMs - inPageMs });
          if (cell % 7 === 0) {
            const soFar = median(samples.map(({ overheadMs }) => overheadMs));
            say(`${String(cell)}/${String(CELLS)} cells: median overhead ${soFar.toFixed(1)} ms`);
          }
        }
        return { value: median(samples.map(({ overheadMs }) => overheadMs)), samples };
      }),
  };
}

/** Milliseconds that the page spent on what any page would have to do. */
function workInPage(timing: Observation['timing']): number {
  const { modelFetchMs, sessionMs, firstInferenceMs, inferenceMs = [], inputMs, uploadMs, disposeMs } = timing;
  return [modelFetchMs, sessionMs, firstInferenceMs, ...inferenceMs, inputMs, uploadMs, disposeMs].reduce<number>(
    (sum, ms) => sum + (ms ?? 0),
    0,
  );
}
