"""The learning rate of each step, the same numbers for every framework."""

import torch

from .recipes import Recipe

MOMENTUM = 0.9


def one_cycle(recipe: Recipe, steps: int) -> list[tuple[float, float]]:
    """(learning rate, momentum) of each of `steps` optimizer steps.

    PyTorch's own OneCycleLR, run once over an optimizer that has nothing to do. With AdamW the momentum is its first
    beta and cycles against the rate, between 0.85 and 0.95; with SGD it stays 0.9.
    """
    nothing = [torch.zeros(1, requires_grad=True)]
    adam = recipe.optimizer == "adamw"
    optimizer = (
        torch.optim.AdamW(nothing, lr=recipe.max_lr)
        if adam
        else torch.optim.SGD(nothing, lr=recipe.max_lr, momentum=MOMENTUM)
    )
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, recipe.max_lr, total_steps=steps, cycle_momentum=adam)
    points = []
    for _ in range(steps):
        group = optimizer.param_groups[0]
        points.append((group["lr"], group["betas"][0] if adam else group["momentum"]))
        optimizer.step()
        if len(points) < steps:
            schedule.step()
    return points
