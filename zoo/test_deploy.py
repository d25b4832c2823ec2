"""What is done to a model before it is migrated leaves what it computes as it was; a wrong weight does not."""

import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from .deploy import deployed, fold
from .recipes import RECIPES
from .test_nets import random_inputs, random_module
from .to_onnx import export_onnx
from .verify import weights_of
from .wrong_weight import LAYER, wrong_weight


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

    def test_a_wrong_weight_is_one_weight_of_the_other_sign(self) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            path = Path(scratch) / "model.onnx"
            export_onnx(deployed(RECIPES["lenet1"], random_module(RECIPES["lenet1"]).state_dict()), path)
            what, wrong = wrong_weight(path)
            self.assertEqual((what, wrong), wrong_weight(path))
            before, after = (
                {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
                for model in (onnx.load(path), onnx.load_from_string(wrong))
            )
        changed = {name: np.argwhere(before[name] != after[name]) for name in before}
        self.assertEqual([name for name, places in changed.items() if len(places)], [LAYER])
        [[row, column]] = changed[LAYER]
        self.assertEqual(after[LAYER][row, column], -before[LAYER][row, column])
        self.assertIn(f"[{row}, {column}]", what)


if __name__ == "__main__":
    unittest.main()
