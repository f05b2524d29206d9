"""Convolution in Numba: unfolded columns and NumPy's matrix product.

The batch is cut into parts whose columns fit a core's cache, and the threads of :mod:`.parallel` take a part
each, unfold it and multiply it with a single-threaded BLAS: the threads of BLAS would spin against ours
between the products.

This file is the seam for a faster convolution. What it owes its callers is the meaning of
:mod:`minicv.kernels.reference.conv`; how it gets there is its own affair.
"""

import numpy as np

from ..reference.im2col import Im2col
from . import blas, parallel
from . import unfold as windows

_LIMIT = 2**20  # bytes of columns at a time: half of the second-level cache of most cores


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


def _each(function, parts):
    """Apply a function to all parts, on all cores if there are several parts."""
    if len(parts) < 2:
        return [function(part) for part in parts]
    with blas.single_threaded():
        return parallel.each(function, parts)


_im2col = Im2col(np, _unfold, _fold, _LIMIT, _each)
conv2d = _im2col.conv2d
conv_transpose2d = _im2col.conv_transpose2d
conv2d_weight = _im2col.conv2d_weight
