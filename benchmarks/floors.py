"""What an entry takes at least: operations over the rate of a matrix product, or bytes over that of a copy.

The kernels are watched while the entry runs once. Each is given arrays, which it must read, and returns some,
which it must write; convolutions and products also have a number of multiplications and additions, counted as
they are defined. A kernel's floor is the longer of the two times, and an entry's is the sum over its kernels.
"""

import time
from contextlib import contextmanager
from math import prod

import numpy as np

from minicv import kernels

# Kernel -> multiplications and additions, from what it is given and returns.
OPERATIONS = {
    "conv2d": lambda y, x, w, *_: 2 * y.size * prod(w.shape[1:]),
    "conv_transpose2d": lambda x, y, w, *_: 2 * y.size * prod(w.shape[1:]),
    "conv2d_weight": lambda w, x, y, *_: 2 * y.size * prod(w.shape[1:]),
    "linear": lambda y, x, w, *_: 2 * y.size * w.shape[1],
    "linear_input": lambda x, y, w: 2 * y.size * w.shape[1],
    "linear_weight": lambda w, y, x: 2 * y.size * w.shape[1],
    "matmul": lambda c, a, b: 2 * c.size * a.shape[-1],
}


@contextmanager
def watched():
    """Context that gives a list, which fills with (kernel, operations, bytes) as kernels are called."""
    calls, implementation = [], kernels.implementation

    def watching(name, leaf):
        function = implementation(name, leaf)

        def run(*args):
            result = function(*args)
            operations = OPERATIONS[name](result, *args) if name in OPERATIONS else 0
            calls.append((name, operations, _bytes(args) + _bytes(result)))
            return result

        return run

    kernels.implementation = watching
    try:
        yield calls
    finally:
        kernels.implementation = implementation


def _bytes(value):
    if isinstance(value, (tuple, list)):
        return sum(map(_bytes, value))
    return value.nbytes if isinstance(value, np.ndarray) else 0


def rates(clock=time.perf_counter):
    """Operations and bytes a second: the best of several products and copies, on the threads that kernels use.

    Returns
    -------
    dict
        "operations" of the faster of NumPy's and our own product of 1024 x 1024 float32 matrices; "bytes",
        those read and those written, of a copy of 64 MB.
    """
    from minicv.kernels.cpu import parallel  # with Numba, which ``--help`` does not wait for

    a = np.ones((1024, 1024), np.float32)
    source, target = np.ones(2**24, np.float32), np.empty(2**24, np.float32)

    def copy(part):
        target[part] = source[part]

    product = min(_least(lambda: a @ a, clock), _least(lambda: kernels.matmul(a, a), clock))
    copied = _least(lambda: parallel.each(copy, parallel.parts(source.size)), clock)
    return {"operations": 2 * len(a) ** 3 / product, "bytes": 2 * source.nbytes / copied}


def _least(call, clock, turns=10):
    seconds = []
    for _ in range(turns):
        start = clock()
        call()
        seconds.append(clock() - start)
    return min(seconds)


def of(call, rates):
    """Milliseconds that the kernels of ``call`` take at least, as "floor", and their names, as "kernels"."""
    with watched() as calls:
        call()
    ms = 1e3 * sum(max(n / rates["operations"], size / rates["bytes"]) for _, n, size in calls)
    return {"floor": round(ms, 4), "kernels": list(dict.fromkeys(name for name, _, _ in calls))}
