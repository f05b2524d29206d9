"""Activations in Numba: one sweep over memory each, in vectors, on all cores.

The trick is to hand the compiler loops that it can turn into vector instructions: slices, counted from 0
(counting from ``begin`` takes 4 times as long, as indices might be negative), a choice between two values in
place of a branch, and an exponential function made of sums and products (:mod:`.exponential`).
"""

import math

import numpy as np

from . import memory, parallel
from .exponential import exp, expm1
from .jit import compiled_formula, source
from .vector import in_widest_vectors

_WORK = 0.25  # of a number, in steps: a vector at a time, it takes a fraction of one


@compiled_formula
def _relu(begin, end, x, y):
    x, y = x[begin:end], y[begin:end]
    for i in range(len(x)):
        y[i] = 0 if x[i] <= 0 else x[i]  # so a NaN stays one


@compiled_formula
def _relu_grad(begin, end, g, y, gx):
    g, y, gx = g[begin:end], y[begin:end], gx[begin:end]
    for i in range(len(g)):
        gx[i] = 0 if y[i] == 0 else g[i]


@compiled_formula
def _leaky_relu_grad(begin, end, g, x, slopes, length, gx):
    """Number i has the slope ``slopes[i // length % C]``: the range is cut into runs of one slope."""
    while begin < end:
        run = begin // length
        stop = min(end, (run + 1) * length)
        slope = slopes[run % len(slopes)]
        own_g, own_x, own = g[begin:stop], x[begin:stop], gx[begin:stop]
        for i in range(len(own)):
            own[i] = own_g[i] if own_x[i] > 0 else slope * own_g[i]
        begin = stop


@compiled_formula
def _elu(begin, end, x, alpha, y):
    in_widest_vectors()
    x, y = x[begin:end], y[begin:end]
    zero = x.dtype.type(0)
    for i in range(len(x)):
        below = alpha * expm1(x[i] if x[i] < 0 else zero)
        y[i] = below if x[i] <= 0 else x[i]


@compiled_formula
def _elu_grad(begin, end, g, x, alpha, gx):
    in_widest_vectors()
    g, x, gx = g[begin:end], x[begin:end], gx[begin:end]
    zero = x.dtype.type(0)
    for i in range(len(x)):
        below = alpha * exp(zero if x[i] > 0 else x[i]) * g[i]
        gx[i] = g[i] if x[i] > 0 else below


@compiled_formula
def _sigmoid(begin, end, x, y):
    in_widest_vectors()
    x, y = x[begin:end], y[begin:end]
    one = x.dtype.type(1)
    for i in range(len(x)):
        e = exp(-abs(x[i]))
        y[i] = (one if x[i] > 0 else e) / (one + e)


@compiled_formula
def _sigmoid_grad(begin, end, g, y, gx):
    g, y, gx = g[begin:end], y[begin:end], gx[begin:end]
    one = y.dtype.type(1)
    for i in range(len(g)):
        gx[i] = g[i] * y[i] * (one - y[i])


@compiled_formula
def _tanh(begin, end, x, y):
    """With e = exp(-2 |x|) - 1, which is exact near 0 too, tanh(|x|) = -e / (2 + e)."""
    in_widest_vectors()
    x, y = x[begin:end], y[begin:end]
    two = x.dtype.type(2)
    for i in range(len(x)):
        e = expm1(-two * abs(x[i]))
        y[i] = math.copysign(e / (two + e), x[i])


@compiled_formula
def _tanh_grad(begin, end, g, y, gx):
    g, y, gx = g[begin:end], y[begin:end], gx[begin:end]
    one = y.dtype.type(1)
    for i in range(len(g)):
        gx[i] = g[i] * (one - y[i] * y[i])


def _sweep(function, x, *args):
    """Run a compiled function over all numbers of x and of the other arrays; numbers go as x has them."""
    y = memory.empty(x.shape, x.dtype)
    args = [source(a, (a.size,)) if isinstance(a, np.ndarray) else x.dtype.type(a) for a in args]
    parallel.run(function, x.size, _WORK, source(x, (x.size,)), *args, y.reshape(-1))
    return y


def relu(x):
    """Rectify: see :func:`minicv.kernels.reference.activation.relu`."""
    return _sweep(_relu, x)


def relu_grad(g, y):
    """Gradient of relu: see :func:`minicv.kernels.reference.activation.relu_grad`."""
    return _sweep(_relu_grad, g, y)


def leaky_relu(x, slopes):
    """Rectify leakily: see :func:`minicv.kernels.reference.activation.leaky_relu`."""
    return leaky_relu_grad(x, x, slopes)


def leaky_relu_grad(g, x, slopes):
    """Gradient of leaky_relu: see :func:`minicv.kernels.reference.activation.leaky_relu_grad`."""
    length = math.prod(x.shape[2:]) if len(slopes) != 1 else x.size
    gx = memory.empty(g.shape, g.dtype)
    g, x, slopes = (source(a, (a.size,)) for a in (g, x, slopes))
    parallel.run(_leaky_relu_grad, g.size, _WORK, g, x, slopes, length, gx.reshape(-1))
    return gx


def elu(x, alpha):
    """Exponential linear unit: see :func:`minicv.kernels.reference.activation.elu`."""
    return _sweep(_elu, x, alpha)


def elu_grad(g, x, alpha):
    """Gradient of elu: see :func:`minicv.kernels.reference.activation.elu_grad`."""
    return _sweep(_elu_grad, g, x, alpha)


def sigmoid(x):
    """Logistic function: see :func:`minicv.kernels.reference.activation.sigmoid`."""
    return _sweep(_sigmoid, x)


def sigmoid_grad(g, y):
    """Gradient of sigmoid: see :func:`minicv.kernels.reference.activation.sigmoid_grad`."""
    return _sweep(_sigmoid_grad, g, y)


def tanh(x):
    """Hyperbolic tangent: see :func:`minicv.kernels.reference.activation.tanh`."""
    return _sweep(_tanh, x)


def tanh_grad(g, y):
    """Gradient of tanh: see :func:`minicv.kernels.reference.activation.tanh_grad`."""
    return _sweep(_tanh_grad, g, y)
