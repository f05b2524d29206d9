"""Normalisation on the GPU: two sums for each group, a few numbers out of them, and a sweep over the whole array."""

from math import prod

import cupy
import numpy as np

from .launch import THREADS, contiguous, launch

_BLOCKS = 1024  # that fill a large GPU
_LEAST = 1024  # numbers that a part of a group has at least


def normalize(x, weight, bias, eps):
    """Normalise each group: see :func:`minicv.kernels.reference.norm.normalize`."""
    x, weight, bias = map(contiguous, (x, weight, bias))
    _, G, L = sizes = _sizes(x)
    mean, variance, scale = cupy.empty((3, G))
    sums, parts = products(x, x)
    arguments = sums, x, weight, mean, variance, scale, np.float64(eps), *sizes, parts
    launch("norm", "statistics", x.dtype, G, *arguments)
    y = cupy.empty(x.shape, x.dtype)
    launch("norm", "normalize", x.dtype, x.size, x, mean, scale, bias, y, G, L)
    return y, mean, variance


def normalize_grad(g, x, weight, mean, variance, eps, known):
    """Gradients of normalize: see :func:`minicv.kernels.reference.norm.normalize_grad`."""
    g, x, weight, mean, variance = map(contiguous, (g, x, weight, mean, variance))
    _, G, L = sizes = _sizes(x)
    g_mean, slope, scale = cupy.empty((3, G))
    g_weight, g_bias = cupy.empty((2, G), x.dtype)
    sums, parts = products(g, x, mean)
    arguments = sums, variance, weight, g_mean, slope, scale, g_weight, g_bias, np.float64(eps), *sizes, parts
    launch("norm", "lines", x.dtype, G, *arguments)
    if known:
        return scale_shift(g, scale.astype(x.dtype), cupy.zeros(G, x.dtype)), g_weight, g_bias
    gx = cupy.empty(x.shape, x.dtype)
    launch("norm", "normalize_grad", x.dtype, x.size, g, g_mean, x, mean, slope, scale, gx, G, L)
    return gx, g_weight, g_bias


def scale_shift(x, scale, shift):
    """Scale and shift each group: see :func:`minicv.kernels.reference.norm.scale_shift`."""
    x, scale, shift = map(contiguous, (x, scale, shift))
    y = cupy.empty(x.shape, x.dtype)
    launch("norm", "scale_shift", x.dtype, x.size, x, scale, shift, y, *_sizes(x)[1:])
    return y


def products(a, b, mean=None):
    """For each part of each group the sum of a, and that of its products with b - mean; and how many parts there are.

    Without ``mean`` both are counted from the group's first number in a.
    """
    N, G, L = _sizes(a)
    columns = L == 1
    blocks = -(-G // THREADS) if columns else G
    parts = max(1, min(_BLOCKS // max(1, blocks), (N if columns else N * L) // (64 if columns else _LEAST)))
    sums = cupy.empty((parts, G, 2))
    of_two = mean is not None
    arrays = a, b, mean if of_two else sums, sums  # sums stands in for what is not looked at
    if N * L == 0:
        sums.fill(0)
    elif columns:
        launch("norm", "column_products", a.dtype, parts * G, *arrays, int(of_two), N, G, parts)
    else:
        launch("norm", "products", a.dtype, parts * G * THREADS, *arrays, int(of_two), N, G, L, parts)
    return sums, parts


def _sizes(x):
    return len(x), x.shape[1], prod(x.shape[2:])
