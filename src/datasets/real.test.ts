/** The archives themselves, where they are: what is read from them is what models were trained on. */
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { PROJECT_ROOT } from '../paths.js';
import { sha256 } from './checksum.js';
import { loadSplit } from './index.js';

const DATASETS = path.resolve(PROJECT_ROOT, '..', 'shared', 'datasets');
const MINUTES = 60_000;

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'plumbline-test-'));
  vi.stubEnv('PLUMBLINE_CACHE', folder);
  vi.stubEnv('PLUMBLINE_DATASETS', '');
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

const without = (archive: string): string | false =>
  !existsSync(path.join(DATASETS, archive)) && `there is no ${archive} in ${DATASETS}`;

test('IMDb', { timeout: 5 * MINUTES }, async ({ skip }) => {
  const why = without('aclImdb.tar.xz');
  if (why !== false) skip(why);
  const { dataset, texts } = await loadSplit('imdb', 'test');
  expect(dataset.descriptor.n).toBe(25_000);
  expect(dataset.descriptor.fields[0]?.sha256).toBe('63cd4cb592122ca9ced1bc83a68f48a6830e9ae632275382496f96a2bcbba45b');
  expect(dataset.descriptor.labels?.sha256).toBe('fa48392ecded2c6ace2195d308cbb283433ef52aa5eff8dee11058eb6efac7e1');
  expect(texts['vocabulary.txt']?.split('\n').slice(0, 6)).toEqual(['<padding>', '<unknown>', 'the', 'and', 'a', 'of']);
  expect(sha256(texts['vocabulary.txt'] ?? '')).toBe(
    'ffad7d2f6e4e1d5f6ec69a3a51543b95acc0db904caccf37a5a4ce792d39d48d',
  );
  const train = (await loadSplit('imdb', 'train')).dataset.descriptor;
  expect(train.n).toBe(25_000);
  expect(train.fields[0]?.sha256).toBe('95f8c045797fdc709e0e732a0eb367dec7f8ed6d97b4dbb66574488c6fa1f2d5');
});

test('CIFAR-10, from JPEG files', { timeout: 5 * MINUTES }, async ({ skip }) => {
  const why = without('cifar10-jpeg.zip');
  if (why !== false) skip(why);
  const { descriptor } = (await loadSplit('cifar10', 'test')).dataset;
  expect(descriptor.n).toBe(10_000);
  // The same bytes as Pillow 13 gives for all 10,000 images.
  expect(descriptor.fields[0]?.sha256).toBe('5fce8f6a84d7de12f276662376ce80f5f19c236502ddae2e16c3f187c0386c13');
});
