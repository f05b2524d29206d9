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
    rows : (index, weight)
        The matrix A (OH, H), whose rows have at most E entries: row ``oh`` has ``weight[e, oh]`` in column
        ``index[e, oh]``. index (E, OH) is int32, and -1 from where a row has no more entries; weight (E, OH)
        is of the dtype of x. A row without entries gives 0.
    cols : (index, weight)
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
    >>> one = np.array([[0]]), np.array([[1.0]])
    >>> pairs = np.array([[0, 2], [1, 3]]), np.full((2, 2), 0.5)
    >>> resample(np.array([[[[1.0, 3.0, 5.0, 9.0]]]]), one, pairs)[0, 0]
    array([[2., 7.]])
    """
    y = np.zeros((*x.shape[:2], rows[0].shape[1], cols[0].shape[1]), x.dtype)
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
    index, weight = matrix
    there = index[:, i] >= 0
    return index[there, i], weight[there, i]


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
            ((1, 2, 3, 5), _drawn(rng, 2, 3, dtype), _drawn(rng, 41, 5, dtype)),  # more than a vector
            ((1, 2, 2, 37), _drawn(rng, 7, 2, dtype), _drawn(rng, 20, 37, dtype)),
            ((2, 1, 1, 1), _average(1, 1, dtype), _average(1, 1, dtype)),  # a one-pixel image
            ((2, 3, 5, 4), _average(5, 5, dtype), _average(4, 4, dtype)),  # one cell is left of each plane
            ((2, 3, 5, 4), _drawn(rng, 1, 5, dtype), _drawn(rng, 1, 4, dtype)),
            ((2, 3, 5, 4), _average(2, 2, dtype), _average(4, 4, dtype)),  # of two rows
            ((5, 7, 7, 7), _average(7, 7, dtype), _average(7, 7, dtype)),
            ((2, 3, 1, 1), _spread(5, dtype), _spread(4, dtype)),  # and its transpose
            ((2, 3, 1, 1), _drawn(rng, 5, 1, dtype), _drawn(rng, 4, 1, dtype)),
            ((2, 3, 4, 20), _mirrored(4, 2, dtype), _mirrored(20, 3, dtype)),
            ((1, 2, 3, 3), _drawn(rng, 0, 3, dtype), _average(3, 1, dtype)),  # no output at all
            ((0, 2, 4, 4), _average(4, 2, dtype), _average(4, 4, dtype)),  # an empty batch
        ]:
            x = rng.standard_normal(shape).astype(dtype)
            found += [
                ("resample", (x, rows, cols)),
                ("resample", (np.asfortranarray(x)[..., ::-1], rows, cols)),
            ]
            if x.size:
                x[0, 0, 0, 0] = np.inf  # to be met by those alone that read it
                found.append(("resample", (x, rows, cols)))
    return found


def _average(size, k, dtype):
    """Matrix that averages k neighbours at stride k."""
    return np.arange(size, dtype=np.int32).reshape(-1, k).T, np.full((k, size // k), 1 / k, dtype)


def _spread(size, dtype):
    """Matrix that copies one cell to all."""
    return np.zeros((1, size), np.int32), np.ones((1, size), dtype)


def _mirrored(size, border, dtype):
    """Matrix that copies all cells, and some at each end in reverse."""
    index = np.pad(np.arange(size, dtype=np.int32), border, mode="reflect")[None]
    return index, np.ones(index.shape, dtype)


def _drawn(rng, rows, columns, dtype):
    """Matrix with 0 to 3 drawn entries a row, in no order; positive, so that an infinity stays one."""
    index = rng.integers(0, columns, (3, rows)).astype(np.int32)
    index[np.arange(3)[:, None] >= rng.integers(0, 4, rows)] = -1
    return index, rng.uniform(0.1, 1, index.shape).astype(dtype)
