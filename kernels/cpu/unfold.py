"""Unfold and fold in Numba. Which windows lie inside the image is known beforehand: no inner loop asks."""

import numpy as np

from ..reference.unfold import output_size as windows_of
from . import parallel
from .jit import compiled, source


@compiled
def _unfold(begin, end, x, cols, OW, kh, kw, dh, dw, ph, pw, sh, sw):
    """Fill rows of the column matrix; row ((n C + c) kh + i) kw + j holds tap (i, j) of all windows."""
    H, W = x.shape[1:]
    OH = cols.shape[1] // OW
    for row in range(begin, end):
        plane, i, j = row // (kh * kw), row // kw % kh, row % kw
        left = j * dw - pw
        # The output columns from first up to last are those whose tap lies inside the image.
        first = min(OW, max(0, -(left // sw)))
        last = max(first, min(OW, -((left - W) // sw)))
        for oh in range(OH):
            h = oh * sh - ph + i * dh
            out = cols[row, oh * OW : oh * OW + OW]
            if h < 0 or h >= H:
                out[:] = 0
                continue
            out[:first] = 0
            for ow in range(first, last):
                out[ow] = x[plane, h, ow * sw + left]
            out[last:] = 0


@compiled
def _fold(begin, end, cols, x, OW, kh, kw, dh, dw, ph, pw, sh, sw):
    """Fill planes of the image, adding up the rows of the column matrix that belong to each."""
    H, W = x.shape[1:]
    OH = cols.shape[1] // OW
    for plane in range(begin, end):
        x[plane] = 0
        for i in range(kh):
            for j in range(kw):
                row = (plane * kh + i) * kw + j
                left = j * dw - pw
                first = min(OW, max(0, -(left // sw)))
                last = max(first, min(OW, -((left - W) // sw)))
                for oh in range(OH):
                    h = oh * sh - ph + i * dh
                    if 0 <= h < H:
                        for ow in range(first, last):
                            x[plane, h, ow * sw + left] += cols[row, oh * OW + ow]


def unfold(x, kernel_size, dilation, padding, stride):
    """Lay every window out as a column: see :func:`minicv.kernels.reference.unfold.unfold`."""
    N, C, H, W = x.shape
    kh, kw = kernel_size
    OH, OW = windows_of((H, W), kernel_size, stride, padding, dilation)
    planes = source(x, (N * C, H, W))
    cols = np.empty((N * C * kh * kw, OH * OW), x.dtype)
    rest = (OW, *kernel_size, *dilation, *padding, *stride)
    parallel.run(_unfold, len(cols), OH * OW, planes, cols, *rest)
    return cols.reshape(N, C * kh * kw, OH * OW)


def fold(cols, output_size, kernel_size, dilation, padding, stride):
    """Add every column back to its window: see :func:`minicv.kernels.reference.unfold.fold`."""
    N, rows, area = cols.shape
    kh, kw = kernel_size
    C = rows // (kh * kw)
    OW = windows_of(output_size, kernel_size, stride, padding, dilation)[1]
    cols = source(cols, (N * rows, area))
    x = np.empty((N * C, *output_size), cols.dtype)
    rest = (OW, *kernel_size, *dilation, *padding, *stride)
    parallel.run(_fold, N * C, kh * kw * area, cols, x, *rest)
    return x.reshape(N, C, *output_size)
