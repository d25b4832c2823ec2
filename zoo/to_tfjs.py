"""PyTorch -> TF.js Layers: the weights go into a Keras twin, and `tensorflowjs_converter` migrates that."""

import sys
import tempfile
from pathlib import Path

import numpy as np

from .nets.twin import keras_twin
from .recipes import RECIPES
from .tool import run_tool

CONVERTER = "tensorflowjs_converter"


def export_tfjs(name: str, weights: dict[str, np.ndarray], folder: Path) -> list[str]:
    """Writes `model.json` and its weights into `folder`.

    @returns the converter's command line with file names only, for the card.
    """
    options = ["--input_format=keras", "--output_format=tfjs_layers_model"]
    with tempfile.TemporaryDirectory() as scratch:
        h5 = Path(scratch) / f"{name}.h5"
        keras_twin(RECIPES[name], weights).save(h5, include_optimizer=False)
        run_tool([str(Path(sys.executable).with_name(CONVERTER)), *options, str(h5), str(folder)])
    return [CONVERTER, *options, h5.name, folder.name]


def run_tfjs(model_json: Path, images: np.ndarray) -> np.ndarray:
    """Logits of a TF.js Layers model, read back from its files by the converter's own loader and run by Keras.

    @param images float32 [N, 1, 28, 28].
    """
    from tensorflowjs.converters import load_keras_model

    model = load_keras_model(str(model_json))
    return np.asarray(model.predict(images.transpose(0, 2, 3, 1), batch_size=1000, verbose=0))
