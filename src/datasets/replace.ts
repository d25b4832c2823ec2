/** Files that several processes write: each sees a whole one, the old or the new. */
import { rename, rm, writeFile } from 'node:fs/promises';
import { workName } from '../paths.js';

/** Writes beside the file and moves it into place. The folder must be there. */
export async function replaceFile(file: string, content: string | Uint8Array): Promise<void> {
  const work = workName(file);
  try {
    await writeFile(work, content);
    await rename(work, file);
  } catch (error) {
    await rm(work, { force: true });
    throw error;
  }
}
