"""Normalisation in Numba, group by group: a sweep adds up, another writes, while the group is still in cache."""

from math import prod

import numpy as np

from . import parallel
from .jit import compiled, compiled_sum, source

# Runs of fewer values than this, which is a vector's length, are gathered first: sweeping them takes longer.
_SHORT = 16


@compiled_sum
def _moments(x, pivot):
    """Sums of x - pivot and of its square."""
    first, second = 0.0, 0.0
    for i in range(len(x)):
        d = np.float64(x[i]) - pivot
        first += d
        second += d * d
    return first, second


@compiled_sum
def _products(g, x, mean):
    """Sums of g and of g (x - mean)."""
    alone, along = 0.0, 0.0
    for i in range(len(x)):
        d = np.float64(g[i])
        alone += d
        along += d * (x[i] - mean)
    return alone, along


@compiled
def _normalize(begin, end, x, weight, bias, eps, y, mean, variance):
    """One sweep finds both moments, as distances from one of the values.

    That is safe, where the mean of squares less the square of the mean would not be: however far out the
    value, its squared distance from the mean is at most n variances, which cost n roundings at worst.
    """
    N, _, L = x.shape
    n = max(1, N * L)
    for k in range(begin, end):
        pivot = np.float64(x[0, k, 0]) if N * L else 0.0
        first, second = 0.0, 0.0
        for i in range(N):
            sums = _moments(x[i, k], pivot)
            first += sums[0]
            second += sums[1]
        first /= n
        mean[k] = pivot + first
        variance[k] = second / n - first * first
        if variance[k] < 0:  # by rounding (a NaN stays one)
            variance[k] = 0
        scale = weight[k] / np.sqrt(variance[k] + eps)
        for i in range(N):
            for j in range(L):
                y[i, k, j] = (x[i, k, j] - mean[k]) * scale + bias[k]


@compiled
def _normalize_grad(begin, end, g, x, weight, mean, variance, eps, gx, gweight, gbias):
    N, _, L = x.shape
    n = max(1, N * L)
    for k in range(begin, end):
        r = 1 / np.sqrt(variance[k] + eps)
        alone, along = 0.0, 0.0
        for i in range(N):
            sums = _products(g[i, k], x[i, k], mean[k])
            alone += sums[0]
            along += sums[1]
        gbias[k] = alone
        gweight[k] = along * r
        g_mean, slope, scale = alone / n, along * r * r / n, weight[k] * r
        for i in range(N):
            for j in range(L):
                gx[i, k, j] = scale * (g[i, k, j] - g_mean - (x[i, k, j] - mean[k]) * slope)


@compiled
def _scale_shift(begin, end, x, scale, shift, y):
    """Row n of x and y is that of group n % G; counting along is cheaper than dividing where rows are short."""
    G = len(scale)
    k = begin % max(1, G)
    for row in range(begin, end):
        for j in range(x.shape[1]):
            y[row, j] = x[row, j] * scale[k] + shift[k]
        k = k + 1 if k + 1 < G else 0


def normalize(x, weight, bias, eps):
    """Normalise each group: see :func:`minicv.kernels.reference.norm.normalize`."""
    groups = _groups(x)
    y = np.empty(groups.shape, x.dtype)
    N, G, L = groups.shape
    mean, variance = np.empty((2, G))
    weight, bias = source(weight, (G,)), source(bias, (G,))
    parallel.run(_normalize, G, N * L, groups, weight, bias, eps, y, mean, variance)
    return _ungroup(y, x.shape), mean, variance


def normalize_grad(g, x, weight, mean, variance, eps):
    """Gradients of normalize: see :func:`minicv.kernels.reference.norm.normalize_grad`."""
    g, groups = _groups(g), _groups(x)
    gx = np.empty(groups.shape, x.dtype)
    N, G, L = groups.shape
    gweight, gbias = np.empty((2, G), x.dtype)
    weight, mean, variance = (source(a, (G,)) for a in (weight, mean, variance))
    parallel.run(_normalize_grad, G, N * L, g, groups, weight, mean, variance, eps, gx, gweight, gbias)
    return _ungroup(gx, x.shape), gweight, gbias


def scale_shift(x, scale, shift):
    """Scale and shift each group: see :func:`minicv.kernels.reference.norm.scale_shift`."""
    N, G, *rest = x.shape
    y = np.empty((N * G, prod(rest)), x.dtype)
    scale, shift = source(scale, (G,)), source(shift, (G,))
    parallel.run(_scale_shift, N * G, prod(rest), source(x, y.shape), scale, shift, y)
    return y.reshape(x.shape)


def _groups(array):
    """Lay an array (N, G, ...) out as (N, G, L); one of scattered values (N, G), say, as (1, G, N L)."""
    N, G, *rest = array.shape
    if prod(rest) < _SHORT:
        return source(array.swapaxes(0, 1), (1, G, N * prod(rest)))
    return source(array, (N, G, prod(rest)))


def _ungroup(groups, shape):
    """Undo :func:`_groups`."""
    N, G, *rest = shape
    if prod(rest) < _SHORT:
        return np.ascontiguousarray(groups.reshape(G, N, *rest).swapaxes(0, 1))
    return groups.reshape(shape)
