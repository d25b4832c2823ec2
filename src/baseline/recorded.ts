/** Outputs that were recorded when an artifact was migrated, where the suite has no PC runtime of its own for it. */
import { readChecked } from '../artifacts/files.js';
import type { Dataset } from '../datasets/index.js';
import { tensorFromBytes, tensorBytes } from '../observations/tensors.js';
import type { Model } from '../plan/cards.js';
import { isBatched, inputsOf, outputsOf, recordedFor } from '../protocol/artifact.js';
import type { Artifact, RecordedOutputs } from '../protocol/card.js';
import { artifactSlug } from '../protocol/cell.js';
import { PlumblineError } from '../protocol/errors.js';
import type { TensorData } from '../protocol/observation.js';

/** What a tool on the PC gave for the first `entry.n` samples. */
export interface Recorded {
  readonly entry: RecordedOutputs;
  readonly outputs: readonly TensorData[];
}

/**
 * The recorded outputs of an artifact for a dataset.
 * @throws PlumblineError `E_BASELINE` when none were recorded for the very samples that are used; `E_CHECKSUM` when a
 *   file is not the card's
 */
export async function loadRecorded(model: Model, artifact: Artifact, dataset: Dataset): Promise<Recorded> {
  const { name, split, n } = dataset.descriptor;
  const what = `${model.card.name}/${artifactSlug(artifact)}`;
  const entry = recordedFor(artifact, name, split);
  if (entry === undefined) {
    const known = (artifact.recorded ?? []).map((one) => `${one.dataset} ${one.split}`).join(', ');
    throw new PlumblineError(
      'E_BASELINE',
      `${what} has outputs recorded for ${known === '' ? 'no dataset' : known}, not for ${name} ${split}`,
      {
        hint: 'There is no PC runtime for it here: record its outputs where it was migrated, and list them in the card.',
      },
    );
  }
  const digest = entry.n > n ? 'fewer samples' : await dataset.digestOfFirst(entry.n);
  if (digest !== entry.samplesSha256) {
    throw new PlumblineError(
      'E_BASELINE',
      `${what}: its outputs were recorded for other samples of ${name} ${split} than these: ` +
        `the first ${String(entry.n)} had sha256 ${entry.samplesSha256}, here it is ${digest}`,
      { hint: 'Use the dataset that the card was written for, or record the outputs anew.' },
    );
  }
  const specs = outputsOf(model.card, artifact);
  const batched = isBatched(inputsOf(model.card, artifact));
  const outputs = await Promise.all(
    specs.map(async (spec, index) => {
      const file = entry.files[index];
      if (file === undefined)
        throw new PlumblineError('E_BASELINE', `${what}: nothing was recorded for output "${spec.name}"`);
      const bytes = await readChecked(model, file);
      const shape = [entry.n, ...(batched ? spec.shape.slice(1) : spec.shape).map(Number)];
      if (bytes.byteLength !== tensorBytes(spec.dtype, shape)) {
        throw new PlumblineError(
          'E_BASELINE',
          `${what}: ${file.path} holds ${String(bytes.byteLength)} bytes, output "${spec.name}" of ${spec.dtype} ` +
            `[${shape.join(', ')}] takes ${String(tensorBytes(spec.dtype, shape))}`,
        );
      }
      return tensorFromBytes(spec.name, spec.dtype, shape, bytes);
    }),
  );
  return { entry, outputs };
}
