"""Convolution in Numba: which of four ways an input takes.

*Winograd's*, :mod:`.winograd` and :mod:`.winograd_weight`, for 3 x 3 filters of float32 that move by one
pixel or by two, if there are channels and windows enough: 4 multiplications where there were 9, or 25 for 36.

*In place*, :mod:`.conv_depthwise`, for filters of one channel each.

*Shifted images*, for everything else of float32: the image is never laid out as columns, and the sums stay in
registers. :mod:`.conv_shift` computes the convolution and its transpose, :mod:`.conv_weight` the gradient of the
weights, or :mod:`.conv_weight_many` if there are many channels.

*Columns and a matrix product*, here, for other dtypes, and where Inf or NaN met a zero that is not in the
definition. The batch is cut into parts whose columns fit a core's cache, and the threads of :mod:`.parallel` take
a part each, unfold it and multiply it with a single-threaded BLAS: the threads of BLAS would spin against ours
between the products.

Either way the meaning is that of :mod:`minicv.kernels.reference.conv`.
"""

import numpy as np

from ..reference.im2col import Im2col
from ..reference.unfold import output_size
from . import (
    blas,
    conv_depthwise,
    conv_shift,
    conv_weight,
    conv_weight_many,
    parallel,
    winograd,
    winograd_weight,
)
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


def _harmless(factor, result):
    """Whether the zeros that the shifted images add did no harm: Inf and NaN alone could turn them into NaN.

    There was none if there is none in the factor that meets the zeros, and none if there is none in the result; so
    the smaller one is looked at.
    """
    return _finite(min(factor, result, key=np.size))


def _finite(array):
    return np.isfinite(array).all()


def _form(forms, array, numbers, windows, kernel_size, stride, dilation, groups):
    """The one of the forms in which Winograd's way pays, or None; ``numbers`` are those of channels and filters."""
    plain = kernel_size == (3, 3) and dilation == (1, 1) and groups == 1 and array.dtype == np.float32
    return winograd.pays(forms, stride, len(array), windows, numbers) if plain else None


def _depthwise(array, numbers, kernel_size, stride, padding, dilation, groups):
    """Whether every channel has a filter of its own, of a kind that can be computed in place."""
    plain = array.dtype == np.float32 and numbers == (groups, groups)
    return plain and conv_depthwise.suits(kernel_size, stride, padding, dilation)


def conv2d(x, w, bias, stride, padding, dilation, groups):
    """Convolve: see :func:`minicv.kernels.reference.conv.conv2d`."""
    size = output_size(x.shape[2:], w.shape[2:], stride, padding, dilation)
    form = _form(winograd.CONVOLVING, x, w.shape[:2], size, w.shape[2:], stride, dilation, groups)
    if form and (y := winograd.conv2d(x, w, bias, padding, form)) is not None:
        return y
    way = conv_shift if x.dtype == np.float32 else _im2col
    if _depthwise(x, (x.shape[1], len(w)), w.shape[2:], stride, padding, dilation, groups) and _finite(w):
        way = conv_depthwise
    return way.conv2d(x, w, bias, stride, padding, dilation, groups)


def conv_transpose2d(y, w, bias, output_size, stride, padding, dilation, groups):
    """Stamp: see :func:`minicv.kernels.reference.conv.conv_transpose2d`."""
    form = _form(winograd.STAMPING, y, w.shape[:2], output_size, w.shape[2:], stride, dilation, groups)
    if form and (x := winograd.conv_transpose2d(y, w, bias, output_size, padding, form)) is not None:
        return x
    geometry = output_size, stride, padding, dilation, groups
    numbers = w.shape[1] * groups, y.shape[1]
    if _depthwise(y, numbers, w.shape[2:], *geometry[1:]) and _finite(w):
        return conv_depthwise.conv_transpose2d(y, w, bias, *geometry)
    if y.dtype == np.float32:
        x = conv_shift.conv_transpose2d(y, w, bias, *geometry)
        if _harmless(w, x):  # around the rows of y, where no window was, are zeros that meet weights
            return x
    return _im2col.conv_transpose2d(y, w, bias, *geometry)


def conv2d_weight(x, y, kernel_size, stride, padding, dilation, groups):
    """Correlate: see :func:`minicv.kernels.reference.conv.conv2d_weight`."""
    geometry = kernel_size, stride, padding, dilation, groups
    numbers, size = (x.shape[1], y.shape[1]), y.shape[2:]
    form = _form(winograd_weight.CORRELATING, x, numbers, size, kernel_size, stride, dilation, groups)
    # What is finite is right. Else zeros beside the image may have met Inf or NaN: once more, without any.
    if form and _finite(w := winograd_weight.conv2d_weight(x, y, padding, form)):
        return w
    if _depthwise(x, numbers, *geometry) and _finite(w := conv_depthwise.conv2d_weight(x, y, *geometry)):
        return w
    if x.dtype == np.float32:
        way = conv_weight_many if x.shape[1] // groups >= conv_weight_many.FEWEST else conv_weight
        w = way.conv2d_weight(x, y, *geometry)
        if _harmless(x, w):  # between the rows of y are zeros that meet pixels of x
            return w
    return _im2col.conv2d_weight(x, y, *geometry)
