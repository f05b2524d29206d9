"""Softmax and cross-entropy on the GPU: a thread for each place sums, then each score has a thread."""

import cupy
import numpy as np

from .launch import contiguous, launch


def _places(x):
    """Shape of what is known for each place."""
    return x.shape[0], x.shape[2]


def _normalize(name, x):
    """Sums first, a thread for each place; then the result, a thread for each score."""
    x = contiguous(x)
    L, P = x.shape[1:]
    largest, total = (cupy.empty(_places(x), x.dtype) for _ in range(2))
    y = cupy.empty(x.shape, x.dtype)
    if L:
        launch("softmax", "sums", x.dtype, total.size, x, largest, total, L, P)
        launch("softmax", name, x.dtype, y.size, x, largest, total, y, L, P)
    return y


def softmax(x):
    """Probabilities from scores: see :func:`minicv.kernels.reference.softmax.softmax`."""
    return _normalize("softmax", x)


def log_softmax(x):
    """Logarithms of softmax: see :func:`minicv.kernels.reference.softmax.log_softmax`."""
    return _normalize("log_softmax", x)


def _gradient(name, g, y):
    g, y = contiguous(g), contiguous(y)
    N, L, P = y.shape
    gx = cupy.empty(y.shape, y.dtype)
    launch("softmax", name, y.dtype, N * P, g, y, gx, L, P)
    return gx


def softmax_grad(g, y):
    """Gradient of softmax: see :func:`minicv.kernels.reference.softmax.softmax_grad`."""
    return _gradient("softmax_grad", g, y)


def log_softmax_grad(g, y):
    """Gradient of log_softmax: see :func:`minicv.kernels.reference.softmax.log_softmax_grad`."""
    return _gradient("log_softmax_grad", g, y)


def _target(weight, smoothing):
    """What the target has at the label, what it has everywhere, for each class, and the latter's sum."""
    at_label, everywhere = (1 - smoothing) * weight, smoothing / max(1, len(weight)) * weight
    return contiguous(at_label), contiguous(everywhere), everywhere.sum(keepdims=True)


def cross_entropy(x, labels, weight, smoothing, ignore_index):
    """Cross-entropy with labels: see :func:`minicv.kernels.reference.softmax.cross_entropy`."""
    x, labels = contiguous(x), contiguous(labels)
    found = losses, _, _ = [cupy.empty(_places(x), x.dtype) for _ in range(3)]
    given = x, labels, *_target(weight, smoothing), np.int64(ignore_index)
    launch("softmax", "cross_entropy", x.dtype, losses.size, *given, *found, *x.shape[1:])
    return tuple(found)


def cross_entropy_grad(g, x, largest, total, labels, weight, smoothing, ignore_index):
    """Gradient of cross_entropy: see :func:`minicv.kernels.reference.softmax.cross_entropy_grad`."""
    known = [contiguous(a) for a in (g, x, largest, total, labels)]
    gx = cupy.empty(x.shape, x.dtype)
    rest = *_target(weight, smoothing), np.int64(ignore_index)
    launch("softmax", "cross_entropy_grad", x.dtype, x.size, *known, *rest, gx, *x.shape[1:])
    return gx
