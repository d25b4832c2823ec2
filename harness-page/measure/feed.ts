/** The first samples of a dataset, held ready to be inferred again and again. */
import { createFeeder } from '../../src/protocol/batches.js';
import type { InputSpec } from '../../src/protocol/card.js';
import { PlumblineError } from '../../src/protocol/errors.js';
import type { FeedRequest } from '../../src/protocol/messages.js';
import { ARRAYS, type TensorData } from '../../src/protocol/observation.js';
import { fetchSamples } from '../fetching.js';

export interface Feed {
  readonly samples: number;
  /**
   * The input tensors of a batch of the first samples.
   * @throws PlumblineError `E_INTERNAL` for more samples than are held
   */
  batch(size: number): TensorData[];
}

/** Fetches as many samples as are asked for; a dataset that has fewer is gone through again from its beginning. */
export async function fetchFeed(inputs: readonly InputSpec[], request: FeedRequest): Promise<Feed> {
  const { dataset, datasetUrl, samples } = request;
  const feeder = createFeeder(inputs, dataset.fields, samples);
  const wires = await Promise.all(
    dataset.fields.map(async (field, index) => {
      const { bytes: width, shared } = feeder.layout[index] as (typeof feeder.layout)[number];
      const there = await fetchSamples(datasetUrl + field.file, width, 0, shared ? 1 : Math.min(samples, dataset.n));
      const bytes = shared ? there : repeated(there, samples * width);
      return new ARRAYS[field.dtype](bytes.buffer);
    }),
  );
  return {
    samples,
    batch(size) {
      if (size > samples)
        throw new PlumblineError(
          'E_INTERNAL',
          `a batch of ${String(size)} was asked for, ${String(samples)} samples are held`,
        );
      return feeder.feed(wires, size, size);
    },
  };
}

function repeated(bytes: Uint8Array<ArrayBuffer>, length: number): Uint8Array<ArrayBuffer> {
  if (bytes.byteLength === length) return bytes;
  const long = new Uint8Array(length);
  for (let at = 0; at < length; at += bytes.byteLength) long.set(bytes.subarray(0, length - at), at);
  return long;
}
