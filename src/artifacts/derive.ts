/** Makes the files of artifacts that are not committed, from those that are. */
import { mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { sha256 } from '../datasets/checksum.js';
import type { Model } from '../plan/cards.js';
import { workName } from '../paths.js';
import type { ArtifactFile } from '../protocol/card.js';
import { PlumblineError, messageOf } from '../protocol/errors.js';
import { encodeFloat16 } from '../protocol/float16.js';
import { recipeSchema, type Recipe, type TensorPiece } from './recipe.js';

/** A file of a card that a recipe makes. */
export interface DerivedFile extends ArtifactFile {
  readonly derived: string;
}

/**
 * The files of a model that are to be made: those that are not there, and those that were made for another card than the
 * one of now. Only what a recipe makes is listed: nothing of anybody's is lost with it.
 */
export async function filesToMake({ card, folder }: Model): Promise<DerivedFile[]> {
  const derived = card.artifacts
    .flatMap(({ files }) => files)
    .filter((file): file is DerivedFile => file.derived !== undefined);
  const current = await Promise.all(derived.map((file) => isCurrent(path.join(folder, file.path), file)));
  return derived.filter((_, index) => current[index] === false);
}

/** Whether a file is there and is the card's; it is read only if its size says that it may be. */
async function isCurrent(file: string, { bytes, sha256: wanted }: ArtifactFile): Promise<boolean> {
  const found = await stat(file).catch(() => undefined);
  return found?.size === bytes && sha256(await readFile(file)) === wanted;
}

/** What came of making files: those that were made, as `model/path`, and why others could not be. */
export interface Derived {
  readonly made: readonly string[];
  /** `E_CARD` for a recipe that cannot be followed, `E_CHECKSUM` when what comes of it is not the file of the card. */
  readonly failed: readonly PlumblineError[];
}

/**
 * Makes every file of {@link filesToMake}, each as a whole: a reader never sees half of one. One that fails takes no other
 * down, and what was there in its place stays.
 */
export async function deriveFiles(models: readonly Model[]): Promise<Derived> {
  const made: string[] = [];
  const failed: PlumblineError[] = [];
  for (const model of models) {
    for (const file of await filesToMake(model)) {
      try {
        await deriveFile(model, file);
        made.push(`${model.card.name}/${file.path}`);
      } catch (error) {
        if (!(error instanceof PlumblineError)) throw error;
        failed.push(error);
      }
    }
  }
  return { made, failed };
}

async function deriveFile({ card, folder }: Model, file: DerivedFile): Promise<void> {
  const what = `${card.name}/${file.path}`;
  const bytes = await followRecipe(folder, file.derived).catch((error: unknown) => {
    throw new PlumblineError('E_CARD', `${what} can't be made by ${file.derived}: ${messageOf(error)}`, {
      hint: 'Restore the model’s folder (`git checkout`), or write the recipe anew: `python -m zoo export`.',
      cause: error,
    });
  });
  const digest = sha256(bytes);
  if (digest !== file.sha256) {
    throw new PlumblineError('E_CHECKSUM', `${what}: its recipe gives sha256 ${digest}, the card says ${file.sha256}`, {
      hint: 'The file that it is made from is another one than the recipe was written for: restore the model’s folder.',
    });
  }
  const target = path.join(folder, file.path);
  await mkdir(path.dirname(target), { recursive: true });
  const work = workName(target);
  await writeFile(work, bytes);
  await rename(work, target);
}

async function followRecipe(folder: string, name: string): Promise<Uint8Array> {
  const read = (file: string): Promise<Buffer> => readFile(path.join(folder, file));
  const recipe = recipeSchema.parse(JSON.parse((await read(name)).toString('utf8')));
  const [source, skeleton] = await Promise.all([read(recipe.source), read(recipe.skeleton)]);
  return applyRecipe(recipe, source, skeleton);
}

/**
 * The file that a recipe describes.
 * @throws RangeError for a piece beyond the end of what it is taken from, or a permutation that is none
 */
export function applyRecipe(recipe: Recipe, source: Uint8Array, skeleton: Uint8Array): Uint8Array {
  const parts: Uint8Array[] = [];
  let literal = 0;
  for (const piece of recipe.pieces) {
    if (piece.kind === 'tensor') {
      parts.push(tensorBytes(piece, source));
      continue;
    }
    parts.push(slice(skeleton, literal, piece.bytes, 'the skeleton'));
    literal += piece.bytes;
  }
  if (literal !== skeleton.length)
    throw new RangeError(`the skeleton has ${String(skeleton.length)} bytes, the recipe uses ${String(literal)}`);
  const result = Buffer.concat(parts);
  for (const { at, hex } of recipe.patches) {
    const bytes = Buffer.from(hex, 'hex');
    slice(result, at, bytes.length, 'the result').set(bytes);
  }
  return result;
}

function slice(bytes: Uint8Array, at: number, length: number, what: string): Uint8Array {
  if (at + length > bytes.length)
    throw new RangeError(`bytes ${String(at)} to ${String(at + length)} lie beyond the end of ${what}`);
  return bytes.subarray(at, at + length);
}

function tensorBytes({ at, shape, permutation, dtype }: TensorPiece, source: Uint8Array): Uint8Array {
  const size = shape.reduce((product, length) => product * length, 1);
  // Copied, for a float32 view must begin at a multiple of four bytes (and Buffer's own slice does not copy).
  const values = new Float32Array(Uint8Array.from(slice(source, at, size * 4, 'the source')).buffer);
  const moved = permute(values, shape, permutation);
  if (dtype === 'float32') return new Uint8Array(moved.buffer);
  return new Uint8Array(Uint16Array.from(moved, encodeFloat16).buffer);
}

/** Reorders axes: axis i of the result is axis `permutation[i]` of `values`. C order on both sides. */
function permute(values: Float32Array, shape: readonly number[], permutation: readonly number[]): Float32Array {
  const rank = shape.length;
  if ([...permutation].sort((a, b) => a - b).join() !== [...shape.keys()].join())
    throw new RangeError(`[${permutation.join(', ')}] is no permutation of ${String(rank)} axes`);
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((product, length) => product * length, 1));
  const lengths = permutation.map((axis) => shape[axis] as number);
  const steps = permutation.map((axis) => strides[axis] as number);
  const result = new Float32Array(values.length);
  const index = new Array<number>(rank).fill(0);
  for (let to = 0, from = 0; to < result.length; to++) {
    result[to] = values[from] as number;
    // An odometer: the last axis moves fastest, and each that comes round moves the one before it.
    for (let axis = rank - 1; axis >= 0; axis--) {
      index[axis] = (index[axis] as number) + 1;
      from += steps[axis] as number;
      if ((index[axis] as number) < (lengths[axis] as number)) break;
      from -= (steps[axis] as number) * (lengths[axis] as number);
      index[axis] = 0;
    }
  }
  return result;
}
