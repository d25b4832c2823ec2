/** Tensors as ONNX Runtime has them, in the browser and in Node, and as they are here. */
import type * as Ort from 'onnxruntime-common';
import type { Dtype } from './card.js';
import { PlumblineError } from './errors.js';
import { DTYPES } from './card.js';
import type { TensorData } from './observation.js';

/** What both builds of the runtime give: float16 comes as a Float16Array where the engine has one, else as its bits. */
interface OrtTensor {
  readonly type: string;
  readonly dims: readonly number[];
}

/** @param ort the build of the runtime that the tensor is for */
export function toOrtTensor(ort: Pick<typeof Ort, 'Tensor'>, { dtype, data, shape }: TensorData): Ort.Tensor {
  return new ort.Tensor(dtype, data as Ort.Tensor.DataTypeMap[typeof dtype] & Uint8Array, [...shape]);
}

/** @throws PlumblineError `E_OUTPUT_SHAPE` for what is no tensor, or of a type that is not supported */
export function fromOrtTensor(name: string, tensor: OrtTensor, data: unknown): TensorData {
  const dtype = DTYPES.find((known: Dtype) => known === tensor.type);
  if (dtype === undefined || !ArrayBuffer.isView(data))
    throw new PlumblineError('E_OUTPUT_SHAPE', `output "${name}" is of type ${tensor.type}, which is not supported`);
  const values = dtype === 'float16' ? new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2) : data;
  return { name, dtype, shape: [...tensor.dims], data: values as TensorData['data'] };
}
