"""PyTorch -> TF.js Layers: the weights go into a Keras twin, and `tensorflowjs_converter` migrates that.

No tool leads from PyTorch to a Layers model, so the twins are written out here, layer by layer with PyTorch's names.
Keras 2 (`tf_keras`) because TF.js reads Keras 2's topology.
"""

import os
import sys
import tempfile
from pathlib import Path

# Read by TensorFlow when it is imported: errors only, no GPU, and sums in one fixed order.
os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": "-1", "TF_ENABLE_ONEDNN_OPTS": "0"}

import numpy as np
import tf_keras as keras
from tf_keras import layers

from .tool import run_tool

CONVERTER = "tensorflowjs_converter"

INPUT_SHAPE = (28, 28, 1)

TWINS = {
    "lenet1": lambda: [
        layers.Conv2D(4, 5, activation="tanh", name="c1"),
        layers.AveragePooling2D(2, name="s2"),
        layers.Conv2D(12, 5, activation="tanh", name="c3"),
        layers.AveragePooling2D(2, name="s4"),
        layers.Flatten(name="flatten"),
        layers.Dense(10, name="logits"),
    ],
    "lenet5": lambda: [
        # "same" around a 5x5 kernel of stride 1 is PyTorch's padding=2.
        layers.Conv2D(6, 5, padding="same", activation="relu", name="c1"),
        layers.MaxPooling2D(2, name="s2"),
        layers.Conv2D(16, 5, activation="relu", name="c3"),
        layers.MaxPooling2D(2, name="s4"),
        layers.Flatten(name="flatten"),
        layers.Dense(120, activation="relu", name="c5"),
        layers.Dense(84, activation="relu", name="f6"),
        layers.Dense(10, name="logits"),
    ],
}


def _weights(name: str, weights: dict[str, np.ndarray], flattened: tuple[int, int, int] | None) -> list[np.ndarray]:
    """Kernel and bias of PyTorch's module `name` in Keras' order of axes.

    @param flattened [height, width, channels] that this dense layer's inputs were flattened from, if they were:
        PyTorch flattens channels first, Keras channels last.
    """
    kernel, bias = weights[f"{name}.weight"], weights[f"{name}.bias"]
    if kernel.ndim == 4:
        return [kernel.transpose(2, 3, 1, 0), bias]  # OIHW -> HWIO
    if flattened is not None:
        height, width, channels = flattened
        kernel = kernel.reshape(-1, channels, height, width).transpose(0, 2, 3, 1).reshape(kernel.shape)
    return [kernel.T, bias]


def keras_twin(name: str, weights: dict[str, np.ndarray]) -> keras.Sequential:
    """The Keras model that computes what the PyTorch model `name` with `weights` computes, for NHWC inputs."""
    twin = keras.Sequential([layers.Input(INPUT_SHAPE, name="input"), *TWINS[name]()], name=name)
    flattened = None
    for layer in twin.layers:
        if isinstance(layer, layers.Flatten):
            flattened = layer.input_shape[1:]
        elif layer.weights:
            layer.set_weights(_weights(layer.name, weights, flattened))
            flattened = None
    return twin


def export_tfjs(name: str, weights: dict[str, np.ndarray], folder: Path) -> list[str]:
    """Writes `model.json` and its weights into `folder`.

    @returns the converter's command line with file names only, for the card.
    """
    options = ["--input_format=keras", "--output_format=tfjs_layers_model"]
    with tempfile.TemporaryDirectory() as scratch:
        h5 = Path(scratch) / f"{name}.h5"
        keras_twin(name, weights).save(h5, include_optimizer=False)
        run_tool([str(Path(sys.executable).with_name(CONVERTER)), *options, str(h5), str(folder)])
    return [CONVERTER, *options, h5.name, folder.name]


def run_tfjs(model_json: Path, images: np.ndarray) -> np.ndarray:
    """Logits of a TF.js Layers model, read back from its files by the converter's own loader and run by Keras.

    @param images float32 [N, 1, 28, 28].
    """
    from tensorflowjs.converters import load_keras_model

    model = load_keras_model(str(model_json))
    return np.asarray(model.predict(images.transpose(0, 2, 3, 1), batch_size=1000, verbose=0))
