"""Convolution on the GPU: unfolded columns and cuBLAS, which CuPy's ``matmul`` calls."""

import cupy

from ..reference import im2col
from .unfold import fold, unfold

_LIMIT = 512 * 2**20  # bytes of columns at a time: enough for full speed, and little beside a GPU's memory


def conv2d(x, w, stride, padding, dilation, groups):
    """Cross-correlation: see :func:`minicv.kernels.reference.conv.conv2d`."""
    return im2col.conv2d(cupy, unfold, _LIMIT, x, w, stride, padding, dilation, groups)


def conv_transpose2d(y, w, output_size, stride, padding, dilation, groups):
    """Transpose of conv2d in x: see :func:`minicv.kernels.reference.conv.conv_transpose2d`."""
    return im2col.conv_transpose2d(cupy, fold, _LIMIT, y, w, output_size, stride, padding, dilation, groups)


def conv2d_weight(x, y, kernel_size, stride, padding, dilation, groups):
    """Transpose of conv2d in w: see :func:`minicv.kernels.reference.conv.conv2d_weight`."""
    return im2col.conv2d_weight(cupy, unfold, _LIMIT, x, y, kernel_size, stride, padding, dilation, groups)
