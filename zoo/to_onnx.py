"""PyTorch -> ONNX, by `torch.onnx`'s exporter over `torch.export`."""

import sys
from pathlib import Path

import onnx
import torch
from torch import nn

from .tool import run_tool

OPSET = 18
"""The oldest that the exporter writes without a conversion afterwards; all runtimes take the operators used here."""

INPUT, OUTPUT, BATCH = "input", "logits", "N"


def _without_traces(model: onnx.ModelProto) -> onnx.ModelProto:
    """Drops what the exporter notes for debugging: stack traces with paths of the machine, and names of FX nodes."""
    model.ClearField("metadata_props")
    graph = model.graph
    for part in (graph, *graph.node, *graph.input, *graph.output, *graph.value_info, *graph.initializer):
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    return model


def export_onnx(model: nn.Module, example: torch.Tensor, path: Path) -> None:
    """Writes one self-contained file: input `input` [N, ...], output `logits` [N, ...].

    @param example a batch of at least two: `torch.export` takes sizes 0 and 1 for constants.
    """
    program = torch.onnx.export(
        model.eval(),
        (example,),
        dynamo=True,
        opset_version=OPSET,
        input_names=[INPUT],
        output_names=[OUTPUT],
        dynamic_shapes=({0: torch.export.Dim(BATCH)},),
        external_data=False,
        verbose=False,
    )
    proto = _without_traces(program.model_proto)
    onnx.checker.check_model(proto, full_check=True)
    path.write_bytes(proto.SerializeToString(deterministic=True))


def fix_batch(source: Path, target: Path, batch: int) -> list[str]:
    """Writes a copy of `source` whose batch is `batch`, by onnxruntime's own tool.

    @returns the tool's command line with file names only, for the card.
    """
    tool = ["-m", "onnxruntime.tools.make_dynamic_shape_fixed", "--dim_param", BATCH, "--dim_value", str(batch)]
    run_tool([sys.executable, *tool, str(source), str(target)])
    return ["python", *tool, source.name, target.name]
