"""One loop on all cores: compiled functions over ranges of rows, by the threads of :mod:`.team`.

Why not Numba's own ``prange``? Its default threading layer (workqueue) aborts the process when two Python
threads call it at once; the OpenMP layer makes a process that forks afterwards unusable, and its threads spin
for milliseconds against those of NumPy's BLAS; and ``parallel=True`` takes three times as long to compile. A
compiled function that releases the GIL and fills its own rows needs none of that.

A row is computed the same way whoever computes it, so the bits of a result do not depend on the number of
threads.
"""

import os
import threading
from collections import deque
from functools import cache
from queue import SimpleQueue

import numpy as np

from .jit import compiled_like
from .team import ROOM, Team, packer, share

# A member of the team begins within a microsecond, if it is awake: then this many steps of a simple loop are worth
# sharing. Waking one takes some 50 microseconds, in which a core does this many.
_SERIAL = 5_000
_WAKING = 50_000

# Ranges for each thread: more than one, so that a core that is busy elsewhere does not hold up the others.
_PARTS = 4


def _cores():
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_threads = _cores()


def get_num_threads():
    """Return how many threads a kernel uses, the caller's own included."""
    return _threads


def set_num_threads(n):
    """Set how many threads a kernel uses, the caller's own included; 1 makes everything serial."""
    global _threads, _team
    if n < 1:
        raise ValueError(f"set_num_threads: n must be at least 1; got {n}.")
    if n < _threads:
        _team.dismiss()
        _team = Team()
    _threads = n


@cache
def _packer(function):
    """Make the compiled function that packs another, and its arguments."""
    return compiled_like(function, packer(function.py_func))


def run(function, rows, work, *args):
    """Call ``function(begin, end, *args)`` so that the ranges together cover ``range(rows)``.

    Parameters
    ----------
    function : compiled function
        It writes only what belongs to its rows, and returns nothing.
    rows : int
    work : float
        Steps of the inner loop for a row, roughly: with little to do, it is done by the caller alone.
    *args
        Passed on.

    Raises
    ------
    MemoryError
        There was none for what the function itself allocates.

    Examples
    --------
    >>> import numpy as np
    >>> from minicv.kernels.cpu.activation import _relu
    >>> x, y = np.array([-1.0, 2.0]), np.empty(2)
    >>> run(_relu, 2, 1, x, y)
    >>> y
    array([0., 2.])
    """
    packet = np.empty(ROOM, np.int64)
    _packer(function)(packet, *args)
    count = min(rows, _threads * _PARTS) if _threads > 1 and rows * work >= _SERIAL else 1
    _team.wake(min(_threads, count, 1 + int(rows * work / _WAKING)) - 1)
    if share(_team.board, rows, count, packet):
        raise MemoryError(f"{function.__name__}: there is no memory for what it works in.")


def parts(rows):
    """Slices that together cover ``range(rows)``, a few for each thread."""
    count = min(rows, _threads * _PARTS)
    return [slice(rows * i // count, rows * (i + 1) // count) for i in range(count)]


def each(function, items):
    """Apply ``function`` to each item, on all threads, and return the results in the items' order.

    For functions of Python that spend their time in NumPy's compiled ones, or in BLAS.

    Examples
    --------
    >>> each(lambda n: n * n, [1, 2, 3])
    [1, 4, 9]
    """
    if _threads == 1 or len(items) < 2:
        return [function(item) for item in items]
    job = _Job(function, items)
    _pool.offer(job, _threads - 1)
    job.help()
    return job.results()


class _Job:
    """Items still to be done, and a message for each one that has been.

    Whoever is free takes the next item, the caller too. So the caller never waits for an item that nobody
    has begun: a job gets done even if every other thread is busy, or waiting inside a job of its own.
    """

    def __init__(self, function, items):
        self.function, self.count = function, len(items)
        self.todo = deque(enumerate(items))
        self.done = SimpleQueue()

    def help(self):
        """Work until no item is left to begin."""
        while True:
            try:
                place, item = self.todo.popleft()
            except IndexError:
                return
            try:
                self.done.put((place, self.function(item), None))
            except BaseException as error:  # handed to the caller, whichever thread this is
                self.done.put((place, None, error))

    def results(self):
        """Wait until every item is done; raise what one of them raised."""
        results = [None] * self.count
        errors = []
        for _ in range(self.count):
            place, results[place], error = self.done.get()
            errors += [error] if error else []
        if errors:
            raise errors[0]
        return results


class _Pool:
    """Threads that wait for jobs, started when they are first needed. They end with the process."""

    def __init__(self):
        self.jobs = SimpleQueue()
        self.lock = threading.Lock()
        self.size = 0

    def offer(self, job, helpers):
        """Ask ``helpers`` threads to help with the job."""
        with self.lock:
            while self.size < helpers:
                threading.Thread(target=_serve, args=(self.jobs,), name="minicv", daemon=True).start()
                self.size += 1
        for _ in range(helpers):
            self.jobs.put(job)


def _serve(jobs):
    """What a thread of the pool does, for ever."""
    while True:
        jobs.get().help()


def _start_afresh():
    global _team, _pool
    _team, _pool = Team(), _Pool()


_start_afresh()
if hasattr(os, "register_at_fork"):
    # A forked child inherits no threads, and perhaps a lock that nobody will release.
    os.register_at_fork(after_in_child=_start_afresh)
