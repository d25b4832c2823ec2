/** How many samples of a dataset are run: by a cell, and by the baseline that it is judged against. */
import { PlumblineError } from '../protocol/errors.js';

/** Samples of each dataset that a cell runs at most; a dataset without an entry is run as a whole. */
const SAMPLE_LIMITS: Readonly<Record<string, number>> = { cifar10: 1_000, imdb: 1_000 };

/**
 * How many samples of a dataset a cell and its baseline run at most: the first so many. `PLUMBLINE_SAMPLES` sets one
 * limit for all, `all` lifts it.
 * @throws PlumblineError `E_USAGE` when that is neither `all` nor a positive integer
 */
export function sampleLimit(dataset: string, setting = process.env.PLUMBLINE_SAMPLES): number {
  if (setting === undefined) return SAMPLE_LIMITS[dataset] ?? Infinity;
  if (setting === 'all') return Infinity;
  const limit = Number(setting);
  if (!Number.isInteger(limit) || limit < 1) {
    throw new PlumblineError('E_USAGE', `PLUMBLINE_SAMPLES: "${setting}" is neither "all" nor a number of samples`);
  }
  return limit;
}
