"""How the loops of this leaf are compiled: in nopython mode, without the GIL, and kept on disk.

Two more things are dealt with here, once. Where Numba finds no folder that it may write to, ``cache=True`` is
an error; the loops are then compiled afresh in each process. And where Numba really compiles (loading from
the cache is a matter of milliseconds), the wait is explained, once, on stderr.
"""

import sys

import numba
import numpy as np
from numba.core import event
from numba.core.caching import FunctionCache


def _can_cache():
    """Whether Numba finds a cache folder for the files of this leaf: next to them, or the user's own."""
    try:
        FunctionCache(_can_cache)
    except RuntimeError:
        return False
    return True


_CACHE = _can_cache()

#: Decorator of every compiled function. Division is NumPy's, without a check for zero in the inner loops. No
#: fast-math: a NaN has to stay one, and sums keep their order. (Numba's cache watches only the function's own
#: file, so compiled functions do not call those of other files.)
compiled = numba.njit(nogil=True, cache=_CACHE, error_model="numpy")

#: Decorator of compiled functions that do nothing but add up: in an order that suits the processor's vectors,
#: and is settled when they are compiled. (A NaN still stays one.)
compiled_sum = numba.njit(nogil=True, cache=_CACHE, error_model="numpy", fastmath={"reassoc"})


def source(array, shape):
    """An input as the compiled functions take it: contiguous, read-only, and in the given shape.

    Always read-only, because Numba compiles a version of its own for such arrays, and callers have both
    kinds: what a backward pass still needs is locked. So there is one version.
    """
    view = np.ascontiguousarray(array).reshape(shape)
    view.flags.writeable = False  # the view's flag, not the array's
    return view


class _Notice(event.Listener):
    """Says what the first call is doing, when it is compiling."""

    said = False

    def on_start(self, compilation):
        ours = compilation.data["dispatcher"].py_func.__module__.startswith(__package__)
        if ours and not self.said:
            self.said = True
            again = (
                "later runs load them from disk"
                if _CACHE
                else "again in every run: no cache folder is writable"
            )
            print(f"minicv: compiling the CPU kernels, some seconds ({again})", file=sys.stderr)

    def on_end(self, compilation):
        """Nothing: the caller has its result."""


event.register("numba:compile", _Notice())
