/** What was read from an archive once is found again by the archive's digest, and not read a second time. */
import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { cacheDir } from '../paths.js';
import { PlumblineError } from '../protocol/errors.js';
import { sha256 } from './checksum.js';
import type { Dataset } from './dataset.js';
import { alone } from './lock.js';
import { replaceFile } from './replace.js';
import { openStored, storeDataset, type RawDataset } from './store.js';

/** The halves of a real dataset. */
export const SPLITS = ['train', 'test'] as const;
export type Split = (typeof SPLITS)[number];

/** What decides how a parsed form looks. */
export interface ParsedKey {
  readonly name: string;
  /** Digest of what it is read from. */
  readonly source: string;
  /** Number of the loader's rules: raise it with every change after which the same archive gives other samples. */
  readonly edition: number;
  /** What is read, where a source can be read in parts: a split. */
  readonly part: string;
}

/** A loader's harvest: datasets by split, and texts by file name that belong to them, such as a vocabulary. */
export interface Parsed {
  readonly datasets: Readonly<Record<string, RawDataset>>;
  readonly texts?: Readonly<Record<string, string>>;
}

/** A dataset, and the texts by file name that belong to it. */
export interface Loaded {
  readonly dataset: Dataset;
  readonly texts: Readonly<Record<string, string>>;
}

const noteSchema = z.strictObject({
  /** Names of folders in the datasets' cache, by split. */
  slugs: z.record(z.string(), z.string()),
  texts: z.record(z.string(), z.string()),
});

/** A split in its parsed form, from the cache or else as `parse` makes it; `parse` runs in one process at a time. */
export async function parsedOnce(key: ParsedKey, split: string, parse: () => Promise<Parsed>): Promise<Loaded> {
  const id = sha256(JSON.stringify([key.name, key.source, key.edition, key.part])).slice(0, 12);
  const note = path.join(cacheDir(), 'parsed', `${key.name}-${key.part}-${id}.json`);
  const before = await recall(note, split);
  if (before !== undefined) return before;
  return await alone(note, async () => {
    const meanwhile = await recall(note, split);
    if (meanwhile !== undefined) return meanwhile;
    const { datasets, texts = {} } = await parse();
    const slugs: Record<string, string> = {};
    for (const [name, raw] of Object.entries(datasets)) slugs[name] = (await storeDataset(raw)).slug;
    await mkdir(path.dirname(note), { recursive: true });
    await replaceFile(note, JSON.stringify({ slugs, texts }));
    const made = await recall(note, split);
    if (made === undefined) throw new PlumblineError('E_INTERNAL', `${key.name}: its loader makes no split "${split}"`);
    return made;
  });
}

/** `undefined` when it was never parsed, or when something in the cache is missing or damaged since. */
async function recall(note: string, split: string): Promise<Loaded | undefined> {
  try {
    const { slugs, texts } = noteSchema.parse(JSON.parse(await readFile(note, 'utf8')));
    const dataset = await openStored(slugs[split] ?? '');
    return dataset === undefined ? undefined : { dataset, texts };
  } catch {
    return undefined;
  }
}
