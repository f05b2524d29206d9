"""The weight gradient of convolution for many channels, which then lie in the lanes of the vectors.

    w[f, t, c] = sum over images and pixels q of y[f, q] * planes[shift[t] + place[q], c]

with the planes of :mod:`.planes` transposed, so that the channels of a pixel are neighbours. That is the sum of
:mod:`.conv_shift` with other names, pixels for taps and channels for pixels, and so its tiles compute it. Where
:mod:`.conv_weight` adds up sixteen lanes at the end of each block of pixels, nothing is left to be added here:
small images, and 1 x 1 filters, which read every pixel but once, take 1/2 to 1/3 of its time (8 images, 256
channels, one core with AVX-512).

The sums of 16 channels are turned back in registers, one tap after the other: float by float that took up to half of
the time where there are many weights and few pixels.

Nothing is multiplied that is not in the definition: between the rows of y there are no zeros here.
"""

from functools import lru_cache
from math import prod

import numpy as np

from . import memory, parallel
from .jit import compiled, source
from .planes import aligned, arrange, fill
from .vector import FILTERS, LANES, PIXELS, interleave, move, tile_narrow, tile_wide
from .winograd_vector import turn_16

FEWEST = 48  # channels for which this way pays: a tile of them

_CHANNELS = 144  # of a job, at most: three tiles
_PIXELS = 256  # of a block, about: their planes then stay in the second-level cache
_SUMS = 2**17  # of a job, at most: half a MiB
_JOBS = 8  # so many there should be, if possible, for the threads to share
_FEWEST_JOBS = 4  # with fewer, the filters are shared out too
_WORTH = 1024  # pixels of y that are worth a partial sum of their own
_FILTERS = (
    64  # that are worth a transpose of the planes of their own; twice as many, if they have but one tap
)


@compiled
def _pitch(channels):
    """Lanes that the tiles of so many channels have together."""
    rest = channels % PIXELS
    return channels - rest + (0 if rest == 0 else LANES if rest <= LANES else PIXELS)


@compiled
def _tile(wide, start, bias, packed, a, numbers, turned, b, places, count, sums, o, pitch):
    """Add the products of the pixels of a block to the sums of 8 filters, one tap and 48 or 16 channels."""
    if wide:
        tile_wide(start, bias, 0, packed, a, numbers, turned, b, places, 0, count, sums, o, pitch)
    else:
        tile_narrow(start, bias, 0, packed, a, numbers, turned, b, places, 0, count, sums, o, pitch)


@compiled
def _add(
    begin, end, x, channels, p, shifts, places, y, filters, area, row_block, batch, groups, parts, splits, w
):
    """Compute jobs: part of the batch, group, block of channels, split of the filters; all of a part lie together.

    ``area`` are height and width of the windows, ``places`` those of a block in the planes, ``shifts`` the taps.
    """
    height, width = area
    taps, blocks, at_once = len(shifts), -(-channels // p.channels), -(-p.channels // LANES) * LANES
    pitch = _pitch(p.channels)
    pixels = p.nh * p.nw * p.area
    panels = -(-filters // FILTERS)
    most, size = -(-panels // splits), len(places) * 8
    copy = aligned(np.zeros(at_once * pixels + 2 * LANES, np.float32))
    turned = aligned(np.zeros((pixels + LANES) * pitch + PIXELS + LANES, np.float32))
    packed = np.empty(most * size, np.float32)
    sums = aligned(np.empty((most * FILTERS * taps + LANES) * pitch + LANES, np.float32))
    square = np.empty(LANES * LANES, np.float32)
    nothing, numbers = np.zeros(FILTERS, np.float32), np.arange(len(places))
    for job in range(begin, end):
        split, c = job % splits, job // splits % blocks * p.channels
        group, part = job // splits // blocks % groups, job // splits // blocks // groups
        f, last = panels * split // splits * FILTERS, min(filters, panels * (split + 1) // splits * FILTERS)
        here, start = min(p.channels, channels - c), 1
        until = batch * (part + 1) // parts
        for image in range(batch * part // parts, until, p.images):
            images = min(p.images, until - image)
            for row in range(0, height, row_block):
                length = min(row_block, height - row) * width
                for n in range(images):
                    plane = ((image + n) * groups + group) * channels + c
                    fill(copy, n * p.step, here, p, x, plane * p.height * p.width, row)
                    for k in range(f, last, FILTERS):
                        plane = ((image + n) * groups + group) * filters + k
                        at, to = (plane * height + row) * width, (k - f) // FILTERS * size + n * length * 8
                        for q in range(0, length, LANES):
                            some = min(FILTERS, last - k)
                            interleave(packed, to + q * 8, y, at + q, height * width, some, length - q)
                for i in range(0, at_once, LANES):
                    for q in range(0, pixels, LANES):
                        turn_16(copy, i * pixels + q, pixels, turned, q * pitch + i, pitch)
                count, i = images * length, 0
                while i < here:
                    wide = here - i > LANES
                    for t in range(taps):
                        b = shifts[t] * pitch + i
                        for k in range(-(-(last - f) // FILTERS)):
                            a, o = k * size, (k * FILTERS * taps + t) * pitch + i
                            _tile(
                                wide,
                                start,
                                nothing,
                                packed,
                                a,
                                numbers,
                                turned,
                                b,
                                places,
                                count,
                                sums,
                                o,
                                taps * pitch,
                            )
                    i += PIXELS if wide else LANES
                start = 0
        if start:  # there was no image
            sums[:] = 0
        for k in range(f, last):
            at = (((part * groups + group) * filters + k) * channels + c) * taps
            _copy_out(sums, (k - f) * taps * pitch, pitch, here, taps, square, w, at)


@compiled
def _copy_out(sums, s, pitch, channels, taps, square, w, at):
    """``w[at + i taps + t] = sums[s + t pitch + i]`` for the channels i and taps t of a filter, 16 x 16 at a time."""
    for i in range(0, channels, LANES):
        if taps == 1:
            move(w, at + i, sums, s + i, channels - i)
            continue
        for t in range(0, taps, LANES):
            turn_16(sums, s + t * pitch + i, pitch, square, 0, LANES)
            for j in range(min(LANES, channels - i)):
                move(w, at + (i + j) * taps + t, square, j * LANES, taps - t)


@lru_cache(maxsize=256)
def _plan(images, size, channels, filters, windows, kernel_size, stride, padding, dilation, groups):
    """Planes of a block of channels, the taps and windows in them, rows of windows, parts of batch and filters."""
    taps = [np.arange(k) * d for k, d in zip(kernel_size, dilation)]
    at_once = min(channels, _CHANNELS)
    planes, offsets, block = arrange(images, _PIXELS, size, at_once, windows, *taps, stride, padding)
    n, row, column = np.ogrid[: planes.images, :block, : windows[1]]
    places = n * planes.step + row * planes.pitch + column
    jobs = groups * -(-channels // at_once)
    sums = filters * prod(kernel_size) * at_once
    parts = max(1, min(images, -(-_JOBS // jobs), images * prod(windows) // _WORTH))
    worth = _FILTERS if prod(kernel_size) > 1 else 2 * _FILTERS
    splits = max(1, -(-sums // _SUMS), min(filters // worth, -(-_FEWEST_JOBS // (jobs * parts))))
    splits = min(splits, -(-filters // FILTERS))
    return planes, offsets[: prod(kernel_size)], places, block, parts, splits


def conv2d_weight(x, y, kernel_size, stride, padding, dilation, groups):
    """Correlate images with outputs: see :func:`minicv.kernels.reference.conv.conv2d_weight`."""
    N, K, *windows = y.shape
    channels, filters = x.shape[1] // groups, K // groups
    sizes = N, x.shape[2:], channels, filters, tuple(windows), tuple(kernel_size)
    planes, shifts, places, block, parts, splits = _plan(*sizes, stride, padding, dilation, groups)
    pitch = _pitch(planes.channels)
    w = memory.empty((parts, K, channels, *kernel_size), np.float32)
    jobs = parts * groups * -(-channels // planes.channels) * splits
    work = N * prod(windows) * w.size // parts // LANES // jobs
    images = source(x, x.size), channels, planes, shifts, places.ravel() * pitch
    outputs = source(y, y.size), filters, tuple(windows), block
    parallel.run(_add, jobs, work, *images, *outputs, N, groups, parts, splits, w.reshape(-1))
    return w[0] if parts == 1 else w.sum(0)
