"""Activation functions as layers; the formulas and gradients stand at the functions of the same name."""

from .. import functional as F
from ..creation import full
from ..geometry import pair
from .functional_layer import FunctionalLayer
from .module import Module
from .parameter import Parameter


class ReLU(Module):
    """max(x, 0)."""

    def forward(self, x):
        return F.relu(x)


class LeakyReLU(FunctionalLayer):
    """x where it is positive, ``negative_slope`` x elsewhere."""

    def __init__(self, negative_slope=0.01):
        super().__init__(negative_slope=negative_slope)

    def forward(self, x):
        return F.leaky_relu(x, **self.settings)


class ELU(FunctionalLayer):
    """x where it is positive, ``alpha`` (exp(x) - 1) elsewhere."""

    def __init__(self, alpha=1.0):
        super().__init__(alpha=alpha)

    def forward(self, x):
        return F.elu(x, **self.settings)


class PReLU(Module):
    """A leaky ReLU that learns its slope.

    Parameters
    ----------
    num_parameters : int
        1, or the number of channels: a slope for each.
    init : float
        The slope to start from.

    Attributes
    ----------
    weight : Parameter
        Shape (num_parameters,).

    Notes
    -----
    Source: K. He et al., "Delving deep into rectifiers", ICCV 2015, arXiv:1502.01852, section 2.1.
    """

    def __init__(self, num_parameters=1, init=0.25):
        super().__init__()
        (self.num_parameters,) = pair("PReLU", "num_parameters", num_parameters, at_least=1, n=1)
        self.weight = Parameter(full((num_parameters,), init))

    def forward(self, x):
        return F.prelu(x, self.weight)

    def extra_repr(self):
        return f"num_parameters={self.num_parameters}"


class Sigmoid(Module):
    """1 / (1 + exp(-x)): a score as a probability."""

    def forward(self, x):
        return F.sigmoid(x)


class Tanh(Module):
    """The hyperbolic tangent, from -1 to 1."""

    def forward(self, x):
        return F.tanh(x)


class Softmax(FunctionalLayer):
    """exp(x) / sum(exp(x)) along ``dim``: scores as probabilities of classes that exclude each other."""

    def __init__(self, dim):
        super().__init__(dim=dim)

    def forward(self, x):
        return F.softmax(x, **self.settings)


class LogSoftmax(FunctionalLayer):
    """The logarithm of the softmax along ``dim``, computed without overflow."""

    def __init__(self, dim):
        super().__init__(dim=dim)

    def forward(self, x):
        return F.log_softmax(x, **self.settings)
