"""Softmax and cross-entropy of scores (S, L) in Numba: row by row, with neighbouring classes as the vectors.

Two tricks let the reductions along a row run in vectors. The largest score is sought among the whole numbers that the
floats' bits spell: those are in the same order, with no NaN among them. And a row is copied to where scores of -inf
fill it up to whole vectors, so that no exponential is left to be computed on its own. The copy keeps them, too.

What it buys: (64, 1000) scores take a third of the time that it takes to transpose them and go class by class.
"""

import numpy as np
from numba import types
from numba.extending import overload

from .exponential import exp, log
from .jit import compiled, compiled_formula, compiled_sum
from .vector import in_widest_vectors

_FULL = (
    32  # a filled row has a multiple of that many scores, as many as a step of any processor's vectors takes
)


@compiled
def _room(x):
    """Where a row is copied to."""
    return np.empty(-(-x.shape[1] // _FULL) * _FULL, x.dtype)


@compiled
def _copy(row, room):
    """Copy a row, and fill it up with scores whose exponential is 0."""
    for c in range(len(row)):
        room[c] = row[c]
    for c in range(len(row), len(room)):
        room[c] = -np.inf


def _largest(row):
    """Return the largest score of a row; a NaN, if there is one. See the overload."""


@overload(_largest)
def _largest_of_its_type(row):
    """The code of ``_largest`` for the type of the row."""
    real, whole = (np.float32, np.int32) if row.dtype == types.float32 else (np.float64, np.int64)
    info = np.iinfo(whole)
    sign, rest, least = whole(info.bits - 1), whole(info.max), whole(info.min)

    def largest(row):
        top = least
        for c in range(len(row)):
            bits = real(row[c]).view(whole)
            # The bits of a number below 0 grow with its size: all but the sign are turned round.
            place = whole(bits ^ ((bits >> sign) & rest))
            top = place if place > top else top
        return whole(top ^ ((top >> sign) & rest)).view(real)

    return largest


@compiled_sum
def _exponentials(room, largest):
    """Put the exponentials of the distances from the largest score in place of the scores, and add them up."""
    in_widest_vectors()
    total = room.dtype.type(0)
    for c in range(len(room)):
        room[c] = exp(room[c] - largest)
        total += room[c]
    return total


@compiled
def softmax(begin, end, x, y):
    """Probabilities y from scores x."""
    room = _room(x)
    for s in range(begin, end):
        row, out = x[s], y[s]
        _copy(row, room)
        share = x.dtype.type(1) / _exponentials(room, _largest(room))
        for c in range(len(row)):
            out[c] = room[c] * share


@compiled
def log_softmax(begin, end, x, y):
    """Their logarithms."""
    room = _room(x)
    for s in range(begin, end):
        row, out = x[s], y[s]
        _copy(row, room)
        largest = _largest(room)
        log_total = np.log(_exponentials(room, largest))
        for c in range(len(row)):
            out[c] = row[c] - largest - log_total


@compiled_sum
def _dot(a, b, origin):
    """The sum of a (b - origin)."""
    total = a.dtype.type(0)
    for c in range(len(a)):
        total += a[c] * (b[c] - origin)
    return total


@compiled
def softmax_grad(begin, end, g, y, gx):
    """Gradient of softmax."""
    for s in range(begin, end):
        slope, row, out = g[s], y[s], gx[s]
        along = _dot(row, slope, y.dtype.type(0))
        for c in range(len(row)):
            out[c] = row[c] * (slope[c] - along)


@compiled_sum
def _sum(a):
    total = a.dtype.type(0)
    for c in range(len(a)):
        total += a[c]
    return total


@compiled_formula
def log_softmax_grad(begin, end, g, y, gx):
    """Gradient of log_softmax."""
    room = _room(y)
    for s in range(begin, end):
        slope, out = g[s], gx[s]
        _copy(y[s], room)
        _exponentials(room, y.dtype.type(0))
        total = _sum(slope)
        for c in range(len(slope)):
            out[c] = slope[c] - room[c] * total


@compiled
def cross_entropy(begin, end, x, labels, weight, own, share, ignore_index, losses, largest, total):
    """Losses, and what their gradient needs: see the loop of that name in :mod:`.softmax`."""
    room, spread = _room(x), share * weight.sum() if share != 0 else share
    mass = np.zeros(end - begin, x.dtype)
    for s in range(begin, end):
        row, label = x[s], labels[s]
        if label == ignore_index:
            losses[s], largest[s], total[s] = 0, 0, 1
            continue
        _copy(row, room)
        largest[s] = _largest(room)
        total[s] = _exponentials(room, largest[s])
        at_label = own * weight[label]
        mass[s - begin], losses[s] = at_label + spread, at_label * (largest[s] - row[label])
        if share != 0:
            losses[s] -= share * _dot(weight, row, largest[s])
    found, sums = losses[begin:end], total[begin:end]
    for i in range(len(mass)):  # in vectors
        found[i] += mass[i] * log(sums[i])


@compiled  # no fused multiply-add: p - t is to be 0 exactly, not the rounding of a product, where p is 1
def cross_entropy_grad(begin, end, g, x, largest, total, labels, weight, own, share, ignore_index, gx):
    """Gradient of cross_entropy."""
    room, spread = _room(x), share * weight.sum() if share != 0 else share
    for s in range(begin, end):
        row, out, label = x[s], gx[s], labels[s]
        if label == ignore_index:
            out[:] = 0  # whatever the scores are
            continue
        _copy(row, room)
        _exponentials(room, largest[s])
        slope, at_label = g[s], own * weight[label]
        factor = slope * (at_label + spread) / total[s]
        for c in range(len(row)):
            out[c] = factor * room[c] - slope * (share * weight[c])
        out[label] -= slope * at_label
