"""CIFAR-10 (Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009)."""

import io
import zipfile

import numpy as np
from PIL import Image

from .paths import CACHE, DATASETS

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")

MEAN = (0.4914, 0.4822, 0.4465)
"""Mean of the training images' red, green and blue in [0, 1]."""
STD = (0.2470, 0.2435, 0.2616)
"""Standard deviation of the training images' red, green and blue in [0, 1]."""


def _decode(split: str) -> tuple[np.ndarray, np.ndarray]:
    """The JPEG archive's images, by Pillow: the first of each class, then the second of each class, and so on."""
    with zipfile.ZipFile(DATASETS / "cifar10-jpeg.zip") as archive:
        files = {name: [] for name in CLASSES}
        for path in sorted(archive.namelist()):
            parts = path.split("/")
            if path.endswith(".jpg") and parts[-3] == split:
                files[parts[-2]].append(path)
        paths = [path for row in zip(*files.values(), strict=True) for path in row]
        images = np.stack([np.asarray(Image.open(io.BytesIO(archive.read(path))).convert("RGB")) for path in paths])
    return images, np.arange(len(images), dtype=np.int64) % len(CLASSES)


def load(split: str) -> tuple[np.ndarray, np.ndarray]:
    """Images uint8 [n, 32, 32, 3] and labels int64 [n] of `split`: `train` (50,000) or `test` (10,000)."""
    kept = CACHE / f"cifar10-{split}.npz"
    if not kept.is_file():
        images, labels = _decode(split)
        CACHE.mkdir(exist_ok=True)
        np.savez(kept, images=images, labels=labels)
    with np.load(kept) as arrays:
        return arrays["images"], arrays["labels"]
