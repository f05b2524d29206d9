"""Local response normalisation in Numba: some pixels of all channels at a time, while they are in cache.

A power takes longer than everything else. That of the paper, 3/4, is two square roots, which are vector
instructions, and take less than a third of the time forward.
"""

from math import prod

import numpy as np

from . import parallel
from .jit import compiled, source
from .memory import empty

_PIXELS = 128  # of a block


@compiled
def _activity(x, n, c, at, count, before, after, alpha, k, beta, d, power):
    """For some pixels of channel c: ``d = k + alpha * sum of squares over the window``, and ``d^-beta``."""
    for p in range(count):
        d[p] = 0
    for j in range(max(0, c - before), min(x.shape[1], c + after + 1)):
        row = x[n, j, at : at + count]
        for p in range(count):
            d[p] += row[p] * row[p]
    for p in range(count):
        d[p] = k + alpha * d[p]
    one = x.dtype.type(1)
    if beta == 0.75:
        for p in range(count):
            root = one / np.sqrt(d[p])
            power[p] = root * np.sqrt(root)
    else:
        for p in range(count):
            power[p] = d[p] ** -beta


@compiled
def _norm(begin, end, x, size, alpha, beta, k, y):
    """Work through blocks: block b of image n has the number n blocks + b."""
    _, C, P = x.shape
    blocks = -(-P // _PIXELS)
    d, power = np.empty(_PIXELS, x.dtype), np.empty(_PIXELS, x.dtype)
    for block in range(begin, end):
        n, at = block // blocks, block % blocks * _PIXELS
        count = min(_PIXELS, P - at)
        for c in range(C):
            _activity(x, n, c, at, count, size // 2, (size - 1) // 2, alpha, k, beta, d, power)
            row, out = x[n, c, at : at + count], y[n, c, at : at + count]
            for p in range(count):
                out[p] = row[p] * power[p]


@compiled
def _norm_grad(begin, end, g, x, size, alpha, beta, k, slope, gx):
    _, C, P = x.shape
    blocks = -(-P // _PIXELS)
    powers, along = np.empty((C, _PIXELS), x.dtype), np.empty((C, _PIXELS), x.dtype)
    d, total = np.empty(_PIXELS, x.dtype), np.empty(_PIXELS, x.dtype)
    for block in range(begin, end):
        n, at = block // blocks, block % blocks * _PIXELS
        count = min(_PIXELS, P - at)
        for c in range(C):
            power, own = powers[c], along[c]
            _activity(x, n, c, at, count, size // 2, (size - 1) // 2, alpha, k, beta, d, power)
            row, gradient = x[n, c, at : at + count], g[n, c, at : at + count]
            for p in range(count):
                own[p] = gradient[p] * row[p] * power[p] / d[p]
        for c in range(C):
            total[:] = 0
            for j in range(max(0, c - (size - 1) // 2), min(C, c + size // 2 + 1)):
                other = along[j]
                for p in range(count):
                    total[p] += other[p]
            row, gradient, power = x[n, c, at : at + count], g[n, c, at : at + count], powers[c]
            out = gx[n, c, at : at + count]
            for p in range(count):
                out[p] = gradient[p] * power[p] - slope * row[p] * total[p]


def local_response_norm(x, size, alpha, beta, k):
    """Divide by the neighbours' activity: see :func:`minicv.kernels.reference.response_norm.local_response_norm`."""
    shape, blocks, work = _layout(x, size)
    y = empty(x.shape, x.dtype)
    number = x.dtype.type
    numbers = size, number(alpha / size), number(beta), number(k)
    parallel.run(_norm, blocks, work, source(x, shape), *numbers, y.reshape(shape))
    return y


def local_response_norm_grad(g, x, size, alpha, beta, k):
    """Gradient by x: see :func:`minicv.kernels.reference.response_norm.local_response_norm_grad`."""
    shape, blocks, work = _layout(x, size)
    gx = empty(x.shape, x.dtype)
    number = x.dtype.type
    numbers = size, number(alpha / size), number(beta), number(k), number(2 * alpha * beta / size)
    parallel.run(
        _norm_grad, blocks, 2 * work, source(g, shape), source(x, shape), *numbers, gx.reshape(shape)
    )
    return gx


def _layout(x, size):
    """Shape with the pixels in a row, number of blocks, steps for each."""
    N, C, *rest = x.shape
    return (N, C, prod(rest)), N * -(-prod(rest) // _PIXELS), C * _PIXELS * size
