"""Sums and what is made of them; the sum over axes and the broadcast are a linear map and its transpose."""

import math
from typing import NamedTuple

import numpy as np

from .. import kernels
from ..backend import as_array, get_array_module
from ..errors import ShapeError, check_float, sentence
from ..function import Function
from ..tensor import Tensor, as_tensor


def normalize_axes(op, axis, ndim):
    """Return ``axis`` (None for all, an int or several, negative from the end) as a sorted tuple of ints."""
    if axis is None:
        return tuple(range(ndim))
    axes = (axis,) if isinstance(axis, (int, np.integer)) else tuple(axis)
    for a in axes:
        if not -ndim <= a < ndim:
            raise ShapeError(sentence(op, "axis", f"in {-ndim}..{ndim - 1} for a tensor of {ndim} axes", a))
    axes = tuple(sorted([int(a) % ndim for a in axes]))
    if len(set(axes)) != len(axes):
        raise ShapeError(sentence(op, "axis", "without repetitions", axis))
    return axes


class Sum(Function):
    """y = sum of x over ``axes``; the transpose copies y back along them."""

    def forward(self, x):
        self.shape = x.shape
        y = kernels.total(x, self.axes)
        return y if self.keepdim else y.reshape([n for a, n in enumerate(x.shape) if a not in self.axes])

    def backward(self, g):
        return Repeat(axes=self.axes, keepdim=self.keepdim, shape=self.shape)(g)


class Repeat(Function):
    """x = y copied along ``axes``, which y lacks or has with length 1. The transpose of Sum."""

    def forward(self, y):
        if not self.keepdim:
            y = y.reshape([1 if a in self.axes else n for a, n in enumerate(self.shape)])
        return get_array_module(y).broadcast_to(y, self.shape)

    def backward(self, g):
        return Sum(axes=self.axes, keepdim=self.keepdim)(g)


class Mean(Sum):
    """Sum over ``axes``, divided by the number of values."""

    def forward(self, x):
        self.count = float(count(x.shape, self.axes) or np.nan)
        return super().forward(x) / self.count

    def backward(self, g):
        return super().backward(g / self.count)


class BroadcastTo(Function):
    """y = x repeated along axes of length 1 and along new axes in front; the transpose sums over them."""

    def forward(self, x):
        self.input_shape = x.shape
        return np.broadcast_to(x, self.shape)

    def backward(self, g):
        return sum_to(g, self.input_shape)


def sum(x, axis=None, keepdim=False):
    """Sum over ``axis`` (all axes by default).

    Parameters
    ----------
    x : Tensor
    axis : int or tuple of int, optional
    keepdim : bool
        Keep the summed axes with length 1.

    Returns
    -------
    Tensor
        Of the dtype of ``x``; integers and booleans are added up in int64.

    Examples
    --------
    >>> import minicv
    >>> minicv.tensor([[1.0, 2.0], [3.0, 4.0]]).sum(axis=0)
    tensor([4., 6.])
    """
    x = as_tensor(x)
    if x.dtype.kind in "biu":
        x = x.to(np.int64)
    return Sum(axes=normalize_axes("sum", axis, x.ndim), keepdim=bool(keepdim))(x)


def broadcast_to(x, shape):
    """Repeat ``x`` along axes of length 1 and new leading axes up to ``shape``. The transpose of :func:`sum_to`."""
    x, shape = as_tensor(x), tuple(shape)
    if x.shape == shape:
        return x
    try:
        fits = np.broadcast_shapes(x.shape, shape) == shape
    except ValueError:
        fits = False
    if not fits:
        raise ShapeError(sentence("broadcast_to", "shape", f"one that {x.shape} broadcasts to", shape))
    return BroadcastTo(shape=shape)(x)


def sum_to(x, shape):
    """Sum ``x`` over the axes that broadcasting from ``shape`` adds. The transpose of :func:`broadcast_to`."""
    if x.shape == tuple(shape):
        return x
    new = x.ndim - len(shape)
    axes = tuple(range(new)) + tuple(new + a for a, n in enumerate(shape) if n == 1 and x.shape[new + a] != 1)
    return sum(x, axes, keepdim=True).reshape(shape)


def count(shape, axes):
    """Number of elements that a reduction over ``axes`` takes together."""
    return math.prod([shape[a] for a in axes])


def mean(x, axis=None, keepdim=False):
    """Arithmetic mean over ``axis`` (all axes by default); parameters as in :func:`sum`."""
    x = as_tensor(x)
    check_float("mean", "input", x.dtype)
    axes = normalize_axes("mean", axis, x.ndim)
    return Mean(axes=axes, keepdim=bool(keepdim))(x)


def var(x, axis=None, correction=1, keepdim=False):
    """Variance over ``axis``: sum of squared deviations from the mean, divided by (n - ``correction``).

    Parameters
    ----------
    x : Tensor
    axis : int or tuple of int, optional
    correction : int
        1 (the default, as in PyTorch) estimates the variance of a population from a sample; 0 gives NumPy's
        default.
    keepdim : bool
    """
    x = as_tensor(x)
    check_float("var", "input", x.dtype)
    axes = normalize_axes("var", axis, x.ndim)
    n = count(x.shape, axes)
    deviation = x - mean(x, axes, keepdim=True)
    return sum(deviation * deviation, axes, keepdim) / (float(n - correction) if n > correction else np.nan)


def std(x, axis=None, correction=1, keepdim=False):
    """Standard deviation: the square root of :func:`var`, whose parameters it takes. Its gradient at 0 is 0."""
    variance = var(x, axis, correction, keepdim)
    zero = Tensor(
        (variance._array == 0).astype(variance.dtype)
    )  # the slope of the root at 1 in place of that at 0
    return (variance + zero).sqrt() - zero


class MaxResult(NamedTuple):
    """What ``max`` and ``min`` along one axis return."""

    values: Tensor
    indices: Tensor


def argmax(x, axis=None, keepdim=False):
    """Index of the largest value along ``axis``, or in the flattened tensor; the first of equal ones.

    Returns
    -------
    Tensor
        int64; not differentiable.
    """
    return _arg(np.argmax, "argmax", x, axis, keepdim)


def argmin(x, axis=None, keepdim=False):
    """Index of the smallest value, like :func:`argmax`."""
    return _arg(np.argmin, "argmin", x, axis, keepdim)


def _arg(function, name, x, axis, keepdim):
    x = as_tensor(x)
    if not (axis is None or isinstance(axis, (int, np.integer))):
        raise ShapeError(
            sentence(name, "axis", "None or one integer", axis, "Flatten several axes into one first.")
        )
    axes = normalize_axes(name, axis, x.ndim)
    if count(x.shape, axes) == 0:
        raise ShapeError(sentence(name, "input", "non-empty along the reduced axis", f"shape {x.shape}"))
    if axis is not None:
        axis = axes[0]
    index = as_array(function(x._array, axis=axis))
    if keepdim:
        index = index.reshape(tuple(1 if a in axes else n for a, n in enumerate(x.shape)))
    return Tensor(index)


def max(x, axis=None, keepdim=False):
    """Largest value; the gradient goes to the (first) winner alone.

    Parameters
    ----------
    x : Tensor
    axis : int, optional
    keepdim : bool

    Returns
    -------
    Tensor, or MaxResult(values, indices) when ``axis`` is given
        As in PyTorch.

    Examples
    --------
    >>> import minicv
    >>> minicv.tensor([[1.0, 5.0], [7.0, 3.0]]).max(axis=1)
    MaxResult(values=tensor([5., 7.]), indices=tensor([1, 0]))
    """
    return _extreme(argmax, x, axis, keepdim)


def min(x, axis=None, keepdim=False):
    """Smallest value, like :func:`max`."""
    return _extreme(argmin, x, axis, keepdim)


def _extreme(arg, x, axis, keepdim):
    x = as_tensor(x)
    if axis is None:
        value = x.reshape((-1,))[arg(x).item()]
        return value.reshape((1,) * x.ndim) if keepdim else value
    indices = arg(x, axis, keepdim=True)
    (axis,) = normalize_axes(arg.__name__, axis, x.ndim)
    values = take_along_axis(x, indices._array, axis)
    if keepdim:
        return MaxResult(values, indices)
    return MaxResult(values.squeeze(axis), indices.squeeze(axis))


class TakeAlongAxis(Function):
    """y = x[..., indices, ...] along one axis; the transpose adds the entries back where they came from."""

    def forward(self, x):
        self.shape = x.shape
        return np.take_along_axis(x, self.indices, self.axis)

    def backward(self, g):
        return PutAlongAxis(indices=self.indices, axis=self.axis, shape=self.shape)(g)


class PutAlongAxis(Function):
    """Zeros of ``shape`` with y added at ``indices`` along one axis. The transpose of TakeAlongAxis."""

    def forward(self, y):
        x = np.zeros_like(y, shape=self.shape)
        grid = list(get_array_module(y).ogrid[tuple(slice(n) for n in y.shape)])
        grid[self.axis] = self.indices
        np.add.at(x, tuple(grid), y)
        return x

    def backward(self, g):
        return TakeAlongAxis(indices=self.indices, axis=self.axis)(g)


def take_along_axis(x, indices, axis):
    """Pick one entry per index along ``axis``: NumPy's ``take_along_axis``, PyTorch's ``gather``."""
    return TakeAlongAxis(indices=indices, axis=axis)(as_tensor(x))


def logsumexp(x, axis, keepdim=False):
    """log(sum(exp(x))) without overflow: m + log(sum(exp(x - m))) with m the largest entry."""
    x = as_tensor(x)
    check_float("logsumexp", "input", x.dtype)
    axes = normalize_axes("logsumexp", axis, x.ndim)
    largest = 0.0
    if count(x.shape, axes):  # nothing has no largest entry
        largest = x._array.max(axis=axes, keepdims=True)
        # A constant: it cancels in the gradient.
        largest = as_tensor(np.where(np.isfinite(largest), largest, 0).astype(x.dtype))
    result = sum((x - largest).exp(), axes, keepdim=True).log() + largest
    return result if keepdim else result.squeeze(axes)
