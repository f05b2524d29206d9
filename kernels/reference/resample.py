"""Separable resampling: every plane X becomes A X B^T with two thin sparse matrices.

Average pooling, interpolation, reflecting and replicating borders, bed-of-nails: all of them, and all their
gradients (with A^T and B^T), are this one product; they differ only in the two matrices.
"""

import numpy as np

from .step import Step, addresses, cells


def resample(x, rows, cols, watch=None):
    """Multiply every plane from both sides: ``y[n, c] = A x[n, c] B^T``.

    Parameters
    ----------
    x : (N, C, H, W) array
    rows : (starts, index, weight)
        The matrix A (OH, H) by its rows: row ``oh`` has the entries ``weight[k]`` in the columns ``index[k]``
        for k from ``starts[oh]`` up to ``starts[oh + 1]``. starts (OH+1,) and index (nnz,) are int64, weight
        (nnz,) is of the dtype of x. A row without entries gives 0.
    cols : (starts, index, weight)
        The matrix B (OW, W) likewise.
    watch : callable, optional
        Called with a Step after every output cell.

    Returns
    -------
    (N, C, OH, OW) array

    Examples
    --------
    The mean of each neighbouring pair, along the rows only:

    >>> import numpy as np
    >>> one = np.array([0, 1]), np.array([0]), np.array([1.0])
    >>> pairs = np.array([0, 2, 4]), np.array([0, 1, 2, 3]), np.full(4, 0.5)
    >>> resample(np.array([[[[1.0, 3.0, 5.0, 9.0]]]]), one, pairs)[0, 0]
    array([[2., 7.]])
    """
    y = np.zeros((*x.shape[:2], len(rows[0]) - 1, len(cols[0]) - 1), x.dtype)
    where = addresses(x.shape)
    for at in np.ndindex(y.shape):
        n, c, oh, ow = at
        (h, row_weights), (w, col_weights) = _row(rows, oh), _row(cols, ow)
        window = (n, c, h[:, None], w)
        weights = np.outer(row_weights, col_weights)
        y[at] = (x[window] * weights).sum()
        if watch:
            read, value = cells("x", x.shape, where[window], x[window]), y[at].item()
            watch(Step(read, weights.ravel().tolist(), [("y", at, value)], [value]))
    return y


def _row(matrix, i):
    """Columns and values of the entries in row i."""
    starts, index, weight = matrix
    return index[starts[i] : starts[i + 1]], weight[starts[i] : starts[i + 1]]


def cases(rng):
    """Argument sets: (kernel name, arguments)."""
    found = []
    for dtype in (np.float32, np.float64):
        for shape, rows, cols in [
            ((2, 3, 4, 6), _average(4, 2, dtype), _average(6, 3, dtype)),
            (
                (1, 2, 5, 7),
                _drawn(rng, 8, 5, dtype),
                _drawn(rng, 3, 7, dtype),
            ),  # empty rows, repeated entries
            ((2, 1, 1, 1), _average(1, 1, dtype), _average(1, 1, dtype)),  # a one-pixel image
            ((1, 2, 3, 3), _drawn(rng, 0, 3, dtype), _average(3, 1, dtype)),  # no output at all
            ((0, 2, 4, 4), _average(4, 2, dtype), _average(4, 4, dtype)),  # an empty batch
        ]:
            x = rng.standard_normal(shape).astype(dtype)
            found += [
                ("resample", (x, rows, cols)),
                ("resample", (np.asfortranarray(x)[..., ::-1], rows, cols)),
            ]
    return found


def _average(size, k, dtype):
    """Matrix that averages k neighbours at stride k."""
    starts = np.arange(0, size + 1, k, dtype=np.int64)
    return starts, np.arange(size, dtype=np.int64), np.full(size, 1 / k, dtype)


def _drawn(rng, rows, columns, dtype):
    """Matrix with 0 to 3 drawn entries a row, in no order."""
    starts = np.concatenate([[0], np.cumsum(rng.integers(0, 4, rows))]).astype(np.int64)
    return starts, rng.integers(0, columns, starts[-1]), rng.standard_normal(starts[-1]).astype(dtype)
