/** Where a dataset is looked for, and what is found there. */
import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import { cacheDir, PROJECT_ROOT } from '../paths.js';
import { PlumblineError } from '../protocol/errors.js';
import { filesOf, type Packing } from './archives.js';
import { knownSha256OfFile, sha256 } from './checksum.js';
import { download } from './download.js';

/** A form in which a dataset is to be had: an archive, or a folder that one was unpacked to. */
export interface Form {
  /** Name of the file or folder. */
  readonly file: string;
  readonly packing: Packing;
  /** Of an archive: every other file of that name is refused. */
  readonly sha256?: string;
  /** Where its makers publish it, and how many bytes it has. */
  readonly official?: { readonly url: string; readonly bytes: number };
}

/** A form that is there. */
export interface Found<F extends Form = Form> {
  readonly form: F;
  /** The archive or folder itself. */
  readonly file: string;
  /** What tells this content from any other: an archive's digest, a folder's listing with sizes and times. */
  readonly digest: string;
}

/** Where downloads go. */
export function downloads(): string {
  return path.join(cacheDir(), 'archives');
}

/** Folders in the order in which they are looked through: the user's, the cache, the one beside the project. */
export function datasetFolders(name: string): string[] {
  const own = process.env.PLUMBLINE_DATASETS ?? '';
  return [
    ...(own === '' ? [] : [path.join(own, name), own]),
    downloads(),
    path.resolve(PROJECT_ROOT, '..', 'shared', 'datasets'),
  ];
}

/**
 * The first form that is in one of the folders, else the official one, fetched.
 * @throws PlumblineError `E_CHECKSUM` when an archive is not the one it is called; `E_DATASET_MISSING` when there is none
 */
export async function findForm<F extends Form>(name: string, forms: readonly F[]): Promise<Found<F>> {
  const folders = datasetFolders(name);
  for (const folder of folders) {
    for (const form of forms) {
      const file = path.join(folder, form.file);
      if (existsSync(file)) return { form, file, digest: await identify(form, file) };
    }
  }
  for (const form of forms) {
    if (form.official === undefined || form.sha256 === undefined) continue;
    const file = path.join(downloads(), form.file);
    await download({ ...form.official, sha256: form.sha256, file });
    return { form, file, digest: form.sha256 };
  }
  const files = forms.map(({ file }) => file).join(', ');
  throw new PlumblineError('E_DATASET_MISSING', `none of ${files} is in ${folders.join(', ')}`);
}

async function identify(form: Form, file: string): Promise<string> {
  if (form.packing === 'folder') return await listing(file);
  const digest = await knownSha256OfFile(file);
  if (form.sha256 !== undefined && digest !== form.sha256) {
    throw new PlumblineError('E_CHECKSUM', `${file} has sha256 ${digest}, that of ${form.file} is ${form.sha256}`, {
      hint: 'Delete the file, or fetch it anew: it is cut, or another one under this name.',
    });
  }
  return digest;
}

async function listing(folder: string): Promise<string> {
  const lines = (await filesOf(folder)).map(async (name) => {
    const { size, mtimeMs } = await stat(path.join(folder, name));
    return `${name} ${String(size)} ${String(mtimeMs)}`;
  });
  return sha256([path.resolve(folder), ...(await Promise.all(lines))].join('\n'));
}
