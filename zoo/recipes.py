"""What is trained, and how."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from torch import nn

from .nets.lenet import LeNet1, LeNet5, lenet1_twin, lenet5_twin
from .nets.resnet import ResNet20, resnet20_twin
from .nets.textrnn import TextRNN, textrnn_twin
from .nets.vgg import VGG16, vgg16_twin


@dataclass(frozen=True)
class Recipe:
    """All that decides what a trained model is."""

    name: str
    title: str
    source: str
    dataset: str
    """A key of `data.DATASETS`."""
    module: Callable[[], nn.Module]
    """Makes the PyTorch module."""
    twin: Callable[[Any, str], Any]
    """(`keras`, name) -> the Keras model that computes the same; see `nets.twin`."""
    min_top1: float
    """What the model must reach on the test samples in PyTorch; less stops the training with an error."""
    seed: int = 1989
    epochs: int = 20
    batch: int = 128
    optimizer: Literal["adamw", "sgd"] = "adamw"
    """`adamw`: the first beta cycles against the rate. `sgd`: Nesterov, momentum 0.9, weight decay as an L2 term."""
    max_lr: float = 4e-3
    """Peak of the one-cycle schedule (Smith & Topin, arXiv:1708.07120)."""
    weight_decay: float = 1e-2
    threads: int = 2
    """PyTorch's; fixed, because their number decides the order in which gradients are summed."""
    augment: bool = False
    """Random crops of images padded by 4, mirrored at random."""
    keras_artifacts: bool = False
    """Whether what Keras trains is migrated, too, as a model of its own."""
    channels_last: bool = False
    """How PyTorch lays out its tensors; on a CPU with oneDNN it halves the time of a deep CNN."""


def _vgg16(width: float, name: str) -> Recipe:
    return Recipe(
        name=name,
        title=f"VGG-16, width {width:g}",
        source="Simonyan & Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition, ICLR 2015",
        dataset="cifar10",
        module=partial(VGG16, width),
        twin=partial(vgg16_twin, width=width),
        # 86 % was aimed at; these epochs reach 85.2 %.
        min_top1=0.85,
        epochs=14,
        optimizer="sgd",
        max_lr=0.05,
        weight_decay=5e-4,
        augment=True,
        channels_last=True,
    )


def vgg16(width: float) -> Recipe:
    """The recipe `vgg16` with every layer `width` times as wide as published."""
    return _vgg16(width, "vgg16" if width == 0.5 else f"vgg16-w{width:g}")


def _textrnn(cell: str, source: str) -> Recipe:
    return Recipe(
        name=f"textrnn-{cell}",
        title=f"TextRNN, {cell.upper()}",
        source=source,
        dataset="imdb",
        module=partial(TextRNN, cell),
        twin=partial(textrnn_twin, cell=cell),
        min_top1=0.83,
        epochs=5,
        # The products of one time step are too small to be worth sharing.
        threads=1,
    )


RECIPES = {
    recipe.name: recipe
    for recipe in (
        Recipe(
            name="lenet1",
            title="LeNet-1",
            source="LeCun et al., Handwritten Digit Recognition with a Back-Propagation Network, NIPS 1989",
            dataset="mnist",
            module=LeNet1,
            twin=lenet1_twin,
            keras_artifacts=True,
            min_top1=0.975,
        ),
        Recipe(
            name="lenet5",
            title="LeNet-5",
            source="LeCun et al., Gradient-Based Learning Applied to Document Recognition, Proc. IEEE 86(11), 1998",
            dataset="mnist",
            module=LeNet5,
            twin=lenet5_twin,
            keras_artifacts=True,
            min_top1=0.985,
        ),
        Recipe(
            name="resnet20",
            title="ResNet-20",
            source="He et al., Deep Residual Learning for Image Recognition, CVPR 2016",
            dataset="cifar10",
            module=ResNet20,
            twin=resnet20_twin,
            min_top1=0.85,
            epochs=16,
            optimizer="sgd",
            max_lr=0.2,
            weight_decay=1e-4,
            augment=True,
            channels_last=True,
        ),
        vgg16(0.5),
        _textrnn("lstm", "Hochreiter & Schmidhuber, Long Short-Term Memory, Neural Computation 9(8), 1997"),
        _textrnn("gru", "Cho et al., Learning Phrase Representations using RNN Encoder-Decoder, EMNLP 2014"),
    )
}
