"""VGG-16 (configuration D) for 32x32 images, with batch normalization after each convolution.

Simonyan & Zisserman, "Very Deep Convolutional Networks for Large-Scale Image Recognition", ICLR 2015. Five poolings
leave one pixel of a 32x32 image, so the three dense layers are as wide as the last convolution (512), not 4096.
"""

from torch import Tensor, nn

CONVS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
"""Width of each convolution at full width, by stage; a 2x2 max pooling ends each stage."""
DENSE = 512
EPSILON, MOMENTUM = 1e-5, 0.1
"""PyTorch's defaults for batch normalization; Keras calls 1 - 0.1 the momentum."""


class VGG16(nn.Module):
    """32x32 -> 5 stages -> 1x1 -> dense1 -> dense2 -> 10 logits.

    @param width by which every layer's width is multiplied.
    """

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        cin = 3
        for stage, couts in enumerate(CONVS, start=1):
            for number, full in enumerate(couts, start=1):
                cout = int(full * width)
                self.add_module(f"conv{stage}_{number}", nn.Conv2d(cin, cout, kernel_size=3, padding=1, bias=False))
                self.add_module(f"bn{stage}_{number}", nn.BatchNorm2d(cout, EPSILON, MOMENTUM))
                cin = cout
        self.pool = nn.MaxPool2d(2)
        self.dense1 = nn.Linear(cin, int(DENSE * width))
        self.dense2 = nn.Linear(int(DENSE * width), int(DENSE * width))
        self.logits = nn.Linear(int(DENSE * width), 10)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
        for module in (self.dense1, self.dense2):
            nn.init.kaiming_normal_(module.weight, nonlinearity="relu")
            nn.init.zeros_(module.bias)

    def forward(self, x: Tensor) -> Tensor:
        """float32 [N, 3, 32, 32] -> logits float32 [N, 10]."""
        for stage, couts in enumerate(CONVS, start=1):
            for number in range(1, len(couts) + 1):
                x = getattr(self, f"conv{stage}_{number}")(x)
                x = getattr(self, f"bn{stage}_{number}")(x).relu()
            x = self.pool(x)
        x = self.dense1(x.flatten(1)).relu()
        return self.logits(self.dense2(x).relu())


def vgg16_twin(keras, name: str, width: float = 1.0, folded: bool = False):
    """float32 [N, 32, 32, 3] -> logits float32 [N, 10].

    @param folded without normalizations, which are in the convolutions' weights and biases then.
    """
    layers = keras.layers
    images = x = layers.Input((32, 32, 3), name="input")
    for stage, couts in enumerate(CONVS, start=1):
        for number, full in enumerate(couts, start=1):
            at = f"{stage}_{number}"
            x = layers.Conv2D(int(full * width), 3, padding="same", use_bias=folded, name=f"conv{at}")(x)
            if not folded:
                x = layers.BatchNormalization(momentum=1 - MOMENTUM, epsilon=EPSILON, name=f"bn{at}")(x)
            x = layers.ReLU(name=f"relu{at}")(x)
        x = layers.MaxPooling2D(2, name=f"pool{stage}")(x)
    x = layers.Flatten(name="flatten")(x)
    x = layers.Dense(int(DENSE * width), activation="relu", name="dense1")(x)
    x = layers.Dense(int(DENSE * width), activation="relu", name="dense2")(x)
    return keras.Model(images, layers.Dense(10, name="logits")(x), name=name)
