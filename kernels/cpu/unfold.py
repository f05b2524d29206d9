"""Unfold and fold in Numba. Which windows lie inside the image is known beforehand: no inner loop asks.

The columns of one image are a matrix (C*kh*kw, OH*OW). Two orders of a batch's matrices in memory are of use:
one image after another, as PyTorch has it, and side by side, all images' first rows, then all their second
rows, and so on, which is one large matrix for the matrix products of convolution. Both are arrays (N,
C*kh*kw, OH*OW); they differ in strides.
"""

from math import prod

from ..reference.unfold import output_size as windows_of
from . import memory, parallel
from .jit import compiled, source


@compiled
def _unfold(begin, end, x, cols, per_image, per_row, C, OW, kh, kw, dh, dw, ph, pw, sh, sw):
    """Fill rows of the columns: row ((n C + c) kh + i) kw + j, counted in PyTorch's order, holds tap (i, j).

    In memory the matrix of the next image begins ``per_image`` rows further on, and its next row ``per_row``.
    """
    H, W = x.shape[1:]
    OH = cols.shape[1] // OW
    for row in range(begin, end):
        plane, i, j = row // (kh * kw), row // kw % kh, row % kw
        place = plane // C * per_image + row % (C * kh * kw) * per_row
        left = j * dw - pw
        # The output columns from first up to last are those whose tap lies inside the image.
        first = min(OW, max(0, -(left // sw)))
        last = max(first, min(OW, -((left - W) // sw)))
        for oh in range(OH):
            h = oh * sh - ph + i * dh
            out = cols[place, oh * OW : oh * OW + OW]
            if h < 0 or h >= H:
                out[:] = 0
                continue
            out[:first] = 0
            for ow in range(first, last):
                out[ow] = x[plane, h, ow * sw + left]
            out[last:] = 0


@compiled
def _fold(begin, end, cols, per_image, per_row, x, C, OW, kh, kw, dh, dw, ph, pw, sh, sw):
    """Fill planes of the images, adding up the rows of the columns that belong to each."""
    H, W = x.shape[1:]
    OH = cols.shape[1] // OW
    for plane in range(begin, end):
        x[plane] = 0
        for i in range(kh):
            for j in range(kw):
                place = plane // C * per_image + ((plane % C * kh + i) * kw + j) * per_row
                left = j * dw - pw
                first = min(OW, max(0, -(left // sw)))
                last = max(first, min(OW, -((left - W) // sw)))
                for oh in range(OH):
                    h = oh * sh - ph + i * dh
                    if 0 <= h < H:
                        for ow in range(first, last):
                            x[plane, h, ow * sw + left] += cols[place, oh * OW + ow]


def unfold(x, kernel_size, dilation, padding, stride, side_by_side=False):
    """Lay every window out as a column: see :func:`minicv.kernels.reference.unfold.unfold`.

    ``side_by_side`` chooses the order in memory; shape and values are the same.
    """
    N, C, H, W = x.shape
    windows = windows_of((H, W), kernel_size, stride, padding, dilation)
    rows, area = C * prod(kernel_size), prod(windows)
    cols = memory.empty((N * rows, area), x.dtype)
    steps = (1, N) if side_by_side else (rows, 1)
    sizes = (C, windows[1], *kernel_size, *dilation, *padding, *stride)
    parallel.run(_unfold, len(cols), area, source(x, (N * C, H, W)), cols, *steps, *sizes)
    return cols.reshape(rows, N, area).swapaxes(0, 1) if side_by_side else cols.reshape(N, rows, area)


def fold(cols, output_size, kernel_size, dilation, padding, stride):
    """Add every column back to its window: see :func:`minicv.kernels.reference.unfold.fold`."""
    N, rows, area = cols.shape
    C, OW = rows // prod(kernel_size), windows_of(output_size, kernel_size, stride, padding, dilation)[1]
    steps = rows, 1
    if cols.swapaxes(0, 1).flags.c_contiguous:  # side by side: taken as they are
        cols, steps = cols.swapaxes(0, 1), (1, N)
    x = memory.empty((N * C, *output_size), cols.dtype)
    sizes = (C, OW, *kernel_size, *dilation, *padding, *stride)
    parallel.run(_fold, N * C, prod(kernel_size) * area, source(cols, (N * rows, area)), *steps, x, *sizes)
    return x.reshape(N, C, *output_size)
