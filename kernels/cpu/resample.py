"""Separable resampling in Numba: A X first, a row at a time, then the row times B^T."""

import numpy as np

from . import parallel
from .jit import compiled, source


@compiled
def _resample(begin, end, x, row_starts, row_index, row_weight, col_starts, col_index, col_weight, y):
    """Fill output rows; row n of y is row n % OH of plane n // OH."""
    W, OH = x.shape[2], len(row_starts) - 1
    mixed = np.empty(W, x.dtype)
    for row in range(begin, end):
        plane, oh = row // OH, row % OH
        mixed[:] = 0
        for a in range(row_starts[oh], row_starts[oh + 1]):
            h, weight = row_index[a], row_weight[a]
            for w in range(W):
                mixed[w] += weight * x[plane, h, w]
        for ow in range(y.shape[1]):
            total = x.dtype.type(0)
            for b in range(col_starts[ow], col_starts[ow + 1]):
                total += col_weight[b] * mixed[col_index[b]]
            y[row, ow] = total


def resample(x, rows, cols):
    """Multiply every plane from both sides: see :func:`minicv.kernels.reference.resample.resample`."""
    N, C, H, W = x.shape
    OH, OW = len(rows[0]) - 1, len(cols[0]) - 1
    y = np.empty((N * C * OH, OW), x.dtype)
    planes = source(x, (N * C, H, W))
    tables = [source(table, table.shape) for table in (*rows, *cols)]
    work = W * len(rows[1]) // max(1, OH) + len(cols[1])
    parallel.run(_resample, len(y), work, planes, *tables, y)
    return y.reshape(N, C, OH, OW)
