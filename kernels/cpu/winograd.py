"""Winograd's convolution: a 3 x 3 filter with 4 multiplications for an output instead of 9.

Two neighbouring outputs of a filter g with three taps, on pixels d, are 6 products. These 4 do as well::

    m0 = (d0 - d2) g0                       y0 = d0 g0 + d1 g1 + d2 g2 = m0 + m1 + m2
    m1 = (d1 + d2) (g0 + g1 + g2) / 2       y1 = d1 g0 + d2 g1 + d3 g2 = m1 - m2 - m3
    m2 = (d2 - d1) (g0 - g1 + g2) / 2
    m3 = (d1 - d3) g2

which is y = A^T [(G g) * (B^T d)], with three small matrices and a product entry by entry. Done along the
rows and along the columns, it makes a tile of 2 x 2 outputs from a patch of 4 x 4 pixels, with 16
multiplications, where the definition takes 36::

    Y[k] = A^T [sum over c of U[k, c] * V[c]] A,    U = G g G^T of the filters,    V = B^T d B of the patches

That is F(2 x 2, 3 x 3). In the same way, with other matrices, F(4 x 4, 3 x 3) makes 4 x 4 outputs with 36
multiplications instead of 144, and 2 x 2 outputs of a filter that moves by two pixels take 25 instead of 36:
:mod:`.winograd_forms` has them. The additions are few where there are many channels and filters: V serves all
filters, U all tiles, and for each of the 16 entries the sum over c is a product of matrices, filters x channels
x tiles.

A job takes up to 48 tiles through all of it, so that V and the sums stay in a core's cache: V of a block of
channels, in vectors of 16 tiles; then, for one panel of 8 filters after the other, the 16 products, and the
outputs. The transpose is such a convolution as well, with the filters turned by 180 degrees.

How exact is it? Tiles of 2 x 2 are as exact as direct sums. An output takes in no pixel but its own nine, and
small integers come out without an error, for the matrices hold nothing but 0, +-1 and +-1/2. Only, the error
relates to the largest of the nine, even where the filter is 0. Tiles of 4 x 4 have an error near 1e-5 of the
largest output: they are for those who ask for them (:mod:`.precision`). In all of them, Inf and NaN and sums
too large for a float would spread over the tile. That is noticed when the outputs are written: the result is
None, and the caller goes another way.

What it buys, in time of one core with AVX-512, for 8 images of 64 to 512 channels and 56 x 56 to 14 x
14 pixels: 0.35 to 0.6 of PyTorch's, where the shifted images of :mod:`.conv_shift` take 0.7 to 1.2. Tiles of
4 x 4 take 0.25 to 0.5. With a stride of 2, it is 0.55 to 0.9 instead of 0.95 to 1.3, and as much for the
transpose.

Winograd, Arithmetic Complexity of Computations, 1980; Lavin and Gray, Fast Algorithms for Convolutional
Neural Networks, CVPR 2016 (arXiv:1509.09308), section 4.
"""

from functools import lru_cache
from math import prod
from typing import NamedTuple

import numpy as np

from . import memory, parallel, precision
from .jit import compiled, source
from .planes import aligned
from .vector import LANES
from .winograd_forms import DOUBLING, FORMS, HALVING, LARGE, SMALL
from .winograd_vector import (
    FILTERS,
    WIDTH,
    products_16,
    products_32,
    products_48,
    transform_filters,
    transform_pixels,
    transform_sums,
)

TILES = WIDTH  # of a part, at most
_CHANNELS = 128  # of a block, at most: 16 x 128 x 48 floats of V are 384 KiB, a good part of a core's cache

# Stride -> form, and the channels (and filters) and the tiles from which on it is worth the transforms.
CONVOLVING = {(1, 1): (SMALL, 12, 32), (2, 2): (HALVING, 32, 96)}
STAMPING = {(1, 1): (SMALL, 12, 32), (2, 2): (DOUBLING, 32, 96)}

_JOBS = 3  # for a thread, at least: where tiles are few, the filters are shared out too


class Tiling(NamedTuple):
    """The tiles of a convolution: they are numbered image by image and row by row."""

    form: tuple[int, ...]  # what counts is the length, its number, which is known when the loops are compiled
    step: int  # pixels from one patch to the next
    side: int  # m outputs
    entries: int  # of a matrix: k^2
    channels: int
    size: tuple[int, int]  # of an image that is read
    padding: tuple[int, int]  # negative: cropped
    filters: int
    windows: tuple[int, int]  # size of an image that is written
    rows: int  # of tiles in an image
    columns: int
    tiles: int
    block: int  # channels at a time
    u: int  # floats from one entry of a panel's U, for a block of channels, to the next
    v: int  # the same for V
    parts: int  # that the tiles are cut into, between vectors, for jobs of their own
    groups: int  # that the filters are cut into, likewise


def numbered(form):
    """Return the tuple whose length is the number of a form."""
    return (0,) * form


@compiled
def side_by_side(t, last, tiling):
    """What tile t shares a vector with: image, row and column of t; number of tiles, up to ``last``."""
    image, rest = divmod(t, tiling.rows * tiling.columns)
    row, column = divmod(rest, tiling.columns)
    return image, row, column, min(last - t, tiling.columns - column, LANES)


@compiled
def _filters(begin, end, w, steps, turned, tiling, panels):
    """Transform the filters of panels k: U[k, block of channels, xi, channel, filter]."""
    for k in range(begin, end):
        filters = min(FILTERS, tiling.filters - k * FILTERS)
        for c in range(0, tiling.channels, tiling.block):
            channels = min(tiling.block, tiling.channels - c)
            start = k * FILTERS * steps[0] + c * steps[1]
            out = _panel(k, c, tiling)
            transform_filters(w, start, steps, turned, filters, channels, panels, out, tiling.u, tiling.form)


@compiled
def _panel(k, c, tiling):
    """Where U begins for panel k and the block of channels from c on."""
    blocks = -(-tiling.channels // tiling.block)
    return (k * blocks + c // tiling.block) * tiling.entries * tiling.u


@compiled
def patches(x, tiling, first, last, c, channels, out, pitch, plane):
    """Transform the patches of the tiles from ``first`` up to ``last``, in ``channels`` channels from c on.

    Entry xi of channel c + i and tile t goes to ``out[xi plane + i pitch + t - first]``.
    """
    t = first
    height, width = tiling.size
    while t < last:
        image, row, column, count = side_by_side(t, last, tiling)
        corner = row * tiling.step - tiling.padding[0], column * tiling.step - tiling.padding[1]
        start = (image * tiling.channels + c) * height * width
        to = t - first
        transform_pixels(x, start, tiling.size, corner, channels, out, to, pitch, plane, count, tiling.form)
        t += count


@compiled
def product(filters, u, pixels, v, count, out, o, more, width):
    """Compute a product of 8 rows and up to 48 columns, in as many vectors as it takes."""
    if width > 2 * LANES:
        products_48(filters, u, pixels, v, count, out, o, more)
    elif width > LANES:
        products_32(filters, u, pixels, v, count, out, o, more)
    else:
        products_16(filters, u, pixels, v, count, out, o, more)


@compiled
def _outputs(sums, s, tiling, first, last, k, bias, y, doubt):
    """Write the outputs of panel k in the tiles from ``first`` up to ``last``; their sums are at ``sums[s:]``."""
    t, m, f = first, tiling.side, k * FILTERS
    (height, width), filters = tiling.windows, min(FILTERS, tiling.filters - f)
    while t < last:
        image, row, column, count = side_by_side(t, last, tiling)
        at = ((image * tiling.filters + f) * height + row * m) * width + column * m
        left = height - row * m, min(count * m, width - column * m)
        own, form = s + t - first, tiling.form
        transform_sums(sums, own, filters, bias, f, y, at, tiling.windows, left, count, doubt, form)
        t += count


@compiled
def _convolve(begin, end, x, panels, bias, y, doubt, tiling):
    """Convolve: job j is part j // groups of the tiles and group j % groups of the panels of filters.

    If something is not finite, doubt[j] becomes NaN.
    """
    all_panels, in_panel = -(-tiling.filters // FILTERS), tiling.entries * FILTERS * TILES
    several = tiling.block < tiling.channels  # blocks of channels: the sums of a panel wait for the next one
    pixels = aligned(np.zeros(tiling.entries * tiling.v + LANES, np.float32))
    waiting = -(-all_panels // tiling.groups) if several else 1
    sums = aligned(np.empty(waiting * in_panel + 2 * LANES, np.float32))
    check = np.zeros(LANES, np.float32)
    vectors = -(-tiling.tiles // LANES)
    for job in range(begin, end):
        part, group = divmod(job, tiling.groups)
        first = vectors * part // tiling.parts * LANES
        last = min(vectors * (part + 1) // tiling.parts * LANES, tiling.tiles)
        from_panel = all_panels * group // tiling.groups
        to_panel = all_panels * (group + 1) // tiling.groups
        for c in range(0, tiling.channels, tiling.block):
            channels = min(tiling.block, tiling.channels - c)
            patches(x, tiling, first, last, c, channels, pixels, TILES, tiling.v)
            for k in range(from_panel, to_panel):
                s = (k - from_panel) * in_panel if several else 0
                for xi in range(tiling.entries):
                    a, b, to = _panel(k, c, tiling) + xi * tiling.u, xi * tiling.v, s + xi * FILTERS * TILES
                    product(panels, a, pixels, b, channels, sums, to, c > 0, last - first)
                if c + channels == tiling.channels:
                    _outputs(sums, s, tiling, first, last, k, bias, y, check)
        doubt[job] = 0
        for value in check:
            doubt[job] += value


@lru_cache(maxsize=256)
def plan(form, threads, batch, channels, size, padding, filters, windows):
    """Return the Tiling of a convolution in a form, given by its number."""
    side, step, entries = len(FORMS[form].outputs), FORMS[form].step, len(FORMS[form].pixels) ** 2
    rows, columns = (-(-n // side) for n in windows)
    tiles = batch * rows * columns
    block = -(-channels // -(-channels // _CHANNELS))
    # If the entries were a multiple of 4 KiB apart, they would compete for the same few lines of the cache.
    planes = block * FILTERS + LANES, block * TILES + LANES
    jobs = _JOBS * threads if threads > 1 else 1
    parts = -(-tiles // TILES)
    groups = min(-(-filters // FILTERS), -(-jobs // max(1, parts)))
    shape = channels, size, padding, filters, windows, rows, columns, tiles
    return Tiling(numbered(form), step, side, entries, *shape, block, *planes, parts, groups)


def _run(x, w, steps, turned, bias, tiling):
    """Convolve with filters k and channels c at ``w[k steps[0] + c steps[1]]``."""
    panels = -(-tiling.filters // FILTERS)
    u = memory.empty((_panel(panels, 0, tiling),), np.float32)
    work = tiling.entries * tiling.channels
    parallel.run(_filters, panels, work, source(w, w.size), steps, turned, tiling, u)
    y = memory.empty((len(x), tiling.filters, *tiling.windows), np.float32)
    jobs = tiling.parts * tiling.groups
    doubt = np.zeros(jobs, np.float32)
    bias = np.zeros(tiling.filters, np.float32) if bias is None else bias
    work *= tiling.filters * TILES // tiling.groups // LANES
    args = source(x, x.size), u, source(bias, bias.size), y.reshape(-1), doubt, tiling
    parallel.run(_convolve, jobs, work, *args)
    return None if np.isnan(doubt).any() else y


def conv2d(x, w, bias, padding, form):
    """Convolve; return None if something is not finite.

    Parameters
    ----------
    x : (N, C, H, W) float32 array
    w : (K, C, 3, 3) float32 array
    bias : (K,) float32 array or None
    padding : (int, int)
    form : {SMALL, LARGE, HALVING}
        With the last one, the stride is 2.
    """
    stride = FORMS[form].step // len(FORMS[form].outputs)
    windows = tuple((n + 2 * p - 3) // stride + 1 for n, p in zip(x.shape[2:], padding))
    threads = parallel.get_num_threads()
    tiling = plan(form, threads, len(x), x.shape[1], x.shape[2:], padding, len(w), windows)
    return _run(x, w, (w[0].size, 9), False, bias, tiling)


def conv_transpose2d(y, w, bias, output_size, padding, form):
    """Stamp, the transpose of :func:`conv2d`; return None if something is not finite.

    Every stamp that covers a pixel is a tap of a window on y, padded by 2 - p. With ``form`` DOUBLING, the stride is
    2, and pixel 0 is under the middle tap of stamp (p - 1) / 2: if p is even, the result is None too.
    """
    if form == DOUBLING and not all(p % 2 for p in padding):
        return None
    padding = tuple((1 - p) // 2 if form == DOUBLING else 2 - p for p in padding)
    threads = parallel.get_num_threads()
    tiling = plan(form, threads, len(y), y.shape[1], y.shape[2:], padding, w.shape[1], tuple(output_size))
    return _run(y, w, (9, w[0].size), True, bias, tiling)


def pays(forms, stride, batch, windows, numbers):
    """Return the one of the forms that pays, by stride, or None; LARGE instead of SMALL if that is exact enough.

    ``numbers`` are those of channels and filters.
    """

    def tiles(form):
        return batch * prod(-(-n // len(FORMS[form].outputs)) for n in windows)

    if stride not in forms or precision.largest_tile() == 1:
        return None
    form, least, fewest = forms[stride]
    if min(numbers) < least or tiles(form) < fewest:
        return None
    # The more channels and filters, the more tiles it takes to make up for the transform of the filters.
    larger = form == SMALL and precision.largest_tile() == 4 and tiles(LARGE) >= 2 * max(numbers)
    return LARGE if larger else form
