/** Seeded noise in a dataset's form, where the dataset itself cannot be had: the same bytes on every machine. */
import { seeded, seedOf } from '../protocol/random.js';
import type { Dataset } from './dataset.js';
import { storeDataset, type RawDataset } from './store.js';
import { TOKENS, UNKNOWN, VOCABULARY_SIZE } from './text.js';

/** Samples of a generated dataset. */
const N = 100;
/** The shortest generated text, in words. */
const MIN_WORDS = 20;

/** Makes the samples of a dataset by its name. */
type Noise = (random: () => number) => Pick<RawDataset, 'sample' | 'samples'>;

const pixels =
  (shape: readonly number[]): Noise =>
  (random) => {
    const size = shape.reduce((product, dimension) => product * dimension, N);
    return {
      sample: { dtype: 'uint8', shape: [...shape] },
      samples: Uint8Array.from({ length: size }, () => random() * 256),
    };
  };

/** Known words alone, padded in front as real reviews are. */
const words: Noise = (random) => {
  const ids = new Int32Array(N * TOKENS);
  for (let text = 0; text < N; text++) {
    const length = MIN_WORDS + Math.floor(random() * (TOKENS - MIN_WORDS + 1));
    for (let place = TOKENS - length; place < TOKENS; place++)
      ids[text * TOKENS + place] = UNKNOWN + 1 + Math.floor(random() * (VOCABULARY_SIZE - UNKNOWN - 1));
  }
  return { sample: { dtype: 'int32', shape: [TOKENS] }, samples: new Uint8Array(ids.buffer) };
};

const NOISE: Readonly<Record<string, Noise>> = {
  mnist: pixels([28, 28, 1]),
  cifar10: pixels([32, 32, 3]),
  imdb: words,
};

/** The generated form of a dataset: split "generated", no labels; `undefined` for a name that has none. */
export async function generateDataset(name: string): Promise<Dataset | undefined> {
  const noise = NOISE[name];
  if (noise === undefined) return undefined;
  return await storeDataset({
    name,
    split: 'generated',
    generated: true,
    n: N,
    ...noise(seeded(seedOf(name))),
  });
}
