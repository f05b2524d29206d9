"""Softmax and cross-entropy on the GPU: a thread or a block for each place sums, then each score has a thread."""

import cupy
import numpy as np

from .launch import THREADS, contiguous, launch

_ROW = 64  # scores side by side from which on a block takes a place


def _by_place(name, x, *args):
    """Run a kernel that sums over the classes, by a thread for each place or by a block."""
    N, L, P = x.shape
    lanes = THREADS if P == 1 and L >= _ROW else 1
    launch("softmax", name, x.dtype, N * P * lanes, x, *args, L, P, LANES=lanes)


def _sums(x):
    """Largest score of each place, and the sum of exponentials."""
    largest, total = (cupy.empty((x.shape[0], x.shape[2]), x.dtype) for _ in range(2))
    if x.shape[1]:
        _by_place("sums", x, largest, total)
    return largest, total


def _normalize(name, x):
    """Sums first; then the result, a thread for each score."""
    x = contiguous(x)
    y = cupy.empty(x.shape, x.dtype)
    launch("softmax", name, x.dtype, y.size, x, *_sums(x), y, *x.shape[1:])
    return y


def softmax(x):
    """Probabilities from scores: see :func:`minicv.kernels.reference.softmax.softmax`."""
    return _normalize("softmax", x)


def log_softmax(x):
    """Logarithms of softmax: see :func:`minicv.kernels.reference.softmax.log_softmax`."""
    return _normalize("log_softmax", x)


def _gradient(name, g, y):
    g, y = contiguous(g), contiguous(y)
    gx = cupy.empty(y.shape, y.dtype)
    _by_place(name, g, y, gx)
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
    largest, total = _sums(x)
    losses = cupy.empty(total.shape, x.dtype)
    given = x, labels, *_target(weight, smoothing), np.int64(ignore_index)
    launch("softmax", "cross_entropy", x.dtype, losses.size, *given, losses, largest, total, *x.shape[1:])
    return losses, largest, total


def cross_entropy_grad(g, x, largest, total, labels, weight, smoothing, ignore_index):
    """Gradient of cross_entropy: see :func:`minicv.kernels.reference.softmax.cross_entropy_grad`."""
    known = [contiguous(a) for a in (g, x, largest, total, labels)]
    gx = cupy.empty(x.shape, x.dtype)
    rest = *_target(weight, smoothing), np.int64(ignore_index)
    launch("softmax", "cross_entropy_grad", x.dtype, x.size, *known, *rest, gx, *x.shape[1:])
    return gx
