"""The weight gradient of convolution without columns: dot products of two images, one of them shifted.

    w[f, r] = sum over images n and pixels q of y[n, f, q] * planes[n, offset[r] + q]

with the planes and offsets of :mod:`.conv_shift`. Both factors have neighbouring pixels side by side, so 16 of
them are a vector, and a tile of 4 filters x 6 taps keeps 24 such vectors of partial sums in registers while
it runs over all rows of a chunk (:func:`.vector.tile_4x6`). Only then are the 16 lanes added up. Nothing is
transposed and nothing is stored in between.

The sum over the batch is made of partial sums, whose number depends on the shapes alone: so do the bits.

What it buys, for the three layers of :mod:`.conv_shift`: 1/5, 1/4 and 2/5 of the time of columns and BLAS, 0.85,
0.75 and 0.85 of PyTorch's.
"""

from functools import lru_cache
from math import prod

import numpy as np

from . import parallel
from .conv_shift import Planes, arrange, fill  # after a change there, too, empty __pycache__
from .jit import compiled, source
from .vector import LANES, tile_4x6

_FILTERS, _TAPS = 4, 6  # of a tile
_PIXELS = 2048  # of a chunk, about: the rows of y for 4 filters then stay in the first-level cache
_PARTIAL_SUMS = 8  # at most, so many threads can share the work
_WORTH = 1024  # pixels of y that are worth a partial sum of their own


@compiled
def _dot(begin, end, x, x_planes, offsets, y, y_planes, groups, images, parts, w):
    """Compute partial sums: those of group g over part i of the batch are w[i groups + g] (filters, taps).

    A chunk is a block of rows of up to ``images`` images.
    """
    filters, taps = w.shape[1:]
    area = y_planes.area
    x_source = x_planes.channels * x_planes.height * x_planes.width
    y_source = filters * y_planes.height * y_planes.width
    x_image = x_planes.channels * x_planes.nh * x_planes.nw * x_planes.area
    y_image = -(-filters // _FILTERS) * _FILTERS * area  # those that fill the last tile are 0
    batch = len(y) // (groups * y_source)
    x_copy = np.zeros(images * x_image + area, np.float32)
    y_copy = np.zeros(images * y_image, np.float32)
    sums = np.empty(_FILTERS * _TAPS, np.float32)
    for job in range(begin, end):
        part, group = job // groups, job % groups
        w[job] = 0
        last = batch * (part + 1) // parts
        for n in range(batch * part // parts, last, images):
            count = min(images, last - n)
            for row in range(0, y_planes.height, y_planes.rows):
                for i in range(count):
                    image = (n + i) * groups + group
                    fill(x_copy, i * x_image, x_planes, x, image * x_source, row)
                    fill(y_copy, i * y_image, y_planes, y, image * y_source, row)
                for f in range(0, filters, _FILTERS):
                    for r in range(0, taps, _TAPS):
                        tile_4x6(
                            y_copy, f * area, y_image, area, x_copy, x_image, offsets, r, count, area, sums
                        )
                        for i in range(min(_FILTERS, filters - f)):
                            for j in range(min(_TAPS, taps - r)):
                                w[job, f + i, r + j] += sums[i * _TAPS + j]


@lru_cache(maxsize=256)
def _plan(size, channels, filters, windows, kernel_size, stride, padding, dilation):
    """Planes of x and of y; the offsets of the taps, and of some more that fill the last tile."""
    taps = (np.arange(k) * d for k, d in zip(kernel_size, dilation))
    x_planes, offsets, block = arrange(size, channels, windows, *taps, stride, padding)
    area = -(-block * x_planes.pitch // LANES) * LANES
    y_planes = Planes(filters, *windows, 1, 1, 0, 0, 1, 1, block, x_planes.pitch, area)
    return x_planes, y_planes, np.pad(offsets, (0, -len(offsets) % _TAPS))


def conv2d_weight(x, y, kernel_size, stride, padding, dilation, groups):
    """Correlate images with outputs: see :func:`minicv.kernels.reference.conv.conv2d_weight`."""
    N, K, *windows = y.shape
    channels, filters = x.shape[1] // groups, K // groups
    sizes = x.shape[2:], channels, filters, y.shape[2:]
    x_planes, y_planes, offsets = _plan(*sizes, kernel_size, stride, padding, dilation)
    whole = y_planes.rows == y_planes.height
    images = max(1, _PIXELS // y_planes.area) if whole else 1
    parts = max(1, min(_PARTIAL_SUMS, N, N * prod(windows) // _WORTH))
    w = np.empty((parts * groups, filters, channels * prod(kernel_size)), np.float32)
    work = -(-N // parts) * prod(windows) * w[0].size // LANES
    args = source(x, x.size), x_planes, offsets, source(y, y.size), y_planes, groups, images, parts, w
    parallel.run(_dot, len(w), work, *args)
    return w.reshape(parts, K, channels, *kernel_size).sum(0)
