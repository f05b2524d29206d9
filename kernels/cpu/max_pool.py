"""Max pooling and its linear parts in Numba, plane by plane."""

from math import prod

import numpy as np

from . import parallel
from .jit import compiled, source


@compiled
def _window_max(begin, end, x, rows, cols, y, indices):
    """Fill output rows; row n of y is row n % OH of plane n // OH."""
    W = x.shape[2]
    for row in range(begin, end):
        plane, oh = row // len(rows), row % len(rows)
        top, bottom, down = rows[oh]
        for ow in range(len(cols)):
            left, right, across = cols[ow]
            if top >= bottom or left >= right:
                y[row, ow], indices[row, ow] = 0, -1
                continue
            best, index = x[plane, top, left], top * W + left
            for h in range(top, bottom, down):
                for w in range(left, right, across):
                    value = x[plane, h, w]
                    # value != value: a NaN, which wins unless one has won already.
                    if value > best or (value != value and best == best):
                        best, index = value, h * W + w
            y[row, ow], indices[row, ow] = best, index


@compiled
def _pick(begin, end, x, indices, y):
    for plane in range(begin, end):
        for k in range(indices.shape[1]):
            index = indices[plane, k]
            y[plane, k] = x[plane, index] if index >= 0 else 0


@compiled
def _place(begin, end, y, indices, x):
    for plane in range(begin, end):
        x[plane] = 0
        for k in range(indices.shape[1]):
            index = indices[plane, k]
            if index >= 0:
                x[plane, index] += y[plane, k]


@compiled
def _last_writes(begin, end, indices, size, kept):
    """Walk each plane backwards: the first time that an index is met is its last write."""
    met = np.full(size, -1)  # the plane in which each index was met last
    for plane in range(begin, end):
        for k in range(indices.shape[1] - 1, -1, -1):
            index = indices[plane, k]
            kept[plane, k] = -1
            if index >= 0 and met[index] != plane:
                met[index] = plane
                kept[plane, k] = index


def window_max(x, rows, cols):
    """Maximum of each window: see :func:`minicv.kernels.reference.max_pool.window_max`."""
    N, C, H, W = x.shape
    OH, OW = len(rows), len(cols)
    y = np.empty((N * C * OH, OW), x.dtype)
    indices = np.empty((N * C * OH, OW), np.int64)
    planes = source(x, (N * C, H, W))
    ranges = source(rows, (OH, 3)), source(cols, (OW, 3))
    work = H * W // max(1, OH) + OW
    parallel.run(_window_max, len(y), work, planes, *ranges, y, indices)
    return y.reshape(N, C, OH, OW), indices.reshape(N, C, OH, OW)


def pick(x, indices):
    """Gather: see :func:`minicv.kernels.reference.max_pool.pick`."""
    flat = _planes(indices)
    y = np.empty(flat.shape, x.dtype)
    parallel.run(_pick, len(flat), flat.shape[1], _planes(x), flat, y)
    return y.reshape(indices.shape)


def place(y, indices, output_size, ranges=None):
    """Scatter, serial within a plane: see :func:`minicv.kernels.reference.max_pool.place`."""
    flat = _planes(indices)
    x = np.empty((len(flat), prod(output_size)), y.dtype)
    parallel.run(_place, len(flat), x.shape[1] + flat.shape[1], _planes(y), flat, x)
    return x.reshape(*y.shape[:2], *output_size)


def last_writes(indices, output_size):
    """Drop overwritten indices: see :func:`minicv.kernels.reference.max_pool.last_writes`."""
    flat = _planes(indices)
    kept = np.empty(flat.shape, np.int64)
    parallel.run(_last_writes, len(flat), flat.shape[1], flat, prod(output_size), kept)
    return kept.reshape(indices.shape)


def _planes(array):
    """Lay an array (N, C, ...) out with a row for each plane."""
    N, C, *rest = array.shape
    return source(array, (N * C, prod(rest)))
