/**
 * Brings a model of one's own into the matrix: reads what its file says of itself, makes or takes inputs for it, runs it
 * once on the PC, and writes a folder with card, files and inputs that is all a clone needs to run its cells.
 */
import { rmSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { loadReference } from '../baseline/baseline.js';
import { openOrtNative } from '../baseline/ort-native.js';
import { openTfjsNode } from '../baseline/tfjs-node.js';
import { sha256 } from '../datasets/checksum.js';
import { loadDatasetOf } from '../datasets/index.js';
import { ownSplit } from '../datasets/own.js';
import { bytesOf } from '../observations/tensors.js';
import { loadModel } from '../plan/cards.js';
import { createFeeder } from '../protocol/batches.js';
import {
  cardSchema,
  type Artifact,
  type ArtifactFile,
  type CardSamples,
  type ModelCard,
  type OutputSpec,
  type Rounding,
} from '../protocol/card.js';
import { artifactSlug } from '../protocol/cell.js';
import { PlumblineError, messageOf } from '../protocol/errors.js';
import type { TensorData } from '../protocol/observation.js';
import { seedOf } from '../protocol/random.js';
import { unsupportedTensor, type ModelFacts } from './facts.js';
import { readArrays, type NpyArray } from './npy.js';
import { readModelFile } from './read.js';
import { LEAST_SIZES, generateSamples, isBatchable, samplesFrom, type Samples } from './samples.js';
import { runTflite } from './tflite-pc.js';

export interface AddOptions {
  /** The .onnx, .tflite or model.json. */
  readonly file: string;
  /** Default: from the file's name. */
  readonly name?: string | undefined;
  /** An .npz, or a folder of .npy files; or the arrays themselves, by the names of the inputs. */
  readonly data?: string | ReadonlyMap<string, NpyArray> | undefined;
  /** Whether a model of that name is replaced. */
  readonly force: boolean;
  /** Folder of the models. */
  readonly models: string;
  /** What the card says of where it comes from; default: from the file alone. */
  readonly origin?: Origin | undefined;
  /** Texts that go into its folder with the card, by their names. */
  readonly beside?: Readonly<Record<string, string>> | undefined;
  /** Told what was found and decided. */
  readonly say: (line: string) => void;
}

/** Where a model comes from, where more is known than its file says. */
export interface Origin {
  readonly title: string;
  readonly command: string;
  readonly source: string;
  readonly note: string;
  readonly rounding?: Rounding | undefined;
}

/** Samples an inference: two batches of the samples that are generated. */
const BATCH = 10;

/**
 * @returns the folder of the model. Nothing is left of a model that could not be added.
 * @throws PlumblineError `E_MODEL_FILE`, `E_MODEL_TENSOR`, `E_INPUT_DATA`, `E_USAGE` for a name that can't be had;
 *   `E_BASELINE` when the PC can't run it
 */
export async function addModel(options: AddOptions): Promise<string> {
  const facts = await readModelFile(options.file);
  const name = options.name ?? nameFrom(options.file);
  assertName(name);
  const target = path.join(options.models, name);
  const taken = await stat(target).then(
    () => true,
    () => false,
  );
  if (taken && !options.force) {
    throw new PlumblineError('E_USAGE', `there is a model "${name}" already`, {
      hint: 'Choose another with --name, or replace it with --force.',
    });
  }
  const arrays = typeof options.data === 'string' ? await readArrays(options.data) : options.data;
  await mkdir(options.models, { recursive: true });
  // Prepared beside, in a hidden folder that no run looks into, and moved into place as a whole.
  const work = await mkdtemp(path.join(options.models, '.adding-'));
  const clear = (): void => {
    rmSync(work, { recursive: true, force: true });
  };
  process.once('exit', clear);
  try {
    const folder = path.join(work, name);
    await mkdir(folder);
    const files = await copyFiles(facts, options.file, folder, name);
    const { samples, outputs, recorded } =
      arrays === undefined
        ? await settleGenerated(facts, folder, files, name, options.say)
        : await settle(facts, folder, files, (batched) => samplesFrom(arrays, facts.inputs, batched), options.say);
    const card = writeCard(
      facts,
      name,
      files,
      await writeSamples(samples, folder, name, arrays === undefined),
      samples,
      outputs,
      options.origin,
    );
    if (recorded !== undefined) await record(card, folder, recorded);
    await saveCard(card, folder);
    await baseline(folder, facts, recorded?.tool, options.say);
    for (const note of samples.notes) options.say(note);
    for (const [file, text] of Object.entries(options.beside ?? {})) await writeFile(path.join(folder, file), text);
    if (taken) await rename(target, path.join(work, `${name}.old`));
    await rename(folder, target);
    return target;
  } finally {
    process.removeListener('exit', clear);
    await rm(work, { recursive: true, force: true });
  }
}

/** `Some Model.v2.onnx` is some-model.v2; a model.json is called as its folder is. */
function nameFrom(file: string): string {
  const base = path.basename(file, path.extname(file));
  const told = base === 'model' ? path.basename(path.dirname(path.resolve(file))) : base;
  return told
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+|[-.]+$/g, '');
}

function assertName(name: string): void {
  if (cardSchema.shape.name.safeParse(name).success) return;
  throw new PlumblineError('E_USAGE', `"${name}" is no name for a model`, {
    hint: 'Give one with --name: lower-case letters, digits, dots and dashes.',
  });
}

/** Copies the model's files below the folder; TF.js keeps its own names, in a folder of its own. */
async function copyFiles(facts: ModelFacts, file: string, folder: string, name: string): Promise<ArtifactFile[]> {
  const from = path.dirname(file);
  return await Promise.all(
    facts.files.map(async (relative, index) => {
      const entry = facts.format === 'tfjs' ? `tfjs/${relative}` : `${name}.${facts.format}`;
      const to = index === 0 ? entry : facts.format === 'tfjs' ? `tfjs/${relative}` : relative;
      await mkdir(path.dirname(path.join(folder, to)), { recursive: true });
      await copyFile(path.join(from, relative), path.join(folder, to));
      return await describeFile(folder, to);
    }),
  );
}

async function describeFile(folder: string, relative: string): Promise<ArtifactFile> {
  const bytes = await readFile(path.join(folder, relative));
  return { path: relative.split(path.sep).join('/'), bytes: bytes.byteLength, sha256: sha256(bytes) };
}

interface Settled {
  readonly samples: Samples;
  readonly outputs: readonly OutputSpec[];
  /** What the PC gave for all samples, where the suite has no PC runtime to ask again. */
  readonly recorded?: Recording;
}

interface Recording {
  readonly tool: string;
  readonly version: string;
  readonly outputs: readonly TensorData[];
}

/** Settles on seeded noise with open axes as short as they may be; where the PC refuses that, with longer ones. */
async function settleGenerated(
  facts: ModelFacts,
  folder: string,
  files: readonly ArtifactFile[],
  seedName: string,
  say: (line: string) => void,
): Promise<Settled> {
  let refused: unknown;
  let before = '';
  for (const least of LEAST_SIZES) {
    const samplesOf = (batched: boolean): Samples => generateSamples(facts.inputs, batched, seedName, least);
    const shapes = JSON.stringify(samplesOf(false).fields.map(({ shape }) => shape));
    if (shapes === before) continue;
    before = shapes;
    try {
      return await settle(facts, folder, files, samplesOf, say);
    } catch (error) {
      if (!(error instanceof PlumblineError) || error.code !== 'E_BASELINE') throw error;
      refused ??= error;
    }
  }
  throw refused;
}

/** Runs the model once, to learn what its outputs are like; finds out whether it takes batches. */
async function settle(
  facts: ModelFacts,
  folder: string,
  files: readonly ArtifactFile[],
  samplesOf: (batched: boolean) => Samples,
  say: (line: string) => void,
): Promise<Settled> {
  const entry = path.join(folder, files[0]?.path ?? '');
  if (facts.format === 'tflite') return await settleTflite(facts, entry, samplesOf(false));
  if (isBatchable(facts.inputs, facts.outputs)) {
    const samples = samplesOf(true);
    try {
      const outputs = await probe(facts, folder, files, samples, 2);
      if (outputs.every(({ shape }) => shape[0] === 2)) {
        say('it takes batches: the first axis of its inputs is one of samples');
        return {
          samples,
          outputs: outputs.map(({ name, dtype, shape }) => ({ name, dtype, shape: ['N', ...shape.slice(1)] })),
        };
      }
    } catch (error) {
      if (error instanceof PlumblineError && error.code !== 'E_BASELINE') throw error;
      say(`it takes no batch of two (${messageOf(error).split('\n')[0] ?? ''}), so each sample is run alone`);
    }
  }
  const samples = samplesOf(false);
  const outputs = await probe(facts, folder, files, samples, 1);
  for (const { name, shape } of outputs) {
    if (shape.includes(0))
      throw unsupportedTensor('output', name, `empty, [${shape.join(', ')}], so that there is nothing to compare`);
  }
  return { samples, outputs: outputs.map(({ name, dtype, shape }) => ({ name, dtype, shape: [...shape] })) };
}

async function settleTflite(facts: ModelFacts, entry: string, samples: Samples): Promise<Settled> {
  const work = await mkdtemp(path.join(path.dirname(path.dirname(entry)), 'run-'));
  const inputs = await Promise.all(
    samples.fields.map(async ({ dtype, shape, data }, index) => {
      const file = path.join(work, `input-${String(index)}.bin`);
      await writeFile(file, new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      return { dtype, shape, file };
    }),
  );
  const names = facts.outputs.map(({ name }) => name);
  const recorded = await runTflite({ model: entry, n: samples.n, inputs, out: work }, names);
  await rm(work, { recursive: true, force: true });
  return {
    samples,
    outputs: recorded.outputs.map(({ name, dtype, shape }) => ({ name, dtype, shape: shape.slice(1) })),
    recorded,
  };
}

/** One inference over the first samples. @throws PlumblineError `E_BASELINE` with the runtime's words */
async function probe(
  facts: ModelFacts,
  folder: string,
  files: readonly ArtifactFile[],
  samples: Samples,
  rows: number,
): Promise<TensorData[]> {
  const specs = facts.outputs.map(({ name, dtype }): OutputSpec => ({ name, dtype, shape: [] }));
  const { fields } = samples;
  const feeder = createFeeder(
    samples.specs,
    fields.map(({ name, dtype, shape }) => ({ name, dtype, shape: [...shape] })),
    rows,
  );
  // A single sample is fed twice: it is the batch that is tried.
  const wires = fields.map(({ data }) => data);
  const count = Math.min(rows, samples.n);
  try {
    const opened =
      facts.format === 'onnx'
        ? await openOrtNative(path.join(folder, files[0]?.path ?? ''), specs)
        : await openTfjsNode(folder, { files: [...files] } as Artifact, specs);
    try {
      return await opened.run(feeder.feed(wires, count, rows));
    } finally {
      await opened.dispose();
    }
  } catch (error) {
    if (error instanceof PlumblineError) throw error;
    throw new PlumblineError('E_BASELINE', `the PC can't run it: ${messageOf(error)}`, {
      cause: error,
      hint: 'The message is the runtime’s own. Where it speaks of a shape, supply inputs with --data.',
    });
  }
}

async function writeSamples(samples: Samples, folder: string, name: string, generated: boolean): Promise<CardSamples> {
  await mkdir(path.join(folder, 'inputs'));
  const fields = await Promise.all(
    samples.fields.map(async ({ name, dtype, shape, data }, index) => {
      const file = `inputs/${String(index)}-${name.replace(/[^\w.-]+/g, '_')}.bin`;
      await writeFile(path.join(folder, file), new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
      return { name, dtype, shape: [...shape], file: await describeFile(folder, file) };
    }),
  );
  return { n: samples.n, generated, ...(generated ? { seed: seedOf(name) } : {}), fields };
}

function writeCard(
  facts: ModelFacts,
  name: string,
  files: readonly ArtifactFile[],
  own: CardSamples,
  samples: Samples,
  outputs: readonly OutputSpec[],
  origin: Origin = {
    title: name,
    command: `npx plumbline add ${facts.files[0] ?? ''}`,
    source: facts.files[0] ?? '',
    note: 'Brought along, not made here',
  },
): ModelCard {
  const { format, precision, quantization, producer } = facts;
  const { title, command, source, note, rounding } = origin;
  const batched = samples.specs.some(({ shape }) => shape.includes('N'));
  return {
    $schema: '../model.schema.json',
    schema: 1,
    name,
    title,
    task: 'none',
    dataset: name,
    samples: own,
    inputs: [...samples.specs],
    outputs: [...outputs],
    labels: [],
    ...(rounding === undefined ? {} : { rounding }),
    ...(batched ? { batch: BATCH } : {}),
    artifacts: [
      {
        format,
        precision,
        files: [...files],
        ...(quantization === undefined ? {} : { quantization }),
        provenance: {
          tool: producer.tool,
          version: producer.version,
          command,
          note,
        },
      },
    ],
    provenance: {
      framework: producer.tool,
      version: producer.version,
      command,
      seed: own.seed ?? 0,
      source,
    },
  };
}

async function saveCard(card: ModelCard, folder: string): Promise<void> {
  const parsed = cardSchema.safeParse(card);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new PlumblineError('E_CARD', `${issue?.path.map(String).join('.') ?? ''}: ${issue?.message ?? ''}`);
  }
  await writeFile(path.join(folder, 'model.json'), `${JSON.stringify(card, null, 2)}\n`);
}

/** Keeps what the PC gave beside the card. */
async function record(card: ModelCard, folder: string, { tool, version, outputs }: Recording): Promise<void> {
  const [artifact] = card.artifacts;
  if (artifact === undefined || card.samples === undefined) return;
  await mkdir(path.join(folder, 'recorded'));
  const files = await Promise.all(
    outputs.map(async (output, index) => {
      const file = `recorded/${String(index)}-${output.name.replace(/[^\w.-]+/g, '_')}.bin`;
      await writeFile(path.join(folder, file), bytesOf(output));
      return await describeFile(folder, file);
    }),
  );
  // The digest is that of the samples as a dataset has them.
  await saveCard(card, folder);
  const dataset = await loadDatasetOf({ card, folder });
  const { n } = card.samples;
  artifact.recorded = [
    {
      dataset: card.name,
      split: ownSplit(card.samples),
      n,
      samplesSha256: await dataset.digestOfFirst(n),
      files,
      tool,
      version,
    },
  ];
}

/** Runs what the suite will: shape and type errors come now, and the first run of the cells finds the baseline made. */
async function baseline(
  folder: string,
  facts: ModelFacts,
  recordedBy: string | undefined,
  say: (line: string) => void,
): Promise<void> {
  const model = loadModel(folder);
  const [artifact] = model.card.artifacts;
  if (artifact === undefined) return;
  const { observation, outputs } = await loadReference(model, artifact, await loadDatasetOf(model)).catch(
    (error: unknown) => {
      if (!(error instanceof PlumblineError) || error.code !== 'E_OUTPUT_SHAPE') throw error;
      throw new PlumblineError('E_MODEL_TENSOR', error.detail, { cause: error });
    },
  );
  const version = recordedBy === undefined ? observation.platform.runtimeVersion : '';
  const by = recordedBy ?? `${facts.format === 'onnx' ? 'onnxruntime-node' : 'TensorFlow.js in Node'} ${version}`;
  say(`${model.card.name}/${artifactSlug(artifact)}: the PC (${by.trim()}) ran ${String(observation.n)} samples`);
  for (const output of outputs)
    say(`output "${output.name}": ${output.dtype} [${output.shape.slice(1).join(', ')}] a sample`);
  for (const output of outputs) {
    const broken = output.dtype === 'float32' && (output.data as Float32Array).some((value) => !Number.isFinite(value));
    if (broken)
      say(
        `output "${output.name}" holds NaN or infinities on the PC already: supply inputs that make sense with --data`,
      );
  }
}
