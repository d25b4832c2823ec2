"""Makes the tiny .tflite models of these tests, with what TensorFlow's own interpreter gives for seeded inputs.

    python tests/litert/models/make.py        # TensorFlow 2.19

Weights and inputs are seeded. The converter and the interpreter are TensorFlow's own, with its default kernels, one
thread: what a user of the PC gets.
"""

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import tensorflow as tf
from flatbuffers import flexbuffers
from tensorflow.core.framework.node_def_pb2 import NodeDef
from tensorflow.lite.tools import flatbuffer_utils

HERE = Path(__file__).parent

Signature = Callable[..., dict[str, tf.Tensor]]
Convert = Callable[[tf.lite.TFLiteConverter], None]


def weights(rng: np.random.Generator, *shape: int) -> tf.Tensor:
    return tf.constant(rng.normal(0, 1 / np.sqrt(np.prod(shape[:-1])), shape).astype(np.float32))


def dense(rows: int | None = 4) -> tuple[Signature, list[tf.TensorSpec]]:
    """A dense layer; big enough for the converter to quantize it (1,024 weights and more)."""
    rng = np.random.default_rng(1)
    kernel, bias = weights(rng, 64, 32), weights(rng, 32)

    def call(x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"y": tf.matmul(x, kernel) + bias}

    return call, [tf.TensorSpec([rows, 64], tf.float32, "x")]


def conv() -> tuple[Signature, list[tf.TensorSpec]]:
    """Convolution, Relu, pooling and a dense layer over two small images."""
    rng = np.random.default_rng(2)
    kernel, bias, head = weights(rng, 3, 3, 8, 16), weights(rng, 16), weights(rng, 4 * 4 * 16, 5)

    def call(image: tf.Tensor) -> dict[str, tf.Tensor]:
        y = tf.nn.relu(tf.nn.conv2d(image, kernel, 1, "SAME") + bias)
        y = tf.nn.max_pool2d(y, 2, 2, "VALID")
        return {"logits": tf.matmul(tf.reshape(y, [2, 4 * 4 * 16]), head)}

    return call, [tf.TensorSpec([2, 8, 8, 8], tf.float32, "image")]


def pointwise() -> tuple[Signature, list[tf.TensorSpec]]:
    """A convolution of one pixel that takes every other one, as where a residual network halves its resolution."""
    kernel = weights(np.random.default_rng(9), 1, 1, 32, 32)

    def call(image: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"y": tf.nn.conv2d(image, kernel, 2, "VALID")}

    return call, [tf.TensorSpec([1, 4, 4, 32], tf.float32, "image")]


def two() -> tuple[Signature, list[tf.TensorSpec]]:
    """Two inputs and two outputs that cannot be mistaken for each other by their shapes, and whose names are not in
    the order of their use."""

    def call(subtrahend: tf.Tensor, minuend: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"quotient": minuend / subtrahend, "difference": minuend - subtrahend}

    return call, [tf.TensorSpec([2, 3], tf.float32, name) for name in ("subtrahend", "minuend")]


def lookup(ids: tf.DType) -> tuple[Signature, list[tf.TensorSpec]]:
    """Token ids to rows of a table."""
    table = weights(np.random.default_rng(3), 10, 4)

    def call(ids: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"rows": tf.gather(table, ids)}

    return call, [tf.TensorSpec([1, 5], ids, "ids")]


def embedding() -> tuple[Signature, list[tf.TensorSpec]]:
    """The GPU delegate leaves the table to the CPU, and takes what comes after it."""
    rng = np.random.default_rng(7)
    table, kernel, head = weights(rng, 10, 8), weights(rng, 40, 16), weights(rng, 16, 3)

    def call(ids: tf.Tensor) -> dict[str, tf.Tensor]:
        words = tf.reshape(tf.gather(table, ids), [2, 40])
        return {"logits": tf.matmul(tf.nn.tanh(tf.matmul(words, kernel)), head)}

    return call, [tf.TensorSpec([2, 5], tf.int32, "ids")]


def handover() -> tuple[Signature, list[tf.TensorSpec]]:
    """What the GPU delegate computes is the place in a table that it leaves to the CPU."""
    rng = np.random.default_rng(8)
    kernel, table = weights(rng, 8, 8), weights(rng, 10, 2)

    def call(x: tf.Tensor) -> dict[str, tf.Tensor]:
        places = tf.cast(tf.minimum(tf.abs(tf.matmul(x, kernel)) * 4.0, 9.0), tf.int32)
        return {"rows": tf.gather(table, places)}

    return call, [tf.TensorSpec([2, 8], tf.float32, "x")]


def running() -> tuple[Signature, list[tf.TensorSpec]]:
    """A sum from the last element to the first."""

    def call(x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"y": tf.cumsum(x, axis=1, reverse=True)}

    return call, [tf.TensorSpec([2, 8], tf.float32, "x")]


def log_gamma() -> tuple[Signature, list[tf.TensorSpec]]:
    """Taken apart by the converter into some sixty operators, some of which the GPU delegate has not."""

    def call(x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"y": tf.math.lgamma(x)}

    return call, [tf.TensorSpec([1, 4], tf.float32, "x")]


def inverse() -> tuple[Signature, list[tf.TensorSpec]]:
    """An operator that an interpreter has only with TensorFlow linked into it."""

    def call(x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"y": tf.linalg.inv(x)}

    return call, [tf.TensorSpec([3, 3], tf.float32, "x")]


def relu() -> tuple[Signature, list[tf.TensorSpec]]:
    def call(x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"y": tf.nn.relu(x)}

    return call, [tf.TensorSpec([1], tf.float32, "x")]


def brighter() -> tuple[Signature, list[tf.TensorSpec]]:
    """Bytes to bytes."""

    def call(image: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"brighter": tf.cast(tf.minimum(tf.cast(image, tf.int32) + 60, 255), tf.uint8)}

    return call, [tf.TensorSpec([1, 2, 4, 1], tf.uint8, "image")]


def counts() -> tuple[Signature, list[tf.TensorSpec]]:
    def call(x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"y": x * x - 7}

    return call, [tf.TensorSpec([1, 6], tf.int32, "x")]


def truth() -> tuple[Signature, list[tf.TensorSpec]]:
    def call(x: tf.Tensor) -> dict[str, tf.Tensor]:
        return {"y": x > 0.0}

    return call, [tf.TensorSpec([1, 6], tf.float32, "x")]


def plain(_: tf.lite.TFLiteConverter) -> None:
    pass


def float16(converter: tf.lite.TFLiteConverter) -> None:
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.target_spec.supported_types = [tf.float16]


def dynamic(converter: tf.lite.TFLiteConverter) -> None:
    converter.optimizations = [tf.lite.Optimize.DEFAULT]


def full(shape: list[int], io: tf.DType = tf.float32) -> Convert:
    def set_up(converter: tf.lite.TFLiteConverter) -> None:
        def samples() -> Iterator[list[np.ndarray]]:
            rng = np.random.default_rng(5)
            for _ in range(20):
                yield [rng.normal(0, 1, shape).astype(np.float32)]

        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = samples
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = io

    return set_up


def with_tensorflow(converter: tf.lite.TFLiteConverter) -> None:
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS, tf.lite.OpsSet.SELECT_TF_OPS]


MODELS: dict[str, tuple[tuple[Signature, list[tf.TensorSpec]], Convert]] = {
    "dense-fp32": (dense(), plain),
    "dense-fp16": (dense(), float16),
    "dense-int8-dynamic": (dense(), dynamic),
    "dense-int8-full": (dense(), full([4, 64])),
    "dense-int8-io": (dense(), full([4, 64], tf.int8)),
    "dense-uint8-io": (dense(), full([4, 64], tf.uint8)),
    "dense-any-batch": (dense(None), plain),
    "conv-fp32": (conv(), plain),
    "conv-fp16": (conv(), float16),
    "conv-int8-dynamic": (conv(), dynamic),
    "conv-int8-full": (conv(), full([2, 8, 8, 8])),
    "pointwise-fp32": (pointwise(), plain),
    "pointwise-int8-dynamic": (pointwise(), dynamic),
    "pointwise-int8-full": (pointwise(), full([1, 4, 4, 32])),
    "two": (two(), plain),
    "two-bare": (two(), plain),
    "lookup-int32": (lookup(tf.int32), plain),
    "lookup-int64": (lookup(tf.int64), plain),
    "embedding": (embedding(), plain),
    "handover": (handover(), plain),
    "bytes": (brighter(), plain),
    "integers": (counts(), plain),
    "truth": (truth(), plain),
    "running": (running(), plain),
    "log-gamma": (log_gamma(), plain),
    "flex": (inverse(), with_tensorflow),
    # Also what the harness page warms the runtime up with (harness-page/runtimes/litert-tiny.ts).
    "relu": (relu(), plain),
}


def bare(content: bytes) -> bytes:
    """The model without signatures and metadata, as converters of old wrote it."""
    model = flatbuffer_utils.convert_bytearray_to_object(bytearray(content))
    model.signatureDefs, model.metadata = [], []
    return bytes(flatbuffer_utils.convert_object_to_bytearray(model))


BARE = {"relu", "two-bare"}


def in_order(content: bytes) -> bytes:
    """The model with the attributes of TensorFlow's own operators sorted: the converter writes each operator's map of
    them as it comes out of memory, otherwise in every other run. Sorting moves bytes and changes no length."""
    model = flatbuffer_utils.convert_bytearray_to_object(bytearray(content))
    for graph in model.subgraphs:
        for operator in graph.operators:
            if operator.customOptions is None:
                continue
            written = flexbuffers.GetRoot(bytes(operator.customOptions)).AsVector[1].AsStringBytes
            node = NodeDef.FromString(written)
            content = content.replace(written, node.SerializeToString(deterministic=True))
    return content


def convert(build: tuple[Signature, list[tf.TensorSpec]], set_up: Convert) -> bytes:
    call, specs = build
    module = tf.Module()
    function = tf.function(call, input_signature=specs).get_concrete_function()
    converter = tf.lite.TFLiteConverter.from_concrete_functions([function], module)
    set_up(converter)
    return converter.convert()


def inputs_of(interpreter: tf.lite.Interpreter) -> list[tuple[dict, np.ndarray]]:
    rng = np.random.default_rng(6)
    made = []
    for detail in interpreter.get_input_details():
        shape, dtype = detail["shape"], np.dtype(detail["dtype"])
        if dtype.kind == "f":
            made.append((detail, rng.normal(0, 1, shape).astype(dtype)))
        else:
            info = np.iinfo(dtype)
            least, most = (0, 9) if dtype.itemsize >= 4 else (info.min, info.max)
            made.append((detail, rng.integers(least, most, shape, endpoint=True).astype(dtype)))
    return made


def tensor(name: str, array: np.ndarray) -> dict:
    data = base64.b64encode(array.tobytes()).decode()
    return {"name": name, "dtype": array.dtype.name, "shape": list(array.shape), "data": data}


def names_of(interpreter: tf.lite.Interpreter) -> dict[int, str]:
    """The name of each input and output: its signature's, or its tensor's where there is no signature."""
    signatures = interpreter._get_full_signature_list()
    names = {detail["index"]: detail["name"] for detail in interpreter.get_input_details()}
    names |= {detail["index"]: detail["name"] for detail in interpreter.get_output_details()}
    for signature in signatures.values():
        for side in ("inputs", "outputs"):
            names |= {index: name for name, index in signature[side].items()}
    return names


def record(content: bytes) -> dict:
    interpreter = tf.lite.Interpreter(model_content=content, num_threads=1)
    interpreter.allocate_tensors()
    names = names_of(interpreter)
    inputs = inputs_of(interpreter)
    for detail, array in inputs:
        interpreter.set_tensor(detail["index"], array)
    interpreter.invoke()
    outputs = interpreter.get_output_details()
    return {
        "inputs": [tensor(names[detail["index"]], array) for detail, array in inputs],
        "outputs": [tensor(names[detail["index"]], interpreter.get_tensor(detail["index"])) for detail in outputs],
    }


def main() -> None:
    recorded = {}
    for name, (build, set_up) in MODELS.items():
        content = in_order(convert(build, set_up))
        if name in BARE:
            content = bare(content)
        (HERE / f"{name}.tflite").write_bytes(content)
        recorded[name] = record(content)
    (HERE / "recorded.json").write_text(json.dumps(recorded, indent=1) + "\n")


if __name__ == "__main__":
    main()
