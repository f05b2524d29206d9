"""The weight gradient of a 3 x 3 convolution, in Winograd's way.

The outputs are Y = A^T [U * V] A, which is linear in the filters, U = G g G^T: see :mod:`.winograd`. Its
transpose takes the same matrices in the other order::

    g[k, c] = G^T [sum over tiles t of P[k, t] * V[c, t]] G,     P = A y A^T,     V = B^T d B

for the gradient y of the outputs in a tile, and the pixels d of its patch. For each of the 16 entries the sum
is a product of matrices, filters x tiles x channels: 16 multiplications once more, instead of 36.

This sum runs over tiles, so the lanes of its vectors have to be channels. But V comes out of the transform in
vectors of 16 tiles: it is turned, 16 x 16 floats at a time, in registers. So is P, into the panels of 8
filters that the product reads.

A job is a group of filters, a group of channels and a part of the tiles, which it takes through all steps, 48
at a time. Its sums stay in a core's cache until the filters are made of them. How many parts there are
depends on the shapes alone: so do the bits of the result.

What it buys, in time of one core with AVX-512: 0.4 to 0.7 of PyTorch's, on layers of 32 to 512 channels, where
the dot products of :mod:`.conv_weight` take 0.75 and more.
"""

from typing import NamedTuple

import numpy as np

from . import memory, parallel
from .jit import compiled, source
from .planes import aligned
from .vector import LANES
from .winograd import TILES, numbered, patches, plan, product
from .winograd_forms import GRADIENTS, SMALL
from .winograd_vector import FILTERS, WIDTH, transform_products, turn_8, turn_16

# As in :mod:`.winograd`. With a stride of 2 there is little to be gained: the sums of more entries take the room.
CORRELATING = {(1, 1): (SMALL, 16, 4)}
_FILTERS, _CHANNELS = 64, 128  # of a group, at most: with all 16 entries, their sums are 512 KiB
_PARTS, _TILES = 8, 192  # at most so many parts, of at least so many tiles
_JOBS = 4  # at least, for several threads


class Groups(NamedTuple):
    """How the work is shared out to jobs."""

    parts: int  # of the tiles
    filters: int  # in a group: whole panels
    channels: int  # in a group: whole vectors


@compiled
def _pixels(x, tiling, first, last, c, channels, raw, out, plane):
    """Transform patches to V[xi, block of 48 channels, tile, channel], where ``plane`` is a V[xi]."""
    for i in range(0, channels, LANES):
        patches(x, tiling, first, last, c + i, min(LANES, channels - i), raw, TILES, LANES * TILES)
        to = i // WIDTH * WIDTH * TILES + i % WIDTH
        for xi in range(tiling.entries):
            for t in range(0, last - first, LANES):
                turn_16(raw, xi * LANES * TILES + t, TILES, out, xi * plane + to + t * WIDTH, WIDTH)


@compiled
def _gradients(y, tiling, first, last, k, filters, raw, out, plane):
    """Transform tiles to P[xi, panel, tile, filter], where ``plane`` is a P[xi]."""
    for f in range(0, filters, FILTERS):
        patches(y, tiling, first, last, k + f, min(FILTERS, filters - f), raw, TILES, FILTERS * TILES)
        for xi in range(tiling.entries):
            for t in range(0, last - first, LANES):
                to = xi * plane + f * TILES + t * FILTERS
                turn_8(raw, xi * FILTERS * TILES + t, TILES, out, to, LANES)


@compiled
def _multiply(gradients, p, pixels, v, tiles, filters, channels, sums, s, more):
    """Add the products of all panels and blocks of channels to ``sums[s:]`` (block, filter, 48 channels)."""
    for c in range(0, channels, WIDTH):
        for f in range(0, filters, FILTERS):
            product(gradients, p + f * TILES, pixels, v + c * TILES, tiles, sums, s, more, channels - c)
            s += FILTERS * WIDTH


@compiled
def _correlate(begin, end, x, y, w, of_x, of_y, groups):
    """Compute partial sums: those over part p of the tiles are w[p] (filters, channels, 9)."""
    C, K, entries = of_x.channels, of_y.channels, of_x.entries
    across, down = -(-C // groups.channels), -(-K // groups.filters)
    # Floats from one entry of the matrices to the next.
    v_plane, p_plane = -(-groups.channels // WIDTH) * WIDTH * TILES, groups.filters * TILES
    sum_plane = v_plane // TILES * groups.filters
    sizes = v_plane, p_plane, sum_plane, LANES * TILES
    pixels, gradients, sums, raw = [aligned(np.zeros(entries * n + LANES, np.float32)) for n in sizes]
    for job in range(begin, end):
        part, group = divmod(job, across * down)
        k, c = group // across * groups.filters, group % across * groups.channels
        filters, channels = min(groups.filters, K - k), min(groups.channels, C - c)
        start, stop = of_x.tiles * part // groups.parts, of_x.tiles * (part + 1) // groups.parts
        for first in range(start, stop, TILES):
            last = min(first + TILES, stop)
            _pixels(x, of_x, first, last, c, channels, raw, pixels, v_plane)
            _gradients(y, of_y, first, last, k, filters, raw, gradients, p_plane)
            for xi in range(entries):
                p, v, s, more = xi * p_plane, xi * v_plane, xi * sum_plane, first > start
                _multiply(gradients, p, pixels, v, last - first, filters, channels, sums, s, more)
        rows = -(-filters // FILTERS) * FILTERS
        for f in range(filters):
            for i in range(0, channels, LANES):
                s, to = (i // WIDTH * rows + f) * WIDTH + i % WIDTH, ((part * K + k + f) * C + c + i) * 9
                transform_products(sums, s, sum_plane, w, to, channels - i, of_x.form)


def _share(tiles, filters, channels):
    """Return the Groups: as few as fit a core's cache, but enough of them to share out."""
    across, down = -(-channels // _CHANNELS), -(-filters // _FILTERS)
    parts = max(1, min(-(-_PARTS // (across * down)), tiles // _TILES))
    down = max(down, -(-_JOBS // (across * parts)))
    return Groups(parts, -(-filters // (down * FILTERS)) * FILTERS, -(-channels // (across * LANES)) * LANES)


def conv2d_weight(x, y, padding, form):
    """Correlate.

    Parameters
    ----------
    x : (N, C, H, W) float32 array
    y : (N, K, OH, OW) float32 array
    padding : (int, int)
    form : {SMALL, LARGE}

    Returns
    -------
    (K, C, 3, 3) array
        Where the sums, as they are defined, are not all finite, these are not either; but not in the same
        places.
    """
    (N, C, *size), (_, K, *windows) = x.shape, y.shape
    of_x = plan(form, 1, N, C, tuple(size), padding, K, tuple(windows))
    of_y = of_x._replace(
        form=numbered(GRADIENTS[form]), step=of_x.side, channels=K, size=of_x.windows, padding=(0, 0)
    )
    groups = _share(of_x.tiles, K, C)
    w = memory.empty((groups.parts, K, C, 3, 3), np.float32)
    jobs = groups.parts * -(-K // groups.filters) * -(-C // groups.channels)
    args = source(x, x.size), source(y, y.size), w.reshape(-1), of_x, of_y, groups
    parallel.run(_correlate, jobs, of_x.entries * of_x.tiles * C * K // LANES // jobs, *args)
    return w.sum(0) if groups.parts > 1 else w[0]
