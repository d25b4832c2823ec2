/** A folder of models to fault with: the real ones, and copies of LeNet-1 with one thing wrong in each. */
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PROJECT_ROOT } from '../../src/paths.js';
import { loadModel } from '../../src/plan/cards.js';
import type { Artifact, InputSpec, ModelCard } from '../../src/protocol/card.js';
import { tileModel } from './onnx.js';

const FIXTURES = path.join(PROJECT_ROOT, 'fixtures', 'models');
const HEALTHY = 'lenet1';

/** A wasm memory ends at 4 GiB. */
const WASM_MEMORY_BYTES = 2 ** 32;
const BATCH_BYTES = 100 * 28 * 28 * 4;

/** Writes all of them below `folder`. */
export function writeModels(folder: string): void {
  for (const name of [HEALTHY, 'lenet5']) {
    cpSync(path.join(FIXTURES, name), path.join(folder, name), { recursive: true });
    const { card } = loadModel(path.join(FIXTURES, name));
    writeCard(folder, { ...card, artifacts: card.artifacts.filter(isPlain) });
  }
  for (const [name, damage] of Object.entries({ truncated, flipped, swapped })) {
    copyModel(folder, name, { damage, recorded: false });
    copyModel(folder, `${name}-recorded`, { damage, recorded: true });
  }
  copyModel(folder, 'swapped-in-tfjs', { damage: swapped, recorded: true, only: /\.bin$/ });
  copyModel(folder, 'swapped-in-b100', { damage: swapped, recorded: true, only: /-b100\.onnx$/ });
  copyModel(folder, 'transposed', { input: { shape: ['N', 28, 28, 1] } });
  copyModel(folder, 'cropped', { input: { shape: ['N', 1, 27, 27] } });
  copyModel(folder, 'renamed', { input: { name: 'image' } });
  // Would fit, were there nothing else in the memory; and far beyond what 32 bits can count.
  writeTile(folder, 'four-gigabytes', Math.floor(WASM_MEMORY_BYTES / BATCH_BYTES));
  writeTile(folder, 'forty-gigabytes', Math.floor((10 * WASM_MEMORY_BYTES) / BATCH_BYTES));
}

interface Flaw {
  /** Is done to the file that holds the weights of each artifact, or of those whose file is named by `only`. */
  readonly damage?: (bytes: Buffer) => Buffer;
  readonly only?: RegExp;
  /** Whether the card has the digest of the damaged file, as if it had been recorded on purpose. */
  readonly recorded?: boolean;
  /** What the card says wrongly of the input. */
  readonly input?: Partial<InputSpec>;
}

function copyModel(folder: string, name: string, { damage, only = /\.(onnx|bin)$/, recorded, input }: Flaw): void {
  const to = path.join(folder, name);
  cpSync(path.join(FIXTURES, HEALTHY), to, { recursive: true });
  const { card } = loadModel(path.join(FIXTURES, HEALTHY));
  const change = (artifact: Artifact): Artifact => ({
    ...artifact,
    files: artifact.files.map((file) => {
      if (damage === undefined || !only.test(file.path)) return file;
      const bytes = damage(readFileSync(path.join(to, file.path)));
      writeFileSync(path.join(to, file.path), bytes);
      return recorded === true ? { ...file, ...digestOf(bytes) } : file;
    }),
  });
  writeCard(folder, {
    ...card,
    name,
    inputs: card.inputs.map((spec) => ({ ...spec, ...input })),
    artifacts: card.artifacts.filter(isInOnePlace).map(change),
  });
}

const isPlain = ({ precision, variant }: Artifact): boolean => precision === 'fp32' && variant !== 'graph';

/** Those whose files hold each weight once, as float32: what is done to them is done to one place. */
const isInOnePlace = (artifact: Artifact): boolean => isPlain(artifact) && artifact.format !== 'tflite';

const truncated = (bytes: Buffer): Buffer => bytes.subarray(0, Math.floor(bytes.length / 2));

/** One bit, the sign of a weight: 38 more of the 10,000 images are taken for another digit. */
function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  const at = weightIn(copy) + 3;
  copy.writeUInt8(copy.readUInt8(at) ^ 0x80, at);
  return copy;
}

/** Two bytes of a weight: it becomes -80, and 3,801 more images are taken for another digit. */
function swapped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  const at = weightIn(copy);
  copy.writeUInt8(bytes.readUInt8(at + 1), at + 3);
  copy.writeUInt8(bytes.readUInt8(at + 3), at + 1);
  return copy;
}

/** Where the first weight of the first convolution lies; tfjs has it in front, ONNX somewhere. */
function weightIn(bytes: Buffer): number {
  const weight = readFileSync(path.join(FIXTURES, HEALTHY, 'tfjs', 'group1-shard1of1.bin')).subarray(0, 4);
  const at = bytes.indexOf(weight);
  if (at < 0 || bytes.indexOf(weight, at + 1) >= 0) throw new Error('the weight is not there, or not only once');
  return at;
}

/** A model that wants its input `times` times over; it is refused before it has an answer. */
function writeTile(folder: string, name: string, times: number): void {
  const { card } = loadModel(path.join(FIXTURES, HEALTHY));
  const bytes = tileModel('input', 'logits', ['N', 1, 28, 28], [1, times, 1, 1]);
  mkdirSync(path.join(folder, name));
  writeFileSync(path.join(folder, name, 'tile.onnx'), bytes);
  const provenance = { tool: 'tests/faults/onnx.ts', version: '1', command: 'tileModel' };
  delete card.accuracy;
  writeCard(folder, {
    ...card,
    name,
    task: 'none',
    labels: [],
    outputs: [{ name: 'logits', dtype: 'float32', shape: ['N', times, 28, 28] }],
    artifacts: [{ format: 'onnx', precision: 'fp32', files: [{ path: 'tile.onnx', ...digestOf(bytes) }], provenance }],
  });
}

function writeCard(folder: string, card: ModelCard): void {
  writeFileSync(path.join(folder, card.name, 'model.json'), JSON.stringify(card, null, 2));
}

const digestOf = (bytes: Uint8Array): { bytes: number; sha256: string } => ({
  bytes: bytes.length,
  sha256: createHash('sha256').update(bytes).digest('hex'),
});
