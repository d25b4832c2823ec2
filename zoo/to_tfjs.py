"""Keras -> TF.js, by `tensorflowjs_converter`: Layers models, and graphs with weights as they are or stored small."""

import json
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np

from .deploy import Deployed
from .tool import Made, run_tool

CONVERTER = "tensorflowjs_converter"
QUANTIZED = {"fp32": [], "fp16": ["--quantize_float16"], "int8": ["--quantize_uint8"]}
"""The converter's options by precision."""
ONE_FILE = [f"--weight_shard_size_bytes={1 << 28}"]
"""For big models: derived files are easier told of when no weight straddles two of them."""


def to_layers(model: Deployed, folder: Path) -> Made:
    """Writes `model.json` and its weights into `folder`."""
    options = ["--input_format=keras", "--output_format=tfjs_layers_model", *_shards(model)]
    with tempfile.TemporaryDirectory() as scratch:
        h5 = Path(scratch) / f"{model.name}.h5"
        model.twin().save(h5, include_optimizer=False)
        return _convert(options, h5, folder)


def to_graph(model: Deployed, saved_model: Path, folder: Path, precision: str) -> Made:
    """Writes `model.json` and its weights into `folder`."""
    # The converter takes what stands behind a quantization option for the names of what is to be quantized.
    options = [*QUANTIZED[precision], "--input_format=tf_saved_model", "--output_format=tfjs_graph_model"]
    return _convert([*options, *_shards(model)], saved_model, folder)


def _shards(model: Deployed) -> list[str]:
    return ONE_FILE if sum(array.nbytes for array in model.weights.values()) > 4 << 20 else []


def _convert(options: list[str], source: Path, folder: Path) -> Made:
    run_tool([str(Path(sys.executable).with_name(CONVERTER)), *options, str(source), str(folder)])
    return Made(CONVERTER, version("tensorflowjs"), " ".join([CONVERTER, *options, source.name, folder.name]))


def run_tfjs(model_json: Path, inputs: np.ndarray, batch: int) -> np.ndarray:
    """Logits of a TF.js model read back from its files, with its weights dequantized as TF.js does it, by TensorFlow.

    @param inputs images float32 [N, H, W, C] or word ids int32 [N, tokens]; N is a multiple of `batch`.
    """
    about = json.loads(model_json.read_text(encoding="utf-8"))
    run = _graph_function(about, model_json.parent) if about["format"] == "graph-model" else _layers(model_json)
    return np.concatenate([run(inputs[at : at + batch]) for at in range(0, len(inputs), batch)])


def _layers(model_json: Path):
    from tensorflowjs.converters import load_keras_model

    model = load_keras_model(str(model_json))
    return lambda x: model(x, training=False).numpy()


def _weights(about: dict, folder: Path) -> dict[str, np.ndarray]:
    """By name, dequantized as tfjs-core's `decodeWeights` does it: in double precision, and rounded once."""
    values = {}
    for group in about["weightsManifest"]:
        data = b"".join((folder / path).read_bytes() for path in group["paths"])
        at = 0
        for entry in group["weights"]:
            stored = entry.get("quantization", {}).get("dtype", entry["dtype"])
            raw = np.frombuffer(data, stored, count=int(np.prod(entry["shape"])), offset=at)
            at += raw.nbytes
            if stored in ("uint8", "uint16"):
                raw = raw.astype(np.float64) * entry["quantization"]["scale"] + entry["quantization"]["min"]
                if entry["dtype"] == "int32":
                    raw = np.round(raw)
            values[entry["name"]] = raw.astype(entry["dtype"]).reshape(entry["shape"])
    return values


def _graph_function(about: dict, folder: Path):
    """The graph as TF.js has it, convolutions fused and all, as a function of TensorFlow."""
    import tensorflow as tf
    from google.protobuf import json_format

    graph = json_format.ParseDict(about["modelTopology"], tf.compat.v1.GraphDef(), ignore_unknown_fields=True)
    _split_products(graph)
    values = _weights(about, folder)
    for node in graph.node:
        if node.op == "Const":
            node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(values[node.name]))
    [source] = about["signature"]["inputs"].values()
    [target] = about["signature"]["outputs"].values()
    imported = tf.compat.v1.wrap_function(lambda: tf.import_graph_def(graph, name=""), [])
    run = imported.prune(source["name"], target["name"])
    return lambda x: run(tf.constant(x)).numpy()


def _split_products(graph) -> None:
    """Takes each `_FusedMatMul` apart, in place: what TF.js adds there may have any shape, as in a recurrent layer,
    where the converter takes another product for the bias; TensorFlow wants a vector."""
    for node in list(graph.node):
        if node.op != "_FusedMatMul":
            continue
        steps = [step.decode() for step in node.attr["fused_ops"].list.s]
        dtype = node.attr["T"]
        inputs, (addend, *more) = node.input[:2], node.input[2:]
        assert steps[0] == "BiasAdd" and not more, f"{node.name}: {steps} of {len(node.input)} inputs"
        last = graph.node.add(name=f"{node.name}/product", op="MatMul", input=inputs)
        for key in ("transpose_a", "transpose_b", "T"):
            last.attr[key].CopyFrom(node.attr[key])
        # The last step has the name that others know.
        for index, step in enumerate(steps):
            name = node.name if index == len(steps) - 1 else f"{node.name}/{step}"
            if name == node.name:
                graph.node.remove(node)
            op, operands = ("AddV2", [last.name, addend]) if step == "BiasAdd" else (step, [last.name])
            last = graph.node.add(name=name, op=op, input=operands)
            last.attr["T"].CopyFrom(dtype)
