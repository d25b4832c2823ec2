"""A minimal ONNX model: one Relu on a float32 of one element.

The harness page runs it before a real model, so that compiling a runtime's wasm and acquiring its GPU device are
paid for, and timed, apart from the model. Opset and IR version are as old as the operator allows, for every runtime.
"""

import base64

import onnx
from onnx import TensorProto, helper


def tiny_model() -> bytes:
    """The model as bytes: `x` float32[1] -> `y` float32[1]."""
    shape = [1]
    graph = helper.make_graph(
        [helper.make_node("Relu", ["x"], ["y"])],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, shape)],
    )
    model = helper.make_model(graph, ir_version=4, opset_imports=[helper.make_opsetid("", 9)])
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)


def tiny_model_base64() -> str:
    """The model as it stands in the page's source."""
    return base64.b64encode(tiny_model()).decode("ascii")
