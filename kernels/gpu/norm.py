"""Normalisation on the GPU: the threads of a group add up a part of it each; then every value has a thread."""

from math import prod

import cupy
import numpy as np

from .launch import contiguous, launch

_PARTS = 256  # threads for a group


def normalize(x, weight, bias, eps):
    """Normalise each group: see :func:`minicv.kernels.reference.norm.normalize`."""
    x, bias = contiguous(x), contiguous(bias)
    N, G, L = len(x), x.shape[1], prod(x.shape[2:])
    n = max(1, N * L)
    # Both moments at once, as distances from the first value of the group: see the cpu leaf.
    pivot = x.reshape(N, G, L)[:1, :, :1].sum(axis=(0, 2), dtype=np.float64)
    first, second = products(x, pivot, x, pivot)
    mean = pivot + first / n
    variance = (second / n - (first / n) ** 2).clip(0)
    y = cupy.empty(x.shape, x.dtype)
    launch("norm", "normalize", x.dtype, x.size, x, mean, weight * (variance + eps) ** -0.5, bias, y, G, L)
    return y, mean, variance


def normalize_grad(g, x, weight, mean, variance, eps, known):
    """Gradients of normalize: see :func:`minicv.kernels.reference.norm.normalize_grad`."""
    g, x, mean = map(contiguous, (g, x, mean))
    N, G, L = len(x), x.shape[1], prod(x.shape[2:])
    n = max(1, N * L)
    r = (variance + eps) ** -0.5
    alone, along = products(g, cupy.zeros(G), x, mean)
    if known:
        gx = scale_shift(g, (weight * r).astype(x.dtype), cupy.zeros(G, x.dtype))
    else:
        gx = cupy.empty(x.shape, x.dtype)
        lines = alone / n, x, mean, along * r * r / n, weight * r
        launch("norm", "normalize_grad", x.dtype, x.size, g, *lines, gx, G, L)
    return gx, (along * r).astype(x.dtype), alone.astype(x.dtype)


def scale_shift(x, scale, shift):
    """Scale and shift each group: see :func:`minicv.kernels.reference.norm.scale_shift`."""
    x, scale, shift = map(contiguous, (x, scale, shift))
    y = cupy.empty(x.shape, x.dtype)
    launch("norm", "scale_shift", x.dtype, x.size, x, scale, shift, y, x.shape[1], prod(x.shape[2:]))
    return y


def products(a, a_mean, b, b_mean):
    """For each group the sum of a - a_mean, and that of its products with b - b_mean."""
    N, G, L = len(a), a.shape[1], prod(a.shape[2:])
    parts = min(_PARTS, N * L)
    sums = cupy.empty((G, parts, 2))
    launch("norm", "products", a.dtype, G * parts, a, a_mean, b, b_mean, sums, N, G, L, parts)
    sums = sums.sum(axis=1)
    return sums[:, 0], sums[:, 1]
