"""Dropout on the GPU: a thread for each number, which makes its own random number."""

import cupy
import numpy as np

from ..reference.dropout import scale
from .launch import contiguous, launch


def dropout(x, seed, p):
    """Drop some: see :func:`minicv.kernels.reference.dropout.dropout`."""
    x, y = contiguous(x), cupy.empty(x.shape, x.dtype)
    limit = np.int64(np.ceil(p * 2.0**53))
    launch("dropout", "dropout", x.dtype, x.size, x, np.int64(seed), limit, x.dtype.type(scale(p)), y)
    return y
