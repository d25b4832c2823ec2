"""LeNet-1 and LeNet-5.

Both are the published architectures with the parts that no current framework has as one operator replaced by the
ones they all have. The two differ on purpose in activation and pooling, so that between them they exercise both
families of operators on every runtime:

- LeNet-1 keeps the original's tanh and average pooling (its trainable scale and bias per pooled map are left out).
- LeNet-5 takes today's reading: ReLU and max pooling, every map of S2 connected to every map of C3, and ten logits
  in place of the RBF outputs.
"""

from torch import Tensor, nn


class LeNet1(nn.Module):
    """28x28 -> C1 4@24x24 -> S2 4@12x12 -> C3 12@8x8 -> S4 12@4x4 -> 10 logits.

    LeCun et al., "Handwritten Digit Recognition with a Back-Propagation Network", NIPS 1989.
    """

    def __init__(self) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(1, 4, kernel_size=5)
        self.c3 = nn.Conv2d(4, 12, kernel_size=5)
        self.pool = nn.AvgPool2d(2)
        self.logits = nn.Linear(12 * 4 * 4, 10)

    def forward(self, x: Tensor) -> Tensor:
        """float32 [N, 1, 28, 28] -> logits float32 [N, 10]."""
        x = self.pool(self.c1(x).tanh())
        x = self.pool(self.c3(x).tanh())
        return self.logits(x.flatten(1))


def lenet1_twin(keras, name: str):
    """float32 [N, 28, 28, 1] -> logits float32 [N, 10]."""
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input((28, 28, 1), name="input"),
            layers.Conv2D(4, 5, activation="tanh", name="c1"),
            layers.AveragePooling2D(2, name="s2"),
            layers.Conv2D(12, 5, activation="tanh", name="c3"),
            layers.AveragePooling2D(2, name="s4"),
            layers.Flatten(name="flatten"),
            layers.Dense(10, name="logits"),
        ],
        name=name,
    )


class LeNet5(nn.Module):
    """28x28, padded to 32x32 -> C1 6@28x28 -> S2 6@14x14 -> C3 16@10x10 -> S4 16@5x5 -> C5 120 -> F6 84 -> 10 logits.

    LeCun et al., "Gradient-Based Learning Applied to Document Recognition", Proc. IEEE 86(11), 1998. C5, a convolution
    whose kernel covers its whole input, is written as the dense layer that it is.
    """

    def __init__(self) -> None:
        super().__init__()
        self.c1 = nn.Conv2d(1, 6, kernel_size=5, padding=2)
        self.c3 = nn.Conv2d(6, 16, kernel_size=5)
        self.pool = nn.MaxPool2d(2)
        self.c5 = nn.Linear(16 * 5 * 5, 120)
        self.f6 = nn.Linear(120, 84)
        self.logits = nn.Linear(84, 10)

    def forward(self, x: Tensor) -> Tensor:
        """float32 [N, 1, 28, 28] -> logits float32 [N, 10]."""
        x = self.pool(self.c1(x).relu())
        x = self.pool(self.c3(x).relu())
        x = self.c5(x.flatten(1)).relu()
        return self.logits(self.f6(x).relu())


def lenet5_twin(keras, name: str):
    """float32 [N, 28, 28, 1] -> logits float32 [N, 10]."""
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input((28, 28, 1), name="input"),
            # "same" around a 5x5 kernel of stride 1 is PyTorch's padding=2.
            layers.Conv2D(6, 5, padding="same", activation="relu", name="c1"),
            layers.MaxPooling2D(2, name="s2"),
            layers.Conv2D(16, 5, activation="relu", name="c3"),
            layers.MaxPooling2D(2, name="s4"),
            layers.Flatten(name="flatten"),
            layers.Dense(120, activation="relu", name="c5"),
            layers.Dense(84, activation="relu", name="f6"),
            layers.Dense(10, name="logits"),
        ],
        name=name,
    )
