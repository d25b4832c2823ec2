/** The run of a loaded model over the longest prefix of a dataset that fits the budget. */
import { createCollector, createFeeder, type FieldLayout } from '../src/protocol/batches.js';
import type { InputSpec } from '../src/protocol/card.js';
import type { DatasetField } from '../src/protocol/dataset.js';
import type { Elements } from '../src/protocol/inputs.js';
import type { RunRequest } from '../src/protocol/messages.js';
import { ARRAYS, type TensorData } from '../src/protocol/observation.js';
import { fetchSamples } from './fetching.js';
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

export async function runDataset(
  model: LoadedModel,
  inputs: readonly InputSpec[],
  request: RunRequest,
): Promise<RunResult> {
  const { dataset, batchSize } = request;
  const feeder = createFeeder(inputs, dataset.fields, batchSize);
  const limit = Math.min(request.limit, dataset.n);
  const sources = dataset.fields.map((field, index) =>
    sampleSource(request, field, feeder.layout[index] as FieldLayout, limit),
  );
  const collector = createCollector(inputs, limit);
  const inferenceMs: number[] = [];
  let inputMs = 0;
  const started = performance.now();
  let n = 0;
  while (n < limit && (n === 0 || performance.now() - started < request.budgetMs)) {
    const beforeInput = performance.now();
    const count = Math.min(batchSize, limit - n);
    const rows = request.padLastBatch ? batchSize : count;
    const at = n;
    const wires = await Promise.all(sources.map((source) => source(at, count)));
    const tensors = feeder.feed(wires, count, rows);
    const beforeRun = performance.now();
    inputMs += beforeRun - beforeInput;
    const outputs = await model.run(tensors);
    inferenceMs.push(performance.now() - beforeRun);
    collector.add(outputs, at, count, rows);
    n += count;
  }
  return {
    n,
    firstInferenceMs: inferenceMs[0] ?? 0,
    inferenceMs: inferenceMs.slice(1),
    inputMs,
    outputs: collector.take(n),
  };
}

/** Gives `count` raw samples of a field from sample `at` on. Asked in ascending order. */
type SampleSource = (at: number, count: number) => Promise<Elements>;

/** Fetches a field in ranges, always one ahead of the one that is used. */
function sampleSource(request: RunRequest, field: DatasetField, layout: FieldLayout, limit: number): SampleSource {
  const { bytes: width, shared } = layout;
  const asElements = (bytes: Uint8Array<ArrayBuffer>, offset: number, length: number): Elements => {
    const array = ARRAYS[field.dtype];
    return new array(bytes.buffer, bytes.byteOffset + offset, length / array.BYTES_PER_ELEMENT);
  };
  const fetchRows = (from: number, to: number): Promise<Uint8Array<ArrayBuffer>> =>
    fetchSamples(request.datasetUrl + field.file, width, from, to);
  if (shared) {
    const first = fetchRows(0, 1);
    first.catch(() => undefined);
    return async () => asElements(await first, 0, width);
  }
  const perRange = Math.max(1, Math.floor(FETCH_BYTES / width / request.batchSize)) * request.batchSize;
  const fetchRange = (range: number): Promise<Uint8Array<ArrayBuffer>> => {
    const bytes = fetchRows(range * perRange, Math.min(limit, (range + 1) * perRange));
    // Awaited only if the run comes that far: a failure before that is no one's.
    bytes.catch(() => undefined);
    return bytes;
  };
  let current = { range: 0, bytes: fetchRange(0) };
  let ahead: Promise<Uint8Array<ArrayBuffer>> | undefined;
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
      ahead = (range + 1) * perRange < limit ? fetchRange(range + 1) : undefined;
    }
    return asElements(bytes, (at - range * perRange) * width, count * width);
  };
}
