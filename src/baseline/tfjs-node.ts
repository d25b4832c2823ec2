/** A TF.js Layers artifact on the PC, by tfjs's own JavaScript backend in Node: a second opinion beside onnxruntime. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import '@tensorflow/tfjs-backend-cpu';
import * as tf from '@tensorflow/tfjs-core';
import { loadLayersModel } from '@tensorflow/tfjs-layers';
import type { Artifact, OutputSpec } from '../protocol/card.js';
import { PlumblineError } from '../protocol/errors.js';
import type { TensorData } from '../protocol/observation.js';
import type { RunModel } from './batches.js';

/** Opens the model; `dispose` when done. */
export async function openTfjsNode(
  folder: string,
  artifact: Artifact,
  outputs: readonly OutputSpec[],
): Promise<{ run: RunModel; dispose: () => Promise<void> }> {
  const [entry, ...weights] = artifact.files;
  if (entry === undefined) throw new PlumblineError('E_BASELINE', 'the artifact lists no file');
  await tf.setBackend('cpu');
  const json = JSON.parse(await readFile(path.join(folder, entry.path), 'utf8')) as tf.io.ModelJSON;
  const bytes = Buffer.concat(await Promise.all(weights.map((file) => readFile(path.join(folder, file.path)))));
  const model = await loadLayersModel({
    load: () =>
      tf.io.getModelArtifactsForJSON(json, (manifest) =>
        Promise.resolve([manifest.flatMap((group) => group.weights), Uint8Array.from(bytes).buffer]),
      ),
  });
  const [output] = outputs;
  if (output === undefined || outputs.length > 1)
    throw new PlumblineError('E_BASELINE', 'the second opinion takes models of one output');
  return {
    async run(data, shape) {
      const result = tf.tidy(() => model.predict(tf.tensor(data, [...shape])) as tf.Tensor);
      const values = (await result.data()) as TensorData['data'];
      const tensor: TensorData = { name: output.name, dtype: output.dtype, shape: [...result.shape], data: values };
      result.dispose();
      return [tensor];
    },
    dispose() {
      model.dispose();
      return Promise.resolve();
    },
  };
}
