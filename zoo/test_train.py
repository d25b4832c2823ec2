"""What can go wrong in a training without a sign: other batches, another rate, a resumed run that goes elsewhere."""

import contextlib
import dataclasses
import io
import json
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import numpy as np

from . import mnist, schedule, train_keras  # noqa: F401 (TensorFlow is set up before any test uses it)
from . import train as training
from .data import DATASETS, PAD, Dataset, batches, crop_and_mirror
from .recipes import RECIPES
from .train import keras_weights_path, train, weights_path

N = 300
EPOCHS = 3


def _few_digits(split: str) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng({"train": 1, "test": 2}[split])
    return generator.integers(0, 256, (N, 28, 28, 1), dtype=np.uint8), generator.integers(0, 10, N)


DIGITS = Dataset(_few_digits, tuple("0123456789"), (mnist.MEAN,), (mnist.STD,))


class BatchesTest(unittest.TestCase):
    def setUp(self) -> None:
        generator = np.random.default_rng(5)
        self.images = generator.integers(0, 256, (N, 32, 32, 3), dtype=np.uint8)
        self.labels = np.arange(N)

    def _epoch(self, epoch: int) -> list[tuple[np.ndarray, np.ndarray]]:
        return list(batches(RECIPES["resnet20"], self.images, self.labels, epoch))

    def test_an_epoch_takes_every_sample_once(self) -> None:
        seen = np.concatenate([labels for _, labels in self._epoch(2)])
        self.assertFalse(np.array_equal(seen, self.labels))
        np.testing.assert_array_equal(np.sort(seen), self.labels)

    def test_an_epoch_is_the_same_each_time_and_unlike_the_next(self) -> None:
        once, again, following = self._epoch(2), self._epoch(2), self._epoch(3)
        for (x, y), (same_x, same_y), (_, other_y) in zip(once, again, following, strict=True):
            np.testing.assert_array_equal(x, same_x)
            np.testing.assert_array_equal(y, same_y)
            self.assertFalse(np.array_equal(y, other_y))

    def test_an_augmented_image_is_a_crop_of_its_own_padded_original(self) -> None:
        out = crop_and_mirror(self.images, np.random.default_rng(1))
        offsets = set()
        for image, crop in zip(self.images, out, strict=True):
            padded = np.pad(image, ((PAD, PAD), (PAD, PAD), (0, 0)))
            found = {
                (top, left, mirrored)
                for top in range(2 * PAD + 1)
                for left in range(2 * PAD + 1)
                for mirrored in (False, True)
                if np.array_equal(padded[top : top + 32, left : left + 32][:, :: -1 if mirrored else 1], crop)
            }
            self.assertEqual(len(found), 1)
            offsets |= found
        for axis, values in enumerate((range(9), range(9), (False, True))):
            self.assertEqual({offset[axis] for offset in offsets}, set(values))

    def test_pixels_are_normalized_in_double_precision_and_rounded_once(self) -> None:
        dataset = DATASETS["cifar10"]
        exact = (self.images.astype(np.float64) * (1 / 255) - dataset.mean) / dataset.std
        got = dataset.inputs(self.images)
        self.assertEqual(got.dtype, np.float32)
        np.testing.assert_array_equal(got, exact.astype(np.float32).transpose(0, 3, 1, 2))
        digits, _ = _few_digits("test")
        np.testing.assert_array_equal(DIGITS.inputs(digits), mnist.normalize(digits[..., 0]))


class ScheduleTest(unittest.TestCase):
    def test_rate_and_momentum_cycle(self) -> None:
        points = schedule.one_cycle(RECIPES["lenet1"], 1000)
        self.assertEqual(len(points), 1000)
        rates, momenta = zip(*points, strict=True)
        self.assertAlmostEqual(max(rates), RECIPES["lenet1"].max_lr, places=6)
        self.assertEqual(rates.index(max(rates)), momenta.index(min(momenta)))
        self.assertAlmostEqual(rates[0], RECIPES["lenet1"].max_lr / 25)
        self.assertLess(rates[-1], rates[0] / 1000)
        self.assertAlmostEqual(min(momenta), 0.85, places=6)

    def test_momentum_of_sgd_stays(self) -> None:
        self.assertEqual({momentum for _, momentum in schedule.one_cycle(RECIPES["vgg16"], 100)}, {0.9})


class TrainTest(unittest.TestCase):
    """On random digits, whose labels cannot be learned but by heart: what matters here is the bits."""

    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.cache, self.logs = Path(scratch.name) / "cache", Path(scratch.name) / "logs"
        for patch in (
            mock.patch.object(training, "CACHE", self.cache),
            mock.patch.object(training, "LOGS", self.logs),
            mock.patch.object(training, "PARITY", self.logs / "parity.json"),
            mock.patch.dict(DATASETS, {"mnist": DIGITS}),
            contextlib.redirect_stdout(io.StringIO()),
        ):
            self.enterContext(patch)

    def _recipe(self, optimizer: str):
        return dataclasses.replace(
            RECIPES["lenet1"], optimizer=optimizer, epochs=EPOCHS, batch=64, min_top1=0.0, augment=True, max_lr=0.02
        )

    def _weights(self, recipe, framework: str) -> dict[str, np.ndarray]:
        if framework == "keras":
            with np.load(keras_weights_path(recipe)) as arrays:
                return dict(arrays)
        import torch

        return {name: tensor.numpy() for name, tensor in torch.load(weights_path(recipe), weights_only=True).items()}

    def _interrupt(self, recipe, framework: str, after: int) -> None:
        save = training._save_checkpoint

        def save_and_end(recipe, learner, curve) -> None:
            save(recipe, learner, curve)
            if len(curve) == after:
                raise KeyboardInterrupt

        with mock.patch.object(training, "_save_checkpoint", save_and_end), self.assertRaises(KeyboardInterrupt):
            train(recipe, framework)

    def test_a_resumed_training_ends_with_the_same_bits(self) -> None:
        for framework in ("torch", "keras"):
            for optimizer in ("adamw", "sgd"):
                with self.subTest(framework=framework, optimizer=optimizer):
                    recipe = self._recipe(optimizer)
                    train(recipe, framework)
                    want = self._weights(recipe, framework)
                    log = (self.logs / f"lenet1.{framework}.log").read_text()
                    self._interrupt(recipe, framework, after=2)
                    # Only the epochs that are left are run.
                    with mock.patch.object(training, "batches", wraps=batches) as run:
                        train(recipe, framework)
                    self.assertEqual([call.args[3] for call in run.call_args_list], [3])
                    got = self._weights(recipe, framework)
                    self.assertEqual(want.keys(), got.keys())
                    for name in want:
                        np.testing.assert_array_equal(got[name], want[name], err_msg=name)
                    self.assertEqual((self.logs / f"lenet1.{framework}.log").read_text(), log)

    def test_a_checkpoint_of_another_recipe_is_not_resumed(self) -> None:
        recipe = self._recipe("sgd")
        self._interrupt(recipe, "torch", after=2)
        other = dataclasses.replace(recipe, max_lr=0.01)
        train(other)
        got = self._weights(other, "torch")
        train(other)
        for name, array in self._weights(other, "torch").items():
            np.testing.assert_array_equal(got[name], array, err_msg=name)

    def test_both_frameworks_start_alike_and_are_recorded(self) -> None:
        for optimizer in ("adamw", "sgd"):
            with self.subTest(optimizer):
                recipe = self._recipe(optimizer)
                for framework in ("torch", "keras"):
                    train(recipe, framework)
                runs = json.loads((self.logs / "parity.json").read_text())
                self.assertEqual([run["framework"] for run in runs], ["keras", "torch"])
                keras, torch = (run["curve"] for run in runs)
                self.assertEqual(len(torch), EPOCHS)
                for point, other in zip(keras, torch, strict=True):
                    self.assertAlmostEqual(point["loss"], other["loss"], delta=5e-3)

    def test_too_low_an_accuracy_writes_nothing(self) -> None:
        recipe = dataclasses.replace(self._recipe("adamw"), min_top1=0.99)
        with self.assertRaisesRegex(RuntimeError, "below the 0.99"):
            train(recipe)
        self.assertFalse(weights_path(recipe).exists())
        self.assertFalse(self.logs.exists())


if __name__ == "__main__":
    unittest.main()
