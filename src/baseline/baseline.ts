/**
 * What the PC computes for an artifact: the same Observation as a browser's, kept by content in the cache. The key holds
 * the model's and the dataset's digests, the runtime's version and the code that computes it: a change of any is a miss.
 */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { readChecked } from '../artifacts/files.js';
import type { Artifact } from '../protocol/card.js';
import { cellId, type CellKey, type Target } from '../protocol/cell.js';
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
import { sampleLimit } from '../plan/limits.js';
import { batchSizeOf, inputsOf, outputsOf } from '../protocol/artifact.js';
import { runBatches, type OpenModel } from './batches.js';
import { ORT_NATIVE_VERSION, openOrtNative } from './ort-native.js';
import { loadRecorded } from './recorded.js';
import { openTfjsNode } from './tfjs-node.js';

/** tfjs's JavaScript backend is slow: its second opinion covers the prefix that fits. */
const SECOND_OPINION_BUDGET_MS = 3_000;

/**
 * The baseline cell of an artifact: onnxruntime for ONNX, tfjs's JavaScript backend for TF.js, for TFLite the interpreter
 * whose outputs were recorded.
 */
export function baselineKey(model: Model, artifact: Artifact, threads = 1): CellKey {
  const { format, precision, variant } = artifact;
  const base = {
    model: model.card.name,
    format,
    precision,
    ...(variant === undefined ? {} : { variant }),
    browser: 'pc',
  } as const;
  if (format === 'onnx') return { ...base, runtime: 'ort', backend: 'native', ...(threads === 1 ? {} : { threads }) };
  if (format === 'tfjs') return { ...base, runtime: 'tfjs', backend: 'cpu' };
  return { ...base, runtime: 'litert', backend: 'native' };
}

/**
 * The artifact that a cell's artifact is judged against: itself where onnxruntime can run it or its outputs were
 * recorded; else the ONNX form of the same weights and precision, else the fp32 one; itself where there is no ONNX form.
 */
export function referenceArtifact(model: Model, artifact: Artifact): Artifact {
  if (artifact.format === 'onnx' || isRecorded(artifact)) return artifact;
  return onnxForm(model, artifact.precision) ?? onnxForm(model, 'fp32') ?? artifact;
}

/** The fp32 form that all others were made from; `undefined` where the model has none. */
export function originalArtifact(model: Model): Artifact | undefined {
  return (
    onnxForm(model, 'fp32') ??
    model.card.artifacts.find((artifact) => artifact.precision === 'fp32' && artifact.variant === undefined)
  );
}

function onnxForm(model: Model, precision: Artifact['precision']): Artifact | undefined {
  return model.card.artifacts.find(
    (artifact) => artifact.format === 'onnx' && artifact.precision === precision && artifact.variant === undefined,
  );
}

/**
 * Threads that the PC must compute with for its numbers to be those of a cell on `target`. One, but for dynamically
 * quantized ONNX: there an LSTM of onnxruntime gives each thread some rows of the batch, and takes the scale of its 8-bit
 * state from those rows alone, so that by design the steps are others on two threads.
 */
export function baselineThreads(artifact: Artifact, target: Pick<Target, 'threads'>): number {
  return artifact.format === 'onnx' && artifact.quantization?.kind === 'dynamic' ? (target.threads ?? 1) : 1;
}

/** ONNX is computed here, whatever was recorded elsewhere. */
export const isRecorded = ({ format, recorded }: Artifact): boolean => format !== 'onnx' && recorded !== undefined;

/**
 * What the cells of an artifact are judged against: what was recorded of it, else what {@link loadBaseline} gives for
 * its {@link referenceArtifact}.
 * @param threads as {@link baselineThreads} says
 * @throws PlumblineError as {@link loadBaseline}
 */
export async function loadReference(
  model: Model,
  artifact: Artifact,
  dataset: Dataset,
  threads = 1,
): Promise<Observed> {
  const reference = referenceArtifact(model, artifact);
  return isRecorded(reference)
    ? await recordedBaseline(model, reference, dataset)
    : await loadBaseline(model, reference, dataset, threads);
}

/**
 * What the baseline cell of an artifact gives: from the cache, or computed now, or as it was recorded.
 * @param threads of onnxruntime; whatever else there is has one
 * @throws PlumblineError `E_CHECKSUM` when a file is not the card's; `E_BASELINE` when the PC's own runtime fails, or
 *   when nothing was recorded for the samples
 */
export async function loadBaseline(
  model: Model,
  artifact: Artifact,
  dataset: Dataset,
  threads = 1,
): Promise<Observed & { cached: boolean }> {
  for (const file of artifact.files) await readChecked(model, file);
  if (artifact.format === 'tflite') return { ...(await recordedBaseline(model, artifact, dataset)), cached: false };
  const folder = path.join(cacheDir(), 'baselines', cacheKey(model, artifact, dataset, threads));
  const stored = await loadObservation(folder);
  if (stored !== undefined) return { ...stored, cached: true };
  let observed: Observed;
  try {
    observed = await computeBaseline(model, artifact, dataset, threads);
  } catch (error) {
    if (error instanceof PlumblineError) throw error;
    throw new PlumblineError('E_BASELINE', `${cellId(baselineKey(model, artifact, threads))}: ${messageOf(error)}`, {
      cause: error,
    });
  }
  await saveObservation(folder, observed);
  return { ...observed, cached: false };
}

/** What is computed is named by what it is computed from. */
function cacheKey(model: Model, artifact: Artifact, dataset: Dataset, threads: number): string {
  const parts = [
    cellId(baselineKey(model, artifact, threads)),
    ...artifact.files.map((file) => file.sha256),
    JSON.stringify([inputsOf(model.card, artifact), outputsOf(model.card, artifact)]),
    dataset.digest,
    String(limitOf(dataset)),
    String(batchSizeOf(model.card, artifact)),
    ORT_NATIVE_VERSION,
    packageVersion('@tensorflow/tfjs'),
    codeDigest(),
    machine().cpu,
  ];
  return sha256(parts.join('\n')).slice(0, 32);
}

/** What decides, of the code that the page has, too. */
const SHARED_SOURCES = [
  'artifact.ts',
  'batches.ts',
  'float16.ts',
  'inputs.ts',
  'observation.ts',
  'ort-tensors.ts',
  'tfjs-model.ts',
];

let digest: string | undefined;

/** What takes the PC's time beside it, and decides nothing. */
const UNDECIDING = 'native-timing.ts';

/** A digest of the sources that decide what a baseline holds. */
function codeDigest(): string {
  if (digest !== undefined) return digest;
  const hash = createHash('sha256');
  const folder = path.join(PROJECT_ROOT, 'src', 'baseline');
  const sources = readdirSync(folder).filter((file) => !file.endsWith('.test.ts') && file !== UNDECIDING);
  const shared = SHARED_SOURCES.map((file) => path.join(PROJECT_ROOT, 'src', 'protocol', file));
  for (const file of [...sources.sort().map((name) => path.join(folder, name)), ...shared])
    hash.update(readFileSync(file));
  digest = hash.digest('hex');
  return digest;
}

async function computeBaseline(model: Model, artifact: Artifact, dataset: Dataset, threads: number): Promise<Observed> {
  const key = baselineKey(model, artifact, threads);
  const inputs = inputsOf(model.card, artifact);
  const outputs = outputsOf(model.card, artifact);
  const started = performance.now();
  const opened: OpenModel =
    key.runtime === 'ort'
      ? await openOrtNative(path.join(model.folder, artifact.files[0]?.path ?? ''), outputs, threads)
      : await openTfjsNode(model.folder, artifact, outputs);
  const sessionMs = performance.now() - started;
  const run = await runBatches(opened.run, inputs, dataset, {
    batchSize: batchSizeOf(model.card, artifact),
    pad: artifact.fixedBatch !== undefined,
    limit: limitOf(dataset),
    budgetMs: isSecondOpinion(model, artifact) ? SECOND_OPINION_BUDGET_MS : Infinity,
  }).finally(() => opened.dispose());
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
    evidence: evidence(key.runtime === 'ort' ? 'onnxruntime-node, CPU' : 'tfjs in Node, CPU', threads),
    console: [],
  };
  return { observation, outputs: run.outputs };
}

/** Samples that a baseline covers at most: as many as a cell. */
function limitOf({ descriptor: { name, n } }: Dataset): number {
  return Math.min(n, sampleLimit(name));
}

/** Whether something else is what the artifact's cells are judged against. */
function isSecondOpinion(model: Model, artifact: Artifact): boolean {
  return artifact.format === 'tfjs' && (isRecorded(artifact) || referenceArtifact(model, artifact) !== artifact);
}

/** @throws PlumblineError as {@link loadRecorded} */
async function recordedBaseline(model: Model, artifact: Artifact, dataset: Dataset): Promise<Observed> {
  const { entry, outputs } = await loadRecorded(model, artifact, dataset);
  const { platform, ...rest } = identity(baselineKey(model, artifact), dataset);
  const observation: Observation = {
    ...rest,
    platform: { ...platform, runtimeVersion: entry.version },
    outcome: 'completed',
    n: entry.n,
    outputs: describeOutputs(outputs),
    timing: { batchSize: batchSizeOf(model.card, artifact) },
    memory: {},
    evidence: evidence(`${entry.tool}, recorded`),
    console: [],
  };
  return { observation, outputs };
}

/** There is no backend to be shown at work on the PC. */
const evidence = (provider: string, threads = 1): Observation['evidence'] => ({
  provider,
  gpuDispatches: 0,
  webglDraws: 0,
  webnnDispatches: 0,
  wasmModules: [],
  wasmMemoryBytes: 0,
  workersAlive: 0,
  threads,
});

const RUNTIME_VERSIONS: Readonly<Record<CellKey['runtime'], () => string>> = {
  ort: () => ORT_NATIVE_VERSION,
  tfjs: () => packageVersion('@tensorflow/tfjs'),
  // Recorded: the card says which one it was.
  litert: () => 'unknown',
};

function identity(key: CellKey, dataset: Dataset): Pick<Observation, 'schema' | 'id' | 'platform' | 'dataset'> {
  return {
    schema: 1,
    id: cellId(key),
    platform: {
      runtimeVersion: RUNTIME_VERSIONS[key.runtime](),
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
