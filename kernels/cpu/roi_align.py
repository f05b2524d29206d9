"""Sampling of regions in Numba, with channels innermost (see :mod:`.pixels`).

A weight is then worked out once for all channels, and the innermost loop is over neighbours in memory. Forward in 0.3
of torchvision's time, the gradient in 0.06 (7 x 7 bins of 512 regions on 256 channels, one thread).
"""

import numpy as np

from . import memory, parallel
from .jit import compiled, source
from .pixels import to_pixels, to_planes


@compiled
def _see(size, images, row_starts, row_index, col_starts, col_index, seen):
    """Note in seen (N, own, H W) the pixels that the bins read."""
    (H, W), (PH, PW) = size
    for r in range(len(images)):
        for bin in range(PH * PW):
            ph, pw = r * PH + bin // PW, r * PW + bin % PW
            pixels = seen[images[r], bin % seen.shape[1]]
            for a in range(row_starts[ph], row_starts[ph + 1]):
                for b in range(col_starts[pw], col_starts[pw + 1]):
                    pixels[(row_index[a] - r * H) * W + col_index[b] - r * W] = True


@compiled
def _gather(
    begin, end, x, size, images, row_starts, row_index, row_weight, col_starts, col_index, col_weight, y
):
    """Fill regions of y (R, C, bins) from x (N, own, H W, C), where every bin, or none, has planes of its own."""
    (H, W), (PH, PW), C = size[0], size[1], y.shape[1]
    total = np.empty((PH * PW, C), x.dtype)
    for r in range(begin, end):
        for bin in range(PH * PW):
            ph, pw = r * PH + bin // PW, r * PW + bin % PW
            pixels = x[images[r], bin % x.shape[1]]
            total[bin] = 0
            for a in range(row_starts[ph], row_starts[ph + 1]):
                for b in range(col_starts[pw], col_starts[pw + 1]):
                    pixel = (row_index[a] - r * H) * W + col_index[b] - r * W
                    weight = row_weight[a] * col_weight[b]
                    for c in range(C):
                        total[bin, c] += weight * pixels[pixel, c]
        for c in range(C):
            for bin in range(PH * PW):
                y[r, c, bin] = total[bin, c]


@compiled
def _scatter(
    begin, end, y, size, images, row_starts, row_index, row_weight, col_starts, col_index, col_weight, x
):
    """Add regions of y (R, bins, C) to x (N, own, H W, C), in the channels from ``begin`` to ``end`` of own C."""
    (H, W), (PH, PW), (_, own, _, C) = size[0], size[1], x.shape
    for r in range(len(images)):
        for bin in range(PH * PW):
            ph, pw = r * PH + bin // PW, r * PW + bin % PW
            pixels, before = x[images[r], bin % own], bin % own * C
            first, last = max(begin - before, 0), min(end - before, C)
            if first >= last:
                continue
            value = y[r, bin, first:last]
            for a in range(row_starts[ph], row_starts[ph + 1]):
                for b in range(col_starts[pw], col_starts[pw + 1]):
                    pixel = (row_index[a] - r * H) * W + col_index[b] - r * W
                    weight = row_weight[a] * col_weight[b]
                    target = pixels[pixel, first:last]
                    for c in range(len(value)):
                        target[c] += weight * value[c]


def roi_gather(x, images, size, rows, cols, position_sensitive):
    """Multiply every region from both sides: see :func:`minicv.kernels.reference.roi_align.roi_gather`."""
    (N, _, H, W), R = x.shape, len(images)
    own, C = _channels(x.shape, size, position_sensitive)
    y = memory.empty((R, C, size[0] * size[1]), x.dtype)
    sizes, tables = ((H, W), tuple(size)), [source(table, table.shape) for table in (images, *rows, *cols)]
    pixels = to_pixels(x.reshape(N, C, own * H * W), _seen(N, own, sizes, tables)).reshape(N, own, H * W, C)
    parallel.run(_gather, R, _entries(rows, cols, R) // max(1, R) * C, pixels, sizes, *tables, y)
    return y.reshape(R, C, *size)


def roi_scatter(y, images, shape, rows, cols, position_sensitive):
    """The transpose: see :func:`minicv.kernels.reference.roi_align.roi_scatter`."""
    (N, _, H, W), (R, C, *size) = shape, y.shape
    own, _ = _channels(shape, size, position_sensitive)
    sizes, tables = ((H, W), tuple(size)), [source(table, table.shape) for table in (images, *rows, *cols)]
    bins = size[0] * size[1]
    y = to_pixels(y.reshape(R, C, bins), np.ones((R, bins), bool))
    x = np.zeros((N, own, H * W, C), y.dtype)
    parallel.run(_scatter, own * C, _entries(rows, cols, R) // own, y, sizes, *tables, x)
    return to_planes(x.reshape(N, own * H * W, C), _seen(N, own, sizes, tables)).reshape(shape)


def _seen(N, own, sizes, tables):
    """Which pixels of which image some bin reads (N, own H W)."""
    (H, W), (images, row_starts, row_index, _, col_starts, col_index, _) = sizes[0], tables
    seen = np.zeros((N, own, H * W), bool)
    _see(sizes, images, row_starts, row_index, col_starts, col_index, seen)
    return seen.reshape(N, own * H * W)


def _channels(shape, size, position_sensitive):
    """(own, C): how many bins have channels of their own, and how many output channels there are."""
    own = size[0] * size[1] if position_sensitive else 1
    return own, shape[1] // own


def _entries(rows, cols, regions):
    """Weights of all bins, roughly: in each region, every entry of A_r meets all those of B_r."""
    return len(rows[1]) * len(cols[1]) // max(1, regions)
