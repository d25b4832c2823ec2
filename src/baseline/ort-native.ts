/** An ONNX artifact on the PC, by onnxruntime-node. */
import * as ort from 'onnxruntime-node';
import type { OutputSpec } from '../protocol/card.js';
import { PlumblineError } from '../protocol/errors.js';
import type { TensorData } from '../protocol/observation.js';
import { fromOrtTensor, toOrtTensor } from '../protocol/ort-tensors.js';
import type { OpenModel } from './batches.js';

/**
 * Opens the session; `dispose` when done. One thread, if none says otherwise, so that sums are taken in one order. Weights
 * in files of their own are found beside the model.
 * @param threads of the pool that an operator is spread over, the calling one among them
 */
export async function openOrtNative(file: string, outputs: readonly OutputSpec[], threads = 1): Promise<OpenModel> {
  const session = await ort.InferenceSession.create(file, {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    // What fails is thrown, and told where it belongs.
    logSeverityLevel: 4,
  });
  return {
    async run(inputs) {
      const results = await session.run(
        Object.fromEntries(inputs.map((input) => [input.name, toOrtTensor(ort, input)])),
      );
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
  return fromOrtTensor(spec.name, tensor, tensor.data);
}

/** Version of the runtime that is installed. */
export const ORT_NATIVE_VERSION = ort.env.versions.node ?? ort.env.versions.common;
