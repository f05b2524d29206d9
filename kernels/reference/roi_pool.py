"""Max pooling of regions: each region of an image is cut into the same number of bins, whatever its size.

``roi_max`` finds where the maximum of each bin lies. What follows from that is a gather out of the images,
``roi_pick``, and its transpose, the scatter ``roi_place``, in which regions that overlap add up; the gradient
of either is the other. Indices count the cells of one plane in raster order, ``h * W + w``; -1 stands for "none".
"""

import numpy as np


def roi_max(x, images, rows, cols):
    """Maximum of each bin of each region, and where it lies.

    Parameters
    ----------
    x : (N, C, H, W) array
    images : (R,) array of int64
        The image, in 0..N-1, that each region lies in.
    rows : (R, PH, 2) array of int64
        First and stop of the image rows of each bin, already clipped to the image. Neither decreases from bin
        to bin.
    cols : (R, PW, 2) array of int64
        Likewise for columns.

    Returns
    -------
    y : (R, C, PH, PW) array
    indices : (R, C, PH, PW) array of int32
        The first maximum in raster order. A NaN counts as larger than any number, and the first one wins. An
        empty bin gives 0 and the index -1.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[[[1.0, 3.0, 2.0, 2.0]]]])
    >>> y, indices = roi_max(x, np.array([0]), np.array([[[0, 1]]]), np.array([[[0, 2], [2, 4]]]))
    >>> y[0, 0], indices[0, 0]
    (array([[3., 2.]]), array([[1, 2]], dtype=int32))
    """
    W = x.shape[3]
    y = np.zeros((len(images), x.shape[1], rows.shape[1], cols.shape[1]), x.dtype)
    indices = np.full(y.shape, -1, np.int32)
    for r, c, ph, pw in np.ndindex(y.shape):
        (top, bottom), (left, right) = rows[r, ph], cols[r, pw]
        window = x[images[r], c, top:bottom, left:right]
        if window.size:
            # np.argmax has the two rules already: first in raster order, and a NaN beats everything.
            i, j = np.unravel_index(np.argmax(window), window.shape)
            y[r, c, ph, pw] = window[i, j]
            indices[r, c, ph, pw] = (top + i) * W + left + j
    return y, indices


def roi_pick(x, indices, images):
    """Gather: ``y[r, c, ...] = x[images[r], c].ravel()[indices[r, c, ...]]``, and 0 where the index is -1.

    Parameters
    ----------
    x : (N, C, H, W) array
    indices : (R, C, PH, PW) array of int32
    images : (R,) array of int64

    Returns
    -------
    (R, C, PH, PW) array

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[[[5.0, 6.0]]], [[[7.0, 8.0]]]])
    >>> roi_pick(x, np.array([[[[0, -1]]], [[[1, 1]]]]), np.array([1, 0]))[:, 0, 0]
    array([[7., 0.],
           [6., 6.]])
    """
    y = np.zeros(indices.shape, x.dtype)
    for at in np.ndindex(indices.shape):
        if indices[at] >= 0:
            y[at] = x[images[at[0]], at[1]].flat[indices[at]]
    return y


def roi_place(y, indices, images, shape, rows, cols):
    """Scatter, the transpose of :func:`roi_pick`: ``x[images[r], c].ravel()[indices[r, c, ...]] += y[r, c, ...]``.

    Parameters
    ----------
    y : (R, C, PH, PW) array
    indices : (R, C, PH, PW) array of int32
        -1 places nothing.
    images : (R,) array of int64
    shape : (int, int, int, int)
        N, C, H, W of the result.
    rows, cols : (R, PH, 2) and (R, PW, 2) arrays of int64
        The bins that the indices lie in: they let a GPU gather where this loop scatters.

    Returns
    -------
    (N, C, H, W) array

    Examples
    --------
    >>> import numpy as np
    >>> y, indices = np.array([[[[1.0]]], [[[2.0]]]]), np.array([[[[1]]], [[[1]]]])
    >>> whole = np.array([[[0, 1]], [[0, 1]]]), np.array([[[0, 3]], [[0, 3]]])
    >>> roi_place(y, indices, np.array([0, 0]), (1, 1, 1, 3), *whole)
    array([[[[0., 3., 0.]]]])
    """
    x = np.zeros(shape, y.dtype)
    for at in np.ndindex(indices.shape):
        if indices[at] >= 0:
            x[images[at[0]], at[1]].flat[indices[at]] += y[at]
    return x


def cases(rng):
    """Argument sets for the three kernels: (kernel name, arguments)."""
    found = []
    for shape, regions, bins in [
        ((2, 3, 6, 8), 4, (2, 3)),
        ((3, 2, 5, 20), 9, (3, 7)),  # bins that overlap, and more bins than rows
        ((1, 2, 1, 1), 3, (2, 2)),  # a one-pixel map
        ((2, 2, 4, 4), 30, (1, 1)),  # many regions on each image
        ((2, 2, 4, 4), 0, (2, 2)),  # none
    ]:
        images = rng.integers(0, shape[0], regions)
        rows, cols = (drawn_bins(rng, regions, p, size) for p, size in zip(bins, shape[2:]))
        for dtype in (np.float32, np.float64):
            drawn = rng.standard_normal(shape).astype(dtype)
            ties = rng.integers(0, 3, shape).astype(dtype)
            special = rng.choice([np.nan, -np.inf, np.inf, 1.0], shape, p=[0.1, 0.6, 0.1, 0.2]).astype(dtype)
            lowest = np.full(shape, -np.inf, dtype)
            for x in (drawn, drawn[..., ::-1], ties, special, lowest, np.asfortranarray(ties)):
                found.append(("roi_max", (x, images, rows, cols)))
            indices = roi_max(ties, images, rows, cols)[1]
            y = rng.standard_normal(indices.shape).astype(dtype)
            found += [
                ("roi_pick", (drawn, indices, images)),
                ("roi_pick", (drawn[:, :, ::-1], np.asfortranarray(indices), images)),
                ("roi_place", (y, indices, images, shape, rows, cols)),
                ("roi_place", (y[..., ::-1], np.asfortranarray(indices), images, shape, rows, cols)),
            ]
    return found


def drawn_bins(rng, regions, bins, size):
    """First and stop of the bins of random regions, which hang over the border or lie outside altogether."""
    start, length = rng.integers(-size - 1, size + 2, (regions, 1)), rng.integers(1, size + 3, (regions, 1))
    p = np.arange(bins)
    first, stop = start + p * length // bins, start - -(p + 1) * length // bins
    return np.clip(np.stack([first, stop], axis=2), 0, size)
