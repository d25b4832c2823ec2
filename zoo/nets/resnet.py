"""ResNet-20 for 32x32 images: He et al., "Deep Residual Learning for Image Recognition", CVPR 2016, section 4.2.

Three stages of three blocks of two 3x3 convolutions, 16, 32 and 64 maps wide; each stage after the first halves the
resolution. Where a block changes the shape, its shortcut is a 1x1 convolution with batch normalization (option B).
"""

from torch import Tensor, nn

WIDTHS = (16, 32, 64)
BLOCKS = 3
EPSILON, MOMENTUM = 1e-5, 0.1
"""PyTorch's defaults for batch normalization; Keras calls 1 - 0.1 the momentum."""


def _conv3x3(cin: int, cout: int, stride: int) -> nn.Conv2d:
    return nn.Conv2d(cin, cout, kernel_size=3, stride=stride, padding=1, bias=False)


class Block(nn.Module):
    """float32 [N, cin, H, W] -> float32 [N, cout, H / stride, W / stride]."""

    def __init__(self, cin: int, cout: int, stride: int) -> None:
        super().__init__()
        self.conv1 = _conv3x3(cin, cout, stride)
        self.bn1 = nn.BatchNorm2d(cout, EPSILON, MOMENTUM)
        self.conv2 = _conv3x3(cout, cout, 1)
        self.bn2 = nn.BatchNorm2d(cout, EPSILON, MOMENTUM)
        self.projects = stride != 1 or cin != cout
        if self.projects:
            self.conv3 = nn.Conv2d(cin, cout, kernel_size=1, stride=stride, bias=False)
            self.bn3 = nn.BatchNorm2d(cout, EPSILON, MOMENTUM)

    def forward(self, x: Tensor) -> Tensor:
        shortcut = self.bn3(self.conv3(x)) if self.projects else x
        x = self.bn1(self.conv1(x)).relu()
        return (self.bn2(self.conv2(x)) + shortcut).relu()


class ResNet20(nn.Module):
    """32x32 -> 16@32x32 -> stage1 16@32x32 -> stage2 32@16x16 -> stage3 64@8x8 -> mean 64 -> 10 logits."""

    def __init__(self) -> None:
        super().__init__()
        self.conv0 = _conv3x3(3, WIDTHS[0], 1)
        self.bn0 = nn.BatchNorm2d(WIDTHS[0], EPSILON, MOMENTUM)
        cin = WIDTHS[0]
        for stage, cout in enumerate(WIDTHS, start=1):
            blocks = nn.ModuleDict()
            for block in range(1, BLOCKS + 1):
                blocks[f"block{block}"] = Block(cin, cout, 2 if stage > 1 and block == 1 else 1)
                cin = cout
            self.add_module(f"stage{stage}", blocks)
        self.logits = nn.Linear(WIDTHS[-1], 10)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        """float32 [N, 3, 32, 32] -> logits float32 [N, 10]."""
        x = self.bn0(self.conv0(x)).relu()
        for stage in (self.stage1, self.stage2, self.stage3):
            for block in stage.values():
                x = block(x)
        return self.logits(x.mean((2, 3)))


def resnet20_twin(keras, name: str):
    """float32 [N, 32, 32, 3] -> logits float32 [N, 10]."""
    layers = keras.layers

    def normalized(x, layer: str):
        return layers.BatchNormalization(momentum=1 - MOMENTUM, epsilon=EPSILON, name=layer)(x)

    def conv(x, width: int, size: int, stride: int, layer: str):
        # Keras' "same" pads a stride of 2 on one side only; PyTorch's padding=1 is on both.
        if size == 3 and stride == 2:
            x = layers.ZeroPadding2D(1, name=f"{layer}.pad")(x)
        padding = "same" if stride == 1 else "valid"
        return layers.Conv2D(width, size, stride, padding, use_bias=False, name=layer)(x)

    def block(x, width: int, stride: int, at: str):
        shortcut = x
        if stride != 1 or x.shape[-1] != width:
            shortcut = normalized(conv(x, width, 1, stride, f"{at}.conv3"), f"{at}.bn3")
        x = normalized(conv(x, width, 3, stride, f"{at}.conv1"), f"{at}.bn1")
        x = layers.ReLU(name=f"{at}.relu1")(x)
        x = normalized(conv(x, width, 3, 1, f"{at}.conv2"), f"{at}.bn2")
        return layers.ReLU(name=f"{at}.relu2")(layers.Add(name=f"{at}.add")([x, shortcut]))

    images = layers.Input((32, 32, 3), name="input")
    x = layers.ReLU(name="relu0")(normalized(conv(images, WIDTHS[0], 3, 1, "conv0"), "bn0"))
    for stage, width in enumerate(WIDTHS, start=1):
        for number in range(1, BLOCKS + 1):
            x = block(x, width, 2 if stage > 1 and number == 1 else 1, f"stage{stage}.block{number}")
    x = layers.GlobalAveragePooling2D(name="mean")(x)
    return keras.Model(images, layers.Dense(10, name="logits")(x), name=name)
