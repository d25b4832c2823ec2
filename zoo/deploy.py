"""The form in which a trained model is deployed, in PyTorch and in Keras, with the very same weights."""

from dataclasses import dataclass, replace
from functools import cached_property, partial

import numpy as np
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from .recipes import Recipe
from .train import weights_path

BATCH = {"resnet20": 20, "vgg16": 10, "textrnn-lstm": 50, "textrnn-gru": 50}
"""Samples an inference, so that one takes no more than a second or so on a GPU that is a CPU."""
DEFAULT_BATCH = 100


@dataclass(frozen=True)
class Deployed:
    """A trained model, ready to be migrated."""

    recipe: Recipe
    module: nn.Module
    """In evaluation mode."""

    @property
    def name(self) -> str:
        return self.recipe.name

    @property
    def batch(self) -> int:
        return BATCH.get(self.name.split("-w")[0], DEFAULT_BATCH)

    @property
    def is_text(self) -> bool:
        return self.recipe.dataset == "imdb"

    @cached_property
    def weights(self) -> dict[str, np.ndarray]:
        """By the module's names."""
        return {name: tensor.numpy() for name, tensor in self.module.state_dict().items()}

    def twin(self):
        """The Keras twin."""
        from .nets.twin import keras_twin

        return keras_twin(self.recipe, self.weights)


def fold(module: nn.Module) -> nn.Module:
    """VGG-16 with each batch normalization folded into the convolution before it, as those who deploy it do.

    Every format then has the same weights. ResNet-20 keeps its normalizations, so that the operator is covered.
    """
    for name, part in list(module.named_children()):
        if isinstance(part, nn.BatchNorm2d):
            conv = name.replace("bn", "conv")
            setattr(module, conv, fuse_conv_bn_eval(getattr(module, conv), part))
            setattr(module, name, nn.Identity())
    return module


def deployed(recipe: Recipe, state: dict[str, torch.Tensor] | None = None) -> Deployed:
    """@param state without it, what `train` left."""
    module = recipe.module().eval()
    if state is None:
        module.load_state_dict(torch.load(weights_path(recipe), weights_only=True))
    if recipe.name.startswith("vgg16"):
        module = fold(module)
        recipe = replace(recipe, twin=partial(recipe.twin, folded=True))
    if state is not None:
        # Batches are counted in training only.
        needed = [name for name in module.state_dict() if not name.endswith(".num_batches_tracked")]
        module.load_state_dict({name: state[name] for name in needed}, strict=False)
    for parameter in module.parameters():
        parameter.requires_grad_(False)
    return Deployed(recipe, module)
