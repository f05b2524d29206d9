"""Activations: the nonlinear functions between layers, and softmax, which turns scores into probabilities.

Where a function has a kink its gradient there is PyTorch's: that of the left side.
"""

import numpy as np

from ..errors import DTypeError, ShapeError, check_float, check_rank, check_same_dtype, sentence
from ..function import Function
from ..tensor import Tensor, as_tensor
from .elementwise import where
from .reduce import normalize_axes, sum_to


class ReLU(Function):
    def forward(self, x):
        y = np.maximum(x, 0)
        self.save(y)
        return y

    def backward(self, g):
        (y,) = self.saved
        return g * Tensor((y._array != 0).astype(g.dtype))  # y is positive or NaN there; NaN stays visible


class LeakyReLU(Function):
    def forward(self, x):
        self.save(x)
        return np.maximum(x, 0) + self.slope * np.minimum(x, 0)

    def backward(self, g):
        (x,) = self.saved
        return g * Tensor(np.where(x._array > 0, 1, self.slope).astype(g.dtype))


class PReLU(Function):
    """Leaky ReLU whose slopes are an input; ``w`` broadcasts against x."""

    def forward(self, x, w):
        self.save(x, w)
        return np.maximum(x, 0) + w * np.minimum(x, 0)

    def backward(self, g):
        x, w = self.saved
        positive = Tensor(x._array > 0)
        return where(positive, g, g * w), sum_to(g * where(positive, 0.0, x), w.shape)


class ELU(Function):
    def forward(self, x):
        y = np.maximum(x, 0) + self.alpha * np.expm1(np.minimum(x, 0))
        self.save(x, y)
        return y

    def backward(self, g):
        x, y = self.saved
        return g * where(Tensor(x._array > 0), 1.0, y + self.alpha)  # alpha exp(x) = y + alpha


class Sigmoid(Function):
    """y = 1 / (1 + exp(-x)), dy/dx = y (1 - y)."""

    def forward(self, x):
        with np.errstate(over="ignore"):  # exp(1000) = inf gives the right 0
            y = 1 / (1 + np.exp(-x))
        self.save(y)
        return y

    def backward(self, g):
        (y,) = self.saved
        return g * y * (1 - y)


class Tanh(Function):
    """dy/dx = 1 - y^2."""

    def forward(self, x):
        y = np.tanh(x)
        self.save(y)
        return y

    def backward(self, g):
        (y,) = self.saved
        return g * (1 - y * y)


def _below_largest(x, axis):
    """x minus its largest entry along ``axis``: softmax does not change, and exp cannot overflow."""
    if x.size == 0:
        return x
    with np.errstate(invalid="ignore"):  # inf - inf: probabilities of nothing but -inf are NaN
        return x - x.max(axis=axis, keepdims=True)


class Softmax(Function):
    """y_i = exp(x_i) / sum_j exp(x_j), dy_i/dx_j = y_i ([i = j] - y_j)."""

    def forward(self, x):
        y = np.exp(_below_largest(x, self.axis))
        y /= y.sum(axis=self.axis, keepdims=True)
        self.save(y)
        return y

    def backward(self, g):
        (y,) = self.saved
        return y * (g - (g * y).sum(self.axis, keepdim=True))


class LogSoftmax(Function):
    """y_i = x_i - log sum_j exp(x_j), dy_i/dx_j = [i = j] - exp(y_j)."""

    def forward(self, x):
        shifted = _below_largest(x, self.axis)
        with np.errstate(divide="ignore"):  # log(0), of an axis without entries
            y = shifted - np.log(np.exp(shifted).sum(axis=self.axis, keepdims=True))
        self.save(y)
        return y

    def backward(self, g):
        (y,) = self.saved
        return g - y.exp() * g.sum(self.axis, keepdim=True)


def _real(op, input):
    input = as_tensor(input)
    check_float(op, "input", input.dtype)
    return input


def relu(input):
    """max(x, 0): what is positive passes, and only there does the gradient (Nair and Hinton, 2010).

    Parameters
    ----------
    input : Tensor
        Of any shape.

    Returns
    -------
    Tensor
        Of the same shape. The gradient at 0 is 0.

    Examples
    --------
    >>> import minicv
    >>> relu(minicv.tensor([-1.0, 0.0, 2.0]))
    tensor([0., 0., 2.])
    """
    return ReLU()(_real("relu", input))


def leaky_relu(input, negative_slope=0.01):
    """x where it is positive, ``negative_slope`` * x elsewhere, so that no unit stops learning (Maas et al., 2013).

    The gradient at 0 is ``negative_slope``.

    Examples
    --------
    >>> import minicv
    >>> leaky_relu(minicv.tensor([-1.0, 2.0]), 0.1)
    tensor([-0.1,  2. ])
    """
    return LeakyReLU(slope=float(negative_slope))(_real("leaky_relu", input))


def prelu(input, weight):
    """Leaky ReLU whose slope is learnt: x where it is positive, ``weight`` * x elsewhere (He et al., 2015, equation 1).

    Parameters
    ----------
    input : Tensor
        Shape (N, C, ...), or any shape if there is one slope.
    weight : Tensor
        Shape (C,), a slope for each channel, or (1,).

    Returns
    -------
    Tensor
        Of the shape of ``input``.

    Examples
    --------
    >>> import minicv
    >>> prelu(minicv.tensor([[-1.0, -1.0]]), minicv.tensor([0.25, 0.5]))
    tensor([[-0.25, -0.5 ]])
    """
    input, weight = _real("prelu", input), as_tensor(weight)
    check_same_dtype("prelu", input=input, weight=weight)
    check_rank("prelu", "weight", weight.shape, (1,), "(C,) or (1,)")
    if weight.size != 1:
        channels = input.shape[1] if input.ndim > 1 else 1
        if weight.size != channels:
            expected = f"({channels},) or (1,) for an input {input.shape}"
            raise ShapeError(sentence("prelu", "weight", expected, weight.shape))
        weight = weight.reshape((channels,) + (1,) * (input.ndim - 2))
    elif input.ndim == 0:
        weight = weight.reshape(())
    return PReLU()(input, weight)


def elu(input, alpha=1.0):
    """x where it is positive, ``alpha`` * (exp(x) - 1) elsewhere (Clevert et al., 2016).

    The gradient at 0 is ``alpha``.

    Examples
    --------
    >>> import minicv
    >>> elu(minicv.tensor([-100.0, 2.0]))
    tensor([-1.,  2.])
    """
    return ELU(alpha=float(alpha))(_real("elu", input))


def sigmoid(input):
    """1 / (1 + exp(-x)): the probability of "yes" from one score, without overflow for large scores of either sign.

    Examples
    --------
    >>> import minicv
    >>> sigmoid(minicv.tensor([-1000.0, 0.0, 1000.0]))
    tensor([0. , 0.5, 1. ])
    """
    return Sigmoid()(_real("sigmoid", input))


def tanh(input):
    """Hyperbolic tangent, element by element."""
    return Tanh()(_real("tanh", input))


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
    input = _real("softmax", input)
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
    input = _real("log_softmax", input)
    return LogSoftmax(axis=_axis("log_softmax", dim, input))(input)


def _axis(op, dim, input):
    if not isinstance(dim, (int, np.integer)):
        hint = "It is the axis of the classes: 1 for (N, L) and for (N, L, H, W)."
        raise DTypeError(sentence(op, "dim", "an integer", repr(dim), hint))
    return normalize_axes(op, dim, input.ndim)[0]
