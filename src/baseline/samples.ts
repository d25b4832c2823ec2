/** Which samples an artifact is run on: the PC and the browsers the same. */
import { loadDatasetOf, loadGenerated, type Dataset } from '../datasets/index.js';
import type { Model } from '../plan/cards.js';
import { recordedFor } from '../protocol/artifact.js';
import type { Artifact } from '../protocol/card.js';
import { isRecorded, referenceArtifact } from './baseline.js';

/**
 * The model's dataset; but its generated form where the only baseline was recorded for other samples than the dataset's
 * (CIFAR-10 has two forms, from its official batches and from JPEG files) and there is one for generated ones.
 *
 * @throws PlumblineError as {@link loadDatasetOf}
 */
export async function datasetFor(model: Model, artifact: Artifact): Promise<Dataset> {
  const dataset = await loadDatasetOf(model);
  const reference = referenceArtifact(model, artifact);
  if (!isRecorded(reference) || (await isRecordedFor(reference, dataset))) return dataset;
  const { name } = dataset.descriptor;
  return recordedFor(reference, name, 'generated') === undefined ? dataset : await loadGenerated(name);
}

async function isRecordedFor(artifact: Artifact, dataset: Dataset): Promise<boolean> {
  const { name, split, n } = dataset.descriptor;
  const entry = recordedFor(artifact, name, split);
  return entry !== undefined && entry.n <= n && (await dataset.digestOfFirst(entry.n)) === entry.samplesSha256;
}
