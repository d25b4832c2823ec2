/** Runs a dataset through a model on the PC, batch by batch. */
import { createCollector, createFeeder } from '../protocol/batches.js';
import type { InputSpec } from '../protocol/card.js';
import type { Dataset } from '../datasets/index.js';
import { elementsOf, type Elements } from '../protocol/inputs.js';
import { ARRAYS, type TensorData } from '../protocol/observation.js';

/** One inference: one tensor an input of the card to one an output, in its order. */
export type RunModel = (inputs: readonly TensorData[]) => Promise<TensorData[]>;

/** A model that a PC runtime has loaded. */
export interface OpenModel {
  readonly run: RunModel;
  dispose(): Promise<void>;
}

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
  const { fields, n: available } = dataset.descriptor;
  const { batchSize, pad } = options;
  const feeder = createFeeder(inputs, fields, batchSize);
  const limit = Math.min(options.limit, available);
  const wires = await Promise.all(fields.map((_, index) => readField(dataset, index)));
  const collector = createCollector(inputs, limit);
  const times: number[] = [];
  const started = performance.now();
  let n = 0;
  while (n < limit && (n === 0 || performance.now() - started < options.budgetMs)) {
    const count = Math.min(batchSize, limit - n);
    const rows = pad ? batchSize : count;
    const at = n;
    const tensors = feeder.feed(
      wires.map(({ data, size }, index) => (feeder.layout[index]?.shared === true ? data : data.subarray(at * size))),
      count,
      rows,
    );
    const from = performance.now();
    const outputs = await run(tensors);
    times.push(performance.now() - from);
    collector.add(outputs, at, count, rows);
    n += count;
  }
  return { n, outputs: collector.take(n), firstInferenceMs: times[0] ?? 0, inferenceMs: times.slice(1) };
}

async function readField(dataset: Dataset, index: number): Promise<{ data: Elements; size: number }> {
  const { dtype = 'uint8', shape = [] } = dataset.descriptor.fields[index] ?? {};
  // A copy is aligned for every element type.
  const { buffer } = Uint8Array.from(await dataset.samples(index));
  return { data: new ARRAYS[dtype](buffer), size: elementsOf(shape) };
}
