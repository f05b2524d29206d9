"""Convolution in Numba: unfolded columns and NumPy's matrix product.

This file is the seam for a faster convolution. What it owes its callers is the meaning of
:mod:`minicv.kernels.reference.conv`; how it gets there is its own affair.
"""

import numpy as np

from ..reference import im2col
from . import unfold as windows

# Columns made at a time: enough rows for the matrix product to run at full speed, and few enough to be read
# back from the cache, or at least from memory that the process has touched before.
_LIMIT = 16 * 2**20


def conv2d(x, w, stride, padding, dilation, groups):
    """Cross-correlation: see :func:`minicv.kernels.reference.conv.conv2d`."""
    return im2col.conv2d(np, _unfold, _LIMIT, x, w, stride, padding, dilation, groups)


def conv_transpose2d(y, w, output_size, stride, padding, dilation, groups):
    """Transpose of conv2d in x: see :func:`minicv.kernels.reference.conv.conv_transpose2d`."""
    return im2col.conv_transpose2d(np, _fold, _LIMIT, y, w, output_size, stride, padding, dilation, groups)


def conv2d_weight(x, y, kernel_size, stride, padding, dilation, groups):
    """Transpose of conv2d in w: see :func:`minicv.kernels.reference.conv.conv2d_weight`."""
    return im2col.conv2d_weight(np, _unfold, _LIMIT, x, y, kernel_size, stride, padding, dilation, groups)


def _is_image(kernel_size, padding, stride):
    """Whether the column matrix is the image itself: one tap, on every pixel."""
    return kernel_size == stride == (1, 1) and padding == (0, 0)


def _unfold(x, kernel_size, dilation, padding, stride):
    if _is_image(kernel_size, padding, stride):
        return x.reshape(*x.shape[:2], x.shape[2] * x.shape[3])
    return windows.unfold(x, kernel_size, dilation, padding, stride, side_by_side=True)


def _fold(cols, output_size, kernel_size, dilation, padding, stride):
    if _is_image(kernel_size, padding, stride):
        return cols.reshape(*cols.shape[:2], *output_size)
    return windows.fold(cols, output_size, kernel_size, dilation, padding, stride)
