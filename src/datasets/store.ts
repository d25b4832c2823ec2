/** Puts a dataset's raw form into the cache, once, under a name that carries the digest of its content. */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { datasetSchema, type DatasetDescriptor, type DatasetField } from '../protocol/dataset.js';
import { cacheDir, workName } from '../paths.js';
import { sha256 } from './checksum.js';
import { Dataset } from './dataset.js';

/** What a sample is to one input, and all samples one after the other. */
export interface RawField extends Pick<DatasetField, 'name' | 'dtype' | 'shape'> {
  readonly samples: Uint8Array;
}

interface RawCommon extends Pick<DatasetDescriptor, 'name' | 'split' | 'n' | 'generated'> {
  readonly labels?: Uint8Array;
}

/** A dataset of one kind of sample, which may feed any model of one input. */
export interface RawDataset extends RawCommon {
  readonly sample: Pick<DatasetField, 'dtype' | 'shape'>;
  readonly samples: Uint8Array;
}

/** A dataset that is made for the inputs of one model. */
export interface RawInputs extends RawCommon {
  readonly fields: readonly RawField[];
}

/** Folder that the server mounts as `/datasets/`. */
export function datasetsCache(): string {
  return path.join(cacheDir(), 'datasets');
}

/** Writes the dataset unless the very same is there; safe with several processes at once. */
export async function storeDataset(raw: RawDataset | RawInputs): Promise<Dataset> {
  const fields: readonly RawField[] = 'fields' in raw ? raw.fields : [{ ...raw.sample, samples: raw.samples }];
  const file = (name: string, bytes: Uint8Array): Pick<DatasetField, 'file' | 'bytes' | 'sha256'> => ({
    file: name,
    bytes: bytes.byteLength,
    sha256: sha256(bytes),
  });
  const descriptor: DatasetDescriptor = {
    name: raw.name,
    split: raw.split,
    n: raw.n,
    fields: fields.map(({ samples, ...sample }, index) => ({
      ...sample,
      ...file(index === 0 ? 'samples.bin' : `samples-${String(index)}.bin`, samples),
    })),
    ...(raw.generated === undefined ? {} : { generated: raw.generated }),
    ...(raw.labels === undefined ? {} : { labels: file('labels.bin', raw.labels) }),
  };
  const text = JSON.stringify(descriptor, null, 2);
  const folder = path.join(datasetsCache(), `${raw.name}-${raw.split}-${sha256(text).slice(0, 12)}`);
  if (await isStored(folder, text)) return new Dataset(descriptor, folder);

  // Written beside and moved into place; the descriptor goes in last, so that a half-written folder is never taken.
  const work = workName(folder);
  await mkdir(work, { recursive: true });
  for (const [index, { samples }] of fields.entries())
    await writeFile(path.join(work, descriptor.fields[index]?.file ?? ''), samples);
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
  const { fields, labels } = datasetSchema.parse(JSON.parse(stored));
  for (const part of labels === undefined ? fields : [...fields, labels]) {
    const bytes = await readFile(path.join(folder, part.file)).catch(() => undefined);
    if (bytes === undefined || sha256(bytes) !== part.sha256) return false;
  }
  return true;
}
