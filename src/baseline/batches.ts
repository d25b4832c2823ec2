/** Runs a dataset through a model on the PC, batch by batch. */
import type { InputSpec } from '../protocol/card.js';
import type { Dataset } from '../datasets/index.js';
import { PlumblineError } from '../protocol/errors.js';
import { createEncoder } from '../protocol/inputs.js';
import type { TensorData } from '../protocol/observation.js';

/** One inference: `data` of that shape, batch first, to the model's outputs. */
export type RunModel = (data: Float32Array | Int32Array, shape: readonly number[]) => Promise<TensorData[]>;

export interface BatchOptions {
  readonly batchSize: number;
  /** The last batch is filled up to `batchSize`. */
  readonly pad: boolean;
  /** Stop after so many samples or milliseconds; a prefix is a baseline, too. */
  readonly limit: number;
  readonly budgetMs: number;
}

export interface BatchRun {
  readonly n: number;
  readonly outputs: readonly TensorData[];
  readonly firstInferenceMs: number;
  readonly inferenceMs: readonly number[];
}

export async function runBatches(
  run: RunModel,
  inputs: readonly InputSpec[],
  dataset: Dataset,
  options: BatchOptions,
): Promise<BatchRun> {
  const [spec] = inputs;
  if (spec === undefined || inputs.length > 1)
    throw new PlumblineError('E_BASELINE', 'a dataset feeds exactly one input');
  const { sample, n: available } = dataset.descriptor;
  const encoder = createEncoder(spec, sample);
  const raw = await dataset.samples();
  const wire = sample.dtype === 'int32' ? new Int32Array(Uint8Array.from(raw).buffer) : raw;
  const limit = Math.min(options.limit, available);
  const parts: TensorData[][] = [];
  const times: number[] = [];
  const started = performance.now();
  let n = 0;
  while (n < limit && (n === 0 || performance.now() - started < options.budgetMs)) {
    const count = Math.min(options.batchSize, limit - n);
    const rows = options.pad ? options.batchSize : count;
    const size = rows * encoder.sampleSize;
    const data = spec.dtype === 'int32' ? new Int32Array(size) : new Float32Array(size);
    encoder.encode(wire.subarray(n * encoder.sampleSize), count, data);
    const from = performance.now();
    const outputs = await run(data, [rows, ...spec.shape.slice(1).map(Number)]);
    times.push(performance.now() - from);
    parts.push(outputs.map((output) => firstRows(output, count, rows)));
    n += count;
  }
  return { n, outputs: joinRows(parts), firstInferenceMs: times[0] ?? 0, inferenceMs: times.slice(1) };
}

function firstRows(tensor: TensorData, count: number, rows: number): TensorData {
  if (count === rows) return tensor;
  return {
    ...tensor,
    shape: [count, ...tensor.shape.slice(1)],
    data: tensor.data.slice(0, (tensor.data.length / rows) * count),
  };
}

function joinRows(parts: readonly TensorData[][]): TensorData[] {
  const [first = []] = parts;
  return first.map((head, index) => {
    const tensors = parts.map((part) => part[index] as TensorData);
    const data = new (head.data.constructor as new (length: number) => Float32Array)(
      tensors.reduce((sum, tensor) => sum + tensor.data.length, 0),
    );
    let offset = 0;
    for (const tensor of tensors) {
      data.set(tensor.data as Float32Array, offset);
      offset += tensor.data.length;
    }
    return {
      ...head,
      shape: [tensors.reduce((sum, tensor) => sum + (tensor.shape[0] ?? 0), 0), ...head.shape.slice(1)],
      data,
    };
  });
}
