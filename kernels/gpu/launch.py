"""Build a CUDA source once for each scalar type, and start its kernels with exactly typed arguments."""

from functools import cache, lru_cache
from pathlib import Path

import cupy
import numpy as np

#: What ``T`` stands for in the sources.
SCALARS = {"float32": "float", "float64": "double"}

_LARGE = 2**31  # numbers of an array, from which on their places take 64 bits

#: In a block; a multiple of the warp size that every GPU takes.
THREADS = 256


def contiguous(array):
    """Return an array of the GPU in raster order, as the kernels take it: itself if it is so already."""
    if not isinstance(array, cupy.ndarray):  # cupy.ascontiguousarray would send it there, at every call anew
        raise TypeError(f"the GPU kernels take arrays of the GPU; got a {type(array).__name__}.")
    return cupy.ascontiguousarray(array)


def table(array):
    """Return a small table of integers on the GPU; one of the host is sent once and kept there, by its contents."""
    if isinstance(array, cupy.ndarray):
        return contiguous(array)
    return _sent(array.tobytes(), array.dtype.str, array.shape)


@lru_cache(maxsize=512)
def _sent(content, dtype, shape):
    return cupy.asarray(np.frombuffer(content, dtype).reshape(shape))


@cache
def _build(family, dtype, large, defines):
    """Compile ``family.cu`` for a scalar type and a size of arrays, with some numbers set."""
    if dtype not in SCALARS:
        raise TypeError(f"{family}: the GPU kernels take float32 or float64; got {dtype}.")
    head = [f"typedef {SCALARS[dtype]} T;", *(f"#define {name} {value}" for name, value in defines)]
    # Dividing by a size, to find out where a thread's number lies, takes a quarter of the time in 32 bits.
    head.append(f"typedef {'long long' if large else 'unsigned'} Cell;")
    source = Path(__file__).with_name(f"{family}.cu").read_text(encoding="utf-8")
    return cupy.RawModule(code="\n".join([*head, source]), options=("--std=c++17",))


@cache
def _kernel(family, name, dtype, large, defines):
    return _build(family, dtype, large, defines).get_function(name)


def launch(family, name, dtype, total, *args, **defines):
    """Start the kernel ``name`` of ``family.cu`` with one thread for each of ``total`` elements.

    Parameters
    ----------
    family, name : str
    dtype : dtype
        What ``T`` stands for. ``Cell`` is an integer that counts the numbers of the largest array.
    total : int
        Number of elements; the kernel receives it as its first argument, a ``long long``.
    *args
        Arrays, which must be contiguous, and Python integers, which arrive as ``int``.
    **defines
        Numbers that the source is compiled for.
    """
    if total == 0:
        return  # an empty grid is an error in CUDA
    # np.int32 refuses what it cannot hold, where a cast on the way to the GPU would be silent.
    typed = [np.int32(a) if isinstance(a, int) else a for a in args]
    large = total > _LARGE or any(a.size > _LARGE for a in args if isinstance(a, cupy.ndarray))
    kernel = _kernel(family, name, dtype.name, large, tuple(defines.items()))
    kernel(((total + THREADS - 1) // THREADS,), (THREADS,), (np.int64(total), *typed))
