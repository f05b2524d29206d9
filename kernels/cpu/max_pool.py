"""Max pooling and its linear parts in Numba, plane by plane.

Windows that lie one or two columns apart, the rule in networks, are compared sixteen at a time
(:mod:`.vector_pool`). All others, those of adaptive pooling among them, take the plain loop.
"""

from math import prod

import numpy as np

from . import parallel
from .jit import compiled, source
from .memory import empty
from .vector import LANES
from .vector_pool import windows_1, windows_2


@compiled
def _inside(window, size):
    """First tap of a window [first, stop, step] that lies in 0..size-1, and the number of those that do."""
    first, stop, step = window
    if first < 0:
        first += -(first // step) * step
    return first, max(0, -((first - min(stop, size)) // step))


@compiled
def _window_max(begin, end, x, rows, cols, y, indices):
    """Fill output rows; row n of y is row n % OH of plane n // OH."""
    _, H, W = x.shape
    for row in range(begin, end):
        plane, oh = row // len(rows), row % len(rows)
        top, down_count = _inside(rows[oh], H)
        for ow in range(len(cols)):
            left, across_count = _inside(cols[ow], W)
            best, index = x.dtype.type(0), -1
            for i in range(down_count):
                h = top + i * rows[oh, 2]
                for j in range(across_count):
                    w = left + j * cols[ow, 2]
                    value = x[plane, h, w]
                    # The first cell, whatever it holds; then what is larger, or a NaN (no number is as large),
                    # unless a NaN has won already.
                    if (index < 0) | (not value <= best) & (best == best):
                        best, index = value, h * W + w
            y[row, ow], indices[row, ow] = best, index


@compiled
def _window_max_16(begin, end, x, H, W, rows, cols, y, indices):
    """The same for windows that lie one or two columns apart: sixteen of them at a time."""
    OH, OW = len(rows), len(cols)
    left, stop, across = cols[0]
    taps = -((left - stop) // across)
    spacing = cols[1, 0] - left if OW > 1 else 1
    for row in range(begin, end):
        start, oh = row // OH * H * W, row % OH
        top, count = _inside(rows[oh], H)
        down = rows[oh, 2]
        for ow in range(0, OW, LANES):
            at, o, n = left + ow * spacing, row * OW + ow, OW - ow
            if spacing == 1:
                windows_1(x, start, W, top, count, down, at, taps, across, y, indices, o, n)
            else:
                windows_2(x, start, W, top, count, down, at, taps, across, y, indices, o, n)


@compiled
def _pick(begin, end, x, indices, y):
    for plane in range(begin, end):
        for k in range(indices.shape[1]):
            index = indices[plane, k]
            y[plane, k] = x[plane, index] if index >= 0 else 0


@compiled
def _place(begin, end, y, indices, x):
    for plane in range(begin, end):
        x[plane] = 0
        for k in range(indices.shape[1]):
            index = indices[plane, k]
            if index >= 0:
                x[plane, index] += y[plane, k]


@compiled
def _last_writes(begin, end, indices, size, kept):
    """Walk each plane backwards: the first time that an index is met is its last write."""
    met = np.full(size, -1)  # the plane in which each index was met last
    for plane in range(begin, end):
        for k in range(indices.shape[1] - 1, -1, -1):
            index = indices[plane, k]
            kept[plane, k] = -1
            if index >= 0 and met[index] != plane:
                met[index] = plane
                kept[plane, k] = index


def window_max(x, rows, cols):
    """Maximum of each window: see :func:`minicv.kernels.reference.max_pool.window_max`."""
    N, C, H, W = x.shape
    OH, OW = len(rows), len(cols)
    y, indices = empty((N, C, OH, OW), x.dtype), empty((N, C, OH, OW), np.int32)
    rows, cols = source(rows, rows.shape), source(cols, cols.shape)
    work = H * W // max(1, OH) + OW
    if x.dtype == np.float32 and _spacing(cols) in (1, 2):
        flat = source(x, -1), H, W, rows, cols, y.reshape(-1), indices.reshape(-1)
        parallel.run(_window_max_16, N * C * OH, work, *flat)
    else:
        planes = source(x, (N * C, H, W)), rows, cols
        parallel.run(_window_max, N * C * OH, work, *planes, y.reshape(-1, OW), indices.reshape(-1, OW))
    return y, indices


def _spacing(windows):
    """Distance from each window to the next, if all are alike; else 0."""
    if len(windows) < 2:
        return 1
    steps = windows[1:] - windows[:-1]
    first, stop, step = steps[0]
    return first if first == stop and step == 0 and (steps == steps[0]).all() else 0


def pick(x, indices):
    """Gather: see :func:`minicv.kernels.reference.max_pool.pick`."""
    flat = _planes(indices)
    y = empty(flat.shape, x.dtype)
    parallel.run(_pick, len(flat), flat.shape[1], _planes(x), flat, y)
    return y.reshape(indices.shape)


def place(y, indices, output_size, ranges=None):
    """Scatter, serial within a plane: see :func:`minicv.kernels.reference.max_pool.place`."""
    flat = _planes(indices)
    x = empty((len(flat), prod(output_size)), y.dtype)
    parallel.run(_place, len(flat), x.shape[1] + flat.shape[1], _planes(y), flat, x)
    return x.reshape(*y.shape[:2], *output_size)


def last_writes(indices, output_size):
    """Drop overwritten indices: see :func:`minicv.kernels.reference.max_pool.last_writes`."""
    flat = _planes(indices)
    kept = empty(flat.shape, np.int32)
    parallel.run(_last_writes, len(flat), flat.shape[1], flat, prod(output_size), kept)
    return kept.reshape(indices.shape)


def _planes(array):
    """Lay an array (N, C, ...) out with a row for each plane."""
    N, C, *rest = array.shape
    return source(array, (N * C, prod(rest)))
