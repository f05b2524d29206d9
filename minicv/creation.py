"""Tensors from nothing: zeros, ones, ranges, random numbers."""

import numpy as np

from . import backend
from .tensor import Tensor


def _shape(shape):
    """Accept both zeros(2, 3) and zeros((2, 3))."""
    return tuple(shape[0]) if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape


def zeros(*shape, dtype=np.float32, device="cpu", requires_grad=False):
    """A tensor of zeros."""
    return Tensor(backend.module_of(device).zeros(_shape(shape), dtype), requires_grad)


def ones(*shape, dtype=np.float32, device="cpu", requires_grad=False):
    """A tensor of ones."""
    return Tensor(backend.module_of(device).ones(_shape(shape), dtype), requires_grad)


def full(shape, value, dtype=np.float32, device="cpu", requires_grad=False):
    """A tensor of one value."""
    return Tensor(backend.module_of(device).full(shape, value, dtype), requires_grad)


def zeros_like(x):
    """Zeros of the shape, dtype and device of ``x``."""
    return Tensor(np.zeros_like(x._array))


def ones_like(x):
    """Ones of the shape, dtype and device of ``x``."""
    return Tensor(np.ones_like(x._array))


def arange(*range, dtype=None, device="cpu"):
    """Numbers from start (0) to stop (excluded) by step (1): int64 for integers, float32 otherwise."""
    if dtype is None:
        dtype = np.int64 if all(isinstance(n, (int, np.integer)) for n in range) else np.float32
    return Tensor(backend.module_of(device).arange(*range, dtype=dtype))


def randn(*shape, dtype=np.float32, device="cpu", requires_grad=False):
    """Independent draws from the normal distribution of mean 0, variance 1; see :func:`minicv.manual_seed`."""
    xp = backend.module_of(device)
    return Tensor(
        xp.asarray(backend.generator(xp).standard_normal(_shape(shape), dtype=dtype)), requires_grad
    )


def rand(*shape, dtype=np.float32, device="cpu", requires_grad=False):
    """Independent draws from the uniform distribution on [0, 1); see :func:`minicv.manual_seed`."""
    xp = backend.module_of(device)
    return Tensor(xp.asarray(backend.generator(xp).random(_shape(shape), dtype=dtype)), requires_grad)
