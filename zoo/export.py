"""Migrates a trained model to every format, and writes its card."""

import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch

from . import mnist
from .card import file_entry, image_input, write_card
from .paths import MODELS
from .recipes import Recipe
from .run_onnx import run_onnx
from .to_onnx import INPUT, OUTPUT, export_onnx, fix_batch
from .to_tfjs import export_tfjs
from .train import weights_path
from .verify import verify

FIXED_BATCH = 100


def export(recipe: Recipe) -> None:
    """Writes `fixtures/models/<model>/` anew from the weights that `train` left.

    The old folder stays until the new one has been verified.

    @raises ZooError when an artifact does not compute what PyTorch computes.
    """
    target = MODELS / recipe.name
    MODELS.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=MODELS, prefix=".") as scratch:
        folder = Path(scratch) / recipe.name
        folder.mkdir()
        _write(recipe, folder)
        verify(recipe, folder)
        shutil.rmtree(target, ignore_errors=True)
        folder.rename(target)


def _write(recipe: Recipe, folder: Path) -> None:
    model = recipe.module()
    model.load_state_dict(torch.load(weights_path(recipe), weights_only=True))
    weights = {name: tensor.numpy() for name, tensor in model.state_dict().items()}

    onnx_path = folder / f"{recipe.name}-fp32.onnx"
    fixed_path = folder / f"{recipe.name}-fp32-b{FIXED_BATCH}.onnx"
    tfjs = folder / "tfjs"
    export_onnx(model, torch.zeros(2, 1, 28, 28), onnx_path)
    fix_command = fix_batch(onnx_path, fixed_path, FIXED_BATCH)
    tfjs_command = export_tfjs(recipe.name, weights, tfjs)

    images, labels = mnist.load("t10k")
    logits = run_onnx(onnx_path, mnist.normalize(images))
    command = f"python -m zoo export {recipe.name}"
    write_card(
        {
            "$schema": "../model.schema.json",
            "schema": 1,
            "name": recipe.name,
            "title": recipe.title,
            "task": "classification",
            "dataset": "mnist",
            "inputs": [image_input(INPUT, "NCHW")],
            "outputs": [{"name": OUTPUT, "dtype": "float32", "shape": ["N", 10]}],
            "labels": [str(digit) for digit in range(10)],
            "accuracy": {
                "dataset": "mnist",
                "split": "test",
                "n": len(labels),
                "top1": float(np.mean(logits.argmax(1) == labels)),
            },
            "artifacts": [
                {
                    "format": "onnx",
                    "precision": "fp32",
                    "files": [file_entry(onnx_path, folder)],
                    "provenance": {"tool": "torch.onnx", "version": torch.__version__, "command": command},
                },
                {
                    "format": "onnx",
                    "precision": "fp32",
                    "variant": f"b{FIXED_BATCH}",
                    "files": [file_entry(fixed_path, folder)],
                    "fixedBatch": FIXED_BATCH,
                    "targets": ["ort-webgl"],
                    "provenance": {
                        "tool": "onnxruntime.tools.make_dynamic_shape_fixed",
                        "version": version("onnxruntime"),
                        "command": command,
                        "note": f"onnxruntime-web's webgl takes no dynamic batch dimension. {' '.join(fix_command)}",
                    },
                },
                {
                    "format": "tfjs",
                    "precision": "fp32",
                    "files": [file_entry(path, folder) for path in [tfjs / "model.json", *sorted(tfjs.glob("*.bin"))]],
                    "inputs": [image_input(INPUT, "NHWC")],
                    "provenance": {
                        "tool": "tensorflowjs_converter",
                        "version": version("tensorflowjs"),
                        "command": command,
                        "note": f"From a Keras twin with PyTorch's weights (zoo/to_tfjs.py). {' '.join(tfjs_command)}",
                    },
                },
            ],
            "provenance": {
                "framework": "PyTorch",
                "version": torch.__version__,
                "command": f"python -m zoo train {recipe.name}",
                "seed": recipe.seed,
                "source": recipe.source,
            },
        },
        folder,
    )
