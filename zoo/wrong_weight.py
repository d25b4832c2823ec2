"""The fp32 original with one wrong weight, as a faulty migration could leave it."""

import re
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from .run_onnx import run_onnx

LAYER = re.compile(r"(^|/)logits(\.weight|/MatMul/ReadVariableOp:0)$")
"""Name of the last layer's weight, as the exporters of PyTorch and of Keras have it."""


CHANGED = 1e-4
"""How much of the largest logit must change."""


@dataclass(frozen=True)
class WrongWeight:
    """The model that is wrong."""

    what: str
    """What was done, in words."""
    model: bytes
    outputs: np.ndarray
    """Logits float32 [n, classes]."""


def wrong_weight(original: Path, inputs: np.ndarray, batch: int) -> WrongWeight:
    """Negates one weight of the last layer, drawn by the file's name from those of about the median magnitude.

    @param inputs on which it must change something: a weight of a unit that is always 0 is passed over.
    @raises ValueError when none does.
    """
    right = run_onnx(original, inputs, batch)
    model = onnx.load(original)
    tensor = next(one for one in model.graph.initializer if LAYER.search(one.name))
    values = numpy_helper.to_array(tensor).copy()
    size = np.abs(values)
    typical = np.argwhere(np.abs(size - np.median(size)) <= 0.1 * np.median(size))
    generator = np.random.default_rng(zlib.crc32(original.name.encode()))
    for _ in typical:
        row, column = generator.choice(typical)
        before = values[row, column]
        values[row, column] = -before
        tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
        wrong = model.SerializeToString()
        outputs = run_onnx(wrong, inputs, batch)
        if np.abs(outputs - right).max() > CHANGED * np.abs(right).max():
            return WrongWeight(
                f"{tensor.name}[{row}, {column}] is {-before:.6g} instead of {before:.6g}", wrong, outputs
            )
        values[row, column] = before
    raise ValueError(f"{original.name}: no weight of {tensor.name} changes the outputs")
