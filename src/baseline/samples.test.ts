import path from 'node:path';
import { expect, test } from 'vitest';
import { loadModel, type Model } from '../plan/cards.js';
import { PROJECT_ROOT } from '../paths.js';
import type { Artifact, RecordedOutputs } from '../protocol/card.js';
import { datasetFor } from './samples.js';

const lenet1 = loadModel(path.join(PROJECT_ROOT, 'fixtures', 'models', 'lenet1'));
const artifactOf = (format: Artifact['format']): Artifact =>
  lenet1.card.artifacts.find((artifact) => artifact.format === format) as Artifact;
const tflite = artifactOf('tflite');

async function splitFor(artifact: Artifact, model: Model = lenet1): Promise<string> {
  return (await datasetFor(model, artifact)).descriptor.split;
}

/** As if the outputs had been recorded for other samples of the test split. */
const forOthers = (entries: readonly RecordedOutputs[]): RecordedOutputs[] =>
  entries.map((entry) => (entry.split === 'test' ? { ...entry, samplesSha256: '0'.repeat(64) } : entry));

test('an artifact that the PC computes, or whose outputs were recorded for the very samples, runs on the dataset', async () => {
  expect(await splitFor(artifactOf('onnx'))).toBe('test');
  expect(await splitFor(tflite)).toBe('test');
});

test('one whose outputs were recorded for other samples runs on generated ones', async () => {
  expect(await splitFor({ ...tflite, recorded: forOthers(tflite.recorded ?? []) })).toBe('generated');
});

test('where there are none recorded for those either, it runs on the dataset, and its baseline says what is wrong', async () => {
  const recorded = forOthers(tflite.recorded ?? []).filter(({ split }) => split === 'test');
  expect(await splitFor({ ...tflite, recorded })).toBe('test');
});
