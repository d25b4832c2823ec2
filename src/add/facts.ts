/** What a model file says of itself. */
import { DTYPES, type Dtype, type InputSpec, type Quantization } from '../protocol/card.js';
import type { Format, Precision } from '../protocol/cell.js';
import { PlumblineError } from '../protocol/errors.js';

/** A dimension: its size, the name of a size that is open, or `undefined` where it is open and has no name. */
export type Dimension = number | string | undefined;

export interface TensorFacts {
  readonly name: string;
  readonly dtype: Dtype;
  readonly shape: readonly Dimension[];
  /** Least and greatest value that makes sense: of ids, by the rows of the table that they look up. */
  readonly range?: InputSpec['range'];
}

export interface ModelFacts {
  readonly format: Format;
  readonly precision: Precision;
  readonly quantization?: Quantization;
  readonly inputs: readonly TensorFacts[];
  /** Shapes may be missing or wrong here: what counts is what a run gives. */
  readonly outputs: readonly Pick<TensorFacts, 'name' | 'dtype' | 'shape'>[];
  /** Files that belong to the model, entry first, by their path below the entry's folder. */
  readonly files: readonly string[];
  /** What made it, in its own words. */
  readonly producer: { readonly tool: string; readonly version: string };
}

/** @throws PlumblineError `E_MODEL_TENSOR` that names the tensor and its type */
export function unsupportedTensor(role: 'input' | 'output', name: string, what: string): PlumblineError {
  return new PlumblineError('E_MODEL_TENSOR', `${role} "${name}" is ${what}, which is not supported`);
}

/** A tensor of a model that is made for one shape, where the file leaves an axis open. */
export function openAxis(name: string, axis: number, runtime: string): PlumblineError {
  return new PlumblineError('E_MODEL_TENSOR', `input "${name}" leaves axis ${String(axis)} open`, {
    hint: `${runtime} runs models of fixed shapes alone: convert it again with that axis fixed, such as a batch of 1.`,
  });
}

/** @throws PlumblineError `E_MODEL_TENSOR` for a type that tensors of the suite cannot have */
export function supportedDtype(role: 'input' | 'output', name: string, type: string): Dtype {
  const dtype = DTYPES.find((known) => known === type);
  if (dtype === undefined) throw unsupportedTensor(role, name, type);
  return dtype;
}

/** @throws PlumblineError `E_MODEL_FILE` that names the file */
export function notAModel(file: string, what: string, cause?: unknown): PlumblineError {
  return new PlumblineError('E_MODEL_FILE', `${file} ${what}`, cause === undefined ? {} : { cause });
}
