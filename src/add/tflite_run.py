"""Runs a .tflite on the interpreter of ai-edge-litert, tflite-runtime or TensorFlow, whichever is installed.

    python tflite_run.py job.json

The job: see tflite-run.cjs, which takes the same.
"""

import importlib
import json
import os
import sys
from importlib.metadata import version
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

MODULES = (
    ("ai_edge_litert.interpreter", "ai-edge-litert", "LiteRT interpreter (ai-edge-litert)"),
    ("tflite_runtime.interpreter", "tflite-runtime", "TensorFlow Lite interpreter (tflite-runtime)"),
    ("tensorflow", "tensorflow", "TensorFlow Lite interpreter (tensorflow)"),
)


def interpreter_class() -> tuple[type, str, str]:
    for module, package, tool in MODULES:
        try:
            found = importlib.import_module(module)
        except ImportError:
            continue
        return (found.lite if module == "tensorflow" else found).Interpreter, tool, version(package)
    sys.exit(3)


def main(job: dict) -> None:
    interpreter_of, tool, tool_version = interpreter_class()
    import numpy as np

    interpreter = interpreter_of(job["model"], num_threads=1)
    interpreter.allocate_tensors()
    fields = [
        np.frombuffer(Path(entry["file"]).read_bytes(), np.dtype(entry["dtype"])).reshape(job["n"], *entry["shape"])
        for entry in job["inputs"]
    ]
    outputs: list[list] = [[] for _ in interpreter.get_output_details()]
    for n in range(job["n"]):
        for details, field in zip(interpreter.get_input_details(), fields, strict=True):
            interpreter.set_tensor(details["index"], field[n])
        interpreter.invoke()
        for got, details in zip(outputs, interpreter.get_output_details(), strict=True):
            got.append(interpreter.get_tensor(details["index"]))
    described = []
    for index, got in enumerate(outputs):
        if len({array.shape for array in got}) > 1:
            sys.exit(f"the shape of output {index} depends on the data")
        file = Path(job["out"]) / f"output-{index}.bin"
        file.write_bytes(np.stack(got).tobytes())
        described.append({"dtype": str(got[0].dtype), "shape": list(got[0].shape), "file": str(file)})
    result = {"tool": tool, "version": tool_version, "outputs": described}
    (Path(job["out"]) / "result.json").write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
