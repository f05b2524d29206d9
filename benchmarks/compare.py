"""One entry measured on every side: both interleaved in this process, or each in processes of its own."""

import time

import numpy as np

from . import child, sides
from .timing import Times, take_turns

ROUNDS = 3  # processes of each side, one after the other


def interleaved(entry, turns, clock=time.perf_counter):
    """Both sides take turns in this process.

    Returns
    -------
    dict
        Times of each side by its name, and "differ": the largest difference between the first results of the
        two, relative to the largest value.
    """
    calls = built(entry)
    differ = difference(*(call() for call in calls.values())) if len(calls) > 1 else None
    return _row(take_turns(calls, turns, clock)) | {"differ": differ}


def separate(entry, turns):
    """Each side in quiet processes of its own, which take turns: two pools of threads do not meet."""
    seconds = {}
    for _ in range(ROUNDS):
        for side in sides.available():
            seconds.setdefault(side, []).extend(child.start("alone", side, entry.name, turns))
    return _row({side: s for side, s in seconds.items() if s})


def use_one_thread():
    """Everything on the calling thread, on every side, the products of NumPy's BLAS too."""
    from threadpoolctl import threadpool_limits

    for name in sides.available():
        sides.side(name).set_num_threads(1)
    threadpool_limits(1)


def _row(seconds):
    return {side: Times.of(s).rounded() for side, s in seconds.items()}


def built(entry):
    """The entry's function on each side that has what it calls, by the side's name."""
    calls = {"minicv": entry.build(sides.side("minicv"))}
    for name in sides.available()[1:]:
        try:
            calls[name] = entry.build(sides.side(name))
        except AttributeError:  # PyTorch has no such op, or torchvision is not installed
            pass
    return calls


def difference(result, other):
    """Largest difference of two results (numbers, arrays, tensors, tuples of them), relative to the largest value."""
    pairs = list(zip(_arrays(result), _arrays(other), strict=True))
    largest = max(np.abs(b).max(initial=0) for _, b in pairs)
    return float(max(np.abs(a - b).max(initial=0) for a, b in pairs) / (largest or 1))


def _arrays(result):
    if isinstance(result, (tuple, list)):
        return [array for part in result for array in _arrays(part)]
    return [np.asarray(result.detach().numpy() if hasattr(result, "detach") else result, np.float64)]
