"""The thread pool: many callers, forks, errors, nesting; and bits that do not depend on any of it."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from minicv import kernels
from minicv.kernels.cpu import parallel


@pytest.fixture
def threads():
    """set_num_threads, undone afterwards."""
    before = parallel.get_num_threads()
    yield parallel.set_num_threads
    parallel.set_num_threads(before)


def workload():
    """One call of each kernel that is large enough to be shared out, and their results' bytes."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((4, 8, 64, 64)).astype(np.float32)
    pairs = np.stack([np.arange(0, 64, 2), np.arange(2, 66, 2), np.ones(32, int)], axis=1)
    halves = np.arange(0, 65, 2), np.arange(64), np.full(64, 0.5, np.float32)
    y, indices = kernels.window_max(x, pairs, pairs)
    cols = kernels.unfold(x, (3, 3), (1, 1), (1, 1), (1, 1))
    weight, bias = x[0, :, 0, :2].T
    normal, *statistics = kernels.normalize(x, weight, bias, 1e-5)
    results = [
        y,
        indices,
        cols,
        kernels.fold(cols, (64, 64), (3, 3), (1, 1), (1, 1), (1, 1)),
        kernels.pick(x, indices),
        kernels.place(y, indices, (64, 64)),
        kernels.last_writes(indices, (64, 64)),
        kernels.resample(x, halves, halves),
        normal,
        kernels.scale_shift(x, weight, bias),
        *kernels.normalize_grad(x[::-1], x, weight, *statistics, 1e-5),
    ]
    return [result.tobytes() for result in results]


def test_the_same_bits_for_any_number_of_threads(threads):
    threads(1)
    alone = workload()
    for n in (2, 3, 8):
        threads(n)
        assert workload() == alone
        assert workload() == alone


def test_work_is_really_shared(threads):
    """Two ranges are in hand at once: each waits for the other to have begun."""
    threads(2)
    both = threading.Barrier(2, timeout=30)
    parallel.run(lambda begin, end: both.wait(), 2, 10**9)


def test_ranges_cover_every_row_once(threads):
    threads(3)
    for rows in (1, 2, 7, 12, 13, 1000):
        times = np.zeros(rows, int)

        def count(begin, end, times):
            times[begin:end] += 1

        parallel.run(count, rows, 10**9, times)
        assert (times == 1).all()


def test_little_work_stays_in_the_calling_thread(threads):
    threads(4)
    seen = []
    parallel.run(lambda begin, end: seen.append((threading.current_thread(), begin, end)), 10, 1)
    assert seen == [(threading.current_thread(), 0, 10)]


def test_many_callers_at_once(threads):
    threads(2)
    wanted = workload()
    results = []
    callers = [threading.Thread(target=lambda: results.append(workload())) for _ in range(8)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(timeout=120)
    assert results == [wanted] * 8


def test_nested_use_does_not_deadlock(threads):
    """Every thread of the pool waits inside a job of its own, and each finishes by doing that job itself."""
    threads(2)
    counted = []

    def inner(begin, end):
        counted.append(end - begin)

    def outer(begin, end):
        for _ in range(begin, end):
            parallel.run(inner, 4, 10**9)

    caller = threading.Thread(target=parallel.run, args=(outer, 16, 10**9), daemon=True)
    caller.start()
    caller.join(timeout=60)
    assert not caller.is_alive()
    assert sum(counted) == 16 * 4


def test_an_error_in_any_thread_reaches_the_caller(threads):
    threads(2)

    def fail(begin, end):
        raise RuntimeError(f"row {begin}")

    with pytest.raises(RuntimeError, match="row"):
        parallel.run(fail, 8, 10**9)
    parallel.run(lambda begin, end: None, 8, 10**9)  # and the pool lives on


def test_the_number_of_threads(threads):
    threads(5)
    assert parallel.get_num_threads() == 5
    with pytest.raises(ValueError, match="at least 1; got 0"):
        parallel.set_num_threads(0)


FORK = """
import os, signal, sys, threading, warnings
warnings.simplefilter("error")
warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
from minicv.kernels.cpu import parallel
from tests.kernels.test_parallel import workload

parallel.set_num_threads(2)
wanted = workload()                      # the pool has its threads now
assert threading.active_count() > 1
busy = threading.Thread(target=lambda: [workload() for _ in range(20)], daemon=True)
busy.start()                             # and is in use while the process forks
for _ in range(5):
    child = os.fork()
    if child == 0:
        signal.alarm(60)                 # a child that hangs is killed
        assert threading.active_count() == 1
        os._exit(0 if workload() == wanted and threading.active_count() == 2 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, "the child was wrong, or hung"
assert workload() == wanted              # the parent is none the worse
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_child_computes_too():
    subprocess.run([sys.executable, "-c", FORK], check=True, timeout=120)
