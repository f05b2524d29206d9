"""Convolutions by themselves, in three directions: forward, and the gradients of the input and of the weight."""

import numpy as np

from .entry import forward, gradient, normal

# (channels, filters, image size, kernel size, stride) of every distinct layer, without the first of ResNet.
RESNET18 = [
    *[(64, 64, 56, 3, 1), (64, 128, 56, 3, 2), (64, 128, 56, 1, 2), (128, 128, 28, 3, 1)],
    *[(128, 256, 28, 3, 2), (128, 256, 28, 1, 2), (256, 256, 14, 3, 1)],
    *[(256, 512, 14, 3, 2), (256, 512, 14, 1, 2), (512, 512, 7, 3, 1)],
]
VGG16 = [
    *[(3, 64, 224, 3, 1), (64, 64, 224, 3, 1), (64, 128, 112, 3, 1), (128, 128, 112, 3, 1)],
    *[(128, 256, 56, 3, 1), (256, 256, 56, 3, 1), (256, 512, 28, 3, 1), (512, 512, 28, 3, 1)],
    (512, 512, 14, 3, 1),
]


def _conv(group, name, x, w, transposed=False, **geometry):
    """The three directions of a convolution."""
    x_scale = np.float32(1 / np.sqrt(np.prod(w[1:])))  # keeps the results near 1

    def apply(side, x, w):
        return (side.conv_transpose2d if transposed else side.conv2d)(x, w, **geometry)

    def arrays():
        images, filters = normal(x, w)
        return images, filters * x_scale

    return [
        forward(group, name, apply, arrays),
        gradient(group, f"{name}, input gradient", apply, arrays, [0]),
        gradient(group, f"{name}, weight gradient", apply, arrays, [1]),
    ]


def layers():
    found = []
    for network, batch, layers in [
        ("ResNet-18", 8, RESNET18),
        ("ResNet-18", 1, RESNET18),
        ("VGG-16", 1, VGG16),
    ]:
        for C, K, size, kernel, stride in layers:
            name = f"{network} {batch} x {C} x {size} x {size}, {K} of {kernel} x {kernel}"
            name += f" stride {stride}" if stride > 1 else ""
            shapes = (batch, C, size, size), (K, C, kernel, kernel)
            found += _conv("layers", name, *shapes, stride=stride, padding=kernel // 2)
    return found


def other_layers():
    def conv(name, *shapes, **geometry):
        return _conv("other layers", name, *shapes, **geometry)

    up = {"transposed": True, "stride": 2, "padding": 1}
    depthwise = {"padding": 1, "groups": 128}
    return [
        *conv("ResNet's first, 8 x 3 x 224 x 224", (8, 3, 224, 224), (64, 3, 7, 7), stride=2, padding=3),
        *conv("LeNet's first, 64 x 1 x 28 x 28", (64, 1, 28, 28), (6, 1, 5, 5), padding=2),
        *conv("LeNet's second, 64 x 6 x 14 x 14", (64, 6, 14, 14), (16, 6, 5, 5)),
        *conv("depthwise 8 x 128 x 28 x 28", (8, 128, 28, 28), (128, 1, 3, 3), **depthwise),
        *conv("depthwise stride 2, 8 x 128 x 28 x 28", (8, 128, 28, 28), (128, 1, 3, 3), stride=2, **depthwise),
        *conv("depthwise 32 x 32 x 32 x 32", (32, 32, 32, 32), (32, 1, 3, 3), padding=1, groups=32),
        *conv("32 groups, 8 x 128 x 28 x 28", (8, 128, 28, 28), (128, 4, 3, 3), padding=1, groups=32),
        *conv("dilation 2, 1 x 256 x 64 x 64", (1, 256, 64, 64), (256, 256, 3, 3), padding=2, dilation=2),
        *conv("dilation 4, 1 x 512 x 28 x 28", (1, 512, 28, 28), (512, 512, 3, 3), padding=4, dilation=4),
        *conv("transposed 4 x 4 stride 2, 8 x 64 x 16 x 16", (8, 64, 16, 16), (64, 32, 4, 4), **up),
        *conv("transposed 4 x 4 stride 2, 8 x 32 x 32 x 32", (8, 32, 32, 32), (32, 5, 4, 4), **up),
        *conv("transposed 16 x 16 stride 8, 1 x 21 x 34 x 34", (1, 21, 34, 34), (21, 21, 16, 16),
              transposed=True, stride=8),
    ]  # fmt: skip
