import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import tar from 'tar-stream';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseImdb } from './imdb.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'plumbline-test-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** Two reviews of each kind, in no order; what else the official archive holds must not count. */
const REVIEWS: readonly [string, string][] = [
  ['aclImdb/README', 'bad bad bad bad'],
  ['aclImdb/train/unsup/0_0.txt', 'bad bad bad bad'],
  ['aclImdb/train/urls_pos.txt', 'bad bad bad bad'],
  ['aclImdb/test/pos/1_9.txt', 'fun fun'],
  ['aclImdb/test/pos/0_10.txt', 'good'],
  ['aclImdb/test/neg/10_1.txt', 'a bad one'],
  ['aclImdb/test/neg/9_1.txt', 'an odd one'],
  ['aclImdb/train/pos/1_9.txt', 'So <br />good! Good, good.'],
  ['aclImdb/train/pos/0_10.txt', 'Good fun'],
  ['aclImdb/train/neg/1_1.txt', 'So bad'],
  ['aclImdb/train/neg/0_1.txt', 'A bad one'],
];

async function archive(reviews: readonly [string, string | Buffer][]): Promise<string> {
  const pack = tar.pack();
  for (const [name, text] of reviews) pack.entry({ name }, text);
  pack.finalize();
  const file = path.join(folder, 'imdb.tar.gz');
  await writeFile(file, gzipSync(await buffer(pack)));
  return file;
}

const form = { file: '', packing: 'tar.gz' } as const;
/** The ids of a sample without its padding. */
const unpadded = (samples: Uint8Array, index: number): number[] =>
  [...new Int32Array(samples.buffer, index * 800, 200)].filter((id) => id !== 0);

describe('parseImdb', () => {
  test('gives the classes by turns, with the vocabulary of the training reviews', async () => {
    const { datasets, texts } = await parseImdb({ file: await archive(REVIEWS), form }, 2);
    // good 4, bad 2, so 2, then one each: a, fun, one.
    expect(texts?.['vocabulary.txt']?.split('\n')).toEqual([
      '<padding>',
      '<unknown>',
      'good',
      'bad',
      'so',
      'a',
      'fun',
      'one',
      '',
    ]);
    const { train, test } = datasets;
    expect(train).toMatchObject({ name: 'imdb', split: 'train', n: 4, sample: { dtype: 'int32', shape: [200] } });
    expect([...(test?.labels ?? [])]).toEqual([0, 1, 0, 1]);
    const ids = (split = test): number[][] =>
      [0, 1, 2, 3].map((index) => unpadded(split?.samples ?? new Uint8Array(), index));
    expect(ids(train)).toEqual([
      [5, 3, 7],
      [2, 6],
      [4, 3],
      [4, 2, 2, 2],
    ]);
    // "10_1" comes before "9_1": file names are compared as text.
    expect(ids(test)).toEqual([[5, 3, 7], [2], [1, 1, 7], [6, 6]]);
  });

  test('does not depend on the order of the archive, nor on its form', async () => {
    const some = await parseImdb({ file: await archive(REVIEWS), form }, 2);
    expect(await parseImdb({ file: await archive([...REVIEWS].reverse()), form }, 2)).toEqual(some);
    for (const [name, text] of REVIEWS) {
      await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
      await writeFile(path.join(folder, name), text);
    }
    const unpacked = { file: path.join(folder, 'aclImdb'), form: { file: 'aclImdb', packing: 'folder' } } as const;
    expect(await parseImdb(unpacked, 2)).toEqual(some);
  });

  test('an archive that lacks reviews is told with what it lacks', async () => {
    const file = await archive(REVIEWS.slice(0, -1));
    await expect(parseImdb({ file, form }, 2)).rejects.toThrow(
      /E_DATASET_FORMAT: .*imdb\.tar\.gz has 1 reviews in train\/neg\/, IMDb has 2/,
    );
  });

  test('a review in another encoding is told by name', async () => {
    const file = await archive([...REVIEWS.slice(0, -1), ['aclImdb/train/neg/0_1.txt', Buffer.from([0x63, 0xe9])]]);
    await expect(parseImdb({ file, form }, 2)).rejects.toThrow(/E_DATASET_FORMAT: .*neg\/0_1\.txt is not UTF-8/);
  });
});
