"""Powers, by a number or by a tensor."""

import numbers

import numpy as np

from .. import kernels
from ..backend import get_array_module
from ..function import Function
from ..tensor import Tensor
from .elementwise import Binary, operands, where


class Pow(Binary):
    """a^b with a tensor b; where b is 0 the gradient by a is 0, where a is 0 that by b is 0."""

    def forward(self, a, b):
        self.save(a, b)
        return kernels.elementwise(np.power, a, b)

    def partials(self, g):
        a, b = self.saved
        lower = where(Tensor(b._array == 0), b, b - 1)  # b * a^(b-1), without 0 * inf at a = 0, b = 0
        base = where(Tensor(a._array == 0), Tensor(np.ones_like(a._array)), a)
        return (
            lambda: g * b * a**lower,
            lambda: g * where(Tensor(a._array == 0), _zero_like(g, a, b), a**b * base.log()),
        )


class Power(Function):
    """x to the power of a number; squares and square roots, which NumPy has, take half the time."""

    def forward(self, x):
        self.save(x)
        known = {2: np.square, 0.5: np.sqrt}.get(self.exponent)
        if known and x.dtype.kind == "f":
            return kernels.elementwise(known, x)
        return kernels.elementwise(np.power, x, get_array_module(x).asarray(self.exponent, x.dtype))

    def backward(self, g):
        (x,) = self.saved
        n = self.exponent
        if n == 0:
            return g * 0.0
        return n * g * (x if n == 2 else pow(x, n - 1))


def _zero_like(g, *others):
    return Tensor(np.zeros_like(g._array, shape=np.broadcast_shapes(g.shape, *(o.shape for o in others))))


def pow(a, b):
    """a to the power b, element by element. Where b = 0 the gradient by a is 0, where a = 0 that by b is 0.

    Where there is no real result it is inf or nan, as in PyTorch.
    """
    base, exponent = operands("pow", a, b)
    with np.errstate(divide="ignore", invalid="ignore"):
        return Power(exponent=b)(base) if isinstance(b, numbers.Number) else Pow()(base, exponent)
