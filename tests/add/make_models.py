"""Makes the small models that the tests of `plumbline add` bring along: `python tests/add/make_models.py`, as in zoo/README.md."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import onnx
import tensorflow as tf
from onnx import TensorProto, helper, numpy_helper

OUT = Path(__file__).parent / "models"
RANDOM = np.random.default_rng(7)


def save(name: str, nodes, inputs, outputs, initializers=(), **options) -> None:
    graph = helper.make_graph(nodes, name, inputs, outputs, [numpy_helper.from_array(v, k) for k, v in initializers])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="tests/add")
    onnx.checker.check_model(model)
    onnx.save(model, str(OUT / f"{name}.onnx"), **options)


def weights(*shape: int) -> np.ndarray:
    return RANDOM.standard_normal(shape).astype(np.float32)


value = helper.make_tensor_value_info


def onnx_models() -> None:
    save(
        "two-inputs",
        [
            helper.make_node("MatMul", ["image", "w"], ["hidden"]),
            helper.make_node("Add", ["hidden", "bias"], ["sum"]),
            helper.make_node("Softmax", ["sum"], ["share"]),
        ],
        [value("image", TensorProto.FLOAT, ["batch", 6]), value("bias", TensorProto.FLOAT, ["batch", 4])],
        [value("sum", TensorProto.FLOAT, ["batch", 4]), value("share", TensorProto.FLOAT, ["batch", 4])],
        [("w", weights(6, 4))],
    )
    save(
        "tokens",
        [
            helper.make_node("Gather", ["table", "input_ids"], ["rows"]),
            helper.make_node("ReduceMean", ["rows"], ["mean"], axes=[1], keepdims=0),
            helper.make_node("MatMul", ["mean", "w"], ["logits"]),
        ],
        [value("input_ids", TensorProto.INT64, ["batch_size", "sequence_length"])],
        [value("logits", TensorProto.FLOAT, ["batch_size", 3])],
        [("table", weights(50, 8)), ("w", weights(8, 3))],
    )
    # As voice activity detectors have it: a scalar among the inputs, a state that comes back, no batch in front.
    save(
        "state",
        [
            helper.make_node("Cast", ["rate"], ["scale"], to=TensorProto.FLOAT),
            helper.make_node("Div", ["scale", "unit"], ["factor"]),
            helper.make_node("Mul", ["audio", "factor"], ["scaled"]),
            helper.make_node("ReduceMean", ["scaled"], ["level"], axes=[0], keepdims=0),
            helper.make_node("Add", ["state", "level"], ["next_state"]),
            helper.make_node("Greater", ["level", "zero"], ["loud"]),
        ],
        [
            value("audio", TensorProto.FLOAT, [32]),
            value("state", TensorProto.FLOAT, [2, 1, 4]),
            value("rate", TensorProto.INT64, []),
        ],
        [
            value("level", TensorProto.FLOAT, []),
            value("next_state", TensorProto.FLOAT, [2, 1, 4]),
            value("loud", TensorProto.BOOL, []),
        ],
        [("unit", np.float32(16000)), ("zero", np.float32(0))],
    )
    # Every type that can travel, each handed on; nothing is computed, so nothing may change.
    types = {
        "float32": TensorProto.FLOAT,
        "float16": TensorProto.FLOAT16,
        "int32": TensorProto.INT32,
        "int64": TensorProto.INT64,
        "uint8": TensorProto.UINT8,
        "int8": TensorProto.INT8,
        "bool": TensorProto.BOOL,
    }
    save(
        "all-types",
        [helper.make_node("Identity", [f"{name}_in"], [f"{name}_out"]) for name in types],
        [value(f"{name}_in", type, ["N", 3]) for name, type in types.items()],
        [value(f"{name}_out", type, ["N", 3]) for name, type in types.items()],
    )
    save(
        "weights-beside",
        [helper.make_node("MatMul", ["x", "w"], ["y"])],
        [value("x", TensorProto.FLOAT, ["N", 64])],
        [value("y", TensorProto.FLOAT, ["N", 8])],
        [("w", weights(64, 8))],
        save_as_external_data=True,
        all_tensors_to_one_file=True,
        location="weights-beside.bin",
        size_threshold=0,
    )
    save(
        "depends",
        [helper.make_node("NonZero", ["x"], ["places"])],
        [value("x", TensorProto.BOOL, [6])],
        [value("places", TensorProto.INT64, [1, "count"])],
    )
    save(
        "text",
        [helper.make_node("Identity", ["words"], ["same"])],
        [value("words", TensorProto.STRING, ["N"])],
        [value("same", TensorProto.STRING, ["N"])],
    )
    save(
        "double",
        [helper.make_node("Identity", ["x"], ["y"])],
        [value("x", TensorProto.DOUBLE, ["N"])],
        [value("y", TensorProto.DOUBLE, ["N"])],
    )
    sequence = helper.make_tensor_sequence_value_info("list", TensorProto.FLOAT, None)
    save(
        "sequence",
        [helper.make_node("ConcatFromSequence", ["list"], ["y"], axis=0)],
        [sequence],
        [value("y", TensorProto.FLOAT, ["count"])],
    )


class Two(tf.Module):
    """Two inputs, two outputs, named so that their alphabetical order is not that of their use."""

    def __init__(self) -> None:
        self.w = tf.Variable(weights(8, 4))

    @tf.function
    def __call__(self, left, right):
        hidden = tf.matmul(left, self.w) + right
        return {"scores": hidden, "classes": tf.argmax(hidden, axis=-1, output_type=tf.int32)}


def tensorflow_models() -> None:
    module = Two()
    with tempfile.TemporaryDirectory() as folder:
        dynamic = module.__call__.get_concrete_function(
            tf.TensorSpec([None, 8], tf.float32, name="left"), tf.TensorSpec([None, 4], tf.float32, name="right")
        )
        tf.saved_model.save(module, folder, signatures=dynamic)
        target = OUT / "graph"
        shutil.rmtree(target, ignore_errors=True)
        subprocess.run(
            [
                sys.executable,
                "-m",
                "tensorflowjs.converters.converter",
                "--input_format=tf_saved_model",
                "--output_format=tfjs_graph_model",
                "--signature_name=serving_default",
                folder,
                str(target),
            ],
            check=True,
        )
    # A module of its own: a function that was traced with an open axis keeps it.
    other = Two()
    fixed = other.__call__.get_concrete_function(
        tf.TensorSpec([1, 8], tf.float32, name="left"), tf.TensorSpec([1, 4], tf.float32, name="right")
    )
    converter = tf.lite.TFLiteConverter.from_concrete_functions([fixed], other)
    (OUT / "two.tflite").write_bytes(converter.convert())


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    onnx_models()
    tensorflow_models()
