"""Sums over some of an array's axes."""

import numpy as np


def total(x, axes):
    """Add up over ``axes``, which stay with length 1. The transpose of a copy along them.

    Parameters
    ----------
    x : array
    axes : tuple of int
        Not negative.

    Returns
    -------
    array of the dtype of x

    Examples
    --------
    >>> import numpy as np
    >>> total(np.array([[1.0, 2.0], [3.0, 4.0]]), (0,))
    array([[4., 6.]])
    """
    return x.sum(axis=axes, keepdims=True, dtype=x.dtype)


def cases(rng):
    """Argument sets: (kernel name, arguments)."""
    found = []
    for dtype in (np.float32, np.float64, np.int64):
        drawn = (9 * rng.standard_normal((3, 5, 7, 2))).astype(dtype)
        many = (9 * rng.standard_normal((130, 1021))).astype(dtype)  # enough to be shared out
        for x in (
            drawn,
            np.asfortranarray(drawn),
            drawn[..., ::-1],
            drawn[:0],
            drawn[:, :, :0],
            drawn[0, 0, 0, 0],
        ):
            x = np.asarray(x)
            every = [(), (0,), (1, 3), (2, 3), (0, 2, 3), (0, 1, 2, 3)]
            found += [("total", (x, axes)) for axes in every if len(axes) <= x.ndim]
        for x in (many, many.T, many[None, :, None], np.broadcast_to(many[:1], many.shape)):
            every = [(), (0,), (1,), (0, 1), tuple(range(x.ndim))]
            found += [("total", (x, axes)) for axes in every]
    return found
