"""Keras' side of a training (Keras 2 on TensorFlow): from PyTorch's initial weights, with Keras' own optimizer."""

import os
import platform

# Read by TensorFlow when it is imported. With oneDNN, as a user's TensorFlow comes; the order of sums is fixed below.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")

from .nets.twin import keras, keras_twin, set_weights, weights_of  # isort: skip (first: it sets what TensorFlow reads)

import numpy as np
import tensorflow as tf

from .data import DATASETS
from .recipes import Recipe
from .schedule import MOMENTUM
from .train import Arrays, keras_weights_path, write_atomically
from .train_torch import initial_module

EVALUATION_BATCH = 1000
THREADS = 2

# TensorFlow takes these before its first operation only.
tf.config.threading.set_intra_op_parallelism_threads(THREADS)
tf.config.threading.set_inter_op_parallelism_threads(1)
tf.config.experimental.enable_op_determinism()


def _optimizer(recipe: Recipe):
    """Keras' own, with PyTorch's constants; rate and momentum are variables, so that each step can set them."""
    if recipe.optimizer == "adamw":
        optimizer = keras.optimizers.AdamW(recipe.max_lr, weight_decay=recipe.weight_decay, epsilon=1e-8)
        # Keras keeps it as a number, which a traced function would freeze.
        optimizer.beta_1 = tf.Variable(optimizer.beta_1, dtype=tf.float32, trainable=False)
        return optimizer
    return keras.optimizers.SGD(recipe.max_lr, momentum=MOMENTUM, nesterov=True)


def _notes(recipe: Recipe) -> list[str]:
    notes = ["initial weights, order of batches and rate of each step are those of the training in PyTorch"]
    if recipe.optimizer == "adamw":
        notes.append("Keras' AdamW adds epsilon to the root of the uncorrected second moment, PyTorch to the corrected")
    else:
        notes.append("Keras' SGD keeps the rate inside the velocity, PyTorch outside: they differ while the rate moves")
    if recipe.name == "textrnn-lstm":
        notes.append("Keras has one bias where PyTorch adds two, each of which gets the gradient")
    return notes


class KerasLearner:
    """See `train.Learner`."""

    framework = "keras"
    threads = THREADS

    def __init__(self, recipe: Recipe) -> None:
        keras.utils.set_random_seed(recipe.seed)
        self._recipe = recipe
        self._images = DATASETS[recipe.dataset].is_image
        initial = {name: tensor.numpy() for name, tensor in initial_module(recipe).state_dict().items()}
        self._model = keras_twin(recipe, initial)
        self._optimizer = _optimizer(recipe)
        self._optimizer.build(self._model.trainable_variables)
        self._step = tf.function(self._gradient_step, reduce_retracing=True)
        self._predict = tf.function(lambda x: tf.argmax(self._model(x, training=False), 1), reduce_retracing=True)
        self.parameters = sum(int(np.prod(w.shape)) for w in self._model.trainable_weights)
        self.versions = {
            "python": platform.python_version(),
            "tensorflow": tf.__version__,
            "tf_keras": keras.__version__,
            "numpy": np.__version__,
        }
        self.notes = _notes(recipe)

    def _gradient_step(self, inputs, labels):
        variables = self._model.trainable_variables
        with tf.GradientTape() as tape:
            logits = self._model(inputs, training=True)
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            loss = tf.reduce_mean(losses)
        gradients = tape.gradient(loss, variables)
        if self._recipe.optimizer == "sgd":
            # As PyTorch's SGD does it; the `weight_decay` of Keras' SGD is apart from the gradient.
            gradients = [g + self._recipe.weight_decay * v for g, v in zip(gradients, variables, strict=True)]
        self._optimizer.apply_gradients(zip(gradients, variables, strict=True))
        return loss

    def _inputs(self, inputs: np.ndarray):
        # Images lie channels last in memory already.
        return tf.convert_to_tensor(np.ascontiguousarray(inputs.transpose(0, 2, 3, 1)) if self._images else inputs)

    def step(self, inputs: np.ndarray, labels: np.ndarray, lr: float, momentum: float) -> float:
        self._optimizer.learning_rate.assign(lr)
        if self._recipe.optimizer == "adamw":
            self._optimizer.beta_1.assign(momentum)
        return float(self._step(self._inputs(inputs), tf.convert_to_tensor(labels)))

    def accuracy(self, inputs: np.ndarray, labels: np.ndarray) -> float:
        correct = 0
        for at in range(0, len(labels), EVALUATION_BATCH):
            part = slice(at, at + EVALUATION_BATCH)
            correct += int((self._predict(self._inputs(inputs[part])).numpy() == labels[part]).sum())
        return correct / len(labels)

    def _variables(self) -> dict:
        """The optimizer's variables by their place: names are not unique over processes."""
        return {f"optimizer.{index}": variable for index, variable in enumerate(self._optimizer.variables)}

    def state(self) -> Arrays:
        model = {f"model.{name}": array for name, array in weights_of(self._model).items()}
        return model | {name: variable.numpy() for name, variable in self._variables().items()}

    def restore(self, state: Arrays) -> None:
        set_weights(
            self._model, {name.removeprefix("model."): state[name] for name in state if name.startswith("model.")}
        )
        for name, variable in self._variables().items():
            variable.assign(state[name])

    def save(self) -> None:
        weights = weights_of(self._model)
        write_atomically(keras_weights_path(self._recipe), lambda file: np.savez(file, **weights))
