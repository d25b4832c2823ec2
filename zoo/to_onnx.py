"""PyTorch -> ONNX, by `torch.onnx`'s exporter over `torch.export`; Keras -> ONNX, by `tf2onnx`; and from there to less
than fp32.

Each function writes one self-contained file, and returns what the card says of how it was made.
"""

import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import nn

from .deploy import TorchModel
from .tool import Made, run_tool

OPSET = 18
"""The oldest that the exporter writes without a conversion afterwards; all runtimes take the operators used here."""

FOLDED = 1 << 20
"""Elements up to which weights are folded in recurrent networks: their gates, but not the embedding."""

INPUT, OUTPUT, BATCH = "input", "logits", "N"


def _without_traces(model: onnx.ModelProto) -> onnx.ModelProto:
    """Drops what an exporter notes for debugging: paths of the machine, stack traces, names of FX nodes."""
    model.ClearField("metadata_props")
    graph = model.graph
    for part in (graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    return model


def export_onnx(model: TorchModel, path: Path) -> Made:
    """Input `input` [N, ...], output `logits` [N, ...].

    By the exporter's own optimizer, but for two things that it does otherwise: it would fold ResNet-20's batch
    normalizations, which are there to cover the operator, and leave the reordering of a recurrent layer's gates to each
    inference, for it takes their weights to be too big to fold.
    """
    from onnxscript import optimizer

    folds_less = any(isinstance(part, nn.BatchNorm2d) for part in model.module.modules())
    # At least two samples: `torch.export` takes sizes 0 and 1 for constants.
    shape = {"mnist": (1, 28, 28), "cifar10": (3, 32, 32), "imdb": (200,)}[model.recipe.dataset]
    example = torch.zeros(2, *shape, dtype=torch.int64 if model.is_text else torch.float32)
    program = torch.onnx.export(
        model.module,
        (example,),
        dynamo=True,
        opset_version=OPSET,
        input_names=[INPUT],
        output_names=[OUTPUT],
        dynamic_shapes=({0: torch.export.Dim(BATCH)},),
        external_data=False,
        verbose=False,
        optimize=not (folds_less or model.is_text),
    )
    if folds_less:
        optimizer.fold_constants(program.model)
        optimizer.remove_unused_nodes(program.model)
    elif model.is_text:
        optimizer.optimize(program.model, input_size_limit=FOLDED, output_size_limit=FOLDED)
    proto = _without_traces(program.model_proto)
    onnx.checker.check_model(proto, full_check=True)
    path.write_bytes(proto.SerializeToString(deterministic=True))
    note = None
    if folds_less:
        note = "Constants folded by onnxscript's optimizer, normalizations kept: optimize=False."
    elif model.is_text:
        note = "Optimized by onnxscript's optimizer with a higher limit, so that the gates' weights are folded."
    return Made("torch.onnx", torch.__version__, f"torch.onnx.export(dynamo=True, opset_version={OPSET})", note)


def from_saved_model(saved_model: Path, path: Path) -> Made:
    """Input `input` [N, H, W, C], output `logits` [N, ...]: the names of the SavedModel's signature.

    Images stay channels last: `--inputs-as-nchw` would make another model than the one that was trained.
    """
    options = ["--opset", str(OPSET), "--saved-model"]
    tool = ["-m", "tf2onnx.convert", *options]
    run_tool([sys.executable, *tool, str(saved_model), "--output", str(path)])
    proto = _without_traces(onnx.load(path))
    onnx.checker.check_model(proto, full_check=True)
    path.write_bytes(proto.SerializeToString(deterministic=True))
    command = " ".join(["python", *tool, saved_model.name, "--output", path.name])
    return Made("tf2onnx", version("tf2onnx"), command)


def fix_batch(source: Path, target: Path, batch: int) -> Made:
    """A copy of `source` whose batch is `batch`, by onnxruntime's own tool."""
    # Each exporter has a name of its own for the dimension.
    name = onnx.load(source).graph.input[0].type.tensor_type.shape.dim[0].dim_param
    tool = ["-m", "onnxruntime.tools.make_dynamic_shape_fixed", "--dim_param", name, "--dim_value", str(batch)]
    run_tool([sys.executable, *tool, str(source), str(target)])
    command = " ".join(["python", *tool, source.name, target.name])
    return Made("onnxruntime.tools.make_dynamic_shape_fixed", version("onnxruntime"), command)


def to_fp16(source: Path, target: Path) -> Made:
    """Weights and arithmetic in float16, inputs and outputs in float32."""
    from onnxconverter_common import float16

    proto = float16.convert_float_to_float16(onnx.load(source), keep_io_types=True)
    onnx.checker.check_model(proto, full_check=True)
    target.write_bytes(proto.SerializeToString(deterministic=True))
    return Made(
        "onnxconverter-common", version("onnxconverter-common"), "float16.convert_float_to_float16(keep_io_types=True)"
    )


def to_int8_dynamic(source: Path, target: Path) -> Made:
    """Weights in 8 bits, activations quantized as they come."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with tempfile.TemporaryDirectory() as scratch:
        quantize_dynamic(_prepared(source, scratch), target, weight_type=QuantType.QUInt8)
    return Made(
        "onnxruntime.quantization",
        version("onnxruntime"),
        "quant_pre_process; quantize_dynamic(weight_type=QUInt8)",
        _left_alone(target) or "Unsigned, because onnxruntime has no ConvInteger for signed weights.",
    )


def to_int8_qdq(source: Path, target: Path, inputs: np.ndarray, batch: int) -> Made:
    """Weights and activations in 8 bits, their ranges from calibration; QuantizeLinear and DequantizeLinear
    around each operator.

    @param inputs of the calibration samples, as the model takes them.
    """
    from onnxruntime.quantization import CalibrationDataReader, QuantFormat, quantize_static

    class Reader(CalibrationDataReader):
        def __init__(self) -> None:
            self._batches = iter([{INPUT: inputs[at : at + batch]} for at in range(0, len(inputs), batch)])

        def get_next(self) -> dict[str, np.ndarray] | None:
            return next(self._batches, None)

    with tempfile.TemporaryDirectory() as scratch:
        quantize_static(_prepared(source, scratch), target, Reader(), quant_format=QuantFormat.QDQ)
    return Made(
        "onnxruntime.quantization",
        version("onnxruntime"),
        "quant_pre_process; quantize_static(quant_format=QDQ)",
        _left_alone(target),
    )


def _left_alone(target: Path) -> str | None:
    """What the tool does not quantize, in words."""
    left = sorted({node.op_type for node in onnx.load(target).graph.node} & {"GRU", "LSTM"})
    return f"The {left[0]} stays in float32: the tool does not quantize it so." if left else None


def _prepared(source: Path, scratch: str) -> Path:
    """What onnxruntime asks for before quantization: shapes inferred, constants and normalizations folded."""
    from onnxruntime.quantization.shape_inference import quant_pre_process

    path = Path(scratch) / "prepared.onnx"
    quant_pre_process(source, path)
    return path
