"""Losses of numbers in Numba: one sweep for what is a dozen array operations, each through memory, in NumPy.

The trick of the logistic loss is a logarithm that runs in vectors (see :mod:`.exponential`). Of 100,000 numbers, the
smooth L1 loss and its gradient take a sixth of the time of the operations one by one, the logistic loss a third.
"""

import numpy as np

from . import memory, parallel
from .exponential import exp, log1p
from .jit import compiled, compiled_formula, source
from .vector import in_widest_vectors

_WORK = 1  # of a number, in steps


@compiled
def _distance(begin, end, x, t, beta, curve, slope, half, y):
    x, t, y = x[begin:end], t[begin:end], y[begin:end]
    for i in range(len(x)):
        d = x[i] - t[i]
        near, far = curve * d * d, slope * (abs(d) - half)
        y[i] = near if abs(d) <= beta else far


@compiled
def _distance_grad(begin, end, g, x, t, beta, curve, slope, gx):
    alike = len(g) == 1  # one number for all: the compiler makes two loops of it
    x, t, gx, g, first = x[begin:end], t[begin:end], gx[begin:end], g if alike else g[begin:end], g[0]
    for i in range(len(x)):
        d = x[i] - t[i]
        far = slope if d > 0 else -slope if d < 0 else d  # a NaN stays one
        gx[i] = (first if alike else g[i]) * (curve * d if abs(d) <= beta else far)


@compiled_formula
def _logistic(begin, end, x, t, positive, y):
    in_widest_vectors()
    x, t, positive, y = x[begin:end], t[begin:end], positive[begin:end], y[begin:end]
    zero, one = x.dtype.type(0), x.dtype.type(1)
    for i in range(len(x)):
        rest = log1p(exp(-abs(x[i])))  # of log(1 + exp(x)) = max(x, 0) + rest
        above, below = (x[i] if x[i] > 0 else zero), (zero if x[i] > 0 else -x[i])
        y[i] = positive[i] * (below + rest) + (one - t[i]) * (above + rest)


@compiled_formula
def _logistic_grad(begin, end, g, x, t, positive, gx):
    in_widest_vectors()
    alike = len(g) == 1
    x, t, positive, gx = x[begin:end], t[begin:end], positive[begin:end], gx[begin:end]
    g, first, one = g if alike else g[begin:end], g[0], x.dtype.type(1)
    for i in range(len(x)):
        e = exp(-abs(x[i]))
        share = (first if alike else g[i]) / (one + e)
        yes, no = (one if x[i] > 0 else e), (e if x[i] > 0 else one)
        gx[i] = share * ((one - t[i]) * yes - positive[i] * no)


def _sweep(function, x, *args):
    """Run a loop over all numbers of arrays, or of numbers as x has them."""
    y = memory.empty(x.shape, x.dtype)
    args = [source(a, (a.size,)) if isinstance(a, np.ndarray) else x.dtype.type(a) for a in args]
    if x.size:
        parallel.run(function, x.size, _WORK, *args, y.reshape(-1))
    return y


def distance_loss(x, t, beta, curve, slope):
    """Parabola or line: see :func:`minicv.kernels.reference.loss.distance_loss`."""
    return _sweep(_distance, x, x, t, beta, curve, slope, beta / 2)


def distance_loss_grad(g, x, t, beta, curve, slope):
    """Gradient of distance_loss: see :func:`minicv.kernels.reference.loss.distance_loss_grad`."""
    return _sweep(_distance_grad, x, g, x, t, beta, 2 * curve, slope)


def logistic_loss(x, t, positive):
    """Cross-entropy of yes or no: see :func:`minicv.kernels.reference.loss.logistic_loss`."""
    return _sweep(_logistic, x, x, t, positive)


def logistic_loss_grad(g, x, t, positive):
    """Gradient of logistic_loss: see :func:`minicv.kernels.reference.loss.logistic_loss_grad`."""
    return _sweep(_logistic_grad, x, g, x, t, positive)
