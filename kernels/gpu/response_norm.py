"""Local response normalisation on the GPU."""

from math import prod

import cupy

from .launch import contiguous, launch


def local_response_norm(x, size, alpha, beta, k):
    """Divide by the neighbours' activity: see :func:`minicv.kernels.reference.response_norm.local_response_norm`."""
    y = cupy.empty(x.shape, x.dtype)
    launch("response_norm", "respond", x.dtype, x.size, contiguous(x), *_rest(x, size, alpha, beta, k, y))
    return y


def local_response_norm_grad(g, x, size, alpha, beta, k):
    """Gradient by x: see :func:`minicv.kernels.reference.response_norm.local_response_norm_grad`."""
    gx = cupy.empty(x.shape, x.dtype)
    arrays = contiguous(g), contiguous(x)
    launch("response_norm", "respond_grad", x.dtype, x.size, *arrays, *_rest(x, size, alpha, beta, k, gx))
    return gx


def _rest(x, size, alpha, beta, k, out):
    """The kernels' last arguments."""
    return *map(x.dtype.type, (alpha / size, beta, k)), out, x.shape[1], prod(x.shape[2:]), int(size)
