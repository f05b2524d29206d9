"""Activations on the GPU: a thread for each number."""

from math import prod

import cupy

from .launch import contiguous, launch


def _sweep(name, x, *args):
    """Run a kernel over all numbers of x and of the other arrays; numbers go as x has them."""
    x, y = contiguous(x), cupy.empty(x.shape, x.dtype)
    args = [contiguous(a) if hasattr(a, "shape") else x.dtype.type(a) for a in args]
    launch("activation", name, x.dtype, x.size, x, *args, y)
    return y


def relu(x):
    """Rectify: see :func:`minicv.kernels.reference.activation.relu`."""
    return _sweep("relu", x)


def relu_grad(g, y):
    """Gradient of relu: see :func:`minicv.kernels.reference.activation.relu_grad`."""
    return _sweep("relu_grad", g, y)


def leaky_relu(x, slopes):
    """Rectify leakily: see :func:`minicv.kernels.reference.activation.leaky_relu`."""
    return leaky_relu_grad(x, x, slopes)


def leaky_relu_grad(g, x, slopes):
    """Gradient of leaky_relu: see :func:`minicv.kernels.reference.activation.leaky_relu_grad`."""
    length = prod(x.shape[2:]) if len(slopes) != 1 else x.size
    g, x, slopes = map(contiguous, (g, x, slopes))
    gx = cupy.empty(g.shape, g.dtype)
    launch("activation", "leaky_relu_grad", g.dtype, g.size, g, x, slopes, gx, length, len(slopes))
    return gx


def elu(x, alpha):
    """Exponential linear unit: see :func:`minicv.kernels.reference.activation.elu`."""
    return _sweep("elu", x, alpha)


def elu_grad(g, x, alpha):
    """Gradient of elu: see :func:`minicv.kernels.reference.activation.elu_grad`."""
    return _sweep("elu_grad", g, x, alpha)


def sigmoid(x):
    """Logistic function: see :func:`minicv.kernels.reference.activation.sigmoid`."""
    return _sweep("sigmoid", x)


def sigmoid_grad(g, y):
    """Gradient of sigmoid: see :func:`minicv.kernels.reference.activation.sigmoid_grad`."""
    return _sweep("sigmoid_grad", g, y)


def tanh(x):
    """Hyperbolic tangent: see :func:`minicv.kernels.reference.activation.tanh`."""
    return _sweep("hyperbolic_tangent", x)


def tanh_grad(g, y):
    """Gradient of tanh: see :func:`minicv.kernels.reference.activation.tanh_grad`."""
    return _sweep("tanh_grad", g, y)
