"""Checks a model's artifacts against its card and against each other, over the 10,000 test images."""

from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from . import mnist
from .card import file_entry, read_card
from .paths import MODELS
from .recipes import Recipe
from .run_onnx import run_onnx
from .to_tfjs import run_tfjs

TOLERANCE = 1e-6
"""Largest difference of two logits, as a share of the largest logit: some eight steps of float32 there."""


class ZooError(Exception):
    """An artifact is not what its card or its fellows say."""


@torch.no_grad()
def _run_torch(recipe: Recipe, onnx_path: Path, images: np.ndarray) -> np.ndarray:
    """Logits of the PyTorch module with the ONNX file's own weights, whose names are the module's."""
    weights = {
        tensor.name: torch.from_numpy(numpy_helper.to_array(tensor).copy())
        for tensor in onnx.load(onnx_path).graph.initializer
    }
    model = recipe.module().eval()
    model.load_state_dict({name: weights[name] for name in model.state_dict()})
    return np.concatenate([model(batch).numpy() for batch in torch.from_numpy(images).split(1000)])


def verify(recipe: Recipe, folder: Path | None = None) -> None:
    """Prints what was compared.

    @param folder the one with the card; without it, the model's in `fixtures/models`.
    @raises ZooError on a wrong size or checksum, logits that differ, or an accuracy other than the card's.
    """
    folder = folder or MODELS / recipe.name
    card = read_card(folder)
    for artifact in card["artifacts"]:
        for entry in artifact["files"]:
            if file_entry(folder / entry["path"], folder) != entry:
                raise ZooError(f"{recipe.name}: {entry['path']} is not the file that the card describes")

    raw, labels = mnist.load("t10k")
    images = mnist.normalize(raw)
    original = folder / card["artifacts"][0]["files"][0]["path"]
    want = _run_torch(recipe, original, images)
    for artifact in card["artifacts"]:
        path = folder / artifact["files"][0]["path"]
        got = run_onnx(path, images) if artifact["format"] == "onnx" else run_tfjs(path, images)
        if got.shape != want.shape:
            raise ZooError(f"{path.name}: logits of shape {got.shape}, where PyTorch gives {want.shape}")
        worst, limit = float(np.abs(got - want).max()), TOLERANCE * float(np.abs(want).max())
        top1 = float(np.mean(got.argmax(1) == labels))
        name = path.relative_to(folder)
        print(f"{recipe.name}  {name}  top-1 {top1:.4f}  off PyTorch by at most {worst:.2e} (limit {limit:.2e})")
        if not worst <= limit:
            raise ZooError(f"{recipe.name}: {name} does not compute what PyTorch computes")
        if top1 != card["accuracy"]["top1"]:
            raise ZooError(f"{recipe.name}: {name} reaches {top1}, the card says {card['accuracy']['top1']}")
