/**
 * Samples into batches, outputs of batches into one tensor over all samples. The page and the PC baseline run this very
 * code, so that both feed a model alike.
 *
 * Where no input has "N", a batch is one sample: one whole set of inputs, each of the shape that the card gives, and the
 * outputs of the samples are stacked on a new first axis. Where some inputs have "N" and others do not, those without
 * it are the same for all samples: the first sample's (a field of the dataset may hold that one alone).
 */
import { isBatched } from './artifact.js';
import type { InputSpec } from './card.js';
import type { DatasetField } from './dataset.js';
import { PlumblineError } from './errors.js';
import { createEncoder, elementsOf, zeros, type Elements } from './inputs.js';
import { ARRAYS, type TensorData } from './observation.js';

/** One input's raw samples: where a field's bytes are cut. */
export interface FieldLayout {
  /** Bytes of one sample. */
  readonly bytes: number;
  /** Its first sample serves for all. */
  readonly shared: boolean;
}

export interface Feeder {
  /** One an input, in order. */
  readonly layout: readonly FieldLayout[];
  /**
   * The input tensors of one batch, on buffers that the next call fills anew.
   * @param wires raw samples of each field, `count` of them (of a shared one: one)
   * @param rows size of the batch; rows behind `count` are zero
   */
  feed(wires: readonly Elements[], count: number, rows: number): TensorData[];
}

/**
 * @param batchSize the largest batch that will be fed
 * @throws PlumblineError `E_CARD` when the dataset's fields cannot become the inputs
 */
export function createFeeder(
  inputs: readonly InputSpec[],
  fields: readonly Pick<DatasetField, 'name' | 'dtype' | 'shape'>[],
  batchSize: number,
): Feeder {
  const batched = isBatched(inputs);
  if (inputs.length !== fields.length) {
    const names = inputs.map(({ name }) => `"${name}"`).join(', ');
    throw new PlumblineError(
      'E_CARD',
      `the model takes ${String(inputs.length)} inputs (${names}), the dataset feeds ${String(fields.length)}`,
    );
  }
  const slots = inputs.map((spec, index) => {
    const field = fields[index] as DatasetField;
    if (field.name !== undefined && field.name !== spec.name) {
      throw new PlumblineError(
        'E_CARD',
        `field ${String(index)} of the dataset feeds "${field.name}", the model's input there is "${spec.name}"`,
      );
    }
    if (spec.shape.lastIndexOf('N') > 0)
      throw new PlumblineError('E_CARD', `input "${spec.name}" has "N" beyond its first dimension`);
    const encoder = createEncoder(spec, field);
    const shared = batched && !spec.shape.includes('N');
    // One buffer for all batches: once a run's outputs are read back, its inputs have been used. Fresh ones, of the size
    // of the dataset in all, would be collected as garbage in the middle of what is timed.
    const buffer = zeros(spec.dtype, encoder.sampleSize * (shared || !batched ? 1 : batchSize));
    const fixed = spec.shape.filter((dimension) => dimension !== 'N');
    return { spec, encoder, shared, buffer, fixed, bytes: encoder.sampleSize * ARRAYS[field.dtype].BYTES_PER_ELEMENT };
  });
  return {
    layout: slots.map(({ bytes, shared }) => ({ bytes, shared })),
    feed: (wires, count, rows) =>
      slots.map(({ spec: { name, dtype }, encoder, shared, buffer, fixed }, index) => {
        const wire = wires[index] as Elements;
        if (shared || !batched) {
          encoder.encode(wire, 1, buffer);
          return { name, dtype, shape: fixed, data: buffer };
        }
        encoder.encode(wire, count, buffer);
        // Only where the last batch is filled up: the rows behind it hold what came before.
        if (count < rows) (buffer as Uint8Array).fill(zeros(dtype, 1)[0] as number, count * encoder.sampleSize);
        return { name, dtype, shape: [rows, ...fixed], data: buffer.subarray(0, rows * encoder.sampleSize) };
      }),
  };
}

export interface Collector {
  /** Takes the outputs of the batch that begins at sample `at`: its first `count` of `rows`. */
  add(outputs: readonly TensorData[], at: number, count: number, rows: number): void;
  /** All that came, over the first `n` samples: `shape[0]` is n. */
  take(n: number): TensorData[];
}

interface Slot {
  readonly name: string;
  readonly dtype: TensorData['dtype'];
  /** Of one sample. */
  readonly shape: readonly number[];
  readonly size: number;
  readonly data: Elements;
}

/**
 * Puts the outputs of batch after batch one behind the other, in buffers that are made for `limit` samples at once.
 * `add` throws PlumblineError `E_OUTPUT_SHAPE` for an output without the batch axis, or of another shape than before.
 */
export function createCollector(inputs: readonly InputSpec[], limit: number): Collector {
  const batched = isBatched(inputs);
  const slots: Slot[] = [];

  const sampleShape = ({ name, shape }: TensorData, rows: number): readonly number[] => {
    if (!batched) return shape;
    if (shape[0] === rows) return shape.slice(1);
    throw new PlumblineError(
      'E_OUTPUT_SHAPE',
      `output "${name}" has shape [${shape.join(', ')}] for a batch of ${String(rows)}`,
    );
  };

  const slotFor = (output: TensorData, index: number, rows: number): Slot => {
    const { name, dtype } = output;
    const shape = sampleShape(output, rows);
    const size = elementsOf(shape);
    if (output.data.length !== size * rows) {
      throw new PlumblineError(
        'E_OUTPUT_SHAPE',
        `output "${name}" has ${String(output.data.length)} elements, its shape [${output.shape.join(', ')}] says otherwise`,
      );
    }
    const slot = (slots[index] ??= { name, dtype, shape, size, data: zeros(dtype, limit * size) });
    if (slot.dtype !== dtype || slot.shape.join() !== shape.join()) {
      throw new PlumblineError(
        'E_OUTPUT_SHAPE',
        `output "${name}" was ${slot.dtype} [${slot.shape.join(', ')}] a sample, then ${dtype} [${shape.join(', ')}]: ` +
          'its shape depends on the data',
      );
    }
    return slot;
  };

  return {
    add(outputs, at, count, rows) {
      outputs.forEach((output, index) => {
        const { size, data } = slotFor(output, index, rows);
        // Both are of one class: `data` was made for the output's dtype.
        (data as Uint8Array).set(output.data.subarray(0, count * size) as Uint8Array, at * size);
      });
    },
    take: (n) =>
      slots.map(({ name, dtype, shape, size, data }) => ({
        name,
        dtype,
        shape: [n, ...shape],
        data: data.subarray(0, n * size),
      })),
  };
}
