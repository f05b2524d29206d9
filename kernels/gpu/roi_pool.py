"""Max pooling of regions on the GPU."""

import cupy
import numpy as np

from .launch import contiguous, launch


def roi_max(x, images, rows, cols):
    """Maximum of each bin: see :func:`minicv.kernels.reference.roi_pool.roi_max`."""
    _, C, H, W = x.shape
    PH, PW = rows.shape[1], cols.shape[1]
    y = cupy.empty((len(images), C, PH, PW), x.dtype)
    indices = cupy.empty(y.shape, np.int32)
    x, images, rows, cols = map(contiguous, (x, images, rows, cols))
    launch("roi_pool", "roi_max", x.dtype, y.size, x, images, rows, cols, y, indices, C, H, W, PH, PW)
    return y, indices


def roi_pick(x, indices, images):
    """Gather: see :func:`minicv.kernels.reference.roi_pool.roi_pick`."""
    _, C, H, W = x.shape
    x, indices, images = map(contiguous, (x, indices, images))
    y = cupy.empty(indices.shape, x.dtype)
    bins = indices.shape[2] * indices.shape[3]
    launch("roi_pool", "roi_pick", x.dtype, y.size, x, indices, images, y, C, H * W, bins)
    return y


def roi_place(y, indices, images, shape, rows, cols):
    """Scatter, as a gather: see :func:`minicv.kernels.reference.roi_pool.roi_place`."""
    R, C, PH, PW = y.shape
    x = cupy.empty(shape, y.dtype)
    y, indices, images, rows, cols = map(contiguous, (y, indices, images, rows, cols))
    sizes = R, C, *shape[2:], PH, PW
    launch("roi_pool", "roi_place", y.dtype, x.size, y, indices, images, rows, cols, x, *sizes)
    return x
