"""Bilinear sampling and averaging of regions: two thin sparse matrices for each region.

Whatever weights a bin of a region gives to the pixels, they are products of a weight for the row and one for
the column. So region r is A_r X B_r^T, where X is the image that it lies in: RoI align, and both
position-sensitive poolings, differ only in the matrices. The matrices of all regions are stacked as one
block-diagonal matrix, in compressed sparse rows. ``roi_gather`` is this product, and ``roi_scatter`` its
transpose, in which regions that overlap add up.
"""

import numpy as np


def roi_gather(x, images, size, rows, cols, position_sensitive):
    """``y[r, c] = A_r x[images[r], c] B_r^T`` for every region.

    Parameters
    ----------
    x : (N, C, H, W) array
    images : (R,) array of int64
        The image, in 0..N-1, that each region lies in.
    size : (int, int)
        PH and PW, the bins of a region.
    rows : (starts, index, weight)
        The matrices A_r (PH, H) as one block-diagonal matrix (R PH, R H) by its rows: bin row ``ph`` of region
        ``r`` has the entries ``weight[k]`` in the columns ``index[k]`` = r H + h, for k from
        ``starts[r PH + ph]`` up to the next start. starts and index are int64, weight is of the dtype of x.
        A bin without entries gives 0.
    cols : (starts, index, weight)
        The matrices B_r (PW, W) likewise.
    position_sensitive : bool
        Each bin reads a channel of its own: bin (ph, pw) of output channel c takes the input channel
        (c PH + ph) PW + pw, so that C becomes C / (PH PW).

    Returns
    -------
    (R, C, PH, PW) array

    Examples
    --------
    The mean of each neighbouring pair in the second of two images:

    >>> import numpy as np
    >>> x = np.array([[[[0.0, 0.0, 0.0, 0.0]]], [[[1.0, 3.0, 5.0, 9.0]]]])
    >>> one = np.array([0, 1]), np.array([0]), np.array([1.0])
    >>> pairs = np.array([0, 2, 4]), np.array([0, 1, 2, 3]), np.full(4, 0.5)
    >>> roi_gather(x, np.array([1]), (1, 2), one, pairs, False)
    array([[[[2., 7.]]]])
    """
    channels = x.shape[1] // (size[0] * size[1]) if position_sensitive else x.shape[1]
    y = np.zeros((len(images), channels, *size), x.dtype)
    for r, ph, pw in np.ndindex(len(images), *size):
        cells, weights = _window(r, ph, pw, size, x.shape, rows, cols, position_sensitive)
        y[r, :, ph, pw] = (x[images[r]][cells] * weights).sum(axis=(1, 2))
    return y


def roi_scatter(y, images, shape, rows, cols, position_sensitive):
    """The transpose of :func:`roi_gather`: ``x[n, c]`` is the sum of ``A_r^T y[r, c] B_r`` over the image's regions.

    Parameters
    ----------
    y : (R, C, PH, PW) array
    images, rows, cols, position_sensitive
        As for :func:`roi_gather`: the matrices A_r and B_r, not their transposes.
    shape : (int, int, int, int)
        N, C, H, W of the result.

    Returns
    -------
    (N, C, H, W) array

    Examples
    --------
    >>> import numpy as np
    >>> one = np.array([0, 1]), np.array([0]), np.array([1.0])
    >>> pairs = np.array([0, 2, 4]), np.array([0, 1, 2, 3]), np.full(4, 0.5)
    >>> roi_scatter(np.array([[[[2.0, 7.0]]]]), np.array([0]), (1, 1, 1, 4), one, pairs, False)
    array([[[[1. , 1. , 3.5, 3.5]]]])
    """
    x = np.zeros(shape, y.dtype)
    for r, ph, pw in np.ndindex(len(images), *y.shape[2:]):
        cells, weights = _window(r, ph, pw, y.shape[2:], shape, rows, cols, position_sensitive)
        # A bin may read a pixel several times; x[cells] += ... would count it once.
        np.add.at(x[images[r]], cells, y[r, :, ph, pw, None, None] * weights)
    return x


def _window(r, ph, pw, size, shape, rows, cols, position_sensitive):
    """What a bin reads of the image of its region: an index, and the weights of its rows and columns."""
    PH, PW = size
    h, row_weights = _row(rows, r * PH + ph)
    w, col_weights = _row(cols, r * PW + pw)
    first, step = (ph * PW + pw, PH * PW) if position_sensitive else (0, 1)
    channels = np.arange(first, shape[1], step)
    cells = channels[:, None, None], h[:, None] - r * shape[2], w - r * shape[3]
    return cells, np.outer(row_weights, col_weights)


def _row(matrix, i):
    """Columns and values of the entries in row i."""
    starts, index, weight = matrix
    return index[starts[i] : starts[i + 1]], weight[starts[i] : starts[i + 1]]


def cases(rng):
    """Argument sets for the two kernels: (kernel name, arguments)."""
    found = []
    for dtype in (np.float32, np.float64):
        for shape, regions, size in [
            ((2, 12, 4, 6), 5, (2, 3)),
            ((1, 4, 7, 19), 9, (2, 2)),  # many regions on one image
            ((3, 2, 1, 1), 4, (1, 2)),  # one-pixel maps
            ((2, 2, 4, 4), 0, (1, 1)),  # no region
        ]:
            images = rng.integers(0, shape[0], regions)
            rows, cols = (_drawn(rng, regions, p, n, dtype) for p, n in zip(size, shape[2:]))
            x = rng.standard_normal(shape).astype(dtype)
            for sensitive in (False, True):
                rest = rows, cols, sensitive
                y = rng.standard_normal(roi_gather(x, images, size, *rest).shape).astype(dtype)
                found += [
                    ("roi_gather", (x, images, size, *rest)),
                    ("roi_gather", (np.asfortranarray(x)[..., ::-1], images, size, *rest)),
                    ("roi_scatter", (y, images, shape, *rest)),
                    ("roi_scatter", (np.asfortranarray(y)[:, :, ::-1], images, shape, *rest)),
                ]
    return found


def _drawn(rng, regions, bins, size, dtype):
    """Matrices with 0 to 4 drawn entries a row, in no order, some of them twice."""
    counts = rng.integers(0, 5, regions * bins)
    starts = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    block = np.repeat(np.repeat(np.arange(regions), bins), counts)
    return (
        starts,
        block * size + rng.integers(0, size, starts[-1]),
        rng.standard_normal(starts[-1]).astype(dtype),
    )
