"""Softmax, which turns scores into probabilities, and its logarithm."""

from math import prod

import numpy as np

from .. import kernels
from ..errors import DTypeError, check_float, sentence
from ..function import Function
from ..tensor import as_tensor
from .reduce import normalize_axes


def places(x, axis):
    """An array as the kernels of softmax take it, (N, L, P): what comes before the classes, they, and what follows."""
    return x.reshape(prod(x.shape[:axis]), x.shape[axis], prod(x.shape[axis + 1 :]))


class Softmax(Function):
    """y_i = exp(x_i) / sum_j exp(x_j), dy_i/dx_j = y_i ([i = j] - y_j)."""

    def forward(self, x):
        y = kernels.softmax(places(x, self.axis)).reshape(x.shape)
        self.save(y)
        return y

    def backward(self, g):
        (y,) = self.saved
        return SoftmaxGrad(axis=self.axis)(g, y)


class SoftmaxGrad(Function):
    """The gradient of Softmax: y (g - sum_j g_j y_j)."""

    def forward(self, g, y):
        self.save(g, y)
        return kernels.softmax_grad(places(g, self.axis), places(y, self.axis)).reshape(y.shape)

    def backward(self, h):
        g, y = self.saved
        inner = (g * y).sum(self.axis, keepdim=True)
        return SoftmaxGrad(axis=self.axis)(h, y), h * (g - inner) - g * (h * y).sum(self.axis, keepdim=True)


class LogSoftmax(Function):
    """y_i = x_i - log sum_j exp(x_j), dy_i/dx_j = [i = j] - exp(y_j)."""

    def forward(self, x):
        y = kernels.log_softmax(places(x, self.axis)).reshape(x.shape)
        self.save(y)
        return y

    def backward(self, g):
        (y,) = self.saved
        return LogSoftmaxGrad(axis=self.axis)(g, y)


class LogSoftmaxGrad(Function):
    """The gradient of LogSoftmax: g - exp(y) sum_j g_j."""

    def forward(self, g, y):
        self.save(g, y)
        return kernels.log_softmax_grad(places(g, self.axis), places(y, self.axis)).reshape(y.shape)

    def backward(self, h):
        g, y = self.saved
        p = y.exp()
        by_g = h - (h * p).sum(self.axis, keepdim=True)
        return by_g, -(h * p) * g.sum(self.axis, keepdim=True)


def softmax(input, dim):
    """Probabilities from scores along one axis: p_i = exp(x_i) / sum_j exp(x_j).

    Parameters
    ----------
    input : Tensor
        Scores, of any shape. A score of -inf gets probability 0; where all scores are -inf the result is NaN.
    dim : int
        The axis of the classes: 1 for (N, L) and for (N, L, H, W).

    Returns
    -------
    Tensor
        Of the shape of ``input``; sums to 1 along ``dim``.

    Examples
    --------
    >>> import minicv
    >>> softmax(minicv.tensor([[1000.0, 1000.0]]), dim=1)
    tensor([[0.5, 0.5]])
    """
    input = _scores("softmax", input)
    return Softmax(axis=_axis("softmax", dim, input))(input)


def log_softmax(input, dim):
    """log(softmax(x)), computed as x - log(sum(exp(x))): exact where the probability itself would round to 0 or 1.

    Parameters are those of :func:`softmax`.

    Examples
    --------
    >>> import minicv
    >>> log_softmax(minicv.tensor([[0.0, 1000.0]]), dim=1)
    tensor([[-1000.,     0.]])
    """
    input = _scores("log_softmax", input)
    return LogSoftmax(axis=_axis("log_softmax", dim, input))(input)


def _axis(op, dim, input):
    if not isinstance(dim, (int, np.integer)):
        hint = "It is the axis of the classes: 1 for (N, L) and for (N, L, H, W)."
        raise DTypeError(sentence(op, "dim", "an integer", repr(dim), hint))
    return normalize_axes(op, dim, input.ndim)[0]


def _scores(op, input):
    input = as_tensor(input)
    check_float(op, "input", input.dtype)
    return input
