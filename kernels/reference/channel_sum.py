"""Sums over everything but the channels: the gradient of a bias."""

import numpy as np


def channel_sum(x):
    """Add up each channel over all images and pixels.

    ``y[c] = sum over n, h, w of x[n, c, h, w]``; floating-point sums are carried in float64.

    Parameters
    ----------
    x : (N, C, ...) array

    Returns
    -------
    (C,) array

    Examples
    --------
    >>> import numpy as np
    >>> channel_sum(np.arange(8.0).reshape(2, 2, 1, 2))
    array([10., 18.])
    """
    wide = np.result_type(x.dtype, np.float64) if x.dtype.kind == "f" else x.dtype
    return x.sum(axis=(0, *range(2, x.ndim)), dtype=wide).astype(x.dtype)


def cases(rng):
    """Argument sets for channel_sum: (kernel name, arguments)."""
    found = []
    for shape in [(3, 5, 7, 6), (2, 3, 1, 1), (4, 6), (1, 2, 40), (0, 3, 2, 2), (2, 4, 0, 3), (2, 0, 3, 3)]:
        for dtype in (np.float32, np.float64):
            x = rng.standard_normal(shape).astype(dtype)
            found += [("channel_sum", (x,)), ("channel_sum", (x[..., ::-1],))]
    large = np.float32([[[[1e8, 1.0, -1e8]]], [[[1.0, 1.0, 1.0]]]])  # 1e8 + 1 = 1e8 in float32
    bad = np.float32([[[1.0], [np.inf], [np.nan]], [[2.0], [1.0], [1.0]]])
    return [*found, ("channel_sum", (large,)), ("channel_sum", (bad,))]
