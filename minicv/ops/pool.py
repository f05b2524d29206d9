"""Pooling picks or averages entries; unpooling puts them back.

Once max pooling has found where the maxima are, it is a gather (``pick``), and unpooling the scatter
(``place``) that is its transpose: the gradient of either is the other. Average pooling is A X B^T with the
matrices of :mod:`minicv.ops.axis_map`.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from .. import kernels
from ..errors import DTypeError, ShapeError, check_float, check_labels, sentence
from ..function import Function
from ..geometry import adaptive_windows, conv_transpose_size, pair, pool_size, pool_windows, reach
from ..tensor import as_tensor
from . import axis_map
from .resize import Resample, batched


class MaxPool2d(Function):
    """The maximum of each window and, if asked for, where it lies. The gradient goes to the winner alone."""

    def forward(self, x):
        self.size = x.shape[2:]
        y, self.indices = kernels.window_max(x, self.rows.windows, self.cols.windows)
        # The kernels' indices are as wide as floats; PyTorch's, and so those that users get, are int64.
        return (y, self.indices.astype(np.int64)) if self.return_indices else y

    def backward(self, g, *_):
        ranges = self.rows.reach, self.cols.reach
        return Place(indices=self.indices, size=self.size, ranges=ranges)(g)


class Pick(Function):
    """y[n, c, ...] = x[n, c] at ``indices``; 0 where an index is -1."""

    def forward(self, x):
        self.size = x.shape[2:]
        return kernels.pick(x, self.indices)

    def backward(self, g):
        return Place(indices=self.indices, size=self.size, ranges=self.ranges)(g)


class Place(Function):
    """Zeros of ``size`` with y added at ``indices``. The transpose of Pick."""

    def forward(self, y):
        return kernels.place(y, self.indices, self.size, self.ranges)

    def backward(self, g):
        return Pick(indices=self.indices, ranges=self.ranges)(g)


class _Axis(NamedTuple):
    """Tables of a pooling along one axis: what each window reads, and by which windows each cell may be read."""

    windows: np.ndarray
    reach: np.ndarray


@lru_cache(maxsize=256)
def _axis(windows_of, size, *rest):
    windows = windows_of(size, *rest)
    return _Axis(windows, reach(windows, size))


def max_pool2d(input, kernel_size, stride=None, padding=0, dilation=1, ceil_mode=False, return_indices=False):
    """Maximum over sliding windows.

    Parameters
    ----------
    input : Tensor
        Shape (N, C, H, W), or (C, H, W).
    kernel_size : int or (int, int)
    stride : int or (int, int), optional
        Defaults to ``kernel_size``.
    padding : int or (int, int)
        Cells around the image that can never win (-inf); at most half of the kernel.
    dilation : int or (int, int)
    ceil_mode : bool
        Let a last, partial window count (Caffe's rule).
    return_indices : bool
        Also return where the maxima lie, for :func:`max_unpool2d`.

    Returns
    -------
    Tensor, or (Tensor, Tensor)
        Shape (N, C, OH, OW); the indices are int64, h W + w in the plane. Of equal maxima the first in raster
        order wins, and it alone receives the gradient; the first NaN wins over every number (PyTorch: the
        last). A dilated window whose taps all fall on the padding gives 0 and the index -1 (PyTorch: -inf).

    Examples
    --------
    >>> import minicv
    >>> import minicv.functional as F
    >>> x = minicv.tensor([[[[1.0, 2, 6, 3], [3, 5, 2, 1], [1, 2, 2, 1], [7, 3, 4, 8]]]])
    >>> F.max_pool2d(x, 2, return_indices=True)
    (tensor([[[[5., 6.],
              [7., 8.]]]]), tensor([[[[ 5,  2],
              [12, 15]]]]))
    """
    op = "max_pool2d"
    x, squeeze = batched(op, as_tensor(input))
    kernel, stride, padding = _window(op, kernel_size, stride, padding)
    dilation = pair(op, "dilation", dilation, at_least=1)
    _check_pooled(op, x.shape, kernel, stride, padding, dilation, ceil_mode)
    rows, cols = (
        _axis(pool_windows, n, k, s, p, d, ceil_mode)
        for n, k, s, p, d in zip(x.shape[2:], kernel, stride, padding, dilation, strict=True)
    )
    return _max_over(x, rows, cols, squeeze, return_indices)


def adaptive_max_pool2d(input, output_size, return_indices=False):
    """Maximum over windows that cover the image: window i is [floor(i H / OH), ceil((i + 1) H / OH)).

    Parameters
    ----------
    input : Tensor
        Shape (N, C, H, W), or (C, H, W).
    output_size : int, or (int or None, int or None)
        OH and OW, at least 1; None keeps the input's size.
    return_indices : bool

    Returns
    -------
    Tensor, or (Tensor, Tensor)
        As :func:`max_pool2d`.
    """
    x, squeeze = batched("adaptive_max_pool2d", as_tensor(input))
    size = _adaptive_size("adaptive_max_pool2d", output_size, x.shape)
    rows, cols = (_axis(adaptive_windows, n, o) for n, o in zip(x.shape[2:], size, strict=True))
    return _max_over(x, rows, cols, squeeze, return_indices)


def _max_over(x, rows, cols, squeeze, return_indices):
    found = MaxPool2d(rows=rows, cols=cols, return_indices=return_indices)(x)
    if not squeeze:
        return found
    return tuple(t.squeeze(0) for t in found) if return_indices else found.squeeze(0)


def max_unpool2d(input, indices, kernel_size, stride=None, padding=0, output_size=None):
    """Put pooled values back at the positions that max pooling remembered; everything else is 0.

    Where pooling windows overlap, one position can be named twice: the last write in raster order stays, and
    only it receives a gradient. (PyTorch's CPU kernel writes in the same order, but gives the gradient to
    all.)

    Parameters
    ----------
    input : Tensor
        Shape (N, C, H, W), or (C, H, W).
    indices : Tensor
        int64, of the same shape: what ``max_pool2d(..., return_indices=True)`` returned.
    kernel_size, stride, padding
        Those of the pooling, from which the size of the output follows.
    output_size : (int, int) or a full shape, optional
        Height and width of what was pooled, where the formula leaves a choice: (H - 1) s - 2 p + k, plus or
        minus less than s.

    Returns
    -------
    Tensor
        Shape (N, C, OH, OW).

    Examples
    --------
    >>> import minicv
    >>> import minicv.functional as F
    >>> indices = minicv.tensor([[[[5, 2], [12, 15]]]])
    >>> F.max_unpool2d(minicv.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]), indices, 2)
    tensor([[[[0., 0., 2., 0.],
              [0., 1., 0., 0.],
              [0., 0., 0., 0.],
              [3., 0., 0., 4.]]]])
    """
    op = "max_unpool2d"
    x, squeeze = batched(op, as_tensor(input))
    indices = as_tensor(indices)
    if indices.dtype != np.int64:
        raise DTypeError(
            sentence(op, "indices", "int64, as max_pool2d(..., return_indices=True) gives", indices.dtype)
        )
    indices = indices.unsqueeze(0) if squeeze else indices
    if indices.shape != x.shape:
        raise ShapeError(
            sentence(
                op, "indices", f"of the input's shape {x.shape}", indices.shape, "Are they another layer's?"
            )
        )
    kernel, stride, padding = _window(op, kernel_size, stride, padding)
    size = _unpooled_size(op, x.shape[2:], kernel, stride, padding, output_size)
    hint = "Was the pooled image larger? Pass its size as output_size."
    check_labels(op, "indices", indices._array, 0, size[0] * size[1], hint)
    kept = kernels.last_writes(indices._array, size)
    y = Place(indices=kept, size=size, ranges=None)(x)
    return y.squeeze(0) if squeeze else y


def _unpooled_size(op, pooled, kernel, stride, padding, output_size):
    default = tuple(
        conv_transpose_size(n, k, s, p) for n, k, s, p in zip(pooled, kernel, stride, padding, strict=True)
    )
    if output_size is None:
        if min(default) < 1:
            expected = "given, for the formula leaves no pixel"
            raise ShapeError(sentence(op, "output_size", expected, f"None, which means {default}"))
        return default
    if not isinstance(output_size, (tuple, list)) or not 2 <= len(output_size) <= 4:
        raise ShapeError(
            sentence(op, "output_size", "(H, W), or a full shape that ends with them", output_size)
        )
    size = pair(op, "output_size", output_size[-2:], at_least=1)
    for n, d, s in zip(size, default, stride, strict=True):
        if not d - s < n < d + s:
            expected = f"between {tuple(d - s + 1 for d, s in zip(default, stride, strict=True))} and "
            expected += f"{tuple(d + s - 1 for d, s in zip(default, stride, strict=True))} for this pooling"
            raise ShapeError(sentence(op, "output_size", expected, size))
    return size


def avg_pool2d(
    input, kernel_size, stride=None, padding=0, ceil_mode=False, count_include_pad=True, divisor_override=None
):
    """Mean over sliding windows.

    Parameters
    ----------
    input : Tensor
        Shape (N, C, H, W), or (C, H, W).
    kernel_size, stride, padding, ceil_mode
        As in :func:`max_pool2d`; the padding is zeros.
    count_include_pad : bool
        Whether cells of the padding count in the divisor.
    divisor_override : int, optional
        Divide by this instead of the number of cells.

    Returns
    -------
    Tensor
        Shape (N, C, OH, OW).

    Raises
    ------
    ShapeError, DTypeError
        As :func:`max_pool2d`; integers, whose mean is no integer.

    Examples
    --------
    >>> import minicv
    >>> import minicv.functional as F
    >>> F.avg_pool2d(minicv.arange(16.0).reshape(1, 1, 4, 4), 2)
    tensor([[[[ 2.5,  4.5],
              [10.5, 12.5]]]])
    """
    op = "avg_pool2d"
    x, squeeze = batched(op, as_tensor(input))
    check_float(op, "input", x.dtype)
    kernel, stride, padding = _window(op, kernel_size, stride, padding)
    _check_pooled(op, x.shape, kernel, stride, padding, (1, 1), ceil_mode)
    if divisor_override is not None and (not isinstance(divisor_override, int) or divisor_override == 0):
        raise ShapeError(sentence(op, "divisor_override", "an int other than 0", repr(divisor_override)))
    divisors = (None, None) if divisor_override is None else (divisor_override, 1)
    rows, cols = (
        axis_map.average(n, k, s, p, bool(ceil_mode), bool(count_include_pad), d)
        for n, k, s, p, d in zip(x.shape[2:], kernel, stride, padding, divisors, strict=True)
    )
    y = Resample(rows=rows, cols=cols)(x)
    return y.squeeze(0) if squeeze else y


def adaptive_avg_pool2d(input, output_size):
    """Mean over windows that cover the image; ``adaptive_avg_pool2d(x, 1)`` is global average pooling.

    Parameters and windows as in :func:`adaptive_max_pool2d`.
    """
    op = "adaptive_avg_pool2d"
    x, squeeze = batched(op, as_tensor(input))
    check_float(op, "input", x.dtype)
    size = _adaptive_size(op, output_size, x.shape)
    rows, cols = map(axis_map.adaptive_average, x.shape[2:], size)
    y = Resample(rows=rows, cols=cols)(x)
    return y.squeeze(0) if squeeze else y


def _window(op, kernel_size, stride, padding):
    kernel = pair(op, "kernel_size", kernel_size, at_least=1)
    stride = kernel if stride is None else pair(op, "stride", stride, at_least=1)
    padding = pair(op, "padding", padding, at_least=0)
    if any(p > k // 2 for p, k in zip(padding, kernel, strict=True)):
        hint = "More would give windows that see nothing of the image."
        raise ShapeError(sentence(op, "padding", f"at most half of the kernel size {kernel}", padding, hint))
    return kernel, stride, padding


def _check_pooled(op, shape, kernel, stride, padding, dilation, ceil_mode):
    sizes = tuple(
        pool_size(n, k, s, p, d, ceil_mode)
        for n, k, s, p, d in zip(shape[2:], kernel, stride, padding, dilation, strict=True)
    )
    if min(sizes) < 1:
        hint = "Were the maps pooled once too often?"
        raise ShapeError(
            sentence(
                op,
                "input",
                f"at least as large as the window {kernel}",
                f"{shape[2:]}, padding {padding}",
                hint,
            )
        )


def _adaptive_size(op, output_size, shape):
    values = output_size if isinstance(output_size, (tuple, list)) else (output_size, output_size)
    if len(values) != 2:
        raise ShapeError(
            sentence(op, "output_size", "an int or two of them (None keeps the size)", output_size)
        )
    sizes = tuple([n if v is None else v for v, n in zip(values, shape[2:], strict=True)])
    return pair(op, "output_size", sizes, at_least=1)
