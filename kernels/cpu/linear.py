"""Matrix products: those of two matrices in float32 are our own, all others BLAS in slices (:mod:`.blas`).

What lies side by side in memory decides over the inner loop:

- *y = x W^T*: rows of x and rows of W. So y is made of dot products, in tiles of 4 rows of x by 6 of W. A row of
  W is read once for 64 rows of x, of which as many columns at a time as fit the second-level cache.
- *gx = g W*, *gW = g^T x* and any *a b*: rows of W, x or b are added up, each times numbers of g or a, in tiles of 8
  rows by 48 columns. First the rows are copied into panels of 48 columns: those of a wide matrix lie pages apart.

A tile keeps its sums in registers (:mod:`.matrix_tiles`; it is smaller where there are fewer). The order of a sum
depends on the shapes alone.

What it buys, in time of one core with AVX-512 and for 32 rows: y in 0.65, gx in 0.75 and gW in 0.85 of the time of
a single-threaded OpenBLAS (W of 512 x 512 or 4096 x 4096), and a product of 512 x 512 matrices in 0.7. And there is
no second pool of threads to wake.
"""

import numpy as np

from . import blas, memory, parallel
from .jit import compiled, source
from .matrix_tiles import COLUMNS, DOT_COLUMNS, DOT_ROWS, ROWS, dot_tile, row_tile
from .vector import LANES, move

_DOT_BLOCK = 64  # rows of x for which a row of W is read once
_CACHE = 2**15  # floats of such a block, at most: 128 KiB
_BLOCK = 256  # rows of a result that share the panels
_DEPTH = 128  # rows of a panel: 24 KiB
_PANELS = 10  # that are filled together, at most, so that rows are read in long runs
_JOBS = 8  # at least, where there are so many tiles
_FEW = 8  # rows for which no panel is worth the copy, or columns of a product


@compiled
def _dots(begin, end, x, w, C, y):
    """``y[n, k] += sum over c of x[n, c] w[k, c]``. A job is a tile's columns k, for 64 rows n."""
    N, K = len(x) // C, len(w) // C
    tiles = -(-K // DOT_COLUMNS)
    chunk = _CACHE // min(N, _DOT_BLOCK) // LANES * LANES
    for block in range(begin // tiles, -(-end // tiles)):
        first, last = max(begin - block * tiles, 0), min(end - block * tiles, tiles)
        for c in range(0, C, chunk):
            count = min(chunk, C - c)
            for k in range(first * DOT_COLUMNS, last * DOT_COLUMNS, DOT_COLUMNS):
                for n in range(block * _DOT_BLOCK, min(N, (block + 1) * _DOT_BLOCK), DOT_ROWS):
                    dot_tile(x, n * C + c, N - n, C, w, k * C + c, K - k, C, count, y, n * K + k, K)


@compiled
def _sum_rows(begin, end, a, b, C, panels, y):
    """``y[n, c] = sum over r of a[n, r] b[r, c]``. A job is the columns c of some panels, for 256 rows n."""
    N, R, width = len(y) // C, len(b) // C, panels * COLUMNS
    across = -(-C // width)
    panel = np.empty(_DEPTH * width, np.float32)
    for job in range(begin, end):
        top, left = job // across * _BLOCK, job % across * width
        columns = range(left, min(C, left + width), COLUMNS)
        for first in range(0, R, _DEPTH):
            depth = min(_DEPTH, R - first)
            for r in range(depth):
                for c in columns:
                    to, at = (c - left) * _DEPTH + r * COLUMNS, (first + r) * C + c
                    for q in range(0, COLUMNS, LANES):
                        move(panel, to + q, b, at + q, C - c - q)
            for n in range(top, min(N, top + _BLOCK), ROWS):
                for c in columns:
                    i, p, o = n * R + first, (c - left) * _DEPTH, n * C + c
                    row_tile(a, i, N - n, R, panel, p, C - c, depth, min(first, 1), y, o, C)


def _add_rows(a, b):
    """``a @ b`` in float32."""
    (N, R), C = a.shape, b.shape[1]
    if R == 0:
        return np.zeros((N, C), np.float32)
    y = memory.empty((N, C), np.float32)
    blocks, tiles = -(-N // _BLOCK), -(-C // COLUMNS)
    panels = max(1, min(_PANELS, blocks * tiles // _JOBS))
    jobs = blocks * -(-tiles // panels)
    work = min(N, _BLOCK) * R * panels * COLUMNS // LANES
    parallel.run(_sum_rows, jobs, work, source(a, a.size), source(b, b.size), C, panels, y.reshape(-1))
    return y


def linear(x, w, bias):
    """Fully connected layer: see :func:`minicv.kernels.reference.linear.linear`."""
    (N, C), K = x.shape, len(w)
    if x.dtype != np.float32 or C == 0:
        y = blas.matmul(x, w.T)
        return y if bias is None else np.add(y, bias, out=y)
    y = memory.empty((N, K), np.float32)
    y[:] = 0 if bias is None else bias
    jobs, work = -(-N // _DOT_BLOCK) * -(-K // DOT_COLUMNS), min(N, _DOT_BLOCK) * C * DOT_COLUMNS // LANES
    parallel.run(_dots, jobs, work, source(x, x.size), source(w, w.size), C, y.reshape(-1))
    return y


def linear_input(g, w):
    """Gradient of linear by x: see :func:`minicv.kernels.reference.linear.linear_input`."""
    if g.dtype != np.float32 or len(g) < _FEW:
        return blas.matmul(g, w)
    return _add_rows(g, w)


def linear_weight(g, x):
    """Gradient of linear by w: see :func:`minicv.kernels.reference.linear.linear_weight`."""
    return blas.matmul(g.T, x) if g.dtype != np.float32 else _add_rows(g.T, x)


def matmul(a, b):
    """Matrix product: see :func:`minicv.kernels.reference.linear.matmul`."""
    if a.dtype == np.float32 and a.ndim == b.ndim == 2 and min(len(a), b.shape[1]) >= _FEW:
        return _add_rows(a, b)
    return blas.matmul(a, b)
