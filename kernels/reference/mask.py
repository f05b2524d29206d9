"""Choosing between numbers by a mask, whatever they are: an infinity or a NaN that is not chosen leaves no trace."""

import numpy as np


def select(a, b, mask):
    """a where the mask holds, b elsewhere.

    Parameters
    ----------
    a, b : arrays
    mask : array of bool
        All three are of shapes that broadcast.

    Examples
    --------
    >>> import numpy as np
    >>> select(np.array([1.0, np.inf]), np.array(0.0), np.array([True, False]))
    array([1., 0.])
    """
    return np.where(mask, a, b)


def masked(x, mask):
    """x where the mask holds, 0 elsewhere. A linear map, and its own transpose.

    Parameters
    ----------
    x : array
    mask : array of bool
        Of a shape that broadcasts to that of x.

    Examples
    --------
    >>> import numpy as np
    >>> masked(np.array([1.0, np.inf]), np.array([True, False]))
    array([1., 0.])
    """
    return np.where(mask, x, 0)


def cases(rng):
    """Argument sets for both kernels: (kernel name, arguments)."""
    found = []
    for dtype in (np.float32, np.float64, np.int64):
        x = (9 * rng.standard_normal((3, 4, 5))).astype(dtype)
        if x.dtype.kind == "f":
            x.flat[::7] = np.inf
            x.flat[::11] = np.nan
        for mask in (
            rng.random(x.shape) < 0.5,
            rng.random((4, 1)) < 0.5,
            np.array(True),
            np.asfortranarray(x > 0),
        ):
            found += [("masked", (a, mask)) for a in (x, np.asfortranarray(x), x[..., ::-1])]
            found += [
                ("select", (a, b, mask)) for a in (x, x[:1]) for b in (-x, x[0, 0], x[0, 0, :1].reshape(()))
            ]
        found += [("masked", (x[:0], mask[:0])) for mask in (x > 0,)]
    return found
