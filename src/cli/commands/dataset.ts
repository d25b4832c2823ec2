/** `plumbline dataset`: a dataset as the suite has it, in a folder, for whoever is not the suite. */
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { loadGenerated, loadSplit } from '../../datasets/index.js';

export interface DatasetCommand {
  readonly name: string;
  /** `undefined`: the generated form. */
  readonly split: string | undefined;
  readonly out: string;
}

/**
 * Writes `dataset.json` (which says how a sample lies in `samples.bin`, and the digests), `samples.bin`, `labels.bin`
 * where there are labels, and what texts belong to the dataset, such as `vocabulary.txt`.
 * @throws PlumblineError `E_DATASET_MISSING`, `E_CHECKSUM`, `E_DATASET_FORMAT`; `E_USAGE` for a split there is none of
 */
export async function dataset({ name, split, out }: DatasetCommand): Promise<void> {
  const loaded = split === undefined ? { dataset: await loadGenerated(name), texts: {} } : await loadSplit(name, split);
  const { descriptor, folder } = loaded.dataset;
  await mkdir(out, { recursive: true });
  const { fields, labels } = descriptor;
  for (const { file } of labels === undefined ? fields : [...fields, labels])
    await copyFile(path.join(folder, file), path.join(out, file));
  for (const [file, text] of Object.entries(loaded.texts)) await writeFile(path.join(out, file), text);
  await copyFile(path.join(folder, 'dataset.json'), path.join(out, 'dataset.json'));
  console.log(`${name} ${descriptor.split}: ${String(descriptor.n)} samples in ${path.resolve(out)}`);
}
