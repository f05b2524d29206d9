"""Max pooling picks entries; unpooling puts them back. Once the indices are known, both are linear.

``window_max`` finds where the maximum of each window lies. What follows from that is a gather, ``pick``, and
its transpose, the scatter ``place``; the gradient of either is the other. Indices count the cells of one
plane in raster order, ``h * W + w``, and -1 stands for "none". They are int32: no wider than what they stand
beside, and a plane has fewer than 2^31 cells.
"""

import numpy as np

from .step import Step, addresses, cells


def window_max(x, rows, cols, watch=None):
    """Maximum of each window, and where it lies.

    The windows are the products of row ranges and column ranges. These may reach beyond the image: what is
    not there cannot win, as if the image were padded with -inf. Serves max_pool2d (any stride, padding,
    dilation) and adaptive_max_pool2d.

    Parameters
    ----------
    x : (N, C, H, W) array
    rows : (OH, 3) array of int64
        First, stop and step of the image rows that each output row looks at. The step is the same for all.
    cols : (OW, 3) array of int64
        Likewise for columns.
    watch : callable, optional
        Called with a Step after every window.

    Returns
    -------
    y : (N, C, OH, OW) array
    indices : (N, C, OH, OW) array of int32
        The first maximum in raster order. A NaN counts as larger than any number, and the first one wins.
        An empty window gives 0 and the index -1.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[[[1.0, 3.0, 2.0, 2.0]]]])
    >>> y, indices = window_max(x, np.array([[0, 1, 1]]), np.array([[0, 2, 1], [2, 4, 1]]))
    >>> y[0, 0], indices[0, 0]
    (array([[3., 2.]]), array([[1, 2]], dtype=int32))
    """
    H, W = x.shape[2:]
    y = np.zeros((*x.shape[:2], len(rows), len(cols)), x.dtype)
    indices = np.full(y.shape, -1, np.int32)
    where = addresses(x.shape)
    for at in np.ndindex(y.shape):
        n, c, oh, ow = at
        h, w = _inside(rows[oh], H), _inside(cols[ow], W)
        window = (n, c, h[:, None], w)
        if x[window].size:
            # np.argmax has the two rules already: first in raster order, and a NaN beats everything.
            i, j = np.unravel_index(np.argmax(x[window]), x[window].shape)
            y[at] = x[window][i, j]
            indices[at] = h[i] * W + w[j]
        if watch:
            written = [("y", at, y[at].item()), ("indices", at, indices[at].item())]
            watch(Step(cells("x", x.shape, where[window], x[window]), [], written, [y[at].item()]))
    return y, indices


def _inside(window, size):
    """Cells of the range ``window`` that exist."""
    cells = np.arange(*window)
    return cells[(cells >= 0) & (cells < size)]


def pick(x, indices, watch=None):
    """Gather: ``y[n, c, ...] = x[n, c].ravel()[indices[n, c, ...]]``, and 0 where the index is -1.

    Parameters
    ----------
    x : (N, C, H, W) array
    indices : (N, C, ...) array of int32
    watch : callable, optional
        Called with a Step after every cell picked.

    Returns
    -------
    array of the shape of indices

    Examples
    --------
    >>> import numpy as np
    >>> pick(np.array([[[[5.0, 6.0], [7.0, 8.0]]]]), np.array([[[3, -1, 0]]]))
    array([[[8., 0., 5.]]])
    """
    y = np.zeros(indices.shape, x.dtype)
    for at in np.ndindex(indices.shape):
        if indices[at] >= 0:
            cell = (*at[:2], *map(int, np.unravel_index(indices[at], x.shape[2:])))
            y[at] = x[cell]
            if watch:
                watch(Step([("x", cell, x[cell].item())], [], [("y", at, y[at].item())], [y[at].item()]))
    return y


def place(y, indices, output_size, ranges=None, watch=None):
    """Scatter, the transpose of :func:`pick`: ``x[n, c].ravel()[indices[n, c, ...]] += y[n, c, ...]``.

    Parameters
    ----------
    y : (N, C, ...) array
    indices : (N, C, ...) array of int32
        -1 places nothing.
    output_size : (int, int)
        H and W of the result.
    ranges : pair of int64 arrays (H, 2) and (W, 2), optional
        For every row and every column of the result the half-open range of rows and columns of y whose
        indices may point there: a promise that lets a GPU gather where this loop scatters. None promises
        instead that the indices within a plane are distinct.
    watch : callable, optional
        Called with a Step after every cell placed.

    Returns
    -------
    (N, C, H, W) array

    Examples
    --------
    >>> import numpy as np
    >>> place(np.array([[[1.0, 2.0, 4.0]]]), np.array([[[3, -1, 0]]]), (2, 2))[0, 0]
    array([[4., 0.],
           [0., 1.]])
    """
    x = np.zeros((*y.shape[:2], *output_size), y.dtype)
    for at in np.ndindex(y.shape):
        if indices[at] >= 0:
            cell = (*at[:2], *map(int, np.unravel_index(indices[at], output_size)))
            x[cell] += y[at]
            if watch:
                watch(Step([("y", at, y[at].item())], [], [("x", cell, x[cell].item())], [y[at].item()]))
    return x


def last_writes(indices, output_size):
    """Drop the indices that a later entry of the same plane repeats: -1 takes their place.

    Unpooling overwrites where pooling windows overlap, and the last write in raster order stays; with the
    others dropped, placing is linear and the indices are distinct.

    Parameters
    ----------
    indices : (N, C, ...) array of int64
        As users have them.
    output_size : (int, int)
        H and W of the planes that the indices point into.

    Returns
    -------
    array of int32 of the shape of indices

    Examples
    --------
    >>> import numpy as np
    >>> last_writes(np.array([[[4, 4, 1, 4, 1]]]), (2, 3))
    array([[[-1, -1, -1,  4,  1]]], dtype=int32)
    """
    last = {}
    for at in np.ndindex(indices.shape):
        last[at[:2], indices[at]] = at
    kept = np.full(indices.shape, -1, np.int32)
    for at in last.values():
        kept[at] = indices[at]
    return kept


def cases(rng):
    """Argument sets for the four kernels: (kernel name, arguments)."""
    found = []
    for shape, rows, cols in [
        ((2, 3, 6, 8), _windows(6, 2, 2), _windows(8, 2, 2)),
        ((1, 2, 7, 6), _windows(7, 3, 2, padding=1), _windows(6, 3, 1, padding=1)),  # windows that overlap
        ((1, 2, 9, 9), _windows(9, 3, 2, padding=1, dilation=2), _windows(9, 2, 5, dilation=3)),
        ((1, 2, 5, 40), _windows(5, 3, 2, padding=1), _windows(40, 3, 2, padding=1)),  # more than a vector
        ((1, 1, 3, 37), _windows(3, 2, 1, padding=1), _windows(37, 4, 1, padding=2, dilation=3)),
        ((2, 1, 1, 1), _windows(1, 1, 1), _windows(1, 3, 1, padding=1)),  # a one-pixel image
        (
            (1, 1, 2, 2),
            _windows(2, 2, 1, 1, dilation=3),
            _windows(2, 2, 1, 1, dilation=3),
        ),  # all taps outside
        (
            (1, 1, 4, 5),
            np.array([[0, 2, 1], [2, 2, 1], [2, 4, 1]]),
            np.array([[0, 5, 2], [5, 5, 1]]),
        ),  # empty ones
        ((0, 2, 4, 4), _windows(4, 2, 2), _windows(4, 2, 2)),  # an empty batch
    ]:
        for dtype in (np.float32, np.float64):
            drawn = rng.standard_normal(shape).astype(dtype)
            ties = rng.integers(0, 3, shape).astype(dtype)
            special = rng.choice([np.nan, -np.inf, np.inf, 1.0], shape, p=[0.1, 0.6, 0.1, 0.2]).astype(dtype)
            lowest = np.full(shape, -np.inf, dtype)
            for x in (drawn, drawn[..., ::-1], ties, special, lowest, np.asfortranarray(ties)):
                found.append(("window_max", (x, rows, cols)))
            indices = window_max(ties, rows, cols)[1]
            y = rng.standard_normal(indices.shape).astype(dtype)
            ranges = _ranges(rows, shape[2]), _ranges(cols, shape[3])
            kept = last_writes(indices, shape[2:])
            found += [
                ("pick", (drawn, indices)),
                ("pick", (drawn[:, :, ::-1], np.asfortranarray(indices))),
                ("place", (y, indices, shape[2:], ranges)),
                ("place", (y[..., ::-1], np.asfortranarray(indices), shape[2:], ranges)),
                ("place", (y, kept, shape[2:])),
                ("last_writes", (indices.astype(np.int64), shape[2:])),
                ("last_writes", (np.asfortranarray(indices.astype(np.int64)), shape[2:])),
            ]
    # Indices need not have the rank of an image: a plain list of cells a plane will do.
    x, indices = (
        rng.standard_normal((2, 2, 3, 3)),
        rng.permuted(np.tile(np.arange(-1, 9, dtype=np.int32), (2, 2, 1)), axis=2),
    )
    return [*found, ("pick", (x, indices)), ("place", (rng.standard_normal(indices.shape), indices, (3, 3)))]


def _windows(size, kernel, stride, padding=0, dilation=1):
    """Ranges [first, stop, step] of a pooling along one axis."""
    span = dilation * (kernel - 1) + 1
    first = np.arange((size + 2 * padding - span) // stride + 1) * stride - padding
    return np.stack([first, first + span, np.full_like(first, dilation)], axis=1)


def _ranges(windows, size):
    """For each cell along one axis, the half-open range of windows that may hold it."""
    holds = [[first <= i < stop for first, stop, _ in windows] for i in range(size)]
    return np.array(
        [(h.index(True), len(h) - h[::-1].index(True)) if any(h) else (0, 0) for h in holds], np.int64
    )
