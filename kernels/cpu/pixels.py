"""Images as pixels of channels, and back as planes: only where somebody looks.

Regions begin anywhere and are a few pixels wide: along their rows there is little for the processor's vectors to
do. All channels of a pixel, on the other hand, get the same treatment. So the kernels on regions lay an image out
with the channels of each pixel side by side, and their innermost loop runs over channels. That made RoI align
and RoI pooling 5 to 7 times as fast as the same loops plane by plane, the change of layout included.
"""

import numpy as np

from . import memory, parallel
from .jit import compiled, source

_LINE = 16  # neighbouring pixels that move together, as many floats as a cache line holds


@compiled
def _to_pixels(begin, end, planes, seen, pixels):
    """``pixels[n, i, c] = planes[n, c, i]``, where a line of pixels i holds one that is seen; a row is a line."""
    _, channels, count = planes.shape
    lines = -(-count // _LINE)
    for line in range(begin, end):
        n, first = line // lines, line % lines * _LINE
        last = min(first + _LINE, count)
        if seen[n, first:last].any():
            for c in range(channels):
                for i in range(first, last):
                    pixels[n, i, c] = planes[n, c, i]


@compiled
def _to_planes(begin, end, pixels, seen, planes):
    """``planes[n, c, i] = pixels[n, i, c]``, where a line of pixels i holds one that is seen; a row is a line."""
    _, channels, count = planes.shape
    lines = -(-count // _LINE)
    for line in range(begin, end):
        n, first = line // lines, line % lines * _LINE
        last = min(first + _LINE, count)
        if seen[n, first:last].any():
            for c in range(channels):
                for i in range(first, last):
                    planes[n, c, i] = pixels[n, i, c]


def to_pixels(planes, seen):
    """Lay (n, C, pixels) out as (n, pixels, C), read-only; what is not ``seen`` (n, pixels) may hold anything."""
    n, channels, count = planes.shape
    pixels = memory.empty((n, count, channels), planes.dtype)
    rows, work = n * -(-count // _LINE), channels * _LINE
    parallel.run(_to_pixels, rows, work, source(planes, planes.shape), source(seen, seen.shape), pixels)
    return source(pixels, pixels.shape)


def to_planes(pixels, seen):
    """Lay (n, pixels, C) out as (n, C, pixels), with zeros where nothing is ``seen``."""
    n, count, channels = pixels.shape
    planes = np.zeros((n, channels, count), pixels.dtype)
    rows, work = n * -(-count // _LINE), channels * _LINE
    parallel.run(_to_planes, rows, work, source(pixels, pixels.shape), source(seen, seen.shape), planes)
    return planes
