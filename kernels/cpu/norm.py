"""Normalisation in Numba, group by group: a sweep adds up, another writes, while the group is still in cache.

Sums are float64, of distances from a value near by; the compiler keeps several of them going at once. What is
written comes of float32 alone, of which a vector holds twice as many: the mean goes as two of them, so that no digit of
x - mean is lost. That buys a quarter of the time, and half of it for maps of 7 x 7. Where a group's runs in memory are
too short for vectors (features (N, C)), neighbouring groups are swept together, sample by sample, every column with
sums of its own. That buys a factor of 2 for (64, 256).
"""

from math import prod

import numpy as np

from . import parallel
from .jit import compiled, compiled_sum, source
from .memory import empty

# Runs of fewer values than this are swept together with their neighbours, this many columns at a time.
_SHORT, _COLUMNS = 16, 512


@compiled_sum
def moments(x, pivot):
    """Sums of x - pivot and of its square."""
    first, second = 0.0, 0.0
    for i in range(len(x)):
        d = np.float64(x[i]) - pivot
        first += d
        second += d * d
    return first, second


@compiled
def statistics(pivot, first, second, n):
    """Mean and variance of n values, given the sums of their distances from a pivot and of the squares.

    That is safe where the pivot is one of the values (the mean of squares less the square of the mean would not
    be): however far out it is, its squared distance from the mean is at most n variances, which cost n roundings
    at worst.
    """
    first, second = first / max(1, n), second / max(1, n)
    variance = second - first * first
    return pivot + first, 0.0 if variance < 0 else variance  # below 0 by rounding (a NaN stays one)


@compiled
def parts(mean, dtype):
    """A mean as two numbers of the dtype, whose sum is exact to twice their digits."""
    high = dtype.type(mean)
    return high, dtype.type(mean - high)


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
    N, _, L = x.shape
    for k in range(begin, end):
        pivot = np.float64(x[0, k, 0]) if N * L else 0.0
        first, second = 0.0, 0.0
        for i in range(N):
            sums = moments(x[i, k], pivot)
            first += sums[0]
            second += sums[1]
        mean[k], variance[k] = statistics(pivot, first, second, N * L)
        high, low = parts(mean[k], x.dtype)
        scale, shift = x.dtype.type(weight[k] / np.sqrt(variance[k] + eps)), bias[k]
        for i in range(N):
            for j in range(L):
                y[i, k, j] = (x[i, k, j] - high - low) * scale + shift


@compiled
def _add_moments(x, pivot, first, second):
    """Add to every column's sums."""
    for q in range(len(x)):
        d = np.float64(x[q]) - pivot[q]
        first[q] += d
        second[q] += d * d


@compiled
def _rescale(x, mean, scale, shift, y):
    """``y = (x - mean) scale + shift``, for every column."""
    for q in range(len(x)):
        y[q] = (x[q] - mean[q]) * scale[q] + shift[q]


@compiled
def _total(a, b, begin, count):
    """Sums over the columns of a group."""
    totals = 0.0, 0.0
    for q in range(begin, begin + count):
        totals = totals[0] + a[q], totals[1] + b[q]
    return totals


@compiled
def _normalize_columns(begin, end, x, L, weight, bias, eps, y, mean, variance):
    """The same for short runs: x and y are (N, G L), and a step of the range is a block of whole groups."""
    N, G = len(x), len(weight)
    groups = max(1, _COLUMNS // L)
    table = np.empty((3, groups * L))
    for block in range(begin, end):
        k0 = block * groups
        k1 = min(G, k0 + groups)
        at, count = k0 * L, (k1 - k0) * L
        pivot, first, second = table[0], table[1], table[2]
        for q in range(count):
            pivot[q], first[q], second[q] = x[0, at + q // L * L] if N else 0.0, 0, 0
        for i in range(N):
            _add_moments(x[i, at : at + count], pivot, first, second)
        for k in range(k0, k1):
            own = (k - k0) * L
            sums = _total(first, second, own, L)
            mean[k], variance[k] = statistics(pivot[own], sums[0], sums[1], N * L)
            scale = weight[k] / np.sqrt(variance[k] + eps)
            for q in range(own, own + L):
                table[0, q], table[1, q], table[2, q] = mean[k], scale, bias[k]
        for i in range(N):
            _rescale(x[i, at : at + count], table[0], table[1], table[2], y[i, at : at + count])


@compiled
def _slopes(alone, along, n, r, known):
    """What a group's gradient loses: its mean, and the slope of its line over x (neither, if x moves no statistics)."""
    return (0.0, 0.0) if known else (alone / max(1, n), along * r * r / max(1, n))


@compiled
def _normalize_grad(begin, end, g, x, weight, mean, variance, eps, known, gx, gweight, gbias):
    (N, _, L), real = x.shape, x.dtype.type
    for k in range(begin, end):
        r = 1 / np.sqrt(variance[k] + eps)
        alone, along = 0.0, 0.0
        for i in range(N):
            sums = _products(g[i, k], x[i, k], mean[k])
            alone += sums[0]
            along += sums[1]
        gbias[k], gweight[k] = alone, along * r
        slopes = _slopes(alone, along, N * L, r, known)
        scale, g_mean, slope = real(weight[k] * r), real(slopes[0]), real(slopes[1])
        high, low = parts(mean[k], x.dtype)
        for i in range(N):
            for j in range(L):
                off = real(0) if known else g_mean + (x[i, k, j] - high - low) * slope
                gx[i, k, j] = scale * (g[i, k, j] - off)


@compiled
def _add_products(g, x, mean, alone, along):
    """Add to every column's sums."""
    for q in range(len(x)):
        d = np.float64(g[q])
        alone[q] += d
        along[q] += d * (x[q] - mean[q])


@compiled
def _project(g, x, mean, g_mean, slope, scale, gx):
    """``gx = scale (g - g_mean - (x - mean) slope)``, for every column."""
    for q in range(len(x)):
        gx[q] = scale[q] * (g[q] - g_mean[q] - (x[q] - mean[q]) * slope[q])


@compiled
def _normalize_grad_columns(begin, end, g, x, L, weight, mean, variance, eps, known, gx, gweight, gbias):
    """The same for short runs: see _normalize_columns."""
    N, G = len(x), len(weight)
    groups = max(1, _COLUMNS // L)
    table = np.empty((4, groups * L))
    for block in range(begin, end):
        k0 = block * groups
        k1 = min(G, k0 + groups)
        at, count = k0 * L, (k1 - k0) * L
        middle, alone, along, scale = table[0], table[1], table[2], table[3]
        for q in range(count):
            middle[q], alone[q], along[q] = mean[k0 + q // L], 0, 0
        for i in range(N):
            _add_products(g[i, at : at + count], x[i, at : at + count], middle, alone, along)
        for k in range(k0, k1):
            own = (k - k0) * L
            r = 1 / np.sqrt(variance[k] + eps)
            sums = _total(alone, along, own, L)
            gbias[k], gweight[k] = sums[0], sums[1] * r
            slopes = _slopes(sums[0], sums[1], N * L, r, known)
            for q in range(own, own + L):
                alone[q], along[q], scale[q] = slopes[0], slopes[1], weight[k] * r
        for i in range(N):
            own_g, own_gx = g[i, at : at + count], gx[i, at : at + count]
            if known:
                for q in range(count):
                    own_gx[q] = scale[q] * own_g[q]
            else:
                _project(own_g, x[i, at : at + count], middle, alone, along, scale, own_gx)


@compiled
def _scale_shift(begin, end, x, scale, shift, y):
    """Row n of x and y is that of group n % G; counting along is cheaper than dividing where rows are short."""
    G = len(scale)
    k = begin % max(1, G)
    for row in range(begin, end):
        for j in range(x.shape[1]):
            y[row, j] = x[row, j] * scale[k] + shift[k]
        k = k + 1 if k + 1 < G else 0


@compiled
def _scale_shift_columns(begin, end, x, scale, shift, y):
    """The same for short runs: every column has a scale and a shift."""
    for row in range(begin, end):
        for q in range(len(scale)):
            y[row, q] = x[row, q] * scale[q] + shift[q]


def normalize(x, weight, bias, eps):
    """Normalise each group: see :func:`minicv.kernels.reference.norm.normalize`."""
    N, G, *rest = x.shape
    L = prod(rest)
    y = empty(x.shape, x.dtype)
    mean, variance = np.empty((2, G))
    parameters = source(weight, (G,)), source(bias, (G,)), eps
    if 0 < L < _SHORT:
        columns = source(x, (N, G * L)), L, *parameters, y.reshape(N, G * L), mean, variance
        parallel.run(_normalize_columns, _blocks(G, L), N * _COLUMNS, *columns)
    else:
        runs = source(x, (N, G, L)), *parameters, y.reshape(N, G, L), mean, variance
        parallel.run(_normalize, G, N * L, *runs)
    return y, mean, variance


def normalize_grad(g, x, weight, mean, variance, eps, known):
    """Gradients of normalize: see :func:`minicv.kernels.reference.norm.normalize_grad`."""
    N, G, *rest = x.shape
    L = prod(rest)
    gx = empty(x.shape, x.dtype)
    gweight, gbias = np.empty((2, G), x.dtype)
    parameters = *(source(a, (G,)) for a in (weight, mean, variance)), eps, known
    if 0 < L < _SHORT:
        shape = N, G * L
        columns = source(g, shape), source(x, shape), L, *parameters, gx.reshape(shape), gweight, gbias
        parallel.run(_normalize_grad_columns, _blocks(G, L), N * _COLUMNS, *columns)
    else:
        shape = N, G, L
        runs = source(g, shape), source(x, shape), *parameters, gx.reshape(shape), gweight, gbias
        parallel.run(_normalize_grad, G, N * L, *runs)
    return gx, gweight, gbias


def scale_shift(x, scale, shift):
    """Scale and shift each group: see :func:`minicv.kernels.reference.norm.scale_shift`."""
    N, G, *rest = x.shape
    L = prod(rest)
    y = empty(x.shape, x.dtype)
    if L < _SHORT:
        shape, loop, scale, shift = (N, G * L), _scale_shift_columns, np.repeat(scale, L), np.repeat(shift, L)
    else:
        shape, loop = (N * G, L), _scale_shift
    tables = source(scale, scale.shape), source(shift, shift.shape)
    parallel.run(loop, shape[0], shape[1], source(x, shape), *tables, y.reshape(shape))
    return y


def _blocks(G, L):
    """Number of blocks of neighbouring groups."""
    return -(-G // max(1, _COLUMNS // L))
