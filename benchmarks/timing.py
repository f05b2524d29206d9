"""Timing: two sides that take turns in one process, or one side alone."""

import statistics
import time

# After a parallel loop a pool of threads may keep a core busy for a while, waiting for the next: let it give up.
PAUSE = 0.004

# A turn lasts about this long, or a single call.
TURN = 0.005


def summary(numbers, unit=1):
    """Median, quartiles and least of some measurements, in multiples of ``unit`` (1e3: seconds to milliseconds)."""
    values = sorted(unit * number for number in numbers)
    q1, median, q3 = statistics.quantiles(values, n=4, method="inclusive") if len(values) > 1 else values * 3
    return {
        name: round(x, 4) for name, x in zip(("median", "q1", "q3", "least"), (median, q1, q3, values[0]))
    }


def take_turns(calls, turns, clock=time.perf_counter):
    """Time functions alternately.

    Parameters
    ----------
    calls : dict of str to callable
    turns : int
    clock : callable
        ``time.thread_time`` on one thread counts what this thread computed, on a machine that is not quiet.

    Returns
    -------
    dict of str to list of float
        Seconds a call, one number for each turn.
    """
    repeats = {name: _repeats(call) for name, call in calls.items()}
    seconds = {name: [] for name in calls}
    for turn in range(turns):
        for name, call in list(calls.items())[:: 1 if turn % 2 else -1]:
            time.sleep(PAUSE)
            call()  # not counted: it wakes the threads and brings its own data back into the caches
            start = clock()
            for _ in range(repeats[name]):
                call()
            seconds[name].append((clock() - start) / repeats[name])
    return seconds


def _repeats(call):
    """Calls that fill a turn; found after two calls that compile, allocate and start threads."""
    call(), call()
    start = time.perf_counter()
    call()
    return max(1, min(100, round(TURN / (time.perf_counter() - start))))
