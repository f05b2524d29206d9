"""Images laid out for convolution: padded, dealt out by stride, and long rows of floats.

Lay a padded image out as one long row of floats, rows of pixels one after another, ``pitch`` floats each. Let the
window (t, m) have the number q = t pitch + m. Then tap (i, j) of *all* windows is the same long row, read from
i pitch + j on: a tap of the window is the image, shifted. A dilation, or another kernel, is another table of such
offsets. With a stride s, the padded image is dealt out to s x s planes, pixel (h, w) to plane (h mod s, w mod s): a
tap reads one plane, and there neighbouring windows are neighbours.

A block of rows is laid out at a time, or, where images are small, several images one below the other.

A vector that lies in two lines of the cache is read in twice the time. So planes begin with a line: a tile of 1 x 1
filters, whose taps are not shifted, then takes 0.7 to 0.9 of the time (one core with AVX-512).
"""

from typing import NamedTuple

import numpy as np

from .jit import compiled
from .vector import LANES, move, move_every_other

_CACHE = 2**18  # floats of a block's planes, at most: 1 MiB


class Planes(NamedTuple):
    """Padded copy of a block of rows, dealt out to planes: what goes where."""

    channels: int
    height: int  # of the source
    width: int
    sh: int  # stride: plane (a, b), row u, column v holds the source's
    sw: int
    ph: int  # h = u sh + a - ph
    pw: int  # w = v sw + b - pw
    nh: int  # planes that are read, in both directions: a < nh
    nw: int
    rows: int  # of an image in a block
    pitch: int  # floats from one row to the next
    images: int  # in a block
    step: int  # floats from one image to the next
    area: int  # floats of a plane


@compiled
def aligned(room):
    """Return an array of floats from the first line of the cache on that begins in it, at most 15 floats less."""
    return room[-(room.ctypes.data // 4) % LANES :]


@compiled
def fill(copy, to, channels, p, x, start, row):
    """Copy channels of one image, from ``x[start]`` on, to the planes at ``copy[to]``.

    The first row of the planes is the padded image's ``row``. The cells left and right of the image are 0 from the
    beginning, and stay so.
    """
    long = p.sh == p.sw == 1 and p.ph == p.pw == 0 and p.pitch == p.width  # row after row without a gap
    for a in range(p.nh):
        for b in range(p.nw):
            first = max(0, -((b - p.pw) // p.sw))
            n = min(p.pitch, -((b - p.pw - p.width) // p.sw)) - first
            for c in range(channels):
                at, begin = to + ((c * p.nh + a) * p.nw + b) * p.area, start + c * p.height * p.width
                if long:
                    _fill_line(copy, at, p, x, begin, row)
                else:
                    _fill_rows(
                        copy, at + first, p, x, begin + first * p.sw + b - p.pw, row * p.sh + a - p.ph, n
                    )


@compiled
def _fill_line(copy, at, p, x, start, row):
    """Copy the rows of a plane that are one line, from number ``row`` on."""
    begin, n = start + row * p.width, min(p.rows, p.height - row) * p.pitch
    for v in range(0, n, LANES):
        move(copy, at + v, x, begin + v, n - v)
    for v in range(n, p.rows * p.pitch):
        copy[at + v] = 0


@compiled
def _fill_rows(copy, to, p, x, start, top, n):
    """Copy ``n`` pixels of each row of a plane, the first of which is row ``top`` of the image."""
    for u in range(p.rows):
        at, h = to + u * p.pitch, top + u * p.sh
        begin = start + h * p.width
        if h < 0 or h >= p.height:
            for v in range(n):
                copy[at + v] = 0
        elif p.sw == 1:
            for v in range(0, n, LANES):
                move(copy, at + v, x, begin + v, n - v)
        elif p.sw == 2:
            for v in range(0, n, LANES):
                move_every_other(copy, at + v, x, begin + 2 * v, n - v)
        else:
            for v in range(n):
                copy[at + v] = x[begin + v * p.sw]


def arrange(images, pixels, size, channels, windows, rows, cols, stride, padding):
    """Lay out planes for blocks of windows.

    Parameters
    ----------
    images, pixels : int
        How many may be in a block, about.
    size, channels
        Of an image.
    windows : (int, int)
        How many rows and columns of windows there are.
    rows, cols : arrays of int
        Rows and columns of the taps in a window.
    stride, padding : (int, int)
        A negative padding crops.

    Returns
    -------
    planes : Planes
    offsets : (channels * rows * cols,) array
        Where in the planes of a block its first window has its taps.
    block : int
        Rows of windows in a block.
    """
    sh, sw = stride
    nh, nw = min(sh, rows.max() + 1), min(sw, cols.max() + 1)
    # The zeros right of one row and left of the next are the same cells; so are those below one image and above
    # the next.
    width = windows[1] + cols.max() // sw
    right = width + -(size[1] + padding[1]) // sw
    pitch = width - max(0, min(padding[1] // sw, right, cols.max() // sw))
    more = rows.max() // sh
    below = windows[0] + more - size[0] - padding[0] if sh == 1 else 0
    step = (windows[0] + more - max(0, min(padding[0], below, more))) * pitch
    together = min(pixels // step, _CACHE // (channels * nh * nw * step), images)
    most = max(1, min(pixels // pitch, _CACHE // (channels * nh * nw * pitch) - more))
    block = -(-windows[0] // -(-windows[0] // most))
    if block < windows[0]:
        step = 0
    together = max(1, together) if step else 1
    # An odd number of the cache's lines: else the planes would compete for the same few places in it.
    area = (-(-((together - 1) * step + (block + more) * pitch) // LANES) | 1) * LANES
    plane = np.arange(channels)[:, None, None] * nh * nw + (rows % sh)[:, None] * nw + cols % sw
    offsets = plane * area + (rows // sh)[:, None] * pitch + cols // sw
    numbers = channels, *size, *stride, *padding, nh, nw, block + more, pitch, together, step, area
    return Planes(*map(int, numbers)), offsets.ravel(), int(block)
