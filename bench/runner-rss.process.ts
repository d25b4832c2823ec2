/**
 * A runner that runs one cell over as many images as its argument says, and prints the highest resident set, in bytes,
 * that it had while it did.
 */
import { onBed } from './bed.js';

/** Short beside the phases of a cell; what is allocated between two readings is still resident at the next. */
const LOOK_EVERY_MS = 2;

const images = Number(process.argv[2]);

const peak = await onBed('chromium', async (bed) => {
  // Loads what every cell shares: browser, page, code, dataset, baselines.
  await bed.runCell(100);
  globalThis.gc?.();
  let highest = 0;
  const look = (): void => {
    highest = Math.max(highest, process.memoryUsage.rss());
  };
  const timer = setInterval(look, LOOK_EVERY_MS);
  await bed.runCell(images);
  clearInterval(timer);
  look();
  return highest;
});
process.stdout.write(`${String(peak)}\n`);
