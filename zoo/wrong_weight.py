"""The fp32 original with one wrong weight, as a faulty migration could leave it."""

import re
import zlib
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

LAYER = re.compile(r"(^|/)logits(\.weight|/MatMul/ReadVariableOp:0)$")
"""Name of the last layer's weight, as the exporters of PyTorch and of Keras have it."""


def wrong_weight(original: Path) -> tuple[str, bytes]:
    """Negates one weight of the last layer, drawn by the file's name from those of about the median magnitude.

    @returns what was done, in words, and the model.
    """
    model = onnx.load(original)
    tensor = next(one for one in model.graph.initializer if LAYER.search(one.name))
    values = numpy_helper.to_array(tensor).copy()
    size = np.abs(values)
    typical = np.argwhere(np.abs(size - np.median(size)) <= 0.1 * np.median(size))
    row, column = np.random.default_rng(zlib.crc32(original.name.encode())).choice(typical)
    before = values[row, column]
    values[row, column] = -before
    tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    return f"{tensor.name}[{row}, {column}] is {-before:.6g} instead of {before:.6g}", model.SerializeToString()
