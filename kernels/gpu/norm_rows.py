"""Normalisation of rows on the GPU: a row is a group of :mod:`.norm`; so is a column, when its sums are asked for."""

import cupy

from .launch import contiguous
from .norm import normalize, normalize_grad, products


def normalize_rows(x, weight, bias, eps):
    """Normalise each row: see :func:`minicv.kernels.reference.norm_rows.normalize_rows`."""
    normal, mean, variance = _normal(x, eps)
    return normal * weight + bias, mean, variance


def normalize_rows_grad(g, x, weight, mean, variance, eps):
    """Gradients of normalize_rows: see :func:`minicv.kernels.reference.norm_rows.normalize_rows_grad`."""
    S, D = x.shape
    ones = cupy.ones(S, x.dtype)
    u = contiguous(g) * weight
    gx = normalize_grad(u.reshape(1, S, D), x.reshape(1, S, D), ones, mean, variance, eps, False)[0]
    sums, _ = products(contiguous(g), _normal(x, eps)[0], cupy.zeros(D))
    gbias, gweight = sums.sum(axis=0).T.astype(x.dtype)
    return gx.reshape(S, D), contiguous(gweight), contiguous(gbias)


def _normal(x, eps):
    """The rows with mean 0 and variance 1, and their statistics."""
    S, D = x.shape
    one, zero = cupy.ones(S, x.dtype), cupy.zeros(S, x.dtype)
    normal, mean, variance = normalize(x.reshape(1, S, D), one, zero, eps)
    return normal.reshape(S, D), mean, variance
