"""Convolution on the GPU: unfolded columns and cuBLAS, which CuPy's ``matmul`` calls."""

import cupy

from ..reference.im2col import Im2col
from .unfold import fold, unfold

_LIMIT = 512 * 2**20  # bytes of columns at a time: enough for full speed, and little beside a GPU's memory

_im2col = Im2col(cupy, unfold, fold, _LIMIT)
conv2d = _im2col.conv2d
conv_transpose2d = _im2col.conv_transpose2d
conv2d_weight = _im2col.conv2d_weight
