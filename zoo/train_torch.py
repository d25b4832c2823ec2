"""PyTorch's side of a training."""

import platform

import numpy as np
import torch
from torch import nn

from .recipes import Recipe
from .schedule import MOMENTUM
from .train import Arrays, weights_path, write_atomically

EVALUATION_BATCH = 1000


def initial_module(recipe: Recipe) -> nn.Module:
    """The untrained module: the same weights each time, for whatever framework."""
    torch.manual_seed(recipe.seed)
    return recipe.module()


class TorchLearner:
    """See `train.Learner`."""

    framework = "torch"

    def __init__(self, recipe: Recipe) -> None:
        self.threads = recipe.threads
        torch.set_num_threads(self.threads)
        torch.use_deterministic_algorithms(True)
        # Goes with the former by default, for programs that read what they never wrote; costs VGG-16 40 % of its time.
        torch.utils.deterministic.fill_uninitialized_memory = False
        self._recipe = recipe
        self._model = initial_module(recipe)
        if recipe.channels_last:
            self._model = self._model.to(memory_format=torch.channels_last)
        parameters = list(self._model.parameters())
        self._optimizer = (
            torch.optim.AdamW(parameters, lr=recipe.max_lr, weight_decay=recipe.weight_decay)
            if recipe.optimizer == "adamw"
            else torch.optim.SGD(
                parameters, lr=recipe.max_lr, momentum=MOMENTUM, nesterov=True, weight_decay=recipe.weight_decay
            )
        )
        self._loss_of = nn.CrossEntropyLoss()
        self.parameters = sum(p.numel() for p in parameters)
        self.versions = {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__}
        self.notes: list[str] = []

    def _tensor(self, inputs: np.ndarray) -> torch.Tensor:
        # Images come as a view of channels-last memory, which from_numpy keeps.
        if self._recipe.channels_last:
            return torch.from_numpy(inputs)
        # By way of a flat array: with one channel NumPy leaves strides that PyTorch takes for channels last, too.
        return torch.from_numpy(inputs.ravel()).view(inputs.shape)

    def step(self, inputs: np.ndarray, labels: np.ndarray, lr: float, momentum: float) -> float:
        self._model.train()
        group = self._optimizer.param_groups[0]
        group["lr"] = lr
        if self._recipe.optimizer == "adamw":
            group["betas"] = (momentum, group["betas"][1])
        else:
            group["momentum"] = momentum
        self._optimizer.zero_grad()
        loss = self._loss_of(self._model(self._tensor(inputs)), torch.from_numpy(labels))
        loss.backward()
        self._optimizer.step()
        return loss.item()

    @torch.no_grad()
    def accuracy(self, inputs: np.ndarray, labels: np.ndarray) -> float:
        self._model.eval()
        correct = 0
        for at in range(0, len(labels), EVALUATION_BATCH):
            part = slice(at, at + EVALUATION_BATCH)
            predicted = self._model(self._tensor(inputs[part])).argmax(1)
            correct += int((predicted == torch.from_numpy(labels[part])).sum())
        return correct / len(labels)

    def state(self) -> Arrays:
        arrays = {f"model.{name}": tensor.numpy() for name, tensor in self._model.state_dict().items()}
        for index, entries in self._optimizer.state_dict()["state"].items():
            arrays |= {f"optimizer.{index}.{key}": value.numpy() for key, value in entries.items()}
        return arrays

    def restore(self, state: Arrays) -> None:
        model = {name: torch.from_numpy(state[f"model.{name}"]) for name in self._model.state_dict()}
        self._model.load_state_dict(model)
        optimizer = self._optimizer.state_dict()
        for name, value in state.items():
            if name.startswith("optimizer."):
                _, index, key = name.split(".")
                optimizer["state"].setdefault(int(index), {})[key] = torch.from_numpy(value)
        self._optimizer.load_state_dict(optimizer)

    def save(self) -> None:
        weights = {name: tensor.contiguous() for name, tensor in self._model.state_dict().items()}
        write_atomically(weights_path(self._recipe), lambda file: torch.save(weights, file))
