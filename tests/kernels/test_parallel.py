"""The thread pool: many callers, forks, errors, nesting; and bits that do not depend on any of it."""

import os
import subprocess
import sys
import threading
from collections import Counter
from importlib import import_module

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


@pytest.fixture
def shared(monkeypatch, threads):
    """Make the kernels share out the smallest work, and return set_num_threads."""
    monkeypatch.setattr(parallel, "_SERIAL", 0)
    return threads


def workload(stride=1):
    """Run every kernel on each stride-th of its adversarial cases; return the bytes of all results."""
    results, met = [], Counter()
    for module in sorted(set(kernels.registry.values())):
        reference = import_module(f"minicv.kernels.reference.{module}")
        for name, args in reference.cases(np.random.default_rng(0)):
            met[name] += 1
            if met[name] % stride:
                continue
            result = kernels.implementation(name, "cpu")(*args)
            for array in (*args, *(result if isinstance(result, tuple) else (result,))):
                if isinstance(array, np.ndarray):  # the arguments too: some kernels work in place
                    results.append((name, array.tobytes()))
    return results


def test_the_same_bits_for_any_number_of_threads(shared):
    shared(1)
    alone = workload()
    for n in (2, 3, 8):
        shared(n)
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


def test_many_callers_at_once(shared):
    shared(2)
    wanted = workload(3)
    results = []
    callers = [threading.Thread(target=lambda: results.append(workload(3))) for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(timeout=120)
    assert results == [wanted] * 4


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
parallel._SERIAL = 0                     # the smallest work is shared out
wanted = workload(5)                     # the pool has its threads now
assert threading.active_count() > 1
over = threading.Event()

def use_the_pool():
    while not over.is_set():
        workload(5)

busy = threading.Thread(target=use_the_pool, daemon=True)
busy.start()                             # it is in use while the process forks
for _ in range(3):
    child = os.fork()
    if child == 0:
        signal.alarm(60)                 # a child that hangs is killed
        assert threading.active_count() == 1
        os._exit(0 if workload(5) == wanted and threading.active_count() == 2 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, "the child was wrong, or hung"
over.set()
busy.join()
assert workload(5) == wanted             # the parent is none the worse
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_child_computes_too():
    subprocess.run([sys.executable, "-c", FORK], check=True, timeout=600)
