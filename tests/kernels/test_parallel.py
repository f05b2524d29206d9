"""The thread pool: many callers, forks, errors, nesting; and bits that do not depend on any of it."""

import os
import subprocess
import sys
import threading
import time
from collections import Counter
from importlib import import_module
from typing import NamedTuple

import numpy as np
import pytest

from minicv import kernels
from minicv.kernels.cpu import parallel
from minicv.kernels.cpu.atomic import add, load, pause
from minicv.kernels.cpu.jit import compiled


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
    monkeypatch.setattr(parallel, "_WAKING", 1)
    return threads


def workload(stride=1, modules=None):
    """Run the kernels (of some modules) on each stride-th of their adversarial cases: the bytes of all results."""
    results, met = [], Counter()
    for module in modules or sorted(set(kernels.registry.values())):
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


@compiled
def _count(begin, end, times, ranges):
    """Count how often each row is done, and where a range begins."""
    for i in range(begin, end):
        times[i] += 1
    ranges[begin] += 1


@compiled
def _meet(begin, end, board, patience, met):
    """Wait for the other range to have begun."""
    add(board, 0, 1)
    for _ in range(patience):
        if load(board, 0) == 2:
            met[begin] = True
            return
        pause()


@compiled
def _fail(begin, end, size):
    """Ask for memory that there is none of, unless it is the first range."""
    if begin > 0:
        np.empty(size)[0] = 1


def test_work_is_really_shared(shared):
    """Two ranges are in hand at once: each waits for the other to have begun."""
    shared(2)
    for _ in range(3):
        met = np.zeros(2, bool)
        parallel.run(_meet, 2, 10**9, np.zeros(1, np.int64), 10**9, met)
        assert met.all()


def test_a_team_that_sleeps_is_woken(shared):
    shared(2)
    for _ in range(2):
        met = np.zeros(2, bool)
        parallel.run(_meet, 2, 10**9, np.zeros(1, np.int64), 10**9, met)
        assert met.all()
        deadline = time.monotonic() + 30
        while not parallel._team.asleep:
            assert time.monotonic() < deadline, "the member never went to sleep"
            time.sleep(0.01)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_ranges_cover_every_row_once(shared, n):
    shared(n)
    for rows in (0, 1, 2, 7, 12, 13, 1000):
        times, ranges = np.zeros(rows, int), np.zeros(rows + 1, int)
        parallel.run(_count, rows, 10**9, times, ranges)
        assert (times == 1).all()
        assert ranges.sum() == min(rows, 1 if n == 1 else 4 * n)


def test_little_work_is_one_range(threads):
    threads(4)
    ranges = np.zeros(11, int)
    parallel.run(_count, 10, 1, np.zeros(10, int), ranges)
    assert ranges[0] == ranges.sum() == 1


def test_a_range_that_fails_is_told_to_the_caller(shared):
    shared(2)
    with pytest.raises(MemoryError, match="_fail: there is no memory"):
        parallel.run(_fail, 8, 10**9, 2**60)
    parallel.run(_fail, 8, 10**9, 1)  # and the team lives on


class _Shape(NamedTuple):
    size: int
    pair: tuple


@compiled
def _unpack(begin, end, shape, flag, seen):
    """Write down what the arguments hold."""
    scale, array = shape.pair
    seen[0], seen[1], seen[2], seen[3] = shape.size, scale, array.sum(), flag


def test_arguments_of_every_kind_arrive(shared):
    shared(2)
    seen = np.zeros(4)
    parallel.run(_unpack, 1, 10**9, _Shape(2, (np.float32(0.5), np.arange(3.0))), True, seen)
    assert seen.tolist() == [2, 0.5, 3, 1]


def test_fewer_threads_send_the_others_away(shared):
    shared(3)
    parallel.run(_count, 100, 10**9, np.zeros(100, int), np.zeros(101, int))
    members = parallel._team.members
    assert len(members) == 2
    shared(2)
    for member in members:
        member.join(timeout=30)
        assert not member.is_alive()


def test_each_keeps_the_order_and_shares_the_items(threads):
    """Two items are in hand at once: each waits for the other to have begun."""
    threads(2)
    both = threading.Barrier(2, timeout=30)
    assert parallel.each(lambda n: (both.wait(), n)[1], [3, 1]) == [3, 1]


def test_parts_cover_every_row_once(threads):
    threads(3)
    for rows in (1, 2, 7, 12, 13, 1000):
        times = np.zeros(rows, int)
        for part in parallel.parts(rows):
            times[part] += 1
        assert (times == 1).all()


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
    caller = threading.Thread(
        target=lambda: results.append(parallel.each(lambda i: sum(parallel.each(int, [i] * 4)), range(16)))
    )
    results, caller.daemon = [], True
    caller.start()
    caller.join(timeout=60)
    assert results == [[4 * i for i in range(16)]]


def test_an_error_in_any_thread_reaches_the_caller(threads):
    threads(2)

    def fail(item):
        raise RuntimeError(f"item {item}")

    with pytest.raises(RuntimeError, match="item"):
        parallel.each(fail, range(8))
    assert parallel.each(abs, [-1, 2]) == [1, 2]  # and the pool lives on


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
from tests.kernels import test_parallel

def workload():
    return test_parallel.workload(5, ["conv", "max_pool", "softmax"])  # by the team, and by the pool

parallel.set_num_threads(2)
parallel._SERIAL, parallel._WAKING = 0, 1  # the smallest work is shared out
wanted = workload()                      # the threads are there now
assert threading.active_count() > 1
over = threading.Event()

def use_the_pool():
    while not over.is_set():
        workload()

busy = threading.Thread(target=use_the_pool, daemon=True)
busy.start()                             # it is in use while the process forks
for _ in range(3):
    child = os.fork()
    if child == 0:
        signal.alarm(60)                 # a child that hangs is killed
        assert threading.active_count() == 1
        os._exit(0 if workload() == wanted and threading.active_count() > 1 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, "the child was wrong, or hung"
over.set()
busy.join()
assert workload() == wanted              # the parent is none the worse
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this system")
def test_a_forked_child_computes_too():
    subprocess.run([sys.executable, "-c", FORK], check=True, timeout=600)
