"""Migrates a trained model to every form, and writes its card."""

import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch

from . import samples
from .card import Json, file_entry, image_input, record, text_input, write_card
from .data import DATASETS
from .deploy import Deployed, Framework, TorchModel, name_of, trained
from .derive import derive_large
from .forms import Form, Workshop, forms_of
from .nets.textrnn import TOKENS, VOCABULARY
from .paths import CACHE, MODELS
from .recipes import Recipe
from .run import run, tool_of
from .to_onnx import INPUT, OUTPUT
from .tool import Made, ToolError
from .verify import verify
from .wrong_weight import wrong_weight


def export(recipe: Recipe, framework: Framework = "torch") -> None:
    """Writes `fixtures/models/<model>/` anew from the weights that `train` left.

    The old folder stays until the new one has been verified.

    @param framework that trained it.
    @raises ZooError when an artifact does not compute what the framework computes.
    """
    name = name_of(recipe, framework)
    target = MODELS / name
    MODELS.mkdir(parents=True, exist_ok=True)
    # On the same disk, and not among the models, where the suite would look into it.
    with tempfile.TemporaryDirectory(dir=CACHE, prefix="export-") as scratch:
        folder = Path(scratch) / name
        folder.mkdir()
        _write(trained(recipe, framework), folder)
        verify(recipe, folder, framework)
        shutil.rmtree(target, ignore_errors=True)
        folder.rename(target)


def _write(model: Deployed, folder: Path) -> None:
    artifacts: list[Json] = []
    failed: list[Json] = []
    with tempfile.TemporaryDirectory(prefix="plumbline-zoo-") as scratch:
        shop = Workshop(model, folder, Path(scratch))
        for form in forms_of(model):
            print(f"{model.name}  {form.slug}", flush=True)
            try:
                made = form.make(shop, folder / form.file)
            except ToolError as error:
                print(f"{model.name}  {form.slug}: {error}", flush=True)
                failed.append(_failure(form, error))
                continue
            artifacts.append(_artifact(model, form, made, folder))

    recipe, dataset = model.recipe, DATASETS[model.recipe.dataset]
    card: Json = {
        "$schema": "../model.schema.json",
        "schema": 1,
        "name": model.name,
        "title": recipe.title if model.framework == "torch" else f"{recipe.title}, trained in Keras",
        "task": "classification",
        "dataset": recipe.dataset,
        "inputs": [_input(model, "onnx")],
        "outputs": [{"name": OUTPUT, "dtype": "float32", "shape": ["N", len(dataset.classes)]}],
        "labels": [*dataset.classes],
        "batch": model.batch,
        "accuracy": artifacts[0]["accuracy"],
        "wrongWeight": _wrong_weight(model, folder),
        "artifacts": artifacts,
        "provenance": {
            **_trained_by(model),
            "seed": recipe.seed,
            "source": recipe.source,
            **({"failed": failed} if failed else {}),
        },
    }
    derive_large(card, folder)
    write_card(card, folder)


def _trained_by(model: Deployed) -> Json:
    command = f"python -m zoo train {model.recipe.name}"
    if isinstance(model, TorchModel):
        return {"framework": "PyTorch", "version": torch.__version__, "command": command}
    return {"framework": "Keras", "version": version("tf-keras"), "command": f"{command} --framework keras"}


def _input(model: Deployed, format: str) -> Json:
    of_torch = (format, model.framework) == ("onnx", "torch")
    if model.is_text:
        # PyTorch's ids are int64; TensorFlow.js and LiteRT.js have no such type.
        return text_input(INPUT, "int64" if of_torch else "int32", TOKENS, VOCABULARY)
    return image_input(model.recipe.dataset, INPUT, "NCHW" if of_torch else "NHWC")


def _artifact(model: Deployed, form: Form, made: Made, folder: Path) -> Json:
    path = folder / form.file
    files = [path, *sorted(path.parent.glob("*.bin"))] if form.format == "tfjs" else [path]
    measured = samples.measured(model.recipe)
    right = run(form.format, path, model.inputs(form.format, measured), model.batch).argmax(1) == measured.labels
    inputs = _input(model, form.format)
    entry: Json = {
        "format": form.format,
        "precision": form.precision,
        "variant": form.variant,
        "files": [file_entry(file, folder) for file in files],
        "fixedBatch": model.batch if form.fixed else None,
        "quantization": form.quantization,
        "accuracy": {
            "dataset": measured.dataset,
            "split": measured.split,
            "n": len(measured),
            "top1": float(np.mean(right)),
        },
        "recorded": _recorded(model, form, folder) if _is_recorded(form) else None,
        "targets": [*form.targets] or None,
        "inputs": [inputs] if inputs != _input(model, "onnx") else None,
        "provenance": {"tool": made.tool, "version": made.version, "command": made.command, "note": made.note},
    }
    entry["provenance"] = {key: value for key, value in entry["provenance"].items() if value is not None}
    return {key: value for key, value in entry.items() if value is not None}


def _is_recorded(form: Form) -> bool:
    """What the suite cannot compute on the PC itself: it has onnxruntime, and takes fp32 ONNX for fp32 TF.js."""
    return form.format == "tflite" or (form.format == "tfjs" and form.precision != "fp32")


def _recorded(model: Deployed, form: Form, folder: Path) -> list[Json]:
    entries = []
    for of in samples.recorded(model.recipe):
        outputs = run(form.format, folder / form.file, model.inputs(form.format, of), model.batch)
        entries.append(record(outputs, of, form.slug, folder, *tool_of(form.format)))
    return entries


def _wrong_weight(model: Deployed, folder: Path) -> Json:
    of = samples.measured(model.recipe).first(100)
    wrong = wrong_weight(folder / f"{model.name}-fp32.onnx", model.inputs("onnx", of), model.batch)
    return {"what": wrong.what, "recorded": record(wrong.outputs, of, "wrong-weight", folder, *tool_of("onnx"))}


def _failure(form: Form, error: ToolError) -> Json:
    return {
        "artifact": form.slug,
        "tool": error.made.tool,
        "version": error.made.version,
        "command": error.made.command,
        "error": error.said,
    }
