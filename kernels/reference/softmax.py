"""Softmax, its logarithm, and the cross-entropy of it with labels: along the classes L of arrays (N, L, P).

N samples have P places each, at which there is a score for every one of the L classes. The largest score is
taken from all of a place first: softmax does not change, and exp cannot overflow.
"""

import numpy as np


def _largest(x):
    """The largest score at each place, (N, 1, P)."""
    return x.max(axis=1, keepdims=True, initial=-np.inf)


@np.errstate(invalid="ignore")  # inf - inf: where no score is finite the result is NaN
def softmax(x):
    """Probabilities from scores: ``y_c = exp(x_c) / sum over d of exp(x_d)``.

    Parameters
    ----------
    x : (N, L, P) array

    Returns
    -------
    (N, L, P) array

    Examples
    --------
    >>> import numpy as np
    >>> softmax(np.array([[[1000.0], [1000.0]]])).ravel()
    array([0.5, 0.5])
    """
    y = np.exp(x - _largest(x), order="C")
    return y / y.sum(axis=1, keepdims=True)


def softmax_grad(g, y):
    """Gradient of softmax by x: ``gx_c = y_c (g_c - sum over d of g_d y_d)``.

    Parameters
    ----------
    g, y : (N, L, P) arrays
        The gradient by y, and y.

    Returns
    -------
    (N, L, P) array
    """
    return np.ascontiguousarray(y * (g - (g * y).sum(axis=1, keepdims=True)))


@np.errstate(invalid="ignore", divide="ignore")
def log_softmax(x):
    """Logarithms of softmax: ``y_c = x_c - log(sum over d of exp(x_d))``, exact even where softmax rounds to 0 or 1.

    Parameters
    ----------
    x : (N, L, P) array

    Returns
    -------
    (N, L, P) array
    """
    shifted = np.subtract(x, _largest(x), order="C")
    return shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))


def log_softmax_grad(g, y):
    """Gradient of log_softmax by x: ``gx_c = g_c - exp(y_c) (sum over d of g_d)``.

    Parameters
    ----------
    g, y : (N, L, P) arrays
        The gradient by y, and y.

    Returns
    -------
    (N, L, P) array
    """
    return np.ascontiguousarray(g - np.exp(y) * g.sum(axis=1, keepdims=True))


@np.errstate(invalid="ignore")
def cross_entropy(x, labels, weight, smoothing, ignore_index):
    """Cross-entropy of softmax with labels: ``-sum over c of t_c log p_c``.

    The target t is the label's weight at the label, of which a share is spread over all classes::

        t_c = (1 - smoothing) weight_c [c = label] + smoothing / L weight_c

    and 0 where the label is the ignored one.

    Parameters
    ----------
    x : (N, L, P) array
        Scores.
    labels : (N, P) array of int64
        In 0..L-1, or ``ignore_index``.
    weight : (L,) array
    smoothing : float
    ignore_index : int

    Returns
    -------
    losses : (N, P) array
    largest, total : (N, P) arrays
        The largest score, and the sum of exp(x - largest): what the gradient needs. 0 and 1 where ignored.

    Examples
    --------
    >>> import numpy as np
    >>> x, weight = np.array([[[1000.0], [1000.0]]]), np.ones(2)
    >>> losses, largest, total = cross_entropy(x, np.array([[1]]), weight, 0.0, -100)
    >>> losses.round(3), largest, total
    (array([[0.693]]), array([[1000.]]), array([[2.]]))
    """
    kept, labels = _kept(labels, ignore_index)
    largest = _largest(x)
    shifted = x - largest
    total = np.exp(shifted).sum(axis=1, keepdims=True)
    log_p = shifted - np.log(total)
    losses = -(1 - smoothing) * weight[labels] * np.take_along_axis(log_p, labels[:, None], 1)[:, 0]
    if smoothing:
        losses -= smoothing / x.shape[1] * (weight[:, None] * log_p).sum(axis=1)
    outputs = (losses, 0), (largest[:, 0], 0), (total[:, 0], 1)
    return tuple(np.where(kept, output, otherwise).astype(x.dtype) for output, otherwise in outputs)


@np.errstate(invalid="ignore", over="ignore")  # over: at places that are ignored
def cross_entropy_grad(g, x, largest, total, labels, weight, smoothing, ignore_index):
    """Gradient of :func:`cross_entropy` by x: ``gx_c = g (p_c sum over d of t_d - t_c)``; p - t if t sums to 1.

    Parameters
    ----------
    g : (N, P) array
        The gradient by the losses.
    x, labels, weight, smoothing, ignore_index
        As for :func:`cross_entropy`.
    largest, total : (N, P) arrays
        What it returned.

    Returns
    -------
    (N, L, P) array
        0 where the label is the ignored one, whatever the scores.
    """
    kept, labels = _kept(labels, ignore_index)
    p = np.exp(x - largest[:, None]) / total[:, None]
    one_hot = labels[:, None] == np.arange(x.shape[1])[:, None]
    target = ((1 - smoothing) * one_hot + smoothing / max(1, x.shape[1])) * weight[:, None]
    gx = g[:, None] * (p * target.sum(axis=1, keepdims=True) - target)
    return np.where(kept[:, None], gx, 0).astype(x.dtype)


def _kept(labels, ignore_index):
    """Where labels count, and labels that are 0 elsewhere."""
    kept = labels != ignore_index
    return kept, np.where(kept, labels, 0)


def cases(rng):
    """Argument sets for the six kernels: (kernel name, arguments)."""
    found = []
    for shape in [
        (2, 3, 40),
        (5, 10, 1),
        (3, 1, 4),
        (1, 7, 600),
        (0, 3, 20),
        (2, 3, 0),
        (40, 130, 2),
        (3, 300, 1),
    ]:
        N, L, P = shape
        for dtype in (np.float32, np.float64):
            x, g = (5 * rng.standard_normal((2, *shape))).astype(dtype)
            special = x.copy()
            special[:1, :1], special[-1:, -1:, -1:], special[-1:, :, :1] = -np.inf, np.nan, 1e4
            for scores in (x, np.asfortranarray(x), special):
                found += [("softmax", (scores,)), ("log_softmax", (scores,))]
                found += [("softmax_grad", (g, softmax(scores)))]
                found += [("log_softmax_grad", (g[::-1], log_softmax(scores)))]
                for smoothing, ignore_index in ((0.0, -100), (0.3, 255), (1.0, 0)):
                    labels = rng.integers(0, L, (N, P))
                    labels[rng.random((N, P)) < 0.3] = ignore_index
                    rest = labels, rng.uniform(0.5, 2, L).astype(dtype), smoothing, ignore_index
                    found.append(("cross_entropy", (scores, *rest)))
                    _, *known = cross_entropy(scores, *rest)
                    if L > 1 or not smoothing:  # else every gradient is 0, but for rounding
                        found.append(("cross_entropy_grad", (g[:, 0], scores, *known, *rest)))
    return found
