"""The forms that a model is migrated to: one table, read by `export`."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path

import numpy as np

from . import samples, to_onnx, to_tfjs, to_tflite
from .deploy import Deployed, TorchModel
from .tool import Made

Json = dict[str, object]


class Workshop:
    """What several forms are made from, made when it is first asked for."""

    def __init__(self, model: Deployed, folder: Path, scratch: Path) -> None:
        self.model = model
        self.folder = folder
        self._scratch = scratch

    @property
    def onnx(self) -> Path:
        """The fp32 original: made first."""
        return self.folder / f"{self.model.name}-fp32.onnx"

    @cached_property
    def calibration(self) -> samples.Samples:
        return samples.calibration(self.model.recipe)

    @cached_property
    def calibration_batches(self) -> Path:
        inputs = self.model.inputs("tflite", self.calibration)
        path = self._scratch / "calibration.npy"
        np.save(path, inputs.reshape(-1, self.model.batch, *inputs.shape[1:]))
        return path

    def _saved_model(self, name: str, batch: int | None) -> Path:
        from . import saved_model

        saved_model.save(self.model.twin(), self._scratch / name, batch)
        return self._scratch / name

    @cached_property
    def saved_model(self) -> Path:
        return self._saved_model("saved_model", None)

    @cached_property
    def fixed_saved_model(self) -> Path:
        """With the one batch size that LiteRT.js takes: it cannot resize inputs."""
        return self._saved_model(f"saved_model-b{self.model.batch}", self.model.batch)


@dataclass(frozen=True)
class Form:
    """One artifact to be."""

    format: str
    precision: str
    variant: str | None
    file: str
    """To be loaded, relative to the card."""
    make: Callable[[Workshop, Path], Made]
    """Writes that file, or that file and others beside it."""
    quantization: Json | None = None
    fixed: bool = False
    """Takes the card's batch only."""
    targets: tuple[str, ...] = ()

    @property
    def slug(self) -> str:
        return "-".join(part for part in (self.format, self.precision, self.variant) if part)


def _quantization(kind: str, weights: str, activations: str, calibrated: str | None = None) -> Json:
    block: Json = {"kind": kind, "weights": weights, "activations": activations}
    if calibrated is not None:
        block["calibration"] = {"dataset": calibrated, "split": "train", "n": samples.CALIBRATED}
    return block


def forms_of(model: Deployed) -> list[Form]:
    """All forms, the fp32 ONNX file that others are made from first.

    A model that Keras trained has its plain fp32 forms only: what is of interest is its original, by another tool.
    """
    forms = [*_onnx(model), *_tfjs(), *_tflite(model)]
    return [form for form in forms if model.framework == "torch" or (form.precision == "fp32" and not form.targets)]


def _onnx(model: Deployed) -> list[Form]:
    name, batch = model.name, model.batch
    fixed = Form(
        "onnx",
        "fp32",
        f"b{batch}",
        f"{name}-fp32-b{batch}.onnx",
        lambda shop, path: to_onnx.fix_batch(shop.onnx, path, batch),
        fixed=True,
        # Its webgl takes no dynamic batch dimension.
        targets=("ort-webgl",),
    )
    return [
        Form("onnx", "fp32", None, f"{name}-fp32.onnx", _original(model)),
        # That webgl has no LSTM, no GRU, and no integers to index an embedding with.
        *([] if model.is_text else [fixed]),
        Form(
            "onnx",
            "fp16",
            None,
            f"{name}-fp16.onnx",
            lambda shop, path: to_onnx.to_fp16(shop.onnx, path),
            _quantization("weights", "float16", "float16"),
        ),
        Form(
            "onnx",
            "int8",
            "dynamic",
            f"{name}-int8-dynamic.onnx",
            lambda shop, path: to_onnx.to_int8_dynamic(shop.onnx, path),
            _quantization("dynamic", "uint8", "uint8"),
        ),
        Form(
            "onnx",
            "int8",
            "qdq",
            f"{name}-int8-qdq.onnx",
            lambda shop, path: to_onnx.to_int8_qdq(shop.onnx, path, model.inputs("onnx", shop.calibration), batch),
            _quantization("static", "int8", "int8", model.recipe.dataset),
        ),
    ]


def _original(model: Deployed) -> Callable[[Workshop, Path], Made]:
    if isinstance(model, TorchModel):
        return lambda shop, path: to_onnx.export_onnx(model, path)
    return lambda shop, path: to_onnx.from_saved_model(shop.saved_model, path)


def _tfjs() -> list[Form]:
    def graph(folder: str, precision: str, weights: str | None) -> Form:
        return Form(
            "tfjs",
            precision,
            "graph",
            f"{folder}/model.json",
            lambda shop, path: to_tfjs.to_graph(shop.model, shop.saved_model, path.parent, precision),
            _quantization("weights", weights, "float32") if weights else None,
        )

    return [
        Form("tfjs", "fp32", None, "tfjs/model.json", lambda shop, path: to_tfjs.to_layers(shop.model, path.parent)),
        graph("tfjs-graph", "fp32", None),
        graph("tfjs-fp16-graph", "fp16", "float16"),
        graph("tfjs-int8-graph", "int8", "uint8"),
    ]


def _tflite(model: Deployed) -> list[Form]:
    note = to_tflite.FUSED_LSTM if model.name == "textrnn-lstm" else None

    def form(kind: to_tflite.Kind, quantization: Json | None) -> Form:
        precision, _, variant = kind.partition("-")
        return Form(
            "tflite",
            precision,
            variant or None,
            f"{model.name}-{kind}.tflite",
            lambda shop, path: to_tflite.to_tflite(
                shop.fixed_saved_model, kind, path, shop.calibration_batches, version("tensorflow"), note
            ),
            quantization,
            fixed=True,
        )

    return [
        form("fp32", None),
        form("fp16", _quantization("weights", "float16", "float32")),
        form("int8-dynamic", _quantization("dynamic", "int8", "int8")),
        form("int8-full", _quantization("static", "int8", "int8", model.recipe.dataset)),
    ]
