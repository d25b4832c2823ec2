"""The model card, as `src/protocol/card.ts` defines it."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from . import mnist

CARD = "model.json"

Json = dict[str, Any]


def image_input(name: str, layout: str) -> Json:
    """The input of an MNIST model whose axes lie as `layout`, NCHW or NHWC."""
    axes = {"N": "N", "C": 1, "H": 28, "W": 28}
    return {
        "name": name,
        "dtype": "float32",
        "shape": [axes[axis] for axis in layout],
        "layout": layout,
        "wire": "uint8",
        "normalization": {"scale": 1 / 255, "mean": [mnist.MEAN], "std": [mnist.STD]},
    }


def file_entry(path: Path, folder: Path) -> Json:
    """Path relative to `folder`, the card's, with size and SHA-256."""
    data = path.read_bytes()
    return {
        "path": path.relative_to(folder).as_posix(),
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def read_card(folder: Path) -> Json:
    """The card in `folder`."""
    return json.loads((folder / CARD).read_text(encoding="utf-8"))


def write_card(card: Json, folder: Path) -> None:
    """Writes the card into `folder`, lists of plain values on one line each."""
    text = json.dumps(card, indent=2, ensure_ascii=False)
    text = re.sub(r"\[[^][{}]*\]", lambda found: json.dumps(json.loads(found[0]), ensure_ascii=False), text)
    assert json.loads(text) == card
    (folder / CARD).write_text(text + "\n", encoding="utf-8")
