"""NumPy's own functions of single numbers on all cores: they release the GIL, so threads can take a part each."""

import numpy as np

from . import memory, parallel


def elementwise(function, *arrays):
    """``function(*arrays)`` for large arrays: see :func:`minicv.kernels.elementwise`."""
    dtype, shape = arrays[0].dtype, np.broadcast(*arrays).shape
    if dtype.kind != "f" or any(a.dtype != dtype for a in arrays):
        return function(*arrays)
    out = rows = memory.empty(shape, dtype)
    if all(a.ndim == 0 or (a.shape == shape and a.flags.c_contiguous) for a in arrays):
        rows, *arrays = [a.reshape(-1) if a.ndim else a for a in (out, *arrays)]
    cut = [a.ndim == rows.ndim and len(a) == len(rows) for a in arrays]  # the others are for every row

    handling = np.geterr()  # what to do about a division by zero is known to the caller's thread alone

    def compute(part):
        with np.errstate(**handling):
            function(*(a[part] if c else a for a, c in zip(arrays, cut)), out=rows[part])

    parallel.each(compute, parallel.parts(len(rows)))
    return out
