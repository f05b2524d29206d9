"""NumPy's BLAS on one thread at a time, for as long as our own threads call it.

A BLAS brings threads of its own, which keep a core busy for milliseconds after each product, waiting for the
next. Beside other threads they cost more than they gain: alternated with products of two BLAS threads, a
kernel of 30 microseconds takes 5 milliseconds. So matrix products run without them, in slices, one slice to
each of our threads.
"""

import os
from contextlib import contextmanager
from functools import cache
from threading import Lock

import numpy as np

from . import parallel

_PARTS = 8  # that a product is cut into, at most; it depends on the shapes alone, and so do the bits
_WORTH = 2**18  # multiplications that are worth a part of their own

_lock = Lock()
_users = 0
_before = ()  # what each library used when the first user came


@cache
def _libraries():
    """The BLAS libraries that NumPy has loaded; looking for them takes a moment, so it is done once."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController().select(user_api="blas").lib_controllers


@contextmanager
def single_threaded():
    """Context in which BLAS uses the calling thread alone; the old number returns when the last user leaves."""
    global _users, _before
    with _lock:
        if _users == 0:
            _before = [(library, library.num_threads) for library in _libraries()]
            for library, _ in _before:
                library.set_num_threads(1)
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                _restore()


def _restore():
    for library, threads in _before:
        library.set_num_threads(threads)


def _start_afresh():
    """In a forked child: the users have stayed behind, and one of them perhaps held the lock."""
    global _lock, _users
    _lock = Lock()
    if _users:
        _users = 0
        _restore()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_start_afresh)


def matmul(a, b):
    """``np.matmul`` of arrays of at least two axes: in slices of the batch, of the rows of a or the columns of b."""
    batch = a.ndim > 2 or b.ndim > 2
    if batch:
        shape = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
        a, b = (np.broadcast_to(factor, shape + factor.shape[-2:]) for factor in (a, b))
    y = np.empty((*a.shape[:-1], b.shape[-1]), a.dtype)
    by_rows = batch or len(y) >= y.shape[1]
    length = y.shape[0 if by_rows else 1]
    parts = max(1, min(_PARTS, length, y.size * a.shape[-1] // _WORTH))

    def multiply(part):
        cut = slice(length * part // parts, length * (part + 1) // parts)
        # BLAS may multiply Inf by the zeros that fill up its tiles. Nobody reads that; nobody is to be warned of it.
        with np.errstate(invalid="ignore"):
            if not by_rows:
                np.matmul(a, b[:, cut], out=y[:, cut])
            else:
                np.matmul(a[cut], b[cut] if batch else b, out=y[cut])

    with single_threaded():
        parallel.each(multiply, range(parts))
    return y
