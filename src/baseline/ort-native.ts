/** An ONNX artifact on the PC, by onnxruntime-node. */
import * as ort from 'onnxruntime-node';
import type { InputSpec, OutputSpec } from '../protocol/card.js';
import { PlumblineError } from '../protocol/errors.js';
import type { TensorData } from '../protocol/observation.js';
import type { RunModel } from './batches.js';

/** Opens the session; `dispose` when done. One thread, so that sums are taken in one order. */
export async function openOrtNative(
  file: string,
  inputs: readonly InputSpec[],
  outputs: readonly OutputSpec[],
): Promise<{ run: RunModel; dispose: () => Promise<void> }> {
  const session = await ort.InferenceSession.create(file, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const name = inputs[0]?.name ?? 'input';
  return {
    async run(data, shape) {
      const results = await session.run({
        [name]: new ort.Tensor(data instanceof Int32Array ? 'int32' : 'float32', data, [...shape]),
      });
      return outputs.map((spec) => toTensorData(spec, results[spec.name]));
    },
    dispose: () => session.release(),
  };
}

function toTensorData(spec: OutputSpec, tensor: ort.Tensor | undefined): TensorData {
  if (tensor === undefined)
    throw new PlumblineError('E_BASELINE', `the card names an output "${spec.name}" that the model does not give`);
  if (tensor.type !== spec.dtype) {
    throw new PlumblineError(
      'E_BASELINE',
      `output "${spec.name}" is ${tensor.type} on the PC, the card says ${spec.dtype}`,
    );
  }
  return { name: spec.name, dtype: spec.dtype, shape: [...tensor.dims], data: tensor.data as TensorData['data'] };
}

/** Version of the runtime that is installed. */
export const ORT_NATIVE_VERSION = ort.env.versions.node ?? ort.env.versions.common;
