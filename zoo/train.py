"""Trains a recipe, the same bits each time on the same machine and versions."""

import platform

import numpy as np
import torch
from torch import nn

from . import mnist
from .lenet import Recipe
from .paths import CACHE, LOGS

THREADS = 2
"""Fixed, because the number of threads decides the order in which gradients are summed."""


def weights_path(recipe: Recipe):
    """Where `train` leaves the weights for `export`."""
    return CACHE / f"{recipe.name}.pt"


def _tensors(split: str) -> tuple[torch.Tensor, torch.Tensor]:
    images, labels = mnist.load(split)
    return torch.from_numpy(mnist.normalize(images)), torch.from_numpy(labels.astype(np.int64))


@torch.no_grad()
def accuracy(model: nn.Module, x: torch.Tensor, y: torch.Tensor) -> float:
    """Top-1 accuracy in [0, 1]."""
    model.eval()
    correct = sum(int((model(xs).argmax(1) == ys).sum()) for xs, ys in zip(x.split(1000), y.split(1000), strict=True))
    return correct / len(y)


def train(recipe: Recipe) -> None:
    """Trains, and writes the weights (`zoo/.cache`) and the log (`zoo/logs`).

    @raises RuntimeError when the model does not reach the recipe's accuracy; nothing is written then.
    """
    torch.set_num_threads(THREADS)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(recipe.seed)
    order = torch.Generator().manual_seed(recipe.seed)

    x, y = _tensors("train")
    test_x, test_y = _tensors("t10k")
    model = recipe.module()
    optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.max_lr, weight_decay=recipe.weight_decay)
    steps = -(-len(y) // recipe.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, recipe.max_lr, epochs=recipe.epochs, steps_per_epoch=steps
    )
    loss_of = nn.CrossEntropyLoss()

    log = [
        f"model {recipe.name}  parameters {sum(p.numel() for p in model.parameters())}",
        f"python {platform.python_version()}  torch {torch.__version__}  numpy {np.__version__}  threads {THREADS}",
        f"seed {recipe.seed}  epochs {recipe.epochs}  batch {recipe.batch}  AdamW  one-cycle max lr {recipe.max_lr}"
        f"  weight decay {recipe.weight_decay}",
        f"train {len(y)}  test {len(test_y)}",
    ]
    print(*log, sep="\n")
    for epoch in range(1, recipe.epochs + 1):
        model.train()
        total = 0.0
        for index in torch.randperm(len(y), generator=order).split(recipe.batch):
            optimizer.zero_grad()
            loss = loss_of(model(x[index]), y[index])
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item() * len(index)
        log.append(f"epoch {epoch:2}  loss {total / len(y):.6f}  test {accuracy(model, test_x, test_y):.4f}")
        print(log[-1], flush=True)

    top1 = accuracy(model, test_x, test_y)
    if top1 < recipe.min_top1:
        raise RuntimeError(f"{recipe.name} reached {top1:.4f}, below the {recipe.min_top1} that its recipe asks for")
    CACHE.mkdir(exist_ok=True)
    torch.save(model.state_dict(), weights_path(recipe))
    LOGS.mkdir(exist_ok=True)
    (LOGS / f"{recipe.name}.log").write_text("\n".join(log) + "\n")
