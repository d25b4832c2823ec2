"""`verify` must see what it is there to see. Each test breaks one thing in a copy of LeNet-1."""

import json
import shutil
import tempfile
import unittest
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from .card import Json, file_entry, read_card, write_card
from .deploy import Framework, name_of
from .paths import MODELS
from .recipes import RECIPES
from .verify import ZooError, verify

RECIPE = RECIPES["lenet1"]


class _CopyTest(unittest.TestCase):
    framework: Framework

    def setUp(self) -> None:
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        name = name_of(RECIPE, self.framework)
        self.folder = Path(scratch.name) / name
        shutil.copytree(MODELS / name, self.folder)
        self.card = read_card(self.folder)

    def _artifact(self, format: str, precision: str, variant: str | None = None) -> Json:
        wanted = (format, precision, variant)
        return next(a for a in self.card["artifacts"] if (a["format"], a["precision"], a.get("variant")) == wanted)

    def _write(self) -> None:
        """The card, with the checksums that its files have now."""
        recorded = [entry for artifact in self.card["artifacts"] for entry in artifact.get("recorded", ())]
        for owner in (*self.card["artifacts"], *recorded, self.card["wrongWeight"]["recorded"]):
            owner["files"] = [file_entry(self.folder / entry["path"], self.folder) for entry in owner["files"]]
        write_card(self.card, self.folder)

    def _assert_refused(self, message: str) -> None:
        with self.assertRaisesRegex(ZooError, message):
            verify(RECIPE, self.folder, self.framework)


class VerifyTest(_CopyTest):
    framework = "torch"

    def test_the_committed_models_pass(self) -> None:
        verify(RECIPE, self.folder)

    def test_a_flipped_bit_is_refused(self) -> None:
        for name in ("lenet1-fp32.onnx", "lenet1-int8-full.tflite", "recorded/tflite-fp32.test.bin"):
            path = self.folder / name
            whole = path.read_bytes()
            broken = bytearray(whole)
            broken[len(broken) // 2] ^= 1
            path.write_bytes(broken)
            self._assert_refused(f"{name} is not the file")
            path.write_bytes(whole)

    def test_dense_weights_in_channels_first_order_are_refused(self) -> None:
        path = self.folder / "tfjs" / "group1-shard1of1.bin"
        manifest = json.loads((self.folder / "tfjs" / "model.json").read_text())["weightsManifest"][0]["weights"]
        names = [weight["name"] for weight in manifest]
        at = sum(int(np.prod(weight["shape"])) for weight in manifest[: names.index("logits/kernel")])
        values = np.fromfile(path, dtype="<f4")
        kernel = values[at : at + 1920]
        kernel[:] = kernel.reshape(4, 4, 12, 10).transpose(2, 0, 1, 3).ravel()
        values.tofile(path)
        self._write()
        self._assert_refused("tfjs/model.json does not compute what PyTorch computes")

    def test_a_scaled_bias_in_the_fixed_variant_is_refused(self) -> None:
        path = self.folder / "lenet1-fp32-b100.onnx"
        model = onnx.load(path)
        bias = next(tensor for tensor in model.graph.initializer if tensor.name == "logits.bias")
        bias.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(bias) * np.float32(1.001), bias.name))
        onnx.save(model, path)
        self._write()
        self._assert_refused("lenet1-fp32-b100.onnx does not compute what PyTorch computes")

    def test_another_scale_of_quantized_weights_is_refused(self) -> None:
        path = self.folder / "tfjs-int8-graph" / "model.json"
        about = json.loads(path.read_text())
        weights = about["weightsManifest"][0]["weights"]
        # A quarter more, of the largest tensor: what a quantization to fewer bits would do.
        max(weights, key=lambda weight: np.prod(weight["shape"]))["quantization"]["scale"] *= 1.25
        path.write_text(json.dumps(about))
        self._write()
        self._assert_refused("tfjs-int8-graph/model.json does not compute what PyTorch computes")

    def test_a_weight_of_the_other_sign_in_tflite_is_refused(self) -> None:
        path = self.folder / "lenet1-fp32.tflite"
        data = bytearray(path.read_bytes())
        [bias] = [
            numpy_helper.to_array(tensor)
            for tensor in onnx.load(self.folder / "lenet1-fp32.onnx").graph.initializer
            if tensor.name == "logits.bias"
        ]
        data[data.index(bias.tobytes()) + 3] ^= 0x80
        path.write_bytes(data)
        self._write()
        self._assert_refused("lenet1-fp32.tflite does not compute what PyTorch computes")

    def test_recorded_outputs_of_the_next_sample_are_refused(self) -> None:
        path = self.folder / "recorded" / "tflite-int8-dynamic.generated.bin"
        np.roll(np.fromfile(path, "<f4").reshape(100, 10), 1, axis=0).tofile(path)
        self._write()
        self._assert_refused("tflite-int8-dynamic.generated.bin is not what the artifact computes")

    def test_outputs_recorded_for_other_samples_are_refused(self) -> None:
        self._artifact("tfjs", "fp16", "graph")["recorded"][0]["samplesSha256"] = "0" * 64
        self._write()
        self._assert_refused("tfjs-fp16-graph.test.bin was recorded for other samples")

    def test_a_wrong_weight_that_is_right_is_refused(self) -> None:
        recorded = self.card["wrongWeight"]["recorded"]
        path = self.folder / recorded["files"][0]["path"]
        np.fromfile(self.folder / "recorded" / "tflite-fp32.test.bin", "<f4")[: 100 * 10].tofile(path)
        self._write()
        self._assert_refused("wrong-weight.test.bin is not what the artifact computes")

    def test_another_accuracy_in_the_card_is_refused(self) -> None:
        for artifact, step in (
            (self._artifact("onnx", "fp32"), 0.0001),
            (self._artifact("tflite", "int8", "full"), 0.01),
        ):
            artifact["accuracy"]["top1"] -= step
            write_card(self.card, self.folder)
            self._assert_refused("the card says")
            artifact["accuracy"]["top1"] += step


class VerifyKerasTest(_CopyTest):
    framework = "keras"

    def test_the_committed_models_pass(self) -> None:
        verify(RECIPE, self.folder, "keras")

    def test_another_original_than_keras_has_is_refused(self) -> None:
        """Keras gets the original's weights: what shows is that the others are not made of it."""
        path = self.folder / "lenet1-keras-fp32.onnx"
        model = onnx.load(path)
        kernel = next(tensor for tensor in model.graph.initializer if "/c3/Conv2D/" in tensor.name)
        kernel.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(kernel) * np.float32(1.001), kernel.name))
        onnx.save(model, path)
        self._write()
        self._assert_refused("tfjs/model.json does not compute what Keras computes")

    def test_images_in_channels_first_order_are_refused(self) -> None:
        """As `--inputs-as-nchw` would have made it, with a card that says nothing of it."""
        path = self.folder / "lenet1-keras-fp32.onnx"
        model = onnx.load(path)
        sides = model.graph.input[0].type.tensor_type.shape.dim
        sides[1].dim_value, sides[3].dim_value = sides[3].dim_value, sides[1].dim_value
        onnx.save(model, path)
        self._write()
        with self.assertRaisesRegex(Exception, "invalid dimensions"):
            verify(RECIPE, self.folder, "keras")


if __name__ == "__main__":
    unittest.main()
