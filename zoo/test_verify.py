"""`verify` must see what it is there to see. Each test breaks one thing in a copy of LeNet-1."""

import json
import shutil
import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from .card import file_entry, read_card, write_card
from .paths import MODELS
from .recipes import RECIPES
from .verify import ZooError, verify

RECIPE = RECIPES["lenet1"]


class VerifyTest(unittest.TestCase):
    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name) / RECIPE.name
        shutil.copytree(MODELS / RECIPE.name, self.folder)

    def _renew_checksums(self) -> None:
        card = read_card(self.folder)
        for artifact in card["artifacts"]:
            artifact["files"] = [file_entry(self.folder / entry["path"], self.folder) for entry in artifact["files"]]
        write_card(card, self.folder)

    def _assert_refused(self, message: str) -> None:
        with self.assertRaisesRegex(ZooError, message):
            verify(RECIPE, self.folder)

    def test_the_committed_models_pass(self) -> None:
        verify(RECIPE, self.folder)

    def test_a_flipped_bit_is_refused(self) -> None:
        path = self.folder / "lenet1-fp32.onnx"
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data)
        self._assert_refused("lenet1-fp32.onnx is not the file")

    def test_dense_weights_in_channels_first_order_are_refused(self) -> None:
        path = self.folder / "tfjs" / "group1-shard1of1.bin"
        manifest = json.loads((self.folder / "tfjs" / "model.json").read_text())["weightsManifest"][0]["weights"]
        names = [weight["name"] for weight in manifest]
        at = sum(int(np.prod(weight["shape"])) for weight in manifest[: names.index("logits/kernel")])
        values = np.fromfile(path, dtype="<f4")
        kernel = values[at : at + 1920]
        kernel[:] = kernel.reshape(4, 4, 12, 10).transpose(2, 0, 1, 3).ravel()
        values.tofile(path)
        self._renew_checksums()
        self._assert_refused("tfjs/model.json does not compute what PyTorch computes")

    def test_a_scaled_bias_in_the_fixed_variant_is_refused(self) -> None:
        path = self.folder / "lenet1-fp32-b100.onnx"
        model = onnx.load(path)
        bias = next(tensor for tensor in model.graph.initializer if tensor.name == "logits.bias")
        bias.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(bias) * np.float32(1.001), bias.name))
        onnx.save(model, path)
        self._renew_checksums()
        self._assert_refused("lenet1-fp32-b100.onnx does not compute what PyTorch computes")

    def test_another_accuracy_in_the_card_is_refused(self) -> None:
        card = read_card(self.folder)
        card["accuracy"]["top1"] -= 0.0001
        write_card(card, self.folder)
        self._assert_refused("the card says")


if __name__ == "__main__":
    unittest.main()
