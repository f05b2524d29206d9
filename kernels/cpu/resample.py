"""Separable resampling in Numba: A X B^T in the cheaper of two orders.

``A X`` adds up whole rows; ``X B^T`` picks cells within a row, which takes several times as long for each. So
B^T waits until A has left few rows, and comes first where A makes many out of few: an image that becomes
eight times as high has its rows widened once each, not eight times. That order buys a factor of 3 there.

Where one cell is left of a plane, or a plane is made of one cell (global average pooling and its transpose), A
and B are one vector of weights for the whole plane. That buys factors of 2.5 and 7 for planes of 7 x 7.
"""

import numpy as np

from . import parallel
from .jit import compiled, compiled_sum, source
from .memory import empty
from .vector import LANES
from .vector_resample import mix, pick


@compiled
def _mix_rows(rows, r, W, index, weight, oh, out, o):
    """Row ``oh`` of A times the plane that begins at ``rows[r]``, to ``out[o:]``."""
    step, entries = index.shape[1], 0
    while entries < len(index) and index[entries, oh] >= 0:
        entries += 1
    for w in range(0, W, LANES):
        mix(rows, r + w, W, index, weight, oh, step, entries, out, o + w, W - w)


@compiled
def _pick_cells(row, r, index, weight, out, o):
    """The row that begins at ``row[r]`` times B^T, to ``out[o:]``."""
    entries, OW = index.shape
    for ow in range(0, OW, LANES):
        pick(row, r, index, weight, ow, OW, entries, out, o + ow, OW - ow)


@compiled
def _rows_first(begin, end, x, H, W, row_index, row_weight, col_index, col_weight, y):
    """(A X) B^T; row n of y is row n % OH of plane n // OH."""
    OH, OW = row_index.shape[1], col_index.shape[1]
    mixed = np.empty(W, x.dtype)
    for n in range(begin, end):
        _mix_rows(x, n // OH * H * W, W, row_index, row_weight, n % OH, mixed, 0)
        _pick_cells(mixed, 0, col_index, col_weight, y, n * OW)


@compiled
def _columns_first(begin, end, x, H, W, row_index, row_weight, col_index, col_weight, y):
    """A (X B^T): a row of X gets its new length when a row of y first asks for it."""
    OH, OW = row_index.shape[1], col_index.shape[1]
    picked = np.empty(H * OW, x.dtype)
    holds = np.full(H, -1)  # the plane that each row of ``picked`` is of
    for n in range(begin, end):
        plane, oh = n // OH, n % OH
        for e in range(len(row_index)):
            h = row_index[e, oh]
            if h >= 0 and holds[h] != plane:
                _pick_cells(x, (plane * H + h) * W, col_index, col_weight, picked, h * OW)
                holds[h] = plane
        _mix_rows(picked, 0, OW, row_index, row_weight, oh, y, n * OW)


@compiled_sum
def _dots(begin, end, x, weights, y):
    """Each plane, a row of x, times the weights."""
    for plane in range(begin, end):
        total = x.dtype.type(0)
        for i in range(len(weights)):
            total += weights[i] * x[plane, i]
        y[plane] = total


@compiled
def _multiples(begin, end, x, weights, y):
    """Each plane, a row of y, from the one cell it is made of."""
    for plane in range(begin, end):
        value = x[plane]
        for i in range(len(weights)):
            y[plane, i] = value * weights[i]


def resample(x, rows, cols):
    """Multiply every plane from both sides: see :func:`minicv.kernels.reference.resample.resample`."""
    N, C, H, W = x.shape
    OH, OW = rows[0].shape[1], cols[0].shape[1]
    y = empty((N, C, OH, OW), x.dtype)
    if 1 in (H * W, OH * OW) and _reads_all(rows[0], H) and _reads_all(cols[0], W):
        weights = np.outer(rows[1], cols[1]).ravel()
        if OH * OW == 1:
            parallel.run(_dots, N * C, H * W, source(x, (N * C, H * W)), weights, y.reshape(-1))
        else:
            parallel.run(_multiples, N * C, OH * OW, source(x, -1), weights, y.reshape(N * C, OH * OW))
    else:
        tables = [source(table, table.shape) for table in (*rows, *cols)]
        work = W * len(rows[0]) + OW * len(cols[0])
        order = _columns_first if OH > H else _rows_first
        parallel.run(order, N * C * OH, work, source(x, -1), H, W, *tables, y.reshape(-1))
    return y


def _reads_all(index, size):
    """Whether each column of ``index`` lists every cell once, in order."""
    return len(index) == size and (index == np.arange(size)[:, None]).all()
