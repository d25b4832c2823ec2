/**
 * IMDb: 25,000 reviews to train with and 25,000 to test with, half of each positive (Maas et al., "Learning Word Vectors
 * for Sentiment Analysis", ACL 2011). A sample is int32 [200], the word ids of the end of a review; see `text.ts`.
 */
import { PlumblineError } from '../protocol/errors.js';
import { entriesOf } from './archives.js';
import { findForm, type Form, type Found } from './find.js';
import { parsedOnce, SPLITS, type Loaded, type Parsed, type Split } from './parsed.js';
import type { RawDataset } from './store.js';
import { TOKENS, tokenize, Vocabulary } from './text.js';

export const IMDB_FORMS: readonly Form[] = [
  {
    file: 'aclImdb_v1.tar.gz',
    packing: 'tar.gz',
    sha256: 'c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe',
    official: { url: 'https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz', bytes: 84_125_825 },
  },
  {
    file: 'aclImdb.tar.xz',
    packing: 'tar.xz',
    sha256: '87dd5e3a3ab2e339cc0e9f52fef8142ae1ffe8667e34c787c81401dfa0a28a67',
  },
  { file: 'aclImdb', packing: 'folder' },
];

/** In the order of the labels. */
const CLASSES = ['neg', 'pos'] as const;
/** Reviews of each class in each split. */
const REVIEWS = 12_500;

const EDITION = 1;

/** File name of the vocabulary among the texts of the dataset. */
export const VOCABULARY_FILE = 'vocabulary.txt';

/**
 * Negative and positive reviews by turns, each class in the order of its file names; so the first n samples are balanced,
 * and do not depend on how the archive was packed. The vocabulary is that of the training reviews.
 * @throws PlumblineError `E_DATASET_MISSING`, `E_CHECKSUM`, `E_DATASET_FORMAT`
 */
export async function loadImdb(split: Split): Promise<Loaded> {
  const found = await findForm('imdb', IMDB_FORMS);
  // One pass over the archive gives both splits: the ids of the test reviews need the training ones anyway.
  const key = { name: 'imdb', source: found.digest, edition: EDITION, part: 'all' };
  return await parsedOnce(key, split, () => parseImdb(found));
}

/** Reads all reviews. `perClass` is how many of each class a split must have. */
export async function parseImdb({ file, form }: Pick<Found, 'file' | 'form'>, perClass = REVIEWS): Promise<Parsed> {
  const reviews = new Map<string, { name: string; words: string[] }[]>();
  for (const split of SPLITS) for (const kind of CLASSES) reviews.set(`${split}/${kind}`, []);
  const utf8 = new TextDecoder('utf-8', { fatal: true });
  const place = (entry: string): [string, string] => {
    const [, folder = '', name = ''] = /^aclImdb\/([a-z]+\/[a-z]+)\/([^/]+\.txt)$/.exec(entry) ?? [];
    return [folder, name];
  };
  for await (const entry of entriesOf(file, form.packing, (path) => reviews.has(place(path)[0]))) {
    const [folder, name] = place(entry.path);
    let text: string;
    try {
      text = utf8.decode(entry.bytes);
    } catch (error) {
      throw new PlumblineError('E_DATASET_FORMAT', `${file}: ${entry.path} is not UTF-8`, { cause: error });
    }
    reviews.get(folder)?.push({ name, words: tokenize(text) });
  }
  const ordered = new Map<string, string[][]>();
  for (const [folder, unordered] of reviews) {
    if (unordered.length !== perClass) {
      const counts = `${String(unordered.length)} reviews in ${folder}/, IMDb has ${String(perClass)}`;
      throw new PlumblineError('E_DATASET_FORMAT', `${file} has ${counts}`);
    }
    ordered.set(
      folder,
      unordered.sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ words }) => words),
    );
  }
  const of = (split: string, kind: string): string[][] => ordered.get(`${split}/${kind}`) ?? [];
  const vocabulary = Vocabulary.of([...of('train', 'neg'), ...of('train', 'pos')]);
  const datasets = Object.fromEntries(
    SPLITS.map((split): [string, RawDataset] => {
      const byTurns = of(split, 'neg').flatMap((words, index) => [words, of(split, 'pos')[index] ?? []]);
      return [split, encodeSplit(split, byTurns, vocabulary)];
    }),
  );
  return { datasets, texts: { [VOCABULARY_FILE]: vocabulary.toText() } };
}

function encodeSplit(split: string, reviews: readonly string[][], vocabulary: Vocabulary): RawDataset {
  const samples = new Int32Array(reviews.length * TOKENS);
  reviews.forEach((words, index) => {
    samples.set(vocabulary.encode(words), index * TOKENS);
  });
  return {
    name: 'imdb',
    split,
    n: reviews.length,
    sample: { dtype: 'int32', shape: [TOKENS] },
    samples: new Uint8Array(samples.buffer),
    labels: Uint8Array.from(reviews, (_, index) => index % CLASSES.length),
  };
}
