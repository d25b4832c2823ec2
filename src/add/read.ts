/** From a path to what the model there says of itself, whatever its format. */
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../protocol/errors.js';
import { notAModel, type ModelFacts } from './facts.js';
import { readOnnx } from './onnx.js';
import { readTfjs } from './tfjs.js';
import { readTflite } from './tflite.js';

type Reader = (bytes: Uint8Array, file: string) => ModelFacts;

const READERS: Readonly<Record<string, Reader>> = { '.onnx': readOnnx, '.json': readTfjs, '.tflite': readTflite };

/**
 * Reads a model file and makes sure that the files it names are there.
 * @throws PlumblineError `E_MODEL_FILE` for a path that leads to no model; `E_MODEL_TENSOR` for one with an input or output
 *   that can't be fed or judged
 */
export async function readModelFile(file: string): Promise<ModelFacts> {
  const shown = path.basename(file);
  const about = await stat(file).catch((error: unknown) => {
    throw notAModel(file, `can't be read (${messageOf(error)})`, error);
  });
  if (about.isDirectory()) throw notAModel(file, 'is a folder: name the model file in it');
  const read = READERS[path.extname(file).toLowerCase()];
  if (read === undefined) throw notAModel(shown, 'has none of the endings .onnx, .tflite or .json');
  const facts = read(await readFile(file), shown);
  for (const other of facts.files.slice(1)) {
    if (path.isAbsolute(other) || other.split(/[\\/]/).includes('..'))
      throw notAModel(shown, `names a file outside of its folder: ${other}`);
    await stat(path.join(path.dirname(file), other)).catch((error: unknown) => {
      throw notAModel(shown, `names ${other}, which is not beside it`, error);
    });
  }
  return facts;
}
