"""Checks a model's artifacts against its card, against the framework that trained it and against what was recorded."""

import re
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from . import samples
from .card import Json, file_entry, read_card
from .deploy import Deployed, Framework, deployed, deployed_keras, name_of
from .paths import MODELS
from .recipes import Recipe
from .run import run
from .samples import Samples
from .wrong_weight import wrong_weight

LIMITS = {"fp32": 1e-6, "fp16": 5e-3, "int8": 0.05}
"""How far logits may be from the framework's. For fp32 the largest difference, as a share of the largest logit: some
eight steps of it there. For the others the root of the mean square, as a share of the logits': calibrated ranges clip
what is rare, so that a single logit may be far off."""
CLIPPED = 1e-2
"""As `LIMITS` has it for fp32, for an LSTM in TFLite, which clips its cell state (`to_tflite.FUSED_LSTM`)."""
AGREEMENT = {"fp32": 1.0, "fp16": 0.995, "int8": 0.97}
"""Least share of samples with the framework's class."""
REPEATED = {"fp32": 1e-6, "fp16": 1e-4, "int8": 0.05}
"""Largest difference, as a share of the largest logit, between outputs recorded and computed anew: on another CPU sums
may come in another order, and a value on the border of two steps of 8 bits may go to the other side."""
TOP1 = {"fp32": 0.0, "fp16": 0.001, "int8": 0.005}
"""How far an accuracy computed anew may be from the card's, for the same reason."""


TRAINERS: dict[Framework, str] = {"torch": "PyTorch", "keras": "Keras"}


class ZooError(Exception):
    """An artifact is not what its card or its fellows say."""


def verify(recipe: Recipe, folder: Path | None = None, framework: Framework = "torch") -> None:
    """Prints what was compared.

    @param folder the one with the card; without it, the model's in `fixtures/models`.
    @param framework that trained it.
    @raises ZooError on a wrong size or checksum, outputs that are not the framework's or not those that were recorded,
        or an accuracy other than the card's.
    """
    folder = folder or MODELS / name_of(recipe, framework)
    card = read_card(folder)
    _check_files(card, folder)
    measured = samples.measured(recipe)
    original = folder / card["artifacts"][0]["files"][0]["path"]
    model = _in_framework(recipe, framework, original)
    want = model.logits(measured)
    known = {of.split: of for of in samples.recorded(recipe)}
    for artifact in card["artifacts"]:
        _check_artifact(model, folder, artifact, measured, want)
        for entry in artifact.get("recorded", ()):
            path = folder / artifact["files"][0]["path"]
            of = known[entry["split"]]
            again = run(artifact["format"], path, model.inputs(artifact["format"], of), model.batch)
            _check_recorded(model, folder, entry, of, again, REPEATED[artifact["precision"]])
    of = measured.first(card["wrongWeight"]["recorded"]["n"])
    wrong = wrong_weight(original, model.inputs("onnx", of), model.batch)
    if wrong.what != card["wrongWeight"]["what"]:
        raise ZooError(f"{model.name}: the wrong weight is {card['wrongWeight']['what']}, and should be {wrong.what}")
    _check_recorded(model, folder, card["wrongWeight"]["recorded"], of, wrong.outputs, REPEATED["fp32"])


def _check_files(card: Json, folder: Path) -> None:
    recorded = [entry for artifact in card["artifacts"] for entry in artifact.get("recorded", ())]
    for owner in (*card["artifacts"], *recorded, card["wrongWeight"]["recorded"]):
        for entry in owner["files"]:
            if file_entry(folder / entry["path"], folder) != {key: entry[key] for key in ("path", "bytes", "sha256")}:
                raise ZooError(f"{card['name']}: {entry['path']} is not the file that the card describes")


def _check_artifact(model: Deployed, folder: Path, artifact: Json, measured: Samples, want: np.ndarray) -> None:
    """Against the framework's logits `want`, and the card's accuracy."""
    precision = artifact["precision"]
    path = folder / artifact["files"][0]["path"]
    name = f"{model.name}: {artifact['files'][0]['path']}"
    trainer = TRAINERS[model.framework]
    got = run(artifact["format"], path, model.inputs(artifact["format"], measured), model.batch)
    if got.shape != want.shape:
        raise ZooError(f"{name} gives logits of shape {got.shape}, {trainer} {want.shape}")
    off = _distance(got, want, precision)
    agreement = float(np.mean(got.argmax(1) == want.argmax(1)))
    top1 = float(np.mean(got.argmax(1) == measured.labels))
    print(f"{name}  top-1 {top1:.4f}  off {trainer} by {off:.1e}  agrees in {agreement:.2%}")
    clips = model.name == "textrnn-lstm" and artifact["format"] == "tflite" and precision == "fp32"
    if not (off <= (CLIPPED if clips else LIMITS[precision]) and agreement >= AGREEMENT[precision]):
        raise ZooError(f"{name} does not compute what {trainer} computes")
    if abs(top1 - artifact["accuracy"]["top1"]) > TOP1[precision]:
        raise ZooError(f"{name} reaches {top1}, the card says {artifact['accuracy']['top1']}")


def _distance(got: np.ndarray, want: np.ndarray, precision: str) -> float:
    """As `LIMITS` has it."""
    difference = np.abs(got.astype(np.float64) - want)
    if precision == "fp32":
        return float(difference.max() / np.abs(want).max())
    return float(np.sqrt(np.square(difference).mean() / np.square(want).mean()))


def _check_recorded(model: Deployed, folder: Path, entry: Json, of: Samples, again: np.ndarray, limit: float) -> None:
    path = entry["files"][0]["path"]
    if entry["n"] != len(of) or entry["samplesSha256"] != of.sha256:
        raise ZooError(f"{model.name}: {path} was recorded for other samples")
    outputs = np.fromfile(folder / path, "<f4").reshape(len(of), -1)
    worst = float(np.abs(outputs - again).max() / np.abs(outputs).max())
    if not worst <= limit:
        raise ZooError(
            f"{model.name}: {path} is not what the artifact computes: off by {worst:.1e} of the largest logit"
        )


def _in_framework(recipe: Recipe, framework: Framework, original: Path) -> Deployed:
    """The model in the framework that trained it, with the ONNX file's own weights."""
    graph = onnx.load(original).graph
    if framework == "torch":
        return deployed(recipe, weights_of(graph))
    return deployed_keras(recipe, keras_weights_of(graph))


def weights_of(graph: onnx.GraphProto) -> dict[str, torch.Tensor]:
    """What PyTorch's exporter wrote: the initializers by name, and a recurrent layer's under PyTorch's names, with its
    gates in PyTorch's order."""
    arrays = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type not in ("LSTM", "GRU"):
            continue
        # ONNX has i, o, f, c and z, r, h; PyTorch i, f, g (c), o and r, z, n (h).
        order = {"LSTM": (0, 2, 3, 1), "GRU": (1, 0, 2)}[node.op_type]
        kernel, recurrent, biases = (arrays[name][0] for name in node.input[1:4])
        own = {"weight_ih": kernel, "weight_hh": recurrent}
        own["bias_ih"], own["bias_hh"] = np.split(biases, 2)
        for name, array in own.items():
            gates = np.split(array, len(order))
            arrays[f"rnn.{name}_l0"] = np.concatenate([gates[gate] for gate in order])
    return {name: torch.from_numpy(array.copy()) for name, array in arrays.items()}


def keras_weights_of(graph: onnx.GraphProto) -> dict[str, np.ndarray]:
    """What `tf2onnx` wrote: weights and biases of convolutions and dense layers, as `nets.twin.weights_of` has them."""
    arrays = {}
    for tensor in graph.initializer:
        found = re.search(r"([^/]+)/(Conv2D|MatMul|BiasAdd)/ReadVariableOp:0$", tensor.name)
        if found is None:
            continue
        layer, operator = found.groups()
        array = numpy_helper.to_array(tensor)
        if operator == "Conv2D":
            array = array.transpose(2, 3, 1, 0)  # OIHW -> HWIO
        arrays[f"{layer}/{int(operator == 'BiasAdd')}"] = array.copy()
    return arrays
