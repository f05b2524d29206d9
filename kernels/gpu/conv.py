"""Convolution on the GPU: products with columns that nobody stores.

Filters of one pixel are matrices, and cuBLAS multiplies by them. Others go to conv.cu, or, where groups have few
channels, to conv_each.cu.

The transpose of a convolution with stride s is s * s convolutions with stride 1, each of which has some taps of the
filter and makes every s-th pixel of every s-th row. So one kernel serves both, and no thread meets a zero between
strides.
"""

from functools import lru_cache
from math import prod

import cupy
import numpy as np

from ..reference.unfold import output_size as windows_of
from .launch import THREADS, contiguous, launch

_DEPTH, _COLUMNS, _NOWHERE = 8, 128, 1 << 28  # as in conv.cu
_FEW = 8  # channels of a group: fewer than a block's tile has use for
_BLOCKS = 264  # that fill a large GPU: two for each of 132 multiprocessors
_LEAST = 128  # taps or windows that a part of a sum has at least


def conv2d(x, w, bias, stride, padding, dilation, groups):
    """Y = W X + b: see :func:`minicv.kernels.reference.conv.conv2d`."""
    x, w = contiguous(x), contiguous(w)
    windows = windows_of(x.shape[2:], w.shape[2:], stride, padding, dilation)
    shape = len(x), len(w), *windows
    if _is_matrix(w, padding, groups):
        X = x[:, :, :: stride[0], :: stride[1]].reshape(*x.shape[:2], -1)
        return _plus(w.reshape(w.shape[:2]) @ X, bias).reshape(shape)
    axes = [_axis(*axis) for axis in zip(w.shape[2:], padding, dilation)]
    strides = w[0].size, w[0, 0].size
    return _correlate(x, w, strides, bias, shape, groups, [(axes, windows, stride, (0, 0), (1, 1))])


def conv_transpose2d(y, w, bias, output_size, stride, padding, dilation, groups):
    """X = W^T Y + b: see :func:`minicv.kernels.reference.conv.conv_transpose2d`."""
    y, w = contiguous(y), contiguous(w)
    shape = len(y), groups * w.shape[1], *output_size
    if _is_matrix(w, padding, groups) and stride == (1, 1):
        X = w.reshape(w.shape[:2]).T @ y.reshape(*y.shape[:2], -1)
        return _plus(X, bias).reshape(shape)
    phases = []
    for first in np.ndindex(*map(min, stride, output_size)):
        axes = [_phase(*axis) for axis in zip(first, w.shape[2:], padding, dilation, stride)]
        windows = tuple(-(-(n - f) // s) for n, f, s in zip(output_size, first, stride))
        phases.append((axes, windows, (1, 1), first, stride))
    return _correlate(y, w, (w[0, 0].size, w[0].size), bias, shape, groups, phases)


def conv2d_weight(x, y, kernel_size, stride, padding, dilation, groups):
    """W = Y X^T: see :func:`minicv.kernels.reference.conv.conv2d_weight`."""
    x, y = contiguous(x), contiguous(y)
    C, M = x.shape[1] // groups, y.shape[1] // groups
    axes = [_axis(*axis) for axis in zip(kernel_size, padding, dilation)]
    count, taps = _taps(C, x.shape[2:], *axes, 0, 0)
    shape = groups * M, C, *kernel_size
    sizes = M, C, len(x), *x.shape[2:], *y.shape[2:], *stride
    if _is_small(M, groups):
        w = cupy.empty(shape, x.dtype)
        launch("conv_each", "weigh_each", x.dtype, w.size * THREADS, x, y, taps, w, count, groups, *sizes)
        return w
    _check_size(x, y)
    rows, tiles = _tiles(M, count, groups)
    parts = _parts(tiles, len(x) * prod(y.shape[2:]))
    w = cupy.empty((parts, *shape), x.dtype)
    total = tiles * parts * THREADS
    launch("conv", "weigh", x.dtype, total, x, y, taps, w, count, groups, parts, *sizes, ROWS=rows)
    return _sum(w)


def _correlate(x, w, strides, bias, shape, groups, phases):
    """Sum over taps, one launch for each phase: taps along the axes, windows, their distance, and where results go.

    ``strides`` are the distances, in w, of two channels of the output and of two of the input.
    """
    C, M = x.shape[1] // groups, shape[1] // groups
    plane, width = prod(shape[2:]), shape[3]
    small = _is_small(M, groups)
    parts = (
        1 if small else _parts(len(phases) * _tiles(M, len(x) * prod(phases[0][1]), groups)[1], w[:, 0].size)
    )
    y = cupy.empty((parts, *shape), x.dtype)
    _check_size(x, y)
    for axes, windows, between, first, step in phases:
        count, taps = _taps(C, x.shape[2:], *axes, strides[1], w.shape[3])
        arrays = x, w, w if bias is None else contiguous(bias), taps, y
        settings = int(bias is not None), count, groups
        channels = M, C, strides[0], w.size // groups
        sizes = *x.shape[2:], *windows, *between
        places = plane, first[0] * width + first[1], step[0] * width, step[1]
        if small:
            total = len(x) * shape[1] * prod(windows)
            arguments = *arrays, *settings, *channels, *sizes, *places
            launch("conv_each", "correlate_each", x.dtype, total, *arguments)
        else:
            rows, tiles = _tiles(M, len(x) * prod(windows), groups)
            arguments = *arrays, *settings, parts, *channels, len(x), *sizes, *places
            launch("conv", "correlate", x.dtype, tiles * parts * THREADS, *arguments, ROWS=rows)
    return _sum(y)


# Which taps there are, as (tap of the filter, pixel counted from the window's corner) along one axis.


def _axis(kernel, padding, dilation):
    return tuple((i, i * dilation - padding) for i in range(kernel))


def _phase(first, kernel, padding, dilation, stride):
    """The taps that meet the pixels first, first + stride, ... of the transpose: those that a window's corner fits."""
    at = [(i, first + padding - i * dilation) for i in range(kernel)]
    return tuple((i, place // stride) for i, place in at if place % stride == 0)


@lru_cache(maxsize=1024)
def _taps(channels, size, rows, cols, channel_stride, row_stride):
    """How many taps there are, and their table as conv.cu describes it, on the GPU."""
    rows, cols = (np.reshape(axis, (-1, 2)).astype(np.int32) for axis in (rows, cols))
    c, (i, row), (j, col) = np.arange(channels)[:, None, None], rows.T[:, :, None], cols.T[:, None, :]
    offset = (c * size[0] + row) * size[1] + col
    weight = c * channel_stride + i * row_stride + j
    taps = np.stack(np.broadcast_arrays(offset, row, col, weight), axis=-1).reshape(-1, 4)
    nowhere = np.tile([0, _NOWHERE, 0, 0], (-len(taps) % _DEPTH, 1))
    return len(taps), cupy.asarray(np.concatenate([taps, nowhere]).astype(np.int32))


# How the work is cut.


def _is_matrix(w, padding, groups):
    return w.shape[2:] == (1, 1) and padding == (0, 0) and groups == 1


def _is_small(channels, groups):
    return groups > 1 and channels <= _FEW


def _tiles(height, width, groups):
    """Rows of a block's tile of the result, and how many tiles there are."""
    rows = next((rows for rows in (32, 64) if height <= rows), 128)
    return rows, -(-height // rows) * -(-width // _COLUMNS) * groups


def _check_size(*arrays):
    """conv.cu counts the values of an array in 32 bits, which keeps its loops short."""
    if max(a.size for a in arrays) >= 2**31 - 2**20:
        raise ValueError(
            "convolution on the GPU: arrays must have fewer than 2^31 values; use smaller batches."
        )


def _parts(tiles, depth):
    """Into how many parts sums of ``depth`` products are cut, so that there are enough blocks."""
    return max(1, min(_BLOCKS // max(1, tiles), depth // _LEAST))


def _sum(parts):
    return parts.sum(axis=0) if len(parts) > 1 else parts[0]


def _plus(y, bias):
    if bias is not None:
        y += bias[:, None]
    return y
