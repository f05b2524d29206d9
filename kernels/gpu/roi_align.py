"""Bilinear sampling and averaging of regions on the GPU."""

import cupy

from .launch import contiguous, launch


def roi_gather(x, images, size, rows, cols, position_sensitive):
    """Multiply every region from both sides: see :func:`minicv.kernels.reference.roi_align.roi_gather`."""
    (_, C, H, W), (PH, PW) = x.shape, size
    K = C // (PH * PW) if position_sensitive else C
    y = cupy.empty((len(images), K, PH, PW), x.dtype)
    x, *tables = map(contiguous, (x, images, *_here(rows), *_here(cols)))
    sizes = C, H, W, K, PH, PW, position_sensitive
    launch("roi_align", "roi_gather", x.dtype, y.size, x, *tables, y, *sizes)
    return y


def roi_scatter(y, images, shape, rows, cols, position_sensitive):
    """The transpose, as a gather: see :func:`minicv.kernels.reference.roi_align.roi_scatter`."""
    (R, K, PH, PW), (_, C, H, W) = y.shape, shape
    x = cupy.empty(shape, y.dtype)
    y, images, *tables = map(contiguous, (y, images, *_transposed(rows, R * H), *_transposed(cols, R * W)))
    sizes = R, C, H, W, K, PH, PW, position_sensitive
    launch("roi_align", "roi_scatter", y.dtype, x.size, y, images, *tables, x, *sizes)
    return x


def _here(matrix):
    """A sparse matrix on the GPU, sent anew: other regions have other matrices."""
    return tuple(map(cupy.asarray, matrix))


def _transposed(matrix, columns):
    """A sparse matrix by its columns: the same entries, sorted by column."""
    starts, index, weight = _here(matrix)
    row = cupy.searchsorted(starts, cupy.arange(len(index)), side="right") - 1
    order = cupy.argsort(index, kind="stable")
    return cupy.searchsorted(index[order], cupy.arange(columns + 1)), row[order], weight[order]
