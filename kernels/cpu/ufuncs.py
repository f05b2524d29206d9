"""NumPy's own functions on all cores: they release the GIL, so that threads can take a part of the arrays each."""

import numpy as np

from . import parallel

_PARTS = 16  # of a sum: fixed, so that the order of the additions does not depend on the number of threads


def elementwise(function, *arrays):
    """``function(*arrays)`` for large arrays: see :func:`minicv.kernels.elementwise`."""
    dtype, shape = arrays[0].dtype, np.broadcast(*arrays).shape
    if dtype.kind != "f" or any(a.dtype != dtype for a in arrays):
        return function(*arrays)
    out = rows = np.empty(shape, dtype)
    if all(a.ndim == 0 or (a.shape == shape and a.flags.c_contiguous) for a in arrays):
        rows, *arrays = [a.reshape(-1) if a.ndim else a for a in (out, *arrays)]
    cut = [a.ndim == rows.ndim and len(a) == len(rows) for a in arrays]  # the others are for every row

    def compute(begin, end):
        function(*(a[begin:end] if c else a for a, c in zip(arrays, cut)), out=rows[begin:end])

    parallel.run(_as_handled_here(compute), len(rows), out.size // max(1, len(rows)))
    return out


def total(x, axes):
    """Sum of a large array over axes, which stay with length 1: see :func:`minicv.kernels.total`."""
    kept = [a for a in range(x.ndim) if a not in axes]
    if not kept and not x.flags.c_contiguous:
        return x.sum(axis=axes, keepdims=True, dtype=x.dtype)
    axis = max(kept, key=x.shape.__getitem__, default=0)
    rows = x if kept else x.reshape(-1, *(1,) * (x.ndim - 1))

    def add_up(part):
        return part.sum(axis=axes, keepdims=True, dtype=x.dtype)

    sums = parallel.each(_as_handled_here(add_up), np.array_split(rows, _PARTS, axis))
    sums = np.concatenate(sums, axis)
    return sums if kept else add_up(sums)


def _as_handled_here(function):
    """The function, with divisions by zero and the like handled as the caller wants; other threads do not know."""
    handling = np.geterr()

    def run(*args):
        with np.errstate(**handling):
            return function(*args)

    return run
