"""One entry measured on every side: both interleaved in this process, or each in processes of its own."""

import time

import numpy as np

from . import child, floors, sides
from .timing import summary, take_turns

ROUNDS = 3  # processes of each side, one after the other
FRESH = {"startup": 5, "memory": 1}  # the same, for what a process shows once; memory hardly varies


def interleaved(entry, turns, rates, clock=time.perf_counter):
    """Both sides take turns in this process.

    Returns
    -------
    dict
        The summary of each side's times by its name; "floor" and "kernels" of ours; "differ", the largest
        difference between the first results of the two, relative to the largest value.
    """
    ready = {name: prepared(entry, name) for name in sides.available()}
    calls = {name: call for name, (call, _) in ready.items() if call}
    results = [result for call, result in ready.values() if call]
    differ = None if entry.random or len(results) < 2 else difference(*results)
    del ready, results
    seconds = take_turns(calls, turns, clock)
    return _row(seconds, 1e3) | floors.of(calls["minicv"], rates) | {"differ": differ}


def separate(entry, turns, rates):
    """Each side in quiet processes of its own, which take turns: two pools of threads do not meet."""
    seconds = {}
    for _ in range(ROUNDS):
        for side in sides.available():
            seconds.setdefault(side, []).extend(child.start("alone", side, entry.name, turns))
    return _row(seconds, 1e3) | floors.of(prepared(entry, "minicv")[0], rates)


def fresh(entry):
    """Each side in processes that show it once: milliseconds from a standing start, or megabytes."""
    figures = {}
    for _ in range(FRESH[entry.group]):
        for side in sides.available():
            figures.setdefault(side, []).append(child.start(entry.group, side, entry.name))
    return _row(figures, 1)


def use_one_thread():
    """Everything on the calling thread, on every side, the products of NumPy's BLAS too."""
    from threadpoolctl import threadpool_limits

    for name in sides.available():
        sides.side(name).set_num_threads(1)
    threadpool_limits(1)


def _row(figures, unit):
    return {side: summary(numbers, unit) for side, numbers in figures.items() if numbers}


def prepared(entry, name):
    """The entry's function on one side, called once, and its result; None and None if the side lacks what it calls."""
    try:
        call = entry.build(sides.side(name))
        return call, call()
    except AttributeError:
        if name == "minicv":
            raise
        return None, None  # PyTorch has no such op, or torchvision is not installed


def difference(result, other):
    """Largest difference of two results (numbers, arrays, tensors, tuples of them), relative to the largest value."""
    pairs = list(zip(_arrays(result), _arrays(other), strict=True))
    largest = max(np.abs(b).max(initial=0) for _, b in pairs)
    return float(max(np.abs(a - b).max(initial=0) for a, b in pairs) / (largest or 1))


def _arrays(result):
    if isinstance(result, (tuple, list)):
        return [array for part in result for array in _arrays(part)]
    return [np.asarray(result.detach().numpy() if hasattr(result, "detach") else result, np.float64)]
