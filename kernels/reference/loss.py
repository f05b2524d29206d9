"""Losses of numbers x beside targets t, place by place, and their gradients by x.

A gradient gets g, that of the objective with respect to the losses: an array of their shape, or a single number, of
shape (), that holds for all of them.
"""

import numpy as np


@np.errstate(over="ignore", invalid="ignore")
def distance_loss(x, t, beta, curve, slope):
    """A parabola near the target, a line far from it: with d = x - t, ``curve d^2`` or ``slope (|d| - beta / 2)``.

    Parameters
    ----------
    x, t : arrays of one shape
    beta : float
        How far from the target the parabola reaches: inf for the squared error, 0 for the absolute one.
    curve, slope : float
        They meet at beta if slope = 2 curve beta.

    Returns
    -------
    array of the shape of x

    Examples
    --------
    >>> import numpy as np
    >>> distance_loss(np.array([0.5, 3.0]), np.zeros(2), 1.0, 0.5, 1.0)
    array([0.125, 2.5  ])
    """
    d = np.subtract(x, t, order="C")
    far = np.abs(d)
    return np.where(far <= beta, curve * d * d, slope * (far - beta / 2))


@np.errstate(over="ignore", invalid="ignore")
def distance_loss_grad(g, x, t, beta, curve, slope):
    """Gradient of distance_loss: ``2 curve d g`` near the target, ``slope g`` with the sign of d far from it.

    Examples
    --------
    >>> import numpy as np
    >>> distance_loss_grad(np.array(1.0), np.array([0.5, -3.0]), np.zeros(2), 1.0, 0.5, 1.0)
    array([ 0.5, -1. ])
    """
    d = np.subtract(x, t, order="C")
    return g * np.where(np.abs(d) <= beta, 2 * curve * d, slope * np.sign(d))


@np.errstate(invalid="ignore")
def logistic_loss(x, t, positive):
    """Cross-entropy of yes-or-no questions, ``-positive log p - (1 - t) log(1 - p)`` with p = 1 / (1 + exp(-x)).

    Parameters
    ----------
    x, t : arrays of one shape
        Scores, and the probabilities t of a "yes".
    positive : array of their shape
        How much the "yes" counts: t, or a multiple of it.

    Returns
    -------
    array of the shape of x

    Examples
    --------
    >>> import numpy as np
    >>> yes = np.array([1.0, 1.0])
    >>> logistic_loss(np.array([1000.0, -1000.0]), yes, yes)
    array([   0., 1000.])
    """
    return np.add(positive * np.logaddexp(0, -x), (1 - t) * np.logaddexp(0, x), order="C")


@np.errstate(over="ignore", invalid="ignore")
def logistic_loss_grad(g, x, t, positive):
    """Gradient of logistic_loss: ``g ((1 - t) p - positive (1 - p))``; ``g (p - t)`` if positive is t.

    Examples
    --------
    >>> import numpy as np
    >>> yes = np.array([1.0, 1.0])
    >>> logistic_loss_grad(np.array(1.0), np.array([0.0, 1000.0]), yes, yes)
    array([-0.5,  0. ])
    """
    p, rest = 1 / (1 + np.exp(-x, order="C")), 1 / (1 + np.exp(x, order="C"))
    return g * ((1 - t) * p - positive * rest)


def cases(rng):
    """Argument sets for the four kernels: (kernel name, arguments)."""
    found = []
    lines = (np.inf, 1.0, 0.0), (0.0, 0.0, 1.0), (0.5, 1.0, 1.0)
    for dtype in (np.float32, np.float64):
        a, b = rng.standard_normal((2, 6, 50)).astype(dtype)
        special = np.array([0, -0.0, 1e-7, -20, 20, -87, 88, 1e4, -1e4, np.inf, -np.inf, np.nan], dtype)
        long = rng.standard_normal((2, 40000)).astype(dtype)
        for x, t in (
            (a, b),
            (a[:, ::-2], b[:, ::2]),
            (a.T, b.T),
            long,
            (special, special[::-1]),
            (a[:0], b[:0]),
        ):
            p = np.clip(t, 0, 1)
            found += [("distance_loss", (x, t, *line)) for line in lines]
            found += [("logistic_loss", (x, p, p)), ("logistic_loss", (x, p, 3 * p))]
            for g in (np.array(-1.5, dtype), rng.standard_normal(x.shape).astype(dtype)):
                found += [("distance_loss_grad", (g, x, t, *line)) for line in lines]
                found.append(("logistic_loss_grad", (g, x, p, 3 * p)))
    return found
