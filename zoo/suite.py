"""Datasets as the suite has them: its loaders and its tokenizer are the only ones, and this asks for what they give."""

import hashlib
import json

import numpy as np

from .paths import CACHE, REPO
from .tool import run_tool


def load(name: str, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Samples [n, ...] and labels int64 [n] of a dataset's `split`: `train` or `test`; kept in zoo/.cache/datasets.

    @raises as `_load`.
    """
    samples, labels = _load(name, split, ["--split", split])
    assert labels is not None
    return samples, labels


def load_generated(name: str) -> np.ndarray:
    """Samples [n, ...] of the noise that stands in where the dataset cannot be had.

    @raises as `_load`.
    """
    return _load(name, "generated", ["--generated"])[0]


def _load(name: str, split: str, options: list[str]) -> tuple[np.ndarray, np.ndarray | None]:
    """
    @raises RuntimeError with the words of the suite, when it cannot have the dataset.
    @raises ValueError when what it gave is not what it says it is.
    """
    folder = CACHE / "datasets" / f"{name}-{split}"
    suite = [str(REPO / "node_modules" / ".bin" / "tsx"), str(REPO / "src" / "cli" / "main.ts")]
    descriptor = folder / "dataset.json"
    # A folder that an earlier suite wrote has no fields: it is written anew.
    if not descriptor.is_file() or "fields" not in json.loads(descriptor.read_text(encoding="utf-8")):
        run_tool([*suite, "dataset", name, *options, "--out", str(folder)])
    about = json.loads(descriptor.read_text(encoding="utf-8"))

    def read(entry: dict, dtype: str) -> np.ndarray:
        data = bytearray((folder / entry["file"]).read_bytes())  # Writable, as PyTorch wants arrays to be.
        if hashlib.sha256(data).hexdigest() != entry["sha256"]:
            raise ValueError(f"{name} {split}: {entry['file']} is not the file that dataset.json describes")
        return np.frombuffer(data, dtype)

    [field] = about["fields"]
    samples = read(field, field["dtype"]).reshape(about["n"], *field["shape"])
    labels = about.get("labels")
    return samples, None if labels is None else read(labels, "uint8").astype(np.int64)
