"""Trains a recipe: the loop, its checkpoints and its logs, the same for every framework.

What a framework does itself (initial weights apart, which are PyTorch's for all) is a `Learner`.
"""

import dataclasses
import hashlib
import json
import os
import platform
import time
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from .data import DATASETS, batches
from .paths import CACHE, LOGS
from .recipes import Recipe
from .schedule import one_cycle

PARITY = LOGS / "parity.json"

Arrays = dict[str, np.ndarray]


class Learner(Protocol):
    """A model in one framework with its optimizer."""

    framework: str
    """`torch` or `keras`: names the files."""
    versions: dict[str, str]
    threads: int
    parameters: int
    notes: list[str]
    """What this framework does otherwise than PyTorch."""

    def step(self, inputs: np.ndarray, labels: np.ndarray, lr: float, momentum: float) -> float:
        """One optimizer step. @returns the batch's mean cross-entropy before it."""

    def accuracy(self, inputs: np.ndarray, labels: np.ndarray) -> float:
        """Top-1 accuracy in [0, 1]."""

    def state(self) -> Arrays:
        """All that a later `restore` needs to go on with the same bits."""

    def restore(self, state: Arrays) -> None: ...

    def save(self) -> None:
        """Writes the trained weights for `export`."""


def weights_path(recipe: Recipe) -> Path:
    """Where training in PyTorch leaves the weights for `export`: a `state_dict`."""
    return CACHE / f"{recipe.name}.pt"


def keras_weights_path(recipe: Recipe) -> Path:
    """Where training in Keras leaves the weights for `export`; read by `nets.twin.trained_twin`."""
    return CACHE / f"{recipe.name}.keras.npz"


def _facts(recipe: Recipe) -> dict[str, Any]:
    """The recipe as plain data: what a checkpoint must agree with, and what the log says."""
    skipped = ("module", "twin", "source", "title", "min_top1", "threads", "keras_artifacts")
    return {f.name: getattr(recipe, f.name) for f in dataclasses.fields(recipe) if f.name not in skipped}


def write_atomically(path: Path, write) -> None:
    """An interrupted run leaves the old file or the new one."""
    path.parent.mkdir(exist_ok=True)
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    with scratch.open("wb") as file:
        write(file)
    scratch.replace(path)


def _checkpoint_path(recipe: Recipe, framework: str) -> Path:
    return CACHE / f"{recipe.name}.{framework}.checkpoint.npz"


def _save_checkpoint(recipe: Recipe, learner: Learner, curve: list[dict[str, float]]) -> None:
    about = json.dumps({"recipe": _facts(recipe), "versions": learner.versions, "curve": curve})
    write_atomically(
        _checkpoint_path(recipe, learner.framework),
        lambda file: np.savez(file, about=np.array(about), **learner.state()),
    )


def _resume(recipe: Recipe, learner: Learner) -> list[dict[str, float]]:
    """The curve so far; empty where there is no checkpoint of this very recipe and these versions."""
    path = _checkpoint_path(recipe, learner.framework)
    if not path.is_file():
        return []
    with np.load(path) as arrays:
        about = json.loads(str(arrays["about"]))
        if about["recipe"] != _facts(recipe) or about["versions"] != learner.versions:
            return []
        learner.restore({name: arrays[name] for name in arrays.files if name != "about"})
    return about["curve"]


def _epoch_line(point: dict[str, float]) -> str:
    return f"epoch {point['epoch']:2}  loss {point['loss']:.6f}  test {point['test']:.4f}"


def _split_facts(samples: np.ndarray) -> dict[str, Any]:
    """How many samples, and which: one dataset has several sources, and JPEG has its losses."""
    return {"n": len(samples), "sha256": hashlib.sha256(np.ascontiguousarray(samples)).hexdigest()}


def _log(recipe: Recipe, learner: Learner, curve: list[dict[str, float]], data: dict[str, dict[str, Any]]) -> str:
    optimizer = {"adamw": "AdamW", "sgd": "SGD, Nesterov momentum 0.9"}[recipe.optimizer]
    versions = "  ".join(f"{name} {version}" for name, version in learner.versions.items())
    lines = [
        f"model {recipe.name}  parameters {learner.parameters}",
        f"{versions}  threads {learner.threads}",
        f"seed {recipe.seed}  epochs {recipe.epochs}  batch {recipe.batch}  {optimizer}"
        f"  one-cycle max lr {recipe.max_lr}  weight decay {recipe.weight_decay}",
        *(f"{recipe.dataset} {split} {facts['n']}  sha256 {facts['sha256']}" for split, facts in data.items()),
        *(["random crops and mirroring"] if recipe.augment else []),
        *learner.notes,
        *map(_epoch_line, curve),
    ]
    return "\n".join(lines) + "\n"


def _write_parity() -> None:
    """Gathers every model's and framework's log into one file."""
    runs = [json.loads(path.read_text()) for path in sorted(LOGS.glob("*.*.json"))]
    PARITY.write_text(json.dumps(runs, indent=1) + "\n")


def train(recipe: Recipe, framework: str = "torch", steps: int | None = None) -> None:
    """Trains, and writes the weights (`zoo/.cache`) and the logs (`zoo/logs`).

    A checkpoint in `zoo/.cache` after each epoch lets an interrupted training go on, with the result it would have had.

    @param framework `torch` or `keras`.
    @param steps ends after as many steps of the first epoch and writes nothing: a smoke test.
    @raises RuntimeError when the model in PyTorch, from which all is migrated, does not reach the recipe's accuracy;
        nothing is written then. What Keras reaches is a measurement.
    """
    # Imported late: one framework is enough to train in it.
    if framework == "keras":
        from .train_keras import KerasLearner as learner_of
    else:
        from .train_torch import TorchLearner as learner_of

    dataset = DATASETS[recipe.dataset]
    samples, labels = dataset.load("train")
    test_samples, test_labels = dataset.load("test")
    test_inputs = dataset.inputs(test_samples)
    data = {"train": _split_facts(samples), "test": _split_facts(test_samples)}
    learner = learner_of(recipe)
    per_epoch = -(-len(labels) // recipe.batch)
    schedule = one_cycle(recipe, recipe.epochs * per_epoch)

    curve = [] if steps else _resume(recipe, learner)
    print(_log(recipe, learner, curve, data), end="", flush=True)
    for epoch in range(len(curve) + 1, recipe.epochs + 1):
        began = time.perf_counter()
        total = 0.0
        points = schedule[(epoch - 1) * per_epoch : epoch * per_epoch]
        for at, ((x, y), point) in enumerate(zip(batches(recipe, samples, labels, epoch), points, strict=True)):
            loss = learner.step(x, y, *point)
            total += loss * len(y)
            if steps:
                print(f"step {at}  loss {loss:.6f}  {time.perf_counter() - began:.2f} s", flush=True)
                if at + 1 == steps:
                    return
        test = learner.accuracy(test_inputs, test_labels)
        curve.append({"epoch": epoch, "loss": round(total / len(labels), 6), "test": test})
        _save_checkpoint(recipe, learner, curve)
        print(f"{_epoch_line(curve[-1])}  {time.perf_counter() - began:.0f} s", flush=True)

    top1 = curve[-1]["test"]
    if framework == "torch" and top1 < recipe.min_top1:
        raise RuntimeError(f"{recipe.name} reached {top1:.4f}, below the {recipe.min_top1} that its recipe asks for")
    learner.save()
    LOGS.mkdir(exist_ok=True)
    stem = f"{recipe.name}.{framework}"
    (LOGS / f"{stem}.log").write_text(_log(recipe, learner, curve, data))
    record = {
        "model": recipe.name,
        "framework": framework,
        "versions": learner.versions,
        "threads": learner.threads,
        "parameters": learner.parameters,
        "recipe": _facts(recipe),
        "data": data,
        "notes": learner.notes,
        "top1": top1,
        "curve": curve,
    }
    (LOGS / f"{stem}.json").write_text(json.dumps(record, indent=1) + "\n")
    _write_parity()
    _checkpoint_path(recipe, framework).unlink(missing_ok=True)
    print(f"{recipe.name} {framework} top-1 {top1:.4f}  python {platform.python_version()}", flush=True)
