/** What an artifact is, read off its card. Apart from the schemas, so that the page need not carry those. */
import type { Artifact, InputSpec, ModelCard, OutputSpec, RecordedOutputs } from './card.js';
import { namesTarget, type Target } from './cell.js';

/** The inputs of an artifact: its own where it has any, else the card's. */
export function inputsOf(card: ModelCard, artifact: Artifact): readonly InputSpec[] {
  return artifact.inputs ?? card.inputs;
}

/** The outputs of an artifact: its own where it has any, else the card's. */
export function outputsOf(card: ModelCard, artifact: Artifact): readonly OutputSpec[] {
  return artifact.outputs ?? card.outputs;
}

const DEFAULT_BATCH = 100;

/** Whether samples are gathered into batches; where no input has a batch axis, each sample is one whole set of inputs. */
export function isBatched(inputs: readonly InputSpec[]): boolean {
  return inputs.some((input) => input.shape.includes('N'));
}

/** Samples an inference: what the artifact fixes, else what the card says, else 100; 1 where there is no batch axis. */
export function batchSizeOf(card: ModelCard, artifact: Artifact): number {
  if (!isBatched(inputsOf(card, artifact))) return 1;
  return artifact.fixedBatch ?? card.batch ?? DEFAULT_BATCH;
}

/** Whether an artifact is to be run on a runtime-backend that reads its format. */
export function runsOn(artifact: Artifact, target: Target): boolean {
  return artifact.targets?.some((pattern) => namesTarget(pattern, target)) ?? true;
}

/** What was recorded of an artifact's outputs for a split of a dataset; `undefined` where nothing was. */
export function recordedFor(artifact: Artifact, dataset: string, split: string): RecordedOutputs | undefined {
  return artifact.recorded?.find((entry) => entry.dataset === dataset && entry.split === split);
}
