/**
 * What the PC computes for an artifact: the same Observation as a browser's, kept by content in the cache. The key holds
 * the model's and the dataset's digests, the runtime's version and the code that computes it: a change of any is a miss.
 */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Artifact } from '../protocol/card.js';
import { artifactSlug, cellId, type CellKey } from '../protocol/cell.js';
import { PlumblineError, messageOf, toErrorRecord } from '../protocol/errors.js';
import type { Observation } from '../protocol/observation.js';
import { packageVersion } from '../build/packages.js';
import type { Dataset } from '../datasets/index.js';
import { sha256 } from '../datasets/checksum.js';
import { machine } from '../machine.js';
import { loadObservation, saveObservation, type Observed } from '../observations/store.js';
import { describeOutputs } from '../observations/tensors.js';
import { PROJECT_ROOT, cacheDir } from '../paths.js';
import type { Model } from '../plan/cards.js';
import { batchSizeOf, inputsOf, outputsOf } from '../protocol/artifact.js';
import { runBatches } from './batches.js';
import { ORT_NATIVE_VERSION, openOrtNative } from './ort-native.js';
import { openTfjsNode } from './tfjs-node.js';

/** tfjs's JavaScript backend is slow: its second opinion covers the prefix that fits. */
const SECOND_OPINION_BUDGET_MS = 15_000;

/** The baseline cell of an artifact: onnxruntime for ONNX, tfjs's JavaScript backend (the second opinion) for TF.js. */
export function baselineKey(model: Model, artifact: Artifact): CellKey {
  const { format, precision, variant } = artifact;
  const base = {
    model: model.card.name,
    format,
    precision,
    ...(variant === undefined ? {} : { variant }),
    browser: 'pc',
  } as const;
  if (format === 'onnx') return { ...base, runtime: 'ort', backend: 'native' };
  if (format === 'tfjs') return { ...base, runtime: 'tfjs', backend: 'cpu' };
  throw new PlumblineError('E_BASELINE', `there is no PC runtime for ${artifactSlug(artifact)} yet`);
}

/**
 * The artifact that a cell's artifact is judged against: itself where onnxruntime can run it, else the ONNX form of the
 * same weights and precision, else the fp32 original.
 */
export function referenceArtifact(model: Model, artifact: Artifact): Artifact {
  if (artifact.format === 'onnx') return artifact;
  const same = model.card.artifacts.find(
    (other) => other.format === 'onnx' && other.precision === artifact.precision && other.variant === undefined,
  );
  return same ?? originalArtifact(model);
}

/** The fp32 ONNX form that all others were made from. */
export function originalArtifact(model: Model): Artifact {
  const original = model.card.artifacts.find(
    (artifact) => artifact.format === 'onnx' && artifact.precision === 'fp32' && artifact.variant === undefined,
  );
  if (original === undefined)
    throw new PlumblineError('E_BASELINE', `${model.card.name} has no fp32 ONNX artifact to compare with`);
  return original;
}

/**
 * The baseline of an artifact, from the cache or computed now.
 * @throws PlumblineError `E_CHECKSUM` when a file is not the card's, `E_BASELINE` when the PC's own runtime fails
 */
export async function loadBaseline(
  model: Model,
  artifact: Artifact,
  dataset: Dataset,
): Promise<Observed & { cached: boolean }> {
  await checkFiles(model, artifact);
  const folder = path.join(cacheDir(), 'baselines', cacheKey(model, artifact, dataset));
  const stored = await loadObservation(folder);
  if (stored !== undefined) return { ...stored, cached: true };
  let observed: Observed;
  try {
    observed = await computeBaseline(model, artifact, dataset);
  } catch (error) {
    if (error instanceof PlumblineError) throw error;
    throw new PlumblineError('E_BASELINE', `${cellId(baselineKey(model, artifact))}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  await saveObservation(folder, observed);
  return { ...observed, cached: false };
}

/** What is computed is named by what it is computed from. */
function cacheKey(model: Model, artifact: Artifact, dataset: Dataset): string {
  const parts = [
    cellId(baselineKey(model, artifact)),
    ...artifact.files.map((file) => file.sha256),
    JSON.stringify([inputsOf(model.card, artifact), outputsOf(model.card, artifact)]),
    dataset.descriptor.samples.sha256,
    ORT_NATIVE_VERSION,
    packageVersion('@tensorflow/tfjs'),
    codeDigest(),
    machine().cpu,
  ];
  return sha256(parts.join('\n')).slice(0, 32);
}

let digest: string | undefined;

/** A digest of the sources that decide what a baseline holds. */
function codeDigest(): string {
  if (digest !== undefined) return digest;
  const hash = createHash('sha256');
  const folder = path.join(PROJECT_ROOT, 'src', 'baseline');
  const sources = readdirSync(folder).filter((file) => !file.endsWith('.test.ts'));
  const shared = ['inputs.ts', 'observation.ts'].map((file) => path.join(PROJECT_ROOT, 'src', 'protocol', file));
  for (const file of [...sources.sort().map((name) => path.join(folder, name)), ...shared])
    hash.update(readFileSync(file));
  digest = hash.digest('hex');
  return digest;
}

async function checkFiles(model: Model, artifact: Artifact): Promise<void> {
  for (const file of artifact.files) {
    const full = path.join(model.folder, file.path);
    const bytes = await readFile(full).catch((error: unknown) => {
      throw new PlumblineError('E_CHECKSUM', `${model.card.name}/${file.path}: ${messageOf(error)}`, { cause: error });
    });
    const got = sha256(bytes);
    if (got !== file.sha256) {
      throw new PlumblineError(
        'E_CHECKSUM',
        `${model.card.name}/${file.path} has sha256 ${got}, the card says ${file.sha256}`,
      );
    }
  }
}

async function computeBaseline(model: Model, artifact: Artifact, dataset: Dataset): Promise<Observed> {
  const key = baselineKey(model, artifact);
  const inputs = inputsOf(model.card, artifact);
  const outputs = outputsOf(model.card, artifact);
  const entry = path.join(model.folder, artifact.files[0]?.path ?? '');
  const started = performance.now();
  const opened =
    key.runtime === 'ort'
      ? await openOrtNative(entry, inputs, outputs)
      : await openTfjsNode(model.folder, artifact, outputs);
  const sessionMs = performance.now() - started;
  const run = await runBatches(opened.run, inputs, dataset, {
    batchSize: batchSizeOf(model.card, artifact),
    pad: artifact.fixedBatch !== undefined,
    limit: dataset.descriptor.n,
    budgetMs: key.runtime === 'ort' ? Infinity : SECOND_OPINION_BUDGET_MS,
  });
  await opened.dispose();
  const observation: Observation = {
    ...identity(key, dataset),
    outcome: 'completed',
    n: run.n,
    outputs: describeOutputs(run.outputs),
    timing: {
      sessionMs,
      firstInferenceMs: run.firstInferenceMs,
      inferenceMs: [...run.inferenceMs],
      batchSize: batchSizeOf(model.card, artifact),
      cellMs: performance.now() - started,
    },
    memory: {},
    evidence: {
      provider: key.runtime === 'ort' ? 'onnxruntime-node, CPU' : 'tfjs in Node, CPU',
      gpuDispatches: 0,
      webglDraws: 0,
      webnnDispatches: 0,
      wasmModules: [],
      wasmMemoryBytes: 0,
      workersAlive: 0,
      threads: 1,
    },
    console: [],
  };
  return { observation, outputs: run.outputs };
}

function identity(key: CellKey, dataset: Dataset): Pick<Observation, 'schema' | 'id' | 'platform' | 'dataset'> {
  return {
    schema: 1,
    id: cellId(key),
    platform: {
      runtimeVersion: key.runtime === 'ort' ? ORT_NATIVE_VERSION : packageVersion('@tensorflow/tfjs'),
      browserVersion: process.version,
      driver: 'node',
      driverVersion: process.version,
      ...machine(),
      gpu: 'none',
    },
    dataset: dataset.reference,
  };
}

/** What is left of a baseline that could not be computed: an observation that says so. */
export function faultedBaseline(model: Model, artifact: Artifact, dataset: Dataset, thrown: unknown): Observed {
  const observation: Observation = {
    ...identity(baselineKey(model, artifact), dataset),
    outcome: 'faulted',
    fault: toErrorRecord(thrown, 'E_BASELINE'),
    n: 0,
    outputs: [],
    timing: {},
    memory: {},
    console: [],
  };
  return { observation, outputs: [] };
}
