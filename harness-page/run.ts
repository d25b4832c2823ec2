/** The run of a loaded model over the longest prefix of a dataset that fits the budget. */
import type { InputSpec } from '../src/protocol/card.js';
import { PlumblineError } from '../src/protocol/errors.js';
import { createEncoder } from '../src/protocol/inputs.js';
import type { RunRequest } from '../src/protocol/messages.js';
import type { TensorData } from '../src/protocol/observation.js';
import { fetchBytes } from './fetching.js';
import type { LoadedModel } from './runtimes/adapter.js';

/** Samples are fetched in ranges of about this size: few requests, and the next one arrives while this one is run. */
const FETCH_BYTES = 4 << 20;

export interface RunResult {
  readonly n: number;
  readonly firstInferenceMs: number;
  readonly inferenceMs: number[];
  readonly inputMs: number;
  readonly outputs: readonly TensorData[];
}

type Elements = TensorData['data'];

export async function runDataset(
  model: LoadedModel,
  inputs: readonly InputSpec[],
  request: RunRequest,
): Promise<RunResult> {
  const [spec] = inputs;
  if (spec === undefined || inputs.length > 1) {
    throw new PlumblineError('E_CARD', `a dataset feeds one input, the model has ${String(inputs.length)}`);
  }
  const { sample } = request.dataset;
  const encoder = createEncoder(spec, sample);
  const limit = Math.min(request.limit, request.dataset.n);
  const source = sampleSource(request, limit);
  // One buffer for all batches: once a run's outputs are read back, its inputs have been used. Fresh ones, of the size of
  // the dataset in all, would be collected as garbage in the middle of what is timed.
  const size = request.batchSize * encoder.sampleSize;
  const buffer = spec.dtype === 'int32' ? new Int32Array(size) : new Float32Array(size);
  const collected: { spec: TensorData; data: Elements; row: number }[] = [];
  const inferenceMs: number[] = [];
  let inputMs = 0;
  const started = performance.now();
  let n = 0;
  while (n < limit && (n === 0 || performance.now() - started < request.budgetMs)) {
    const beforeInput = performance.now();
    const count = Math.min(request.batchSize, limit - n);
    const rows = request.padLastBatch ? request.batchSize : count;
    const wire = await source(n, count);
    encoder.encode(wire, count, buffer);
    // Only where the last batch is filled up: the rows behind it hold what came before.
    buffer.fill(0, count * encoder.sampleSize);
    const data = buffer.subarray(0, rows * encoder.sampleSize);
    const input: TensorData = { name: spec.name, dtype: spec.dtype, shape: [rows, ...fixedDimensions(spec)], data };
    const beforeRun = performance.now();
    inputMs += beforeRun - beforeInput;
    const outputs = await model.run([input]);
    inferenceMs.push(performance.now() - beforeRun);
    outputs.forEach((output, index) => {
      collected[index] = append(collected[index], output, n, count, rows, limit);
    });
    n += count;
  }
  return {
    n,
    firstInferenceMs: inferenceMs[0] ?? 0,
    inferenceMs: inferenceMs.slice(1),
    inputMs,
    outputs: collected.map(({ spec: { name, dtype, shape }, data, row }) => ({
      name,
      dtype,
      shape: [n, ...shape.slice(1)],
      data: data.subarray(0, n * row),
    })),
  };
}

function fixedDimensions(spec: InputSpec): number[] {
  return spec.shape.slice(1).map((dimension) => {
    if (dimension === 'N')
      throw new PlumblineError('E_CARD', `input "${spec.name}" has "N" beyond its first dimension`);
    return dimension;
  });
}

/** Puts the first `count` rows of `output` behind those that are there; the buffer is made for `limit` rows at once. */
function append(
  into: { spec: TensorData; data: Elements; row: number } | undefined,
  output: TensorData,
  at: number,
  count: number,
  rows: number,
  limit: number,
): { spec: TensorData; data: Elements; row: number } {
  if (output.shape[0] !== rows || output.data.length % rows !== 0) {
    throw new PlumblineError(
      'E_OUTPUT_SHAPE',
      `output "${output.name}" has shape [${output.shape.join(', ')}] for a batch of ${String(rows)}`,
    );
  }
  const row = output.data.length / rows;
  const slot = into ?? {
    spec: output,
    row,
    data: new (output.data.constructor as new (length: number) => Elements)(limit * row),
  };
  if (slot.row !== row) {
    throw new PlumblineError(
      'E_OUTPUT_SHAPE',
      `output "${output.name}" had ${String(slot.row)} elements a sample, then ${String(row)}`,
    );
  }
  // Both are of one class, as `slot.data` was made from the first output's.
  (slot.data as Uint8Array).set(output.data.subarray(0, count * row) as Uint8Array, at * row);
  return slot;
}

/** Gives `count` raw samples from `at` on, fetching ahead by one range. Asked in ascending order. */
function sampleSource(
  request: RunRequest,
  limit: number,
): (at: number, count: number) => Promise<Uint8Array | Int32Array> {
  const { sample } = request.dataset;
  const elements = sample.shape.reduce((product, dimension) => product * dimension, 1);
  const width = elements * (sample.dtype === 'int32' ? 4 : 1);
  const perRange = Math.max(1, Math.floor(FETCH_BYTES / width / request.batchSize)) * request.batchSize;
  const fetchRange = async (range: number): Promise<Uint8Array<ArrayBuffer>> => {
    const from = range * perRange * width;
    const to = Math.min(limit, (range + 1) * perRange) * width;
    const bytes = await fetchBytes(request.samplesUrl, {
      headers: { range: `bytes=${String(from)}-${String(to - 1)}` },
    });
    if (bytes.byteLength !== to - from) {
      throw new PlumblineError(
        'E_DATASET_FORMAT',
        `samples ${String(from)} to ${String(to)}: ${String(bytes.byteLength)} bytes came`,
      );
    }
    return bytes;
  };
  let current = { range: 0, bytes: fetchRange(0) };
  let ahead: Promise<Uint8Array<ArrayBuffer>> | undefined;
  const prefetch = (range: number): void => {
    ahead = range * perRange < limit ? fetchRange(range) : undefined;
    // Awaited only if the run comes that far: a failure before that is no one's.
    ahead?.catch(() => undefined);
  };
  let primed = false;
  return async (at, count) => {
    const range = Math.floor(at / perRange);
    if (range !== current.range) {
      current = { range, bytes: ahead ?? fetchRange(range) };
      primed = false;
    }
    const bytes = await current.bytes;
    if (!primed) {
      primed = true;
      prefetch(range + 1);
    }
    const offset = (at - range * perRange) * width;
    return sample.dtype === 'int32'
      ? new Int32Array(bytes.buffer, offset, count * elements)
      : bytes.subarray(offset, offset + count * width);
  };
}
