"""Products of matrices: y = A x, whose gradients are multiplications by the transposes.

Linear, LinearInput and LinearWeight are a trio: the gradients of each are the other two.
"""

from math import prod

import numpy as np

from .. import kernels
from ..errors import ShapeError, check_rank, check_same_dtype, sentence
from ..function import Function
from ..tensor import as_tensor
from .reduce import sum_to


class MatMul(Function):
    """C = A B on the last two axes. dA = dC B^T, dB = A^T dC."""

    def forward(self, a, b):
        self.save(a, b)
        return kernels.matmul(a, b)

    def backward(self, g):
        a, b = self.saved
        wants_a, wants_b = self.needs_input_grad
        return (
            sum_to(matmul(g, b.transpose()), a.shape) if wants_a else None,
            sum_to(matmul(a.transpose(), g), b.shape) if wants_b else None,
        )


class Linear(Function):
    """y = x W^T + b, for rows (N, C) and W (K, C). dx = dy W, dW = dy^T x, db = the sum of the rows of dy."""

    def forward(self, x, w, bias=None):
        self.save(x, w)
        return kernels.linear(x, w, bias)

    def backward(self, g):
        x, w = self.saved
        by_x, by_w, *by_bias = self.needs_input_grad
        return (
            LinearInput()(g, w) if by_x else None,
            LinearWeight()(g, x) if by_w else None,
            *(g.sum(0) if wanted else None for wanted in by_bias),
        )


class LinearInput(Function):
    """x = y W: the gradient of Linear by x. Its own gradients are the other two products."""

    def forward(self, y, w):
        self.save(y, w)
        return kernels.linear_input(y, w)

    def backward(self, g):
        y, w = self.saved
        by_y, by_w = self.needs_input_grad
        return Linear()(g, w) if by_y else None, LinearWeight()(y, g) if by_w else None


class LinearWeight(Function):
    """W = y^T x: the gradient of Linear by W. Its own gradients are the other two products."""

    def forward(self, y, x):
        self.save(y, x)
        return kernels.linear_weight(y, x)

    def backward(self, g):
        y, x = self.saved
        by_y, by_x = self.needs_input_grad
        return Linear()(x, g) if by_y else None, LinearInput()(y, g) if by_x else None


def matmul(a, b):
    """Matrix product over the last two axes, broadcast over the others; a 1-D operand is a row or a column.

    Parameters
    ----------
    a : Tensor
        Shape (..., n, m), or (m,).
    b : Tensor
        Shape (..., m, p), or (m,).

    Returns
    -------
    Tensor
        Shape (..., n, p), without the axes of 1-D operands.
    """
    a, b = as_tensor(a), as_tensor(b)
    check_same_dtype("matmul", a=a, b=b)
    if a.ndim == 0 or b.ndim == 0:
        raise ShapeError(
            sentence("matmul", "operands", "at least 1-D", f"{a.shape} and {b.shape}", "Use * for a number.")
        )
    if a.ndim == 1:
        return matmul(a.unsqueeze(0), b).squeeze(-2 if b.ndim > 1 else 0)
    if b.ndim == 1:
        return matmul(a, b.unsqueeze(1)).squeeze(-1)
    fits = a.shape[-1] == b.shape[-2]
    try:
        np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    except ValueError:
        fits = False
    if not fits:
        hint = "Did you forget to transpose one of them?" if a.shape[-1] == b.shape[-1] else None
        raise ShapeError(
            sentence("matmul", "operands", "(..., n, m) and (..., m, p)", f"{a.shape} and {b.shape}", hint)
        )
    return MatMul()(a, b)


def linear(input, weight, bias=None):
    """Fully connected layer: y = x W^T + b.

    Parameters
    ----------
    input : Tensor
        Shape (..., in_features).
    weight : Tensor
        Shape (out_features, in_features).
    bias : Tensor, optional
        Shape (out_features,).

    Returns
    -------
    Tensor
        Shape (..., out_features).

    Examples
    --------
    >>> import minicv
    >>> import minicv.functional as F
    >>> F.linear(minicv.ones(2, 3), minicv.ones(4, 3)).shape
    (2, 4)
    """
    input, weight = as_tensor(input), as_tensor(weight)
    bias = as_tensor(bias) if bias is not None else None
    check_rank("linear", "weight", weight.shape, (2,), "(out_features, in_features)")
    if input.ndim == 0 or input.shape[-1] != weight.shape[1]:
        hint = "Did you forget to flatten the feature maps: x.flatten(1)?" if input.ndim == 4 else None
        raise ShapeError(
            sentence(
                "linear", "input", f"(..., {weight.shape[1]}) for a weight {weight.shape}", input.shape, hint
            )
        )
    if bias is not None and bias.shape != weight.shape[:1]:
        raise ShapeError(sentence("linear", "bias", f"({weight.shape[0]},)", bias.shape))
    check_same_dtype("linear", input=input, weight=weight, bias=bias)
    rows = input if input.ndim == 2 else input.reshape((prod(input.shape[:-1]), input.shape[-1]))
    y = Linear()(rows, weight) if bias is None else Linear()(rows, weight, bias)
    return y if input.ndim == 2 else y.reshape((*input.shape[:-1], len(weight)))
