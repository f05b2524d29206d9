"""Sums in Numba, in rows as they lie in memory, on all cores.

The trick is to add in float64, in as many sums at once as the processor's vectors hold: a core takes 0.4 (short rows)
to 0.8 (long ones) of NumPy's time, which adds float32 in pairs of pairs, and less is rounded away. Sums over the first
axes alone are left to NumPy: there it adds whole rows, in vectors.
"""

from math import prod

import numpy as np

from . import parallel
from .jit import compiled_sum, source

_FEW = 2**15  # numbers; NumPy has them added up before this is under way
_PARTS = 16


@compiled_sum
def _add_rows(begin, end, x, length, sums):
    """``sums[r] = sum of x[r length : (r + 1) length]``; the last row may be shorter."""
    for r in range(begin, end):
        row = x[r * length : (r + 1) * length]
        total = sums[r]
        for i in range(len(row)):
            total += row[i]
        sums[r] = total


def total(x, axes):
    """Add up: see :func:`minicv.kernels.reference.total.total`."""
    inner = x.ndim  # from this axis on all are added up: the numbers of a sum are neighbours
    while inner - 1 in axes:
        inner -= 1
    if x.size < _FEW or inner == x.ndim or not x.flags.c_contiguous:
        return np.asarray(x.sum(axis=axes, keepdims=True, dtype=x.dtype), order="C")
    outer = x.shape[:inner]
    # One row is cut into parts, so that there is work for all cores; a fixed number, whatever the number of threads.
    rows = prod(outer) if prod(outer) > 1 else _PARTS
    length = -(-x.size // rows)
    sums = np.zeros(rows, np.float64 if x.dtype.kind == "f" else x.dtype)
    parallel.run(_add_rows, rows, length, source(x, (x.size,)), length, sums)
    sums = sums.reshape(outer + (-1,) + (1,) * (x.ndim - inner - 1))
    return sums.sum(axis=axes, keepdims=True).astype(x.dtype)
