"""Choosing by a mask on the GPU: CuPy's own ``where`` is one kernel with a thread for each number."""

import cupy

from .launch import contiguous


def select(a, b, mask):
    """Choose one or the other: see :func:`minicv.kernels.reference.mask.select`."""
    return contiguous(cupy.where(mask, a, b))


def masked(x, mask):
    """Keep what the mask says: see :func:`minicv.kernels.reference.mask.masked`."""
    return contiguous(cupy.where(mask, x, x.dtype.type(0)))
