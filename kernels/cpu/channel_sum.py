"""Sums over everything but the channels, in one pass over memory in its own order."""

from math import prod

import numpy as np

from . import parallel
from .jit import compiled_sum, source


@compiled_sum
def _add_up(begin, end, x, sums):
    """Add the channels from ``begin`` up to ``end`` to ``sums``."""
    for n in range(len(x)):
        for c in range(begin, end):
            total = sums[c]
            for p in range(x.shape[2]):
                total += x[n, c, p]
            sums[c] = total


def channel_sum(x):
    """Add up each channel: see :func:`minicv.kernels.reference.channel_sum.channel_sum`."""
    N, C, *rest = x.shape
    sums = np.zeros(C, np.float64 if x.dtype.kind == "f" else x.dtype)
    parallel.run(_add_up, C, N * prod(rest), source(x, (N, C, prod(rest))), sums)
    return sums.astype(x.dtype)
