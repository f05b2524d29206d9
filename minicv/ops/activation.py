"""Activations: the nonlinear functions between layers.

Where a function has a kink its gradient there is PyTorch's: that of the left side.
"""

from .. import kernels
from ..backend import get_array_module
from ..errors import ShapeError, check_float, check_rank, check_same_dtype, sentence
from ..function import Function
from ..tensor import Tensor, as_tensor
from .elementwise import where
from .reduce import sum_to


class ReLU(Function):
    """y = max(x, 0)."""

    def forward(self, x):
        y = kernels.relu(x)
        self.save(y)
        return y

    def backward(self, g):
        (y,) = self.saved
        return ReLUGrad()(g, y)


class ReLUGrad(Function):
    """g where y is not 0. Linear in g, and its own transpose; y itself decides without a slope."""

    def forward(self, g, y):
        self.save(y)
        return kernels.relu_grad(g, y)

    def backward(self, g):
        (y,) = self.saved
        return ReLUGrad()(g, y), None


class PReLU(Function):
    """y = x where x is positive, w x elsewhere, with w a number or one for each channel."""

    def forward(self, x, w):
        self.save(x, w)
        return kernels.leaky_relu(x, w)

    def backward(self, g):
        x, w = self.saved
        by_w = self.edges[1].requires_grad
        return PReLUGrad()(g, x, w), _sum_where_negative(g * x, x, w) if by_w else None


class LeakyReLU(PReLU):
    """PReLU with a slope that stays."""


class PReLUGrad(Function):
    """g where x is positive, w g elsewhere. Linear in g, and its own transpose."""

    def forward(self, g, x, w):
        self.save(g, x, w)
        return kernels.leaky_relu_grad(g, x, w)

    def backward(self, gg):
        g, x, w = self.saved
        by_w = self.edges[2].requires_grad
        return PReLUGrad()(gg, x, w), None, _sum_where_negative(gg * g, x, w) if by_w else None


def _sum_where_negative(product, x, w):
    """Add up, for each slope of w, what the product is where x is not positive."""
    channels = (1, len(w), *(1,) * (x.ndim - 2)) if len(w) != 1 else (1,) * x.ndim
    return sum_to(where(Tensor(x._array > 0), 0.0, product), channels).reshape(w.shape)


class ELU(Function):
    """y = x where x is positive, alpha (exp(x) - 1) elsewhere."""

    def forward(self, x):
        self.save(x)
        return kernels.elu(x, self.alpha)

    def backward(self, g):
        (x,) = self.saved
        return ELUGrad(alpha=self.alpha)(g, x)


class ELUGrad(Function):
    """g where x is positive, alpha exp(x) g elsewhere; there, differentiating by x changes nothing."""

    def forward(self, g, x):
        self.save(g, x)
        return kernels.elu_grad(g, x, self.alpha)

    def backward(self, gg):
        g, x = self.saved
        by_x = where(Tensor(x._array > 0), 0.0, ELUGrad(alpha=self.alpha)(gg * g, x))
        return ELUGrad(alpha=self.alpha)(gg, x), by_x


class Sigmoid(Function):
    """y = 1 / (1 + exp(-x)), dy/dx = y (1 - y)."""

    def forward(self, x):
        y = kernels.sigmoid(x)
        self.save(y)
        return y

    def backward(self, g):
        (y,) = self.saved
        return SigmoidGrad()(g, y)


class SigmoidGrad(Function):
    """g y (1 - y)."""

    def forward(self, g, y):
        self.save(g, y)
        return kernels.sigmoid_grad(g, y)

    def backward(self, gg):
        g, y = self.saved
        return SigmoidGrad()(gg, y), gg * g * (1 - 2 * y)


class Tanh(Function):
    """dy/dx = 1 - y^2."""

    def forward(self, x):
        y = kernels.tanh(x)
        self.save(y)
        return y

    def backward(self, g):
        (y,) = self.saved
        return TanhGrad()(g, y)


class TanhGrad(Function):
    """g (1 - y^2)."""

    def forward(self, g, y):
        self.save(g, y)
        return kernels.tanh_grad(g, y)

    def backward(self, gg):
        g, y = self.saved
        return TanhGrad()(gg, y), -2 * gg * g * y


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
    input = _real("leaky_relu", input)
    slope = get_array_module(input._array).full(1, float(negative_slope), input.dtype)
    return LeakyReLU()(input, Tensor(slope))


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
    channels = input.shape[1] if input.ndim > 1 else 1
    if weight.size not in (1, channels):
        expected = f"({channels},) or (1,) for an input {input.shape}"
        raise ShapeError(sentence("prelu", "weight", expected, weight.shape))
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
