import path from 'node:path';
import { expect, test } from 'vitest';
import { loadModels, type Model } from '../plan/cards.js';
import { inputsOf, outputsOf } from '../protocol/artifact.js';
import type { Artifact } from '../protocol/card.js';
import { ARRAYS, type TensorData } from '../protocol/observation.js';
import { seeded } from '../protocol/random.js';
import { baselineKey, baselineThreads } from './baseline.js';
import { openOrtNative } from './ort-native.js';

const { models } = loadModels();

function artifactOf(name: string, variant: string | undefined): { model: Model; artifact: Artifact } {
  const model = models.find(({ card }) => card.name === name);
  const artifact = model?.card.artifacts.find((one) => one.format === 'onnx' && one.variant === variant);
  if (model === undefined || artifact === undefined) throw new Error(`there is no ${name}, ${String(variant)}`);
  return { model, artifact };
}

/** What the PC gives for some seeded rows of small numbers: token ids, or grey values. */
async function runWith({ model, artifact }: ReturnType<typeof artifactOf>, threads: number): Promise<TensorData[]> {
  const { card, folder } = model;
  const random = seeded(1);
  const inputs = inputsOf(card, artifact).map(({ name, dtype, shape }): TensorData => {
    const sizes = [40, ...shape.slice(1).map(Number)];
    const data = new ARRAYS[dtype](sizes.reduce((product, size) => product * size, 1));
    for (let i = 0; i < data.length; i++) {
      const value = Math.floor(random() * 256);
      data[i] = data instanceof BigInt64Array ? BigInt(value) : value;
    }
    return { name, dtype, shape: sizes, data };
  });
  const opened = await openOrtNative(
    path.join(folder, artifact.files[0]?.path ?? ''),
    outputsOf(card, artifact),
    threads,
  );
  try {
    return await opened.run(inputs);
  } finally {
    await opened.dispose();
  }
}

test('a dynamically quantized ONNX form is computed with the threads of the cell, all else with one', () => {
  const dynamic = artifactOf('textrnn-lstm', 'dynamic');
  expect(baselineThreads(dynamic.artifact, { threads: 2 })).toBe(2);
  expect(baselineThreads(dynamic.artifact, {})).toBe(1);
  expect(baselineThreads(artifactOf('textrnn-lstm', undefined).artifact, { threads: 2 })).toBe(1);
  expect(baselineThreads(artifactOf('textrnn-lstm', 'qdq').artifact, { threads: 2 })).toBe(1);
  expect(baselineKey(dynamic.model, dynamic.artifact, 2)).toMatchObject({ backend: 'native', threads: 2 });
  expect(baselineKey(dynamic.model, dynamic.artifact)).not.toHaveProperty('threads');
});

test('for the steps of its LSTM depend on them', async () => {
  const dynamic = artifactOf('textrnn-lstm', 'dynamic');
  const [one, again, two] = [await runWith(dynamic, 1), await runWith(dynamic, 1), await runWith(dynamic, 2)];
  expect(again).toEqual(one);
  expect(two[0]?.data).not.toEqual(one[0]?.data);
});

test('and those of a statically quantized one do not', async () => {
  const still = artifactOf('lenet5', 'qdq');
  expect(await runWith(still, 2)).toEqual(await runWith(still, 1));
});
