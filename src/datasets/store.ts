/** Puts a dataset's raw form into the cache, once, under a name that carries the digest of its content. */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { datasetSchema, type DatasetDescriptor } from '../protocol/dataset.js';
import { cacheDir, workName } from '../paths.js';
import { sha256 } from './checksum.js';
import { Dataset } from './dataset.js';

export interface RawDataset extends Pick<DatasetDescriptor, 'name' | 'split' | 'n' | 'sample' | 'generated'> {
  readonly samples: Uint8Array;
  readonly labels?: Uint8Array;
}

/** Folder that the server mounts as `/datasets/`. */
export function datasetsCache(): string {
  return path.join(cacheDir(), 'datasets');
}

/** Writes the dataset unless the very same is there; safe with several processes at once. */
export async function storeDataset(raw: RawDataset): Promise<Dataset> {
  const file = (name: string, bytes: Uint8Array): DatasetDescriptor['samples'] => ({
    file: name,
    bytes: bytes.byteLength,
    sha256: sha256(bytes),
  });
  const descriptor: DatasetDescriptor = {
    name: raw.name,
    split: raw.split,
    n: raw.n,
    sample: raw.sample,
    samples: file('samples.bin', raw.samples),
    ...(raw.generated === undefined ? {} : { generated: raw.generated }),
    ...(raw.labels === undefined ? {} : { labels: file('labels.bin', raw.labels) }),
  };
  const text = JSON.stringify(descriptor, null, 2);
  const folder = path.join(datasetsCache(), `${raw.name}-${raw.split}-${sha256(text).slice(0, 12)}`);
  if (await isStored(folder, text)) return new Dataset(descriptor, folder);

  // Written beside and moved into place; the descriptor goes in last, so that a half-written folder is never taken.
  const work = workName(folder);
  await mkdir(work, { recursive: true });
  await writeFile(path.join(work, descriptor.samples.file), raw.samples);
  if (descriptor.labels !== undefined && raw.labels !== undefined)
    await writeFile(path.join(work, descriptor.labels.file), raw.labels);
  await writeFile(path.join(work, 'dataset.json'), text);
  try {
    await rename(work, folder);
  } catch (error) {
    // Another process was first (the content is the same, by its name), or a broken folder is in the way.
    if (!(await isStored(folder, text))) {
      await rm(folder, { recursive: true, force: true });
      await rename(work, folder).catch(() => {
        throw error;
      });
    }
    await rm(work, { recursive: true, force: true });
  }
  return new Dataset(descriptor, folder);
}

/** A dataset in the cache by the name of its folder; `undefined` where there is none, or not all of it. */
export async function openStored(slug: string): Promise<Dataset | undefined> {
  const folder = path.join(datasetsCache(), slug);
  const text = await readFile(path.join(folder, 'dataset.json'), 'utf8').catch(() => undefined);
  if (text === undefined || !(await isStored(folder, text))) return undefined;
  return new Dataset(datasetSchema.parse(JSON.parse(text)), folder);
}

async function isStored(folder: string, text: string): Promise<boolean> {
  const stored = await readFile(path.join(folder, 'dataset.json'), 'utf8').catch(() => undefined);
  if (stored !== text) return false;
  const { samples, labels } = datasetSchema.parse(JSON.parse(stored));
  for (const part of labels === undefined ? [samples] : [samples, labels]) {
    const bytes = await readFile(path.join(folder, part.file)).catch(() => undefined);
    if (bytes === undefined || sha256(bytes) !== part.sha256) return false;
  }
  return true;
}
