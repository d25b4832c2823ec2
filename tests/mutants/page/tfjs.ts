import * as tf from '@tensorflow/tfjs-core';
import { start as startReal } from '../../../harness-page/runtimes/tfjs.js';
import { changeModel } from './mutants.js';
import { mutantFor, mutated } from './select.js';

const leaking = changeModel((model) => ({
  run(inputs) {
    tf.scalar(1);
    return model.run(inputs);
  },
  prepare(inputs) {
    const prepared = model.prepare(inputs);
    return {
      ...prepared,
      run() {
        tf.scalar(1);
        return prepared.run();
      },
    };
  },
}));

export const start: typeof startReal = (target) =>
  (mutantFor(target) === 'leakTensors' ? leaking(startReal) : mutated(startReal))(target);
