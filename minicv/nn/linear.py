"""Fully connected layers, and the layer that does nothing."""

import math

from .. import functional as F
from ..creation import zeros
from ..geometry import pair
from . import init
from .module import Module
from .parameter import Parameter


class Linear(Module):
    """Fully connected layer: y = x W^T + b.

    Parameters
    ----------
    in_features, out_features : int
        Lengths of the last axis of the input (..., in_features) and the output (..., out_features).
    bias : bool
        Whether to learn b.

    Attributes
    ----------
    weight : Parameter
        Shape (out_features, in_features).
    bias : Parameter or None
        Shape (out_features,).

    Examples
    --------
    >>> import minicv
    >>> Linear(4, 3)(minicv.ones(2, 4)).shape
    (2, 3)
    """

    def __init__(self, in_features, out_features, bias=True):
        super().__init__()
        (self.in_features,) = pair("Linear", "in_features", in_features, at_least=1, n=1)
        (self.out_features,) = pair("Linear", "out_features", out_features, at_least=1, n=1)
        self.weight = Parameter(zeros(out_features, in_features))
        self.bias = Parameter(zeros(out_features)) if bias else None
        reset(self)

    def forward(self, x):
        return F.linear(x, self.weight, self.bias)

    def extra_repr(self):
        return (
            f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"
        )


def reset(layer):
    """Start weight and bias of a linear or convolutional layer as PyTorch does: uniform on [-1, 1] / sqrt(fan_in).

    For the weight this is Kaiming's bound with the gain of a leaky ReLU of slope sqrt(5), which is sqrt(1 / 3).
    """
    init.kaiming_uniform_(layer.weight, a=math.sqrt(5))
    if layer.bias is not None:
        bound = 1 / math.sqrt(math.prod(layer.weight.shape[1:]))
        init.uniform_(layer.bias, -bound, bound)


class Identity(Module):
    """Returns its input: to be put where a layer is taken out, whose arguments may stay."""

    def __init__(self, *args, **kwargs):
        super().__init__()

    def forward(self, x):
        return x
