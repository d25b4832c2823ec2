"""SavedModel -> TFLite, by TensorFlow's own converter, and TFLite on the PC, by TensorFlow's own interpreter.

The converter runs in a process of its own, for it can crash: `python -m zoo.to_tflite <saved model> <kind> <target>
<calibration.npy>`.
"""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Literal

import numpy as np

from .paths import REPO
from .tool import Made, ToolError

Kind = Literal["fp32", "fp16", "int8-dynamic", "int8-full"]
KINDS: tuple[Kind, ...] = ("fp32", "fp16", "int8-dynamic", "int8-full")

_OPTIONS = {
    "fp32": "",
    "fp16": "optimizations=[DEFAULT], supported_types=[float16]",
    "int8-dynamic": "optimizations=[DEFAULT]",
    "int8-full": "optimizations=[DEFAULT], representative_dataset, supported_ops=[TFLITE_BUILTINS_INT8]",
}


FUSED_LSTM = (
    "The converter makes a fused LSTM of the Keras layer, which is another function: it clips the cell state at 10 "
    "(cell_clip, measured: states reach 110), and keeps its state from one inference to the next."
)


def to_tflite(
    saved_model: Path, kind: Kind, target: Path, calibration: Path, version: str, note: str | None = None
) -> Made:
    """@param calibration `.npy` of batches [batches, batch, ...], as the model takes them.
    @raises ToolError with the converter's words when it fails, or the name of the signal when it crashes.
    """
    made = Made("tf.lite.TFLiteConverter", version, f"from_saved_model; {_OPTIONS[kind]}".removesuffix("; "), note)
    result = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-W", "ignore", "-m", __name__]
        + [str(saved_model), kind, str(target), str(calibration)],
        cwd=REPO,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if result.returncode == 0:
        return made
    raise ToolError(made, _essence(result.returncode, result.stdout))


def _essence(code: int, said: str) -> str:
    """The first lines that tell what happened: of an error its message, of a crash where it was."""
    lines = [line.strip() for line in said.splitlines()]
    if code < 0:
        places = re.findall(r'File "(?:.*site-packages/)?(.*)", line (\d+) in (\w+)', said)[:2]
        return f"{signal.Signals(-code).name} in " + ", called by ".join(
            f"{name} ({at}:{line})" for at, line, name in places
        )
    at = next((i for i, line in enumerate(lines) if line.startswith(("tensorflow.", "RuntimeError", "ValueError"))), 0)
    return "\n".join(lines[at:])[:600]


def run_tflite(path: Path, inputs: np.ndarray, batch: int) -> np.ndarray:
    """Logits float32 [N, classes]; N is a multiple of `batch`. On one thread, with the interpreter's default kernels.

    Each batch from the initial state: the fused LSTM keeps the state that the batch before left in variables, which is
    not what the Keras layer does.
    """
    import tensorflow as tf

    interpreter = tf.lite.Interpreter(str(path), num_threads=1)
    interpreter.allocate_tensors()
    serve = interpreter.get_signature_runner()
    outputs = []
    for at in range(0, len(inputs), batch):
        interpreter.reset_all_variables()
        outputs.append(serve(input=inputs[at : at + batch])["logits"])
    return np.concatenate(outputs)


def _convert(saved_model: str, kind: str, target: str, calibration: str) -> None:
    import tensorflow as tf

    converter = tf.lite.TFLiteConverter.from_saved_model(saved_model)
    if kind != "fp32":
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if kind == "fp16":
        converter.target_spec.supported_types = [tf.float16]
    if kind == "int8-full":
        batches = np.load(calibration)
        converter.representative_dataset = lambda: ({"input": batch} for batch in batches)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    Path(target).write_bytes(converter.convert())


if __name__ == "__main__":
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
    _convert(*sys.argv[1:])
