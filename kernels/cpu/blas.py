"""NumPy's BLAS on one thread, for as long as our own threads call it.

A BLAS brings threads of its own, which keep a core busy for milliseconds after each product, waiting for the
next. Beside other threads they cost more than they gain, so the matrix products inside our loops run without
them.
"""

from contextlib import contextmanager
from threading import Lock

from threadpoolctl import ThreadpoolController

_lock = Lock()
_users = 0
_limits = None


@contextmanager
def single_threaded():
    """Context in which BLAS uses the calling thread alone; the old number returns when the last user leaves."""
    global _users, _limits
    with _lock:
        if _users == 0:
            _limits = _controller().limit(limits=1, user_api="blas")
        _users += 1
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if _users == 0:
                _limits.restore_original_limits()


def _controller():
    """The libraries that NumPy has loaded; looking for them takes a moment, so it is done once."""
    global _found
    if _found is None:
        _found = ThreadpoolController()
    return _found


_found = None
