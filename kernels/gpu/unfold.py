"""Unfold and fold on the GPU."""

import cupy

from ..reference.unfold import output_size as windows_of
from .launch import contiguous, launch


def unfold(x, kernel_size, dilation, padding, stride):
    """Lay every window out as a column: see :func:`minicv.kernels.reference.unfold.unfold`."""
    N, C, *size = x.shape
    windows = windows_of(size, kernel_size, stride, padding, dilation)
    cols = cupy.empty((N, C * kernel_size[0] * kernel_size[1], windows[0] * windows[1]), x.dtype)
    sizes = (*size, *windows, *kernel_size, *dilation, *padding, *stride)
    launch("unfold", "unfold", x.dtype, cols.size, contiguous(x), cols, *sizes)
    return cols


def fold(cols, output_size, kernel_size, dilation, padding, stride):
    """Add every column back to its window: see :func:`minicv.kernels.reference.unfold.fold`."""
    channels = cols.shape[1] // (kernel_size[0] * kernel_size[1])
    windows = windows_of(output_size, kernel_size, stride, padding, dilation)
    x = cupy.empty((len(cols), channels, *output_size), cols.dtype)
    sizes = (*output_size, *windows, *kernel_size, *dilation, *padding, *stride)
    launch("unfold", "fold", x.dtype, x.size, contiguous(cols), x, *sizes)
    return x
