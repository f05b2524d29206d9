"""The negative log-likelihood of labels, and its transpose: along the classes L of arrays (N, L, P), with P places."""

import numpy as np


def nll_loss(x, labels, weight, ignore_index):
    """What the label has at each place: ``losses[n, p] = -weight[label] x[n, label, p]`` with label = labels[n, p].

    Parameters
    ----------
    x : (N, L, P) array
        Log-probabilities.
    labels : (N, P) array of int64
        In 0..L-1, or ``ignore_index``.
    weight : (L,) array
    ignore_index : int

    Returns
    -------
    (N, P) array
        0 where the label is the ignored one.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[[-0.5], [-2.0]]])
    >>> nll_loss(x, np.array([[1]]), np.ones(2), -100)
    array([[2.]])
    """
    kept, labels = _kept(labels, ignore_index)
    losses = -weight[labels] * np.take_along_axis(x, labels[:, None], axis=1)[:, 0]
    return np.where(kept, losses, 0).astype(x.dtype)


def nll_loss_grad(g, labels, weight, ignore_index):
    """The transpose of :func:`nll_loss`: ``-weight[label] g[n, p]`` at the label of each place, 0 elsewhere.

    Parameters
    ----------
    g : (N, P) array
        The gradient by the losses.
    labels, weight, ignore_index
        As for :func:`nll_loss`.

    Returns
    -------
    (N, L, P) array

    Examples
    --------
    >>> import numpy as np
    >>> nll_loss_grad(np.array([[3.0]]), np.array([[1]]), np.ones(2), -100)[0, :, 0] + 0.0
    array([ 0., -3.])
    """
    kept, labels = _kept(labels, ignore_index)
    gx = np.zeros((len(g), len(weight), g.shape[1]), g.dtype)
    np.put_along_axis(gx, labels[:, None], np.where(kept, -weight[labels] * g, 0)[:, None], axis=1)
    return gx


def _kept(labels, ignore_index):
    """Where labels count, and labels that are 0 elsewhere."""
    kept = labels != ignore_index
    return kept, np.where(kept, labels, 0)


def cases(rng):
    """Argument sets for the two kernels: (kernel name, arguments)."""
    found = []
    for N, L, P in [(5, 10, 1), (2, 3, 40), (1, 1, 1), (3, 4, 700), (0, 3, 2), (2, 3, 0)]:
        for dtype in (np.float32, np.float64):
            x, g = rng.standard_normal((N, L, P)).astype(dtype), rng.standard_normal((P, N)).astype(dtype).T
            weight = rng.uniform(0.5, 2, L).astype(dtype)
            for ignore_index in (-100, 255, 0):
                labels = rng.integers(0, L, (N, P))
                labels[rng.random((N, P)) < 0.3] = ignore_index
                found += [
                    ("nll_loss", (scores, labels, weight, ignore_index))
                    for scores in (x, np.asfortranarray(x))
                ]
                found.append(("nll_loss_grad", (g, labels, weight, ignore_index)))
            if x.size:
                x[0, :, 0] = np.nan, *[np.inf] * (L - 1)  # counts only where it is the label's
                found.append(("nll_loss", (x, np.full((N, P), L - 1), weight, -100)))
    return found
