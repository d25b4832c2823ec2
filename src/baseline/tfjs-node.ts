/** A TF.js artifact on the PC, by tfjs's own JavaScript backend in Node: a second opinion beside onnxruntime. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import type { Artifact, OutputSpec } from '../protocol/card.js';
import { PlumblineError } from '../protocol/errors.js';
import { openTfjsModel } from '../protocol/tfjs-model.js';
import type { OpenModel } from './batches.js';

/** Opens the model; `dispose` when done. */
export async function openTfjsNode(
  folder: string,
  artifact: Artifact,
  outputs: readonly OutputSpec[],
): Promise<OpenModel> {
  await tf.setBackend('cpu');
  const contents = new Map(
    await Promise.all(
      artifact.files.map(
        async (file) => [path.basename(file.path), await readFile(path.join(folder, file.path))] as const,
      ),
    ),
  );
  const entry = contents.get(path.basename(artifact.files[0]?.path ?? ''));
  if (entry === undefined) throw new PlumblineError('E_BASELINE', 'the artifact lists no file');
  const model = await openTfjsModel(entry, (name) => contents.get(name), outputs);
  return {
    run: (inputs) => model.run(inputs),
    dispose() {
      model.dispose();
      return Promise.resolve();
    },
  };
}
