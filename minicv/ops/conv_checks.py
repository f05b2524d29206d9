"""What a convolution's arguments are checked for.

A convolution is the op that students get wrong most often, so each slip has a sentence of its own.
"""

import numpy as np

from ..errors import ShapeError, sentence
from ..geometry import conv_size, conv_transpose_size, span


def check_channels(op, x, w_shape, groups):
    """Input, weight and groups go together."""
    if not isinstance(groups, (int, np.integer)) or isinstance(groups, bool) or groups < 1:
        raise ShapeError(sentence(op, "groups", "an int of at least 1", groups))
    if x.shape[1] % groups or w_shape[0] % groups:
        expected = (
            f"a divisor of the input's {x.shape[1]} channels and of the weight's first axis {w_shape[0]}"
        )
        raise ShapeError(sentence(op, "groups", expected, groups))
    transposed = "transpose" in op
    channels = w_shape[0] if transposed else w_shape[1] * groups
    if x.shape[1] != channels:
        hint = f"The weight is {'(C, K / groups, ...)' if transposed else '(K, C / groups, ...)'}."
        if x.ndim == 4 and x.shape[-1] == channels:
            hint = "Is it (N, H, W, C)? x.permute(0, 3, 1, 2) makes it (N, C, H, W)."
        expected = f"of {channels} channels for weight {tuple(w_shape)} and groups {groups}"
        raise ShapeError(sentence(op, "input", expected, f"{x.shape[1]} channels in {x.shape}", hint))


def check_bias(op, bias, channels):
    """The bias, if there is one in the list, has one number for each output channel."""
    if bias and bias[0].shape != (channels,):
        expected = f"({channels},), one number for each output channel"
        raise ShapeError(sentence(op, "bias", expected, bias[0].shape))


def windows(op, x, w_shape, geometry):
    """Height and width of a convolution's output; an error where not one window fits."""
    stride, padding, dilation = geometry["stride"], geometry["padding"], geometry["dilation"]
    axes = list(zip(x.shape[2:], w_shape[2:], stride, padding, dilation))
    for i, (n, k, _, p, d) in enumerate(axes):
        if span(k, d) > n + 2 * p:
            name = "height" if i == 0 else "length" if op == "conv1d" else "width"
            expected = (
                f"at least as large as the window, whose {name} is {span(k, d)} (kernel {k}, dilation {d})"
            )
            got, hint = f"{name} {n} + 2 * {p} = {n + 2 * p}", "Were the maps pooled once too often?"
            raise ShapeError(sentence(op, "padded input", expected, got, hint))
    return tuple(conv_size(*axis) for axis in axes)


def covered(op, y, w_shape, output_padding, geometry):
    """Height and width of a transposed convolution's output."""
    stride, padding, dilation = (geometry[name] for name in ("stride", "padding", "dilation"))
    for extra, s, d in zip(output_padding, stride, dilation):
        if extra >= max(s, d):
            hint = "A larger one adds pixels that no window reaches: the transpose of no convolution."
            expected = f"less than stride or dilation ({s}, {d})"
            raise ShapeError(sentence(op, "output_padding", expected, extra, hint))
    axes = zip(y.shape[2:], w_shape[2:], stride, padding, output_padding, dilation)
    size = tuple(conv_transpose_size(*axis) for axis in axes)
    if min(size) < 1:
        raise ShapeError(
            sentence(op, "padding", "small enough to leave at least a pixel", f"output size {size}")
        )
    return size
