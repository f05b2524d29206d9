"""The negative log-likelihood of labels in Numba: a few numbers are read, or written among zeros.

There is next to nothing to compute. What counts is that it is one call: (64, 1000) scores take a quarter of the time
that it takes to turn the labels into indices, pick, weight and add up.
"""

import numpy as np

from . import memory, parallel
from .jit import compiled, source


@compiled
def _nll_loss(begin, end, x, labels, weight, ignore_index, losses):
    for n in range(begin, end):
        for p in range(x.shape[2]):
            label = labels[n, p]
            losses[n, p] = -weight[label] * x[n, label, p] if label != ignore_index else 0


@compiled
def _nll_loss_grad(begin, end, g, labels, weight, ignore_index, gx):
    """``gx`` is flat, for zeros are written fastest in one run."""
    L, P = len(weight), g.shape[1]
    gx[begin * L * P : end * L * P] = 0
    for n in range(begin, end):
        for p in range(P):
            label = labels[n, p]
            if label != ignore_index:
                gx[(n * L + label) * P + p] = -weight[label] * g[n, p]


def nll_loss(x, labels, weight, ignore_index):
    """What the labels have: see :func:`minicv.kernels.reference.nll.nll_loss`."""
    losses = np.empty(labels.shape, x.dtype)
    given = [source(array, array.shape) for array in (x, labels, weight)]
    parallel.run(_nll_loss, len(x), 4 * x.shape[2], *given, ignore_index, losses)
    return losses


def nll_loss_grad(g, labels, weight, ignore_index):
    """The transpose: see :func:`minicv.kernels.reference.nll.nll_loss_grad`."""
    (N, P), L = g.shape, len(weight)
    gx = memory.empty((N, L, P), g.dtype)
    given = [source(array, array.shape) for array in (g, labels, weight)]
    parallel.run(_nll_loss_grad, N, L * P / 8, *given, ignore_index, gx.reshape(-1))
    return gx
