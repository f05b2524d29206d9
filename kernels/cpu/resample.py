"""Separable resampling in Numba: A X B^T in the cheaper of two orders.

``A X`` adds up whole rows; ``X B^T`` picks cells within a row, which takes several times as long for each. So
B^T waits until A has left few rows, and comes first where A makes many out of few: an image that becomes
eight times as high has its rows widened once each, not eight times. That order buys a factor of 3 there.

Where one cell is left of a plane, or a plane is made of one cell (global average pooling and its transpose), A
and B are one vector of weights for the whole plane. That buys factors of 3.5 and 7 for planes of 7 x 7. And where
most of a row is copied as it is (an image with a mirrored border), nothing is multiplied: a factor of 3.
"""

import numpy as np

from . import parallel
from .jit import compiled, source
from .memory import empty
from .vector import LANES
from .vector_resample import dots, mix, pick


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


@compiled
def _copies(begin, end, x, H, W, row_index, col_index, first, last, y):
    """Cells as they are; those of the columns from ``first`` up to ``last`` lie side by side in x, too."""
    OH, OW = len(row_index), len(col_index)
    for n in range(begin, end):
        start = (n // OH * H + row_index[n % OH]) * W
        row, out = x[start : start + W], y[n * OW : (n + 1) * OW]
        for ow in range(first):
            out[ow] = row[col_index[ow]]
        inside, target = row[col_index[first] :], out[first:last]
        for ow in range(len(target)):
            target[ow] = inside[ow]
        for ow in range(last, OW):
            out[ow] = row[col_index[ow]]


@compiled
def _dots(begin, end, x, weights, y):
    """Planes, which are rows of x, times the weights; a job is 16 of them."""
    for plane in range(begin * LANES, min(end * LANES, len(y)), LANES):
        dots(x, plane * len(weights), len(weights), weights, y, plane, len(y) - plane)


@compiled
def _multiples(begin, end, x, weights, y):
    """Each plane, a row of y, from the one cell it is made of."""
    for plane in range(begin, end):
        value = x[plane]
        for i in range(len(weights)):
            y[plane, i] = value * weights[i]


@compiled  # in NumPy its few cells would take as long as all planes
def _outer(rows, row_weight, cols, col_weight):
    """The weights of a whole plane; none if a column lists the cells in another order than their own."""
    for index in (rows, cols):
        for e in range(len(index)):
            for o in range(index.shape[1]):
                if index[e, o] != e:
                    return np.empty(0, row_weight.dtype)
    return np.outer(row_weight, col_weight).ravel()


def resample(x, rows, cols):
    """Multiply every plane from both sides: see :func:`minicv.kernels.reference.resample.resample`."""
    N, C, H, W = x.shape
    OH, OW = rows[0].shape[1], cols[0].shape[1]
    y = empty((N, C, OH, OW), x.dtype)
    whole = 1 in (H * W, OH * OW) and (len(rows[0]), len(cols[0])) == (H, W) and x.dtype.kind == "f"
    weights = _outer(*rows, *cols) if whole else ()
    run = _run(rows, cols) if not len(weights) else None
    if len(weights) and OH * OW == 1:
        parallel.run(_dots, -(-N * C // LANES), 4 * H * W, source(x, -1), weights, y.reshape(-1))
    elif len(weights):
        parallel.run(_multiples, N * C, OH * OW, source(x, -1), weights, y.reshape(N * C, OH * OW))
    elif run:
        tables = [source(index[0], index.shape[1]) for index, _ in (rows, cols)]
        parallel.run(_copies, N * C * OH, OW, source(x, -1), H, W, *tables, *run, y.reshape(-1))
    else:
        tables = [source(table, table.shape) for table in (*rows, *cols)]
        work = W * len(rows[0]) + OW * len(cols[0])
        order = _columns_first if OH > H else _rows_first
        parallel.run(order, N * C * OH, work, source(x, -1), H, W, *tables, y.reshape(-1))
    return y


def _run(rows, cols):
    """First and last of the columns that are copies side by side of cells side by side; None for other maps."""
    if any(len(index) != 1 or (index < 0).any() or (weight != 1).any() for index, weight in (rows, cols)):
        return None
    beside = np.flatnonzero(np.diff(cols[0][0]) == 1)
    if len(beside) < LANES or beside[-1] - beside[0] >= len(beside):
        return None
    return int(beside[0]), int(beside[-1]) + 2
