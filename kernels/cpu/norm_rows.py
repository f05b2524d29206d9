"""Normalisation of rows in Numba: a sweep adds a row up, another writes it, while it is still in cache.

One kernel scales and shifts as well, and one finds all three gradients: half of the time of normalising first and
multiplying and adding afterwards. Statistics are float64, but what is written comes of float32 alone, of which a vector
holds twice as many: the mean goes as two of them, so that no digit of x - mean is lost. That buys another fifth.
"""

import numpy as np

from . import parallel
from .jit import compiled, compiled_sum, source
from .memory import empty
from .norm import moments, parts, statistics

# Blocks of rows, each with sums of its own for every column: a fixed number, so that the bits stay the same for any
# number of threads.
_BLOCKS = 16
_FEW = 8  # rows whose sums for every column are added up in float32; those sums are added in float64


@compiled
def _normalize_rows(begin, end, x, weight, bias, eps, y, mean, variance):
    D = x.shape[1]
    for s in range(begin, end):
        pivot = np.float64(x[s, 0]) if D else 0.0
        first, second = moments(x[s], pivot)
        mean[s], variance[s] = statistics(pivot, first, second, D)
        high, low = parts(mean[s], x.dtype)
        r = x.dtype.type(1 / np.sqrt(variance[s] + eps))
        for j in range(D):
            y[s, j] = (x[s, j] - high - low) * r * weight[j] + bias[j]


@compiled_sum
def _products(g, weight, x, high):
    """Sums of u = g weight and of u (x - high)."""
    alone, along = 0.0, 0.0
    for j in range(len(x)):
        u = g[j] * weight[j]
        alone += u
        along += u * (x[j] - high)
    return alone, along


@compiled
def _normalize_rows_grad(begin, end, g, x, weight, mean, variance, eps, gx, sums):
    """Of each block of rows, gx and the sums of g x^ and of g for every column."""
    S, D = x.shape
    real, few = x.dtype.type, np.zeros((2, D), x.dtype)  # the sums over a few rows
    for block in range(begin, end):
        first, last = S * block // len(sums), S * (block + 1) // len(sums)
        for s in range(first, last):
            high, low = parts(mean[s], x.dtype)
            scale = 1 / np.sqrt(variance[s] + eps)
            alone, along = _products(g[s], weight, x[s], high)
            along -= alone * low
            r, u_mean, slope = real(scale), real(alone / D), real(along * scale * scale / D)
            for j in range(D):
                gx[s, j] = r * (g[s, j] * weight[j] - u_mean - (x[s, j] - high - low) * slope)
            for j in range(D):
                few[0, j] += g[s, j] * (r * (x[s, j] - high - low))
                few[1, j] += g[s, j]
            if s + 1 == last or (s - first) % _FEW == _FEW - 1:
                for i in range(2):
                    for j in range(D):
                        sums[block, i, j] += few[i, j]
                        few[i, j] = 0


def normalize_rows(x, weight, bias, eps):
    """Normalise each row: see :func:`minicv.kernels.reference.norm_rows.normalize_rows`."""
    S, D = x.shape
    y = empty(x.shape, x.dtype)
    mean, variance = np.empty((2, S))
    weight, bias = source(weight, (D,)), source(bias, (D,))
    parallel.run(_normalize_rows, S, 2 * D, source(x, (S, D)), weight, bias, eps, y, mean, variance)
    return y, mean, variance


def normalize_rows_grad(g, x, weight, mean, variance, eps):
    """Gradients of normalize_rows: see :func:`minicv.kernels.reference.norm_rows.normalize_rows_grad`."""
    S, D = x.shape
    gx = empty(x.shape, x.dtype)
    sums = np.zeros((min(-(-S // 4), _BLOCKS), 2, D))
    rows = (
        source(g, (S, D)),
        source(x, (S, D)),
        source(weight, (D,)),
        source(mean, (S,)),
        source(variance, (S,)),
    )
    parallel.run(_normalize_rows_grad, len(sums), 4 * D * S // max(1, len(sums)), *rows, eps, gx, sums)
    gweight, gbias = sums.sum(axis=0).astype(x.dtype)
    return gx, gweight, gbias
