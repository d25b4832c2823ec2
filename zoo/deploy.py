"""The form in which a trained model is deployed: what PyTorch trained in PyTorch and in Keras, with the very same
weights; what Keras trained in Keras alone."""

from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Literal

import numpy as np
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval

from .recipes import Recipe
from .samples import Samples
from .train import keras_weights_path, weights_path

Framework = Literal["torch", "keras"]

BATCH = {"resnet20": 20, "vgg16": 10, "textrnn-lstm": 50, "textrnn-gru": 50}
"""Samples an inference, so that one takes no more than a second or so on a GPU that is a CPU."""
DEFAULT_BATCH = 100


def name_of(recipe: Recipe, framework: Framework) -> str:
    """Of a model and its folder: what Keras trained is a model of its own."""
    return recipe.name if framework == "torch" else f"{recipe.name}-keras"


@dataclass(frozen=True)
class Deployed:
    """A trained model, ready to be migrated: `TorchModel` or `KerasModel`."""

    recipe: Recipe

    framework: Framework

    @property
    def name(self) -> str:
        return name_of(self.recipe, self.framework)

    @property
    def batch(self) -> int:
        return BATCH.get(self.recipe.name.split("-w")[0], DEFAULT_BATCH)

    @property
    def is_text(self) -> bool:
        return self.recipe.dataset == "imdb"

    @property
    def weights(self) -> dict[str, np.ndarray]:
        """By the framework's names."""
        raise NotImplementedError

    def twin(self):
        """The model in Keras, of which all of TensorFlow's forms come."""
        raise NotImplementedError

    def logits(self, of: Samples) -> np.ndarray:
        """What the framework itself computes: float32 [n, classes]."""
        raise NotImplementedError

    def inputs(self, format: str, of: Samples) -> np.ndarray:
        """What the model's forms of a format take: the ONNX forms what the framework's model takes, the others what
        TensorFlow's take."""
        return of.for_torch() if (format, self.framework) == ("onnx", "torch") else of.for_keras()


@dataclass(frozen=True)
class TorchModel(Deployed):
    """Trained in PyTorch."""

    module: nn.Module
    """In evaluation mode."""

    @cached_property
    def weights(self) -> dict[str, np.ndarray]:
        return {name: tensor.numpy() for name, tensor in self.module.state_dict().items()}

    def twin(self):
        from .nets.twin import keras_twin

        return keras_twin(self.recipe, self.weights)

    @torch.no_grad()
    def logits(self, of: Samples) -> np.ndarray:
        parts = torch.from_numpy(of.for_torch()).split(self.batch)
        return np.concatenate([self.module(part).numpy() for part in parts])


@dataclass(frozen=True)
class KerasModel(Deployed):
    """Trained in Keras."""

    model: object
    """A `keras.Model`, whose package is imported late."""

    @cached_property
    def weights(self) -> dict[str, np.ndarray]:
        from .nets.twin import weights_of

        return weights_of(self.model)

    def twin(self):
        return self.model

    def logits(self, of: Samples) -> np.ndarray:
        inputs = of.for_keras()
        parts = (inputs[at : at + self.batch] for at in range(0, len(of), self.batch))
        return np.concatenate([self.model(part, training=False).numpy() for part in parts])


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


def trained(recipe: Recipe, framework: Framework) -> Deployed:
    """With the weights that `train` left."""
    return deployed(recipe) if framework == "torch" else deployed_keras(recipe)


def deployed_keras(recipe: Recipe, weights: dict[str, np.ndarray] | None = None) -> KerasModel:
    """@param weights as `nets.twin.weights_of` gives them; without them, those that `train` left."""
    from .nets.twin import keras, set_weights, trained_twin

    if weights is None:
        return KerasModel(recipe, "keras", trained_twin(recipe, keras_weights_path(recipe)))
    twin = recipe.twin(keras, recipe.name)
    set_weights(twin, weights)
    return KerasModel(recipe, "keras", twin)


def deployed(recipe: Recipe, state: dict[str, torch.Tensor] | None = None) -> TorchModel:
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
    return TorchModel(recipe, "torch", module)
