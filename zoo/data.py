"""What the models are trained and measured on, and the one sequence of batches that every framework sees."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch

from . import mnist, suite
from .recipes import Recipe

CIFAR10_CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
CIFAR10_MEAN = (0.4914, 0.4822, 0.4465)
"""Mean of the training images' red, green and blue in [0, 1]."""
CIFAR10_STD = (0.2470, 0.2435, 0.2616)
"""Standard deviation of the training images' red, green and blue in [0, 1]."""

PAD = 4
"""Pixels added on every side before a random crop (He et al. 2016, section 4.2)."""


@dataclass(frozen=True)
class Dataset:
    """A labelled dataset as the zoo sees it."""

    load: Callable[[str], tuple[np.ndarray, np.ndarray]]
    """`train` or `test` -> samples as they travel (uint8 [n, H, W, C], int32 [n, tokens]) and labels int64 [n]."""
    classes: tuple[str, ...]
    mean: tuple[float, ...] = ()
    std: tuple[float, ...] = ()
    """By channel, of pixels in [0, 1]; none for what is not an image."""

    @property
    def is_image(self) -> bool:
        return bool(self.mean)

    def inputs(self, samples: np.ndarray) -> np.ndarray:
        """What a PyTorch module takes.

        Images uint8 [n, H, W, C] -> float32 [n, C, H, W]: a view of memory that lies [n, H, W, C]. Computed in double
        precision and rounded once, as the card's `normalization` asks of every consumer. Word ids stay as they are.
        """
        if not self.is_image:
            return samples
        levels = np.arange(256, dtype=np.float64) * (1 / 255)
        out = np.empty(samples.shape, np.float32)
        for channel, (mean, std) in enumerate(zip(self.mean, self.std, strict=True)):
            table = ((levels - mean) / std).astype(np.float32)
            out[..., channel] = table[samples[..., channel]]
        return out.transpose(0, 3, 1, 2)


def _mnist(split: str) -> tuple[np.ndarray, np.ndarray]:
    images, labels = mnist.load({"train": "train", "test": "t10k"}[split])
    return images[..., np.newaxis], labels.astype(np.int64)


DATASETS = {
    "mnist": Dataset(_mnist, tuple(str(digit) for digit in range(10)), (mnist.MEAN,), (mnist.STD,)),
    "cifar10": Dataset(partial(suite.load, "cifar10"), CIFAR10_CLASSES, CIFAR10_MEAN, CIFAR10_STD),
    "imdb": Dataset(partial(suite.load, "imdb"), ("negative", "positive")),
}


def crop_and_mirror(images: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """uint8 [n, H, W, C] -> the same shape: each padded with black, cropped at random, every other one mirrored."""
    n, height, width, _ = images.shape
    padded = np.pad(images, ((0, 0), (PAD, PAD), (PAD, PAD), (0, 0)))
    top, left = generator.integers(0, 2 * PAD + 1, size=(2, n))
    rows = top[:, None] + np.arange(height)
    columns = left[:, None] + np.arange(width)
    mirrored = generator.random(n) < 0.5
    columns[mirrored] = columns[mirrored, ::-1]
    return padded[np.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]]


def batches(
    recipe: Recipe, samples: np.ndarray, labels: np.ndarray, epoch: int
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """The batches of `epoch` (from 1): (inputs as `Dataset.inputs` gives them, labels).

    They depend on recipe and epoch alone: not on the framework, nor on whether the epochs before were run in this
    process. The order comes from PyTorch's generator, since LeNets had been trained with it before there were others.
    """
    dataset = DATASETS[recipe.dataset]
    shuffles = torch.Generator().manual_seed(recipe.seed)
    for _ in range(epoch):
        order = torch.randperm(len(labels), generator=shuffles)
    generator = np.random.default_rng([recipe.seed, epoch])
    for part in order.split(recipe.batch):
        index = part.numpy()
        batch = crop_and_mirror(samples[index], generator) if recipe.augment else samples[index]
        yield dataset.inputs(batch), labels[index]
