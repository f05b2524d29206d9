"""Max pooling and its linear parts in Numba, plane by plane."""

import numpy as np

from . import parallel
from .jit import compiled


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
    planes = np.ascontiguousarray(x).reshape(N * C, H, W)
    work = H * W // max(1, OH) + OW
    parallel.run(_window_max, len(y), work, planes, *map(np.ascontiguousarray, (rows, cols)), y, indices)
    return y.reshape(N, C, OH, OW), indices.reshape(N, C, OH, OW)


def pick(x, indices):
    """Gather: see :func:`minicv.kernels.reference.max_pool.pick`."""
    indices, flat = _planes(indices)
    y = np.empty(indices.shape, x.dtype)
    parallel.run(_pick, len(flat), flat.shape[1], _planes(x)[1], flat, y.reshape(flat.shape))
    return y


def place(y, indices, output_size, ranges=None):
    """Scatter, serial within a plane: see :func:`minicv.kernels.reference.max_pool.place`."""
    (_, y), (_, flat) = _planes(y), _planes(indices)
    size = output_size[0] * output_size[1]
    x = np.empty((len(flat), size), y.dtype)
    parallel.run(_place, len(flat), size + flat.shape[1], y, flat, x)
    return x.reshape(*indices.shape[:2], *output_size)


def last_writes(indices, output_size):
    """Drop overwritten indices: see :func:`minicv.kernels.reference.max_pool.last_writes`."""
    indices, flat = _planes(indices)
    kept = np.empty_like(indices)
    size = output_size[0] * output_size[1]
    parallel.run(_last_writes, len(flat), flat.shape[1], flat, size, kept.reshape(flat.shape))
    return kept


def _planes(array):
    """Return a contiguous array (N, C, ...), and the same array with a row for each plane."""
    array = np.ascontiguousarray(array)
    N, C, *rest = array.shape
    return array, array.reshape(N * C, int(np.prod(rest)))
