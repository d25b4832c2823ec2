"""The model card, as `src/protocol/card.ts` defines it."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from .data import DATASETS
from .samples import Samples

CARD = "model.json"
RECORDED = "recorded"
"""The folder of recorded outputs, beside the card."""

Json = dict[str, Any]

_IMAGES = {"mnist": {"N": "N", "C": 1, "H": 28, "W": 28}, "cifar10": {"N": "N", "C": 3, "H": 32, "W": 32}}


def image_input(dataset: str, name: str, layout: str) -> Json:
    """The input of an image model whose axes lie as `layout`, NCHW or NHWC."""
    return {
        "name": name,
        "dtype": "float32",
        "shape": [_IMAGES[dataset][axis] for axis in layout],
        "layout": layout,
        "wire": "uint8",
        "normalization": {"scale": 1 / 255, "mean": [*DATASETS[dataset].mean], "std": [*DATASETS[dataset].std]},
    }


def text_input(name: str, dtype: str, tokens: int, vocabulary: int) -> Json:
    """The input of a model of word ids."""
    return {
        "name": name,
        "dtype": dtype,
        "shape": ["N", tokens],
        "layout": "NT",
        "wire": "int32",
        "range": [0, vocabulary - 1],
    }


def file_entry(path: Path, folder: Path) -> Json:
    """Path relative to `folder`, the card's, with size and SHA-256."""
    data = path.read_bytes()
    return {
        "path": path.relative_to(folder).as_posix(),
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def record(outputs: np.ndarray, of: Samples, name: str, folder: Path, tool: str, version: str) -> Json:
    """Writes `recorded/<name>.<split>.bin` below `folder`. @returns its entry in the card."""
    path = folder / RECORDED / f"{name}.{of.split}.bin"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(outputs.astype("<f4").tobytes())
    return {
        "dataset": of.dataset,
        "split": of.split,
        "n": len(of),
        "samplesSha256": of.sha256,
        "files": [file_entry(path, folder)],
        "tool": tool,
        "version": version,
    }


def read_card(folder: Path) -> Json:
    """The card in `folder`."""
    return json.loads((folder / CARD).read_text(encoding="utf-8"))


def write_card(card: Json, folder: Path) -> None:
    """Writes the card into `folder`, lists of plain values on one line each."""
    text = json.dumps(card, indent=2, ensure_ascii=False)
    text = re.sub(r"\[\n[^][{}]*\]", lambda found: json.dumps(json.loads(found[0]), ensure_ascii=False), text)
    assert json.loads(text) == card
    (folder / CARD).write_text(text + "\n", encoding="utf-8")
