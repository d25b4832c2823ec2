"""What is done to a model before it is migrated leaves what it computes as it was; a wrong weight does not."""

import re
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


def _images(model: Deployed) -> np.ndarray:
    """Eight random images, as the model's ONNX form takes them."""
    for_torch, for_keras = random_inputs(model.recipe, 8)
    return np.ascontiguousarray(for_torch if model.framework == "torch" else for_keras)


def _initializers(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}


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
                images = _images(model)
                want = model.model(images).numpy()
                got = run_onnx(_original(model, Path(scratch)), images, 4)
                self.assertLess(np.abs(got - want).max(), 1e-6 * np.abs(want).max())

    def test_a_wrong_weight_is_one_weight_of_the_other_sign(self) -> None:
        for model in _random_models("lenet1"):
            with self.subTest(model.framework), tempfile.TemporaryDirectory() as scratch:
                path = _original(model, Path(scratch))
                inputs = _images(model)
                wrong = wrong_weight(path, inputs, 4)
                self.assertEqual(wrong.model, wrong_weight(path, inputs, 4).model)
                before, after = _initializers(onnx.load(path)), _initializers(onnx.load_from_string(wrong.model))
                [(name, places)] = (
                    (name, places) for name in before if len(places := np.argwhere(before[name] != after[name]))
                )
                self.assertRegex(name, LAYER)
                [[row, column]] = places
                self.assertEqual(after[name][row, column], -before[name][row, column])
                self.assertIn(f"{name}[{row}, {column}]", wrong.what)
                np.testing.assert_array_equal(wrong.outputs, run_onnx(wrong.model, inputs, 4))

    def test_a_wrong_weight_of_a_dead_unit_is_passed_over(self) -> None:
        model, _ = _random_models("lenet5")
        with tempfile.TemporaryDirectory() as scratch:
            path = _original(model, Path(scratch))
            inputs = _images(model)
            first = wrong_weight(path, inputs, 4)
            # The unit that the weight belongs to never fires.
            unit = int(re.search(r", (\d+)\]", first.what)[1])
            proto = onnx.load(path)
            bias = next(tensor for tensor in proto.graph.initializer if tensor.name == "f6.bias")
            values = numpy_helper.to_array(bias).copy()
            values[unit] = -100
            bias.CopyFrom(numpy_helper.from_array(values, bias.name))
            onnx.save(proto, path)
            second = wrong_weight(path, inputs, 4)
            self.assertNotIn(f", {unit}]", second.what)
            self.assertGreater(np.abs(second.outputs - run_onnx(path, inputs, 4)).max(), 0)


if __name__ == "__main__":
    unittest.main()
