"""Losses of numbers on the GPU: a thread for each number."""

import cupy

from .launch import contiguous, launch


def _sweep(name, x, *args, **defines):
    """Run a kernel over all numbers of arrays; numbers go as x has them."""
    y = cupy.empty(x.shape, x.dtype)
    args = [contiguous(a) if hasattr(a, "shape") else x.dtype.type(a) for a in args]
    launch("loss", name, x.dtype, x.size, *args, y, **defines)
    return y


def _step(g):
    """From a thread's number of g to the next one's: none if there is one for all."""
    return int(g.ndim > 0)


def distance_loss(x, t, beta, curve, slope):
    """Parabola or line: see :func:`minicv.kernels.reference.loss.distance_loss`."""
    return _sweep("distance_loss", x, x, t, beta, curve, slope)


def distance_loss_grad(g, x, t, beta, curve, slope):
    """Gradient of distance_loss: see :func:`minicv.kernels.reference.loss.distance_loss_grad`."""
    return _sweep("distance_loss_grad", x, g, x, t, beta, curve, slope, STEP=_step(g))


def logistic_loss(x, t, positive):
    """Cross-entropy of yes or no: see :func:`minicv.kernels.reference.loss.logistic_loss`."""
    return _sweep("logistic_loss", x, x, t, positive)


def logistic_loss_grad(g, x, t, positive):
    """Gradient of logistic_loss: see :func:`minicv.kernels.reference.loss.logistic_loss_grad`."""
    return _sweep("logistic_loss_grad", x, g, x, t, positive, STEP=_step(g))
