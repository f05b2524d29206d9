"""How the loops of this leaf are compiled: in nopython mode, without the GIL, and kept on disk.

Two more things are dealt with here, once. Where Numba finds no folder that it may write to, ``cache=True`` is
an error; the loops are then compiled afresh in each process. And where Numba really compiles (loading from
the cache is a matter of milliseconds), the wait is explained, once, on stderr.
"""

import sys
from functools import cache
from pathlib import Path

import numba
import numpy as np
from numba.core import event
from numba.core.caching import FunctionCache, IndexDataCacheFile
from numba.core.runtime.nrt import rtsys


def cache_folder():
    """Folder in which compiled functions are kept: next to their files, or the user's own.

    None if neither can be written to.
    """
    try:
        return FunctionCache(cache_folder).cache_path
    except RuntimeError:
        return None


_CACHE = cache_folder() is not None


@cache
def _stamp():
    """Name, time and size of every file of this leaf: what is compiled is kept for as long as they stay."""
    files = sorted(Path(__file__).parent.glob("*.py"))
    return [(file.name, file.stat().st_mtime_ns, file.stat().st_size) for file in files]


class _Index(IndexDataCacheFile):
    """Index of what is compiled of a function; empty if it speaks of types that an edit has taken away."""

    def _load_index(self):
        try:
            return super()._load_index()
        except (AttributeError, ImportError):
            return {}


class _Cache(FunctionCache):
    """Numba's cache, which would watch the function's own file alone, watching the whole leaf.

    So a compiled function may call those of other files, and no stale one survives an edit of theirs.
    """

    def __init__(self, function):
        super().__init__(function)
        self._cache_file = _Index(self.cache_path, self._impl.filename_base, _stamp())

    def load_overload(self, sig, target_context):
        """Load a compiled function, with the runtime that it calls and without what only compiling needs.

        Numba's own way begins with ``target_context.refresh()``, which imports all that it could compile, and
        SciPy with it: a first call takes twice as long. Whatever has to be compiled does that by itself.
        """
        rtsys.initialize(target_context)
        with self._guard_against_spurious_io_errors():
            return self._load_overload(sig, target_context)


def _compile(function, **options):
    """``numba.njit`` without the GIL and with NumPy's division, which inner loops need not check for zero."""
    dispatcher = numba.njit(nogil=True, error_model="numpy", **options)(function)
    if _CACHE:
        dispatcher._cache = _Cache(function)
    return dispatcher


def compiled(function):
    """Decorator of the compiled functions. No fast-math: a NaN has to stay one, and sums keep their order."""
    return _compile(function)


def compiled_sum(function):
    """Decorator of compiled functions that do nothing but add up.

    They add in an order that suits the processor's vectors, and is settled when they are compiled. (A NaN
    still stays one.)
    """
    return _compile(function, fastmath={"reassoc"})


def compiled_formula(function):
    """Decorator of compiled functions that evaluate a formula: a * b + c may become one instruction."""
    return _compile(function, fastmath={"contract"})


def compiled_like(dispatcher, function):
    """Compile a function with the options of another one, which is compiled already."""
    options = {
        name: dispatcher.targetoptions[name] for name in ("fastmath",) if name in dispatcher.targetoptions
    }
    return _compile(function, **options)


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


notice = _Notice()
event.register("numba:compile", notice)
