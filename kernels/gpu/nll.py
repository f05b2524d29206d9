"""The negative log-likelihood of labels on the GPU."""

import cupy
import numpy as np

from .launch import contiguous, launch


def nll_loss(x, labels, weight, ignore_index):
    """What the labels have: see :func:`minicv.kernels.reference.nll.nll_loss`."""
    losses = cupy.empty(labels.shape, x.dtype)
    given = contiguous(x), contiguous(labels), contiguous(weight), np.int64(ignore_index)
    launch("nll", "nll_loss", x.dtype, losses.size, *given, losses, *x.shape[1:])
    return losses


def nll_loss_grad(g, labels, weight, ignore_index):
    """The transpose: see :func:`minicv.kernels.reference.nll.nll_loss_grad`."""
    L, P = len(weight), g.shape[1]
    gx = cupy.empty((len(g), L, P), g.dtype)
    given = contiguous(g), contiguous(labels), contiguous(weight), np.int64(ignore_index)
    launch("nll", "nll_loss_grad", g.dtype, gx.size, *given, gx, L, P)
    return gx
