"""Any artifact on the PC."""

from pathlib import Path

import numpy as np

from .run_onnx import run_onnx


def run(format: str, path: Path, inputs: np.ndarray, batch: int) -> np.ndarray:
    """Logits float32 [n, classes] of the artifact whose file to be loaded is `path`, in batches of `batch`.

    @param inputs as `Deployed.inputs` gives them for the format.
    """
    if format == "onnx":
        return run_onnx(path, inputs, batch)
    if format == "tfjs":
        from .to_tfjs import run_tfjs

        return run_tfjs(path, inputs, batch)
    from .to_tflite import run_tflite

    return run_tflite(path, inputs, batch)


def tool_of(format: str) -> tuple[str, str]:
    """Name and version of what `run` runs that format with."""
    if format == "onnx":
        import onnxruntime

        return "onnxruntime", onnxruntime.__version__
    import tensorflow as tf

    if format == "tflite":
        return "TensorFlow Lite interpreter", tf.__version__
    return "TensorFlow, with the weights dequantized as TF.js does it", tf.__version__
