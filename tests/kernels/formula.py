"""Convolution as its definition says, with no padded copy and no slices."""

import numpy as np

from minicv.geometry import conv_size


def by_the_formula(x, w, stride, padding, dilation, groups):
    """Sum over c, i, j of x[n, c, oh s - p + i d, ow s - p + j d] w[k, c, i, j], one product at a time."""
    sizes = (conv_size(*axis) for axis in zip(x.shape[2:], w.shape[2:], stride, padding, dilation))
    y = np.zeros((len(x), len(w), *sizes))
    for n, k, oh, ow in np.ndindex(y.shape):
        for c, i, j in np.ndindex(w.shape[1:]):
            h = oh * stride[0] - padding[0] + i * dilation[0]
            v = ow * stride[1] - padding[1] + j * dilation[1]
            if 0 <= h < x.shape[2] and 0 <= v < x.shape[3]:
                channel = k // (len(w) // groups) * w.shape[1] + c
                y[n, k, oh, ow] += x[n, channel, h, v] * w[k, c, i, j]
    return y
