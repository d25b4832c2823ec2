"""Keras twins of the PyTorch modules: no tool leads from PyTorch to Keras, so each twin is written by hand, and this
puts PyTorch's weights into it.

Keras 2 (`tf_keras`) because TF.js reads Keras 2's topology.
"""

import os
from pathlib import Path

# Read by TensorFlow when it is imported: errors only, no GPU, and sums in one fixed order. Who wants others sets them.
for _name, _value in {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "TF_ENABLE_ONEDNN_OPTS": "0"}.items():
    os.environ.setdefault(_name, _value)

import numpy as np
import tf_keras as keras

from ..recipes import Recipe

Arrays = dict[str, np.ndarray]

layers = keras.layers


def _gates(array: np.ndarray, order: tuple[int, ...]) -> np.ndarray:
    """Rows [gates * hidden, ...] with the gates in another order."""
    return np.concatenate([np.split(array, len(order))[gate] for gate in order])


def _convolution(layer, own: Arrays) -> list[np.ndarray]:
    kernel = own["weight"].transpose(2, 3, 1, 0)  # OIHW -> HWIO
    return [kernel, own["bias"]] if layer.use_bias else [kernel]


def _dense(own: Arrays, flattened: tuple[int, int, int] | None) -> list[np.ndarray]:
    """@param flattened [height, width, channels] that this layer's inputs were flattened from, if they were: PyTorch
    flattens channels first, Keras channels last."""
    kernel = own["weight"]
    if flattened is not None:
        height, width, channels = flattened
        kernel = kernel.reshape(-1, channels, height, width).transpose(0, 2, 3, 1).reshape(kernel.shape)
    return [kernel.T, own["bias"]]


def _lstm(own: Arrays) -> list[np.ndarray]:
    """Both have the gates i, f, g (c), o. PyTorch has two biases that are always added, Keras their sum."""
    return [own["weight_ih_l0"].T, own["weight_hh_l0"].T, own["bias_ih_l0"] + own["bias_hh_l0"]]


def _gru(own: Arrays) -> list[np.ndarray]:
    """PyTorch has the gates r, z, n, Keras z, r, h; with `reset_after` it has PyTorch's two biases."""
    order = (1, 0, 2)
    kernel, recurrent = _gates(own["weight_ih_l0"], order), _gates(own["weight_hh_l0"], order)
    return [kernel.T, recurrent.T, np.stack([_gates(own["bias_ih_l0"], order), _gates(own["bias_hh_l0"], order)])]


def keras_twin(recipe: Recipe, weights: Arrays) -> keras.Model:
    """The Keras model that computes what the recipe's module with `weights` computes; images are NHWC there.

    @param weights the module's `state_dict` as arrays.
    @raises ValueError when one of `weights` found no place in the twin.
    """
    twin = recipe.twin(keras, recipe.name)
    left = {name for name in weights if not name.endswith(".num_batches_tracked")}
    flattened = None
    for layer in twin.layers:
        if isinstance(layer, layers.Flatten):
            flattened = layer.input_shape[1:]
        if not layer.weights:
            continue
        prefix = f"{layer.name}."
        own = {name.removeprefix(prefix): array for name, array in weights.items() if name.startswith(prefix)}
        left -= {prefix + name for name in own}
        if isinstance(layer, layers.Conv2D):
            layer.set_weights(_convolution(layer, own))
        elif isinstance(layer, layers.BatchNormalization):
            layer.set_weights([own[name] for name in ("weight", "bias", "running_mean", "running_var")])
        elif isinstance(layer, layers.Dense):
            layer.set_weights(_dense(own, flattened))
            flattened = None
        elif isinstance(layer, layers.Embedding):
            layer.set_weights([own["weight"]])
        elif isinstance(layer, layers.LSTM):
            layer.set_weights(_lstm(own))
        elif isinstance(layer, layers.GRU):
            layer.set_weights(_gru(own))
        else:
            raise ValueError(f"{recipe.name}: no weights are known for a {type(layer).__name__}, {layer.name}")
    if left:
        raise ValueError(f"{recipe.name}: the twin has no layer for {', '.join(sorted(left))}")
    return twin


def weights_of(twin: keras.Model) -> Arrays:
    """A twin's weights under `<layer>/<index in the layer>`."""
    return {f"{layer.name}/{index}": array for layer in twin.layers for index, array in enumerate(layer.get_weights())}


def set_weights(twin: keras.Model, weights: Arrays) -> None:
    """Puts back what `weights_of` gave."""
    for layer in twin.layers:
        layer.set_weights([weights[f"{layer.name}/{index}"] for index in range(len(layer.weights))])


def trained_twin(recipe: Recipe, path: Path) -> keras.Model:
    """The twin with the weights that training in Keras left (`train.keras_weights_path`)."""
    twin = recipe.twin(keras, recipe.name)
    with np.load(path) as arrays:
        set_weights(twin, dict(arrays))
    return twin
