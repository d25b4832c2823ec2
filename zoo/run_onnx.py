"""ONNX models on the PC, by onnxruntime."""

from pathlib import Path

import numpy as np
import onnxruntime


def run_onnx(model: Path | bytes, inputs: np.ndarray, batch: int) -> np.ndarray:
    """Logits float32 [N, classes]; N is a multiple of `batch`. On one thread.

    @param model a file, or its contents.
    """
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    name = session.get_inputs()[0].name
    return np.concatenate(
        [session.run(None, {name: inputs[at : at + batch]})[0] for at in range(0, len(inputs), batch)]
    )
