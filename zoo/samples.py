"""The samples that artifacts are measured, recorded and calibrated with."""

import hashlib
from dataclasses import dataclass

import numpy as np

from . import suite
from .data import DATASETS
from .recipes import Recipe

MEASURED = {"mnist": 10_000}
"""How many test samples an accuracy is told of; of the others, as many as the suite runs."""
RECORDED = 1000
"""How many test samples' outputs are recorded."""
CALIBRATED = 500
"""How many training samples the static quantizations see."""


@dataclass(frozen=True)
class Samples:
    """The first samples of a split, in the order of the suite's loader."""

    dataset: str
    split: str
    wire: np.ndarray
    """As they travel: uint8 [n, H, W, C] or int32 [n, tokens]."""
    labels: np.ndarray | None
    """int64 [n]; none where the samples are noise."""

    def __len__(self) -> int:
        return len(self.wire)

    def first(self, n: int) -> "Samples":
        return Samples(self.dataset, self.split, self.wire[:n], None if self.labels is None else self.labels[:n])

    @property
    def sha256(self) -> str:
        return hashlib.sha256(np.ascontiguousarray(self.wire).tobytes()).hexdigest()

    def for_torch(self) -> np.ndarray:
        """What PyTorch's forms take: images float32 [n, C, H, W], contiguous, or word ids int64 [n, tokens]."""
        inputs = DATASETS[self.dataset].inputs(self.wire)
        return np.ascontiguousarray(inputs) if DATASETS[self.dataset].is_image else inputs.astype(np.int64)

    def for_keras(self) -> np.ndarray:
        """What TensorFlow's forms take: images float32 [n, H, W, C] or word ids int32 [n, tokens]."""
        inputs = DATASETS[self.dataset].inputs(self.wire)
        return np.ascontiguousarray(inputs.transpose(0, 2, 3, 1)) if DATASETS[self.dataset].is_image else inputs


def measured(recipe: Recipe) -> Samples:
    """The test samples that accuracies are told of."""
    wire, labels = suite.load(recipe.dataset, "test")
    return Samples(recipe.dataset, "test", wire, labels).first(MEASURED.get(recipe.dataset, 1000))


def recorded(recipe: Recipe) -> list[Samples]:
    """What outputs are recorded of: the first test samples, and the noise that stands in for them."""
    noise = Samples(recipe.dataset, "generated", suite.load_generated(recipe.dataset), None)
    return [measured(recipe).first(RECORDED), noise]


def calibration(recipe: Recipe) -> Samples:
    """Of the training samples."""
    wire, labels = DATASETS[recipe.dataset].load("train")
    return Samples(recipe.dataset, "train", wire, labels).first(CALIBRATED)
