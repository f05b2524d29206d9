"""The networks that are benchmarked, each written once and built from either library's layers."""

# Feature layers of VGG-16 (Simonyan & Zisserman 2015, table 1, column D): channels, and "M" for pooling.
VGG16 = [64, 64, "M", 128, 128, "M", 256, 256, 256, "M", 512, 512, 512, "M", 512, 512, 512, "M"]


def lenet(side):
    """LeNet with ReLU and max pooling, on 28 x 28."""
    nn = side.nn
    return nn.Sequential(
        *(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
        *(nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)),
    )


def cifar(side):
    """Five blocks of convolution, batch normalisation and ReLU, on 32 x 32."""
    nn = side.nn

    def block(inputs, outputs):
        return [nn.Conv2d(inputs, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]

    return nn.Sequential(
        *(*block(3, 16), *block(16, 32), *block(32, 32), nn.MaxPool2d(2)),
        *(*block(32, 64), *block(64, 128), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(128 * 8 * 8, 10)),
    )


def fcn(side):
    """Two poolings down, two transposed convolutions up: a class for every pixel."""
    nn = side.nn
    return nn.Sequential(
        *(nn.Conv2d(3, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(32, 64, 3, padding=1), nn.ReLU()),
        *(nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1), nn.ReLU()),
        nn.ConvTranspose2d(32, 5, 4, stride=2, padding=1),
    )


def vgg_block(side):
    """The second block of a VGG network and a classifier on top, on 56 x 56."""
    nn = side.nn
    return nn.Sequential(
        *(nn.Conv2d(64, 128, 3, padding=1), nn.ReLU(), nn.Conv2d(128, 128, 3, padding=1), nn.ReLU()),
        *(nn.MaxPool2d(2), nn.Flatten(), nn.Linear(128 * 28 * 28, 10)),
    )


def vgg16(side):
    """VGG-16 for 224 x 224 and 1000 classes, as in evaluation: without dropout."""
    nn = side.nn
    layers, channels = [], 3
    for width in VGG16:
        if width == "M":
            layers.append(nn.MaxPool2d(2))
        else:
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
            channels = width
    return nn.Sequential(
        *(*layers, nn.Flatten(), nn.Linear(512 * 7 * 7, 4096), nn.ReLU()),
        *(nn.Linear(4096, 4096), nn.ReLU(), nn.Linear(4096, 1000)),
    )


def resnet18(side):
    """ResNet-18 for 224 x 224 and 1000 classes (He et al. 2016, table 1)."""
    return _resnet(side, [2, 2, 2, 2], bottleneck=False)


def resnet50(side):
    """ResNet-50 for 224 x 224 and 1000 classes (He et al. 2016, table 1)."""
    return _resnet(side, [3, 4, 6, 3], bottleneck=True)


def _resnet(side, depths, bottleneck):
    nn = side.nn

    def conv(inputs, outputs, kernel_size, stride=1):
        padding = kernel_size // 2
        return [
            nn.Conv2d(inputs, outputs, kernel_size, stride, padding, bias=False),
            nn.BatchNorm2d(outputs),
        ]

    class Block(nn.Module):
        """Either two 3 x 3 convolutions, or one between two of 1 x 1; its input is added to the result."""

        def __init__(self, inputs, width, outputs, stride):
            super().__init__()
            if bottleneck:
                parts = [*conv(inputs, width, 1), nn.ReLU(), *conv(width, width, 3, stride), nn.ReLU()]
                parts += conv(width, outputs, 1)
            else:
                parts = [*conv(inputs, width, 3, stride), nn.ReLU(), *conv(width, outputs, 3)]
            self.body = nn.Sequential(*parts)
            same = inputs == outputs and stride == 1
            self.shortcut = nn.Sequential() if same else nn.Sequential(*conv(inputs, outputs, 1, stride))

        def forward(self, x):
            return side.relu(self.body(x) + self.shortcut(x))

    layers, inputs = [*conv(3, 64, 7, stride=2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)], 64
    for stage, depth in enumerate(depths):
        width = 64 * 2**stage
        for i in range(depth):
            outputs = 4 * width if bottleneck else width
            layers.append(Block(inputs, width, outputs, stride=2 if stage and not i else 1))
            inputs = outputs
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(inputs, 1000))
