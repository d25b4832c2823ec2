"""ONNX models on the PC, by onnxruntime."""

from pathlib import Path

import numpy as np
import onnxruntime

BATCH = 100
"""Divides the 10,000 test images, and is the batch of the fixed variants."""


def run_onnx(path: Path, images: np.ndarray) -> np.ndarray:
    """Logits float32 [N, 10] of images float32 [N, 1, 28, 28]; N is a multiple of `BATCH`."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return np.concatenate(
        [session.run(None, {name: images[at : at + BATCH]})[0] for at in range(0, len(images), BATCH)]
    )
