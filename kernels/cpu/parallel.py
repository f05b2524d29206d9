"""One loop on all cores: a small pool of threads that run compiled functions over ranges of rows.

Why not Numba's own ``prange``? Its default threading layer (workqueue) aborts the process when two Python
threads call it at once; the OpenMP layer makes a process that forks afterwards unusable, and its threads spin
for milliseconds against those of NumPy's BLAS; and ``parallel=True`` takes three times as long to compile. A
compiled function that releases the GIL and fills its own rows needs none of that: Python's threads run it
side by side.

A row is computed the same way whoever computes it, so the bits of a result do not depend on the number of
threads.
"""

import os
import threading
from collections import deque
from itertools import pairwise
from queue import SimpleQueue

# Waking a thread takes some 50 microseconds, in which one core does about this many steps of a simple loop.
_SERIAL = 50_000

# Parts for each thread: more than one, so that a core that is busy elsewhere does not hold up the others.
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
    global _threads
    if n < 1:
        raise ValueError(f"set_num_threads: n must be at least 1; got {n}.")
    _threads = n


def run(function, rows, work, *args):
    """Call ``function(begin, end, *args)`` so that the ranges together cover ``range(rows)``.

    Parameters
    ----------
    function : callable
        A compiled function that writes only what belongs to its rows.
    rows : int
    work : int
        Steps of the inner loop for a row, roughly: with little to do, no thread is woken.
    *args
        Passed on.

    Examples
    --------
    >>> import numpy as np
    >>> def fill(begin, end, out):
    ...     out[begin:end] = np.arange(begin, end)
    >>> out = np.zeros(5)
    >>> run(fill, 5, 10**6, out)
    >>> out
    array([0., 1., 2., 3., 4.])
    """
    parts = min(rows, _threads * _PARTS)
    if _threads == 1 or parts < 2 or rows * work < _SERIAL:
        function(0, rows, *args)
        return
    cuts = [rows * i // parts for i in range(parts + 1)]
    job = _Job(function, args, pairwise(cuts))
    _pool.offer(job, _threads - 1)
    job.help()
    job.wait()


def each(function, items):
    """Apply ``function`` to each item, on all threads, and return the results in the items' order.

    For functions of Python that spend their time in compiled ones, or in BLAS.

    Examples
    --------
    >>> each(lambda n: n * n, [1, 2, 3])
    [1, 4, 9]
    """
    results = [None] * len(items)

    def compute(begin, end):
        for i in range(begin, end):
            results[i] = function(items[i])

    run(compute, len(items), _SERIAL)
    return results


class _Job:
    """Ranges still to be done, and a message for each one that has been.

    Whoever is free takes the next range, the caller too. So the caller never waits for a range that nobody
    has begun: a job gets done even if every other thread is busy, or waiting inside a job of its own.
    """

    def __init__(self, function, args, ranges):
        self.function, self.args = function, args
        self.todo = deque(ranges)
        self.count = len(self.todo)
        self.done = SimpleQueue()

    def help(self):
        """Work until no range is left to begin."""
        while True:
            try:
                begin, end = self.todo.popleft()
            except IndexError:
                return
            try:
                self.function(begin, end, *self.args)
            except BaseException as error:  # handed to the caller, whichever thread this is
                self.done.put(error)
            else:
                self.done.put(None)

    def wait(self):
        """Wait until every range is done; raise what one of them raised."""
        errors = [error for error in (self.done.get() for _ in range(self.count)) if error]
        if errors:
            raise errors[0]


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
    global _pool
    _pool = _Pool()


_start_afresh()
if hasattr(os, "register_at_fork"):
    # A forked child inherits no threads, and perhaps a lock that nobody will release.
    os.register_at_fork(after_in_child=_start_afresh)
