"""Finds the weights of a committed ONNX file in a file that a tool wrote, so that the latter need not be committed.

What is written beside the file is read by `src/artifacts/derive.ts`: a skeleton of all bytes that are no weights, and a
recipe that says where which weight goes, transposed or in half precision.
"""

import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import numpy_helper

LARGE_BYTES = 1_000_000
"""A file that is smaller is committed as it is."""
LEAST_BYTES = 4096
"""Smaller weights stay in the skeleton: a recipe of many small pieces would save nothing."""
PATCH_SHARE = 0.01
"""A weight of which more values differ is taken for another one."""


@dataclass(frozen=True)
class Weight:
    """An initializer of the source file, and where its float32 values begin in there."""

    name: str
    at: int
    values: np.ndarray


def weights_of(source: Path) -> list[Weight]:
    """The large float32 initializers of an ONNX file, largest first."""
    raw = source.read_bytes()
    weights = []
    for tensor in onnx.load_from_string(raw).graph.initializer:
        if tensor.data_type != onnx.TensorProto.FLOAT or len(tensor.raw_data) < LEAST_BYTES:
            continue
        weights.append(Weight(tensor.name, raw.index(tensor.raw_data), numpy_helper.to_array(tensor)))
    return sorted(weights, key=lambda weight: -weight.values.nbytes)


def _forms(weight: Weight) -> Iterator[tuple[dict[str, Any], bytes]]:
    """The weight in each order of its axes and in both precisions, as recipe piece and bytes; each content once."""
    seen = set()
    for permutation in itertools.permutations(range(weight.values.ndim)):
        moved = np.ascontiguousarray(weight.values.transpose(permutation))
        for dtype in ("float32", "float16"):
            data = moved.astype(dtype).tobytes()
            if data in seen:
                continue
            seen.add(data)
            shape = list(weight.values.shape)
            yield (
                {
                    "kind": "tensor",
                    "at": weight.at,
                    "shape": shape,
                    "permutation": list(permutation),
                    "dtype": dtype,
                },
                data,
            )


def _find(target: bytes, data: bytes, taken: list[tuple[int, int]]) -> tuple[int, list[dict[str, Any]]] | None:
    """Where `data` lies in `target`, and the bytes that differ there; `None` where it does not."""
    anchor_at = len(data) // 3 // 4 * 4
    anchor = data[anchor_at : anchor_at + 64]
    found = target.find(anchor)
    while found >= 0:
        start = found - anchor_at
        window = target[max(start, 0) : start + len(data)]
        free = all(start + len(data) <= a or b <= start for a, b in taken)
        if start >= 0 and len(window) == len(data) and free:
            differing = np.flatnonzero(np.frombuffer(window, np.uint8) != np.frombuffer(data, np.uint8))
            if len(differing) <= PATCH_SHARE * len(data):
                patches = [{"at": start + int(at), "hex": f"{window[at]:02x}"} for at in differing]
                return start, patches
        found = target.find(anchor, found + 1)
    return None


def write_recipe(target: Path, source: Path, folder: Path) -> bool:
    """Writes `<target>.recipe.json` and `<target>.skeleton`, where that saves more than half of the file.

    @returns whether it did.
    """
    raw = target.read_bytes()
    taken: list[tuple[int, int]] = []
    tensors: list[tuple[int, int, dict[str, Any]]] = []
    patches: list[dict[str, Any]] = []
    for weight in weights_of(source):
        for piece, data in _forms(weight):
            found = _find(raw, data, taken)
            if found is not None:
                start, differing = found
                taken.append((start, start + len(data)))
                tensors.append((start, start + len(data), piece))
                patches += differing
                break
    pieces: list[dict[str, Any]] = []
    skeleton = bytearray()
    at = 0
    for start, end, piece in [*sorted(tensors, key=lambda entry: entry[0]), (len(raw), len(raw), None)]:
        if start > at:
            pieces.append({"kind": "literal", "bytes": start - at})
            skeleton += raw[at:start]
        if piece is not None:
            pieces.append(piece)
        at = end
    if len(skeleton) > len(raw) / 2:
        return False
    recipe = {
        "schema": 1,
        "source": source.relative_to(folder).as_posix(),
        "skeleton": skeleton_path(target).relative_to(folder).as_posix(),
        "pieces": pieces,
        "patches": sorted(patches, key=lambda patch: patch["at"]),
    }
    skeleton_path(target).write_bytes(skeleton)
    lines = ",\n".join(f"    {json.dumps(piece)}" for piece in pieces)
    head = json.dumps({key: value for key, value in recipe.items() if key != "pieces"}, indent=2)
    recipe_path(target).write_text(head.removesuffix("\n}") + f',\n  "pieces": [\n{lines}\n  ]\n}}\n', encoding="utf-8")
    return True


def recipe_path(target: Path) -> Path:
    """Where the recipe of a file lies."""
    return target.with_name(f"{target.name}.recipe.json")


def skeleton_path(target: Path) -> Path:
    """Where the skeleton of a file lies."""
    return target.with_name(f"{target.name}.skeleton")


def derive_large(card: dict[str, Any], folder: Path) -> None:
    """Writes recipes for the large files of a card that its fp32 ONNX form can give, and marks them in the card.

    They are listed in a `.gitignore` of the folder, and stay there until somebody takes them away.
    """
    source = folder / next(
        artifact["files"][0]["path"]
        for artifact in card["artifacts"]
        if (artifact["format"], artifact["precision"]) == ("onnx", "fp32") and "variant" not in artifact
    )
    ignored = []
    for entry in (entry for artifact in card["artifacts"] for entry in artifact["files"]):
        path = folder / entry["path"]
        if path == source or entry["bytes"] < LARGE_BYTES or not write_recipe(path, source, folder):
            continue
        entry["derived"] = recipe_path(path).relative_to(folder).as_posix()
        ignored.append(f"/{entry['path']}")
    ignore = folder / ".gitignore"
    ignore.unlink(missing_ok=True)
    if ignored:
        note = "# Made by `npm run zoo` from the fp32 ONNX form."
        ignore.write_text("\n".join([note, *sorted(ignored)]) + "\n", encoding="utf-8")
