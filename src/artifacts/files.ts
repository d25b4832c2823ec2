/** Reading the files that a card lists: artifacts, recorded outputs, samples. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { sha256 } from '../datasets/checksum.js';
import type { Model } from '../plan/cards.js';
import type { ArtifactFile } from '../protocol/card.js';
import { PlumblineError, messageOf } from '../protocol/errors.js';

/** @throws PlumblineError `E_CHECKSUM` when a file is missing, or not the one that the card describes */
export async function readChecked(model: Model, file: ArtifactFile): Promise<Uint8Array> {
  const bytes = await readFile(path.join(model.folder, file.path)).catch((error: unknown) => {
    throw new PlumblineError('E_CHECKSUM', `${model.card.name}/${file.path}: ${messageOf(error)}`, { cause: error });
  });
  const got = sha256(bytes);
  if (got !== file.sha256) {
    throw new PlumblineError(
      'E_CHECKSUM',
      `${model.card.name}/${file.path} has sha256 ${got}, the card says ${file.sha256}`,
    );
  }
  return bytes;
}
