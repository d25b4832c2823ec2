"""What is done to a model before it is migrated leaves what it computes as it was; a wrong weight does not."""

import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from . import saved_model
from .deploy import Deployed, deployed, deployed_keras, fold
from .nets.twin import weights_of as twin_weights_of
from .recipes import RECIPES
from .run_onnx import run_onnx
from .test_nets import random_inputs, random_module
from .to_onnx import export_onnx, from_saved_model
from .verify import keras_weights_of, weights_of
from .wrong_weight import LAYER, wrong_weight


def _random_models(name: str) -> tuple[Deployed, Deployed]:
    """As PyTorch would have left it, and as Keras would."""
    model = deployed(RECIPES[name], random_module(RECIPES[name]).state_dict())
    return model, deployed_keras(RECIPES[name], twin_weights_of(model.twin()))


def _original(model: Deployed, folder: Path) -> Path:
    """Writes the model's fp32 ONNX form."""
    path = folder / f"{model.name}.onnx"
    if model.framework == "torch":
        export_onnx(model, path)
    else:
        saved_model.save(model.twin(), folder / "saved_model", None)
        from_saved_model(folder / "saved_model", path)
    return path


class DeployTest(unittest.TestCase):
    @torch.no_grad()
    def test_folded_normalizations_change_nothing(self) -> None:
        recipe = RECIPES["vgg16"]
        module = random_module(recipe)
        for_torch, for_keras = random_inputs(recipe, 4)
        want = module(torch.from_numpy(for_torch)).numpy()
        folded = fold(module)
        got = folded(torch.from_numpy(for_torch)).numpy()
        self.assertLess(np.abs(got - want).max(), 1e-5 * np.abs(want).max())
        twin = deployed(recipe, folded.state_dict()).twin()
        self.assertFalse([layer for layer in twin.layers if "BatchNormalization" in type(layer).__name__])
        self.assertLess(np.abs(twin(for_keras).numpy() - want).max(), 1e-5 * np.abs(want).max())

    def test_the_weights_of_an_onnx_file_are_those_it_was_made_from(self) -> None:
        for name in ("resnet20", "textrnn-lstm", "textrnn-gru"):
            with self.subTest(name), tempfile.TemporaryDirectory() as scratch:
                model = deployed(RECIPES[name], random_module(RECIPES[name]).state_dict())
                path = Path(scratch) / "model.onnx"
                export_onnx(model, path)
                found = weights_of(onnx.load(path).graph)
                for weight, array in model.weights.items():
                    if not weight.endswith(".num_batches_tracked"):
                        np.testing.assert_array_equal(found[weight].numpy(), array, weight)

    def test_the_weights_of_an_onnx_file_are_those_that_keras_left(self) -> None:
        for name in ("lenet1", "lenet5"):
            with self.subTest(name), tempfile.TemporaryDirectory() as scratch:
                _, model = _random_models(name)
                graph = onnx.load(_original(model, Path(scratch))).graph
                found = keras_weights_of(graph)
                self.assertEqual(found.keys(), model.weights.keys())
                for weight, array in model.weights.items():
                    np.testing.assert_array_equal(found[weight], array, weight)
                self.assertNotIn(scratch, str(graph), "a path of the machine")

    def test_what_keras_trained_computes_the_same_in_onnx(self) -> None:
        for name in ("lenet1", "lenet5"):
            with self.subTest(name), tempfile.TemporaryDirectory() as scratch:
                _, model = _random_models(name)
                _, images = random_inputs(RECIPES[name], 8)
                want = model.model(images).numpy()
                got = run_onnx(_original(model, Path(scratch)), np.ascontiguousarray(images), 4)
                self.assertLess(np.abs(got - want).max(), 1e-6 * np.abs(want).max())

    def test_a_wrong_weight_is_one_weight_of_the_other_sign(self) -> None:
        for model in _random_models("lenet1"):
            with self.subTest(model.framework), tempfile.TemporaryDirectory() as scratch:
                path = _original(model, Path(scratch))
                what, wrong = wrong_weight(path)
                self.assertEqual((what, wrong), wrong_weight(path))
                before, after = (
                    {tensor.name: numpy_helper.to_array(tensor) for tensor in proto.graph.initializer}
                    for proto in (onnx.load(path), onnx.load_from_string(wrong))
                )
                [(name, places)] = (
                    (name, places) for name in before if len(places := np.argwhere(before[name] != after[name]))
                )
                self.assertRegex(name, LAYER)
                [[row, column]] = places
                self.assertEqual(after[name][row, column], -before[name][row, column])
                self.assertIn(f"{name}[{row}, {column}]", what)


if __name__ == "__main__":
    unittest.main()
