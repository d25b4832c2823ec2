"""Each network's Keras twin computes what its PyTorch module computes, to rounding."""

import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch
from torch import nn

from .nets.textrnn import VOCABULARY
from .nets.twin import keras, keras_twin, trained_twin, weights_of
from .recipes import RECIPES, Recipe
from .train_torch import initial_module

LIMIT = 1e-5
"""Of the largest logit."""


def random_module(recipe: Recipe) -> nn.Module:
    """The initial module with batch statistics and biases unlike the ones that every training starts from."""
    module = initial_module(recipe)
    torch.manual_seed(7)
    with torch.no_grad():
        for part in module.modules():
            if isinstance(part, nn.BatchNorm2d):
                part.running_mean.uniform_(-0.3, 0.3)
                part.running_var.uniform_(0.5, 2)
                part.weight.uniform_(0.5, 1.5)
                part.bias.uniform_(-0.3, 0.3)
            elif getattr(part, "bias", None) is not None and isinstance(part.bias, torch.Tensor):
                part.bias.uniform_(-0.3, 0.3)
    return module.eval()


def random_inputs(recipe: Recipe, n: int) -> tuple[np.ndarray, np.ndarray]:
    """A batch for PyTorch, and the same for Keras."""
    generator = np.random.default_rng(3)
    if recipe.dataset == "imdb":
        ids = generator.integers(0, VOCABULARY, (n, 200), dtype=np.int32)
        return ids, ids
    shape = (1, 28, 28) if recipe.dataset == "mnist" else (3, 32, 32)
    images = generator.standard_normal((n, *shape)).astype(np.float32)
    return images, images.transpose(0, 2, 3, 1)


def _arrays(module: nn.Module) -> dict[str, np.ndarray]:
    return {name: tensor.numpy() for name, tensor in module.state_dict().items()}


class TwinTest(unittest.TestCase):
    def test_a_twin_computes_what_its_module_computes(self) -> None:
        for recipe in RECIPES.values():
            with self.subTest(recipe.name):
                module = random_module(recipe)
                for_torch, for_keras = random_inputs(recipe, 8)
                with torch.no_grad():
                    want = module(torch.from_numpy(for_torch)).numpy()
                got = keras_twin(recipe, _arrays(module))(for_keras, training=False).numpy()
                self.assertGreater(want.std(axis=0).min(), 1e-3, "the logits must depend on the sample")
                self.assertLess(np.abs(got - want).max(), LIMIT * np.abs(want).max())

    def test_weights_without_a_place_are_refused(self) -> None:
        recipe = RECIPES["lenet1"]
        weights = _arrays(initial_module(recipe)) | {"c9.weight": np.zeros((1, 1, 1, 1), np.float32)}
        with self.assertRaisesRegex(ValueError, "no layer for c9.weight"):
            keras_twin(recipe, weights)

    def test_every_parameter_has_its_like(self) -> None:
        for recipe in RECIPES.values():
            with self.subTest(recipe.name):
                count = sum(parameter.numel() for parameter in initial_module(recipe).parameters())
                # Keras adds PyTorch's two biases of an LSTM up.
                merged = 4 * 64 if recipe.name == "textrnn-lstm" else 0
                twin = recipe.twin(keras, recipe.name)
                self.assertEqual(sum(int(np.prod(w.shape)) for w in twin.trainable_weights), count - merged)

    def test_kept_weights_give_the_same_twin(self) -> None:
        recipe = RECIPES["resnet20"]
        _, images = random_inputs(recipe, 2)
        twin = keras_twin(recipe, _arrays(random_module(recipe)))
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "weights.npz"
            np.savez(path, **weights_of(twin))
            again = trained_twin(recipe, path)
        np.testing.assert_array_equal(again(images).numpy(), twin(images).numpy())


if __name__ == "__main__":
    unittest.main()
