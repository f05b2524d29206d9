"""Max pooling and its linear parts on the GPU."""

from math import prod

import cupy
import numpy as np

from .launch import contiguous, launch, table


def window_max(x, rows, cols):
    """Maximum of each window: see :func:`minicv.kernels.reference.max_pool.window_max`."""
    N, C, H, W = x.shape
    OH, OW = len(rows), len(cols)
    y = cupy.empty((N, C, OH, OW), x.dtype)
    indices = cupy.empty(y.shape, np.int32)
    x, rows, cols = contiguous(x), table(rows), table(cols)
    launch("max_pool", "window_max", x.dtype, y.size, x, rows, cols, y, indices, H, W, OH, OW)
    return y, indices


def pick(x, indices):
    """Gather: see :func:`minicv.kernels.reference.max_pool.pick`."""
    x, indices = map(contiguous, (x, indices))
    y = cupy.empty(indices.shape, x.dtype)
    launch("max_pool", "pick", x.dtype, y.size, x, indices, y, prod(x.shape[2:]), prod(indices.shape[2:]))
    return y


def place(y, indices, output_size, ranges=None):
    """Scatter: see :func:`minicv.kernels.reference.max_pool.place`."""
    y, indices = map(contiguous, (y, indices))
    x = cupy.zeros((*y.shape[:2], *output_size), y.dtype)
    if ranges is None:
        sizes = prod(output_size), prod(y.shape[2:])
        launch("max_pool", "place_distinct", y.dtype, y.size, y, indices, x, *sizes)
    else:
        rows, cols = map(table, ranges)
        sizes = *output_size, *y.shape[2:]
        launch("max_pool", "place", y.dtype, x.size, y, indices, rows, cols, x, *sizes)
    return x


def last_writes(indices, output_size):
    """Drop overwritten indices: see :func:`minicv.kernels.reference.max_pool.last_writes`."""
    indices = contiguous(indices)
    size, count = prod(output_size), prod(indices.shape[2:])
    last = cupy.full((*indices.shape[:2], size), -1, np.int32)
    kept = cupy.empty(indices.shape, np.int32)
    # The sources are built for a scalar type; these two kernels handle indices alone, and either will do.
    launch("max_pool", "note_last", np.dtype(np.float32), indices.size, indices, last, size, count)
    launch("max_pool", "keep_last", np.dtype(np.float32), indices.size, indices, last, kept, size, count)
    return kept
