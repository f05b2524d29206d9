"""Losses on numbers: how far predictions are from their targets."""

import numpy as np

from .. import kernels
from ..backend import as_array
from ..errors import ShapeError, check_float, check_same_dtype, sentence
from ..function import Function
from ..tensor import Tensor, as_tensor
from .elementwise import Masked, where
from .reduce import sum_to


class Loss(Function):
    """Losses place by place; or, with a ``count``, their sum divided by it."""

    def reduce(self, losses):
        """What forward returns: the losses, or one number."""
        if self.count is None:
            return losses
        return kernels.total(losses, tuple(range(losses.ndim))).reshape(()) / self.count

    def shared(self, g):
        """The gradient by each of the losses, as an array or a Tensor: one number for all, if they are reduced."""
        return g if self.count in (None, 1) else g / self.count


class DistanceLoss(Loss):
    """With d = x - t, a parabola up to beta, a line beyond; ``line`` is (beta, curve, slope) of the kernel."""

    def forward(self, x, t):
        self.save(x, t)
        return self.reduce(kernels.distance_loss(x, t, *self.line))

    def backward(self, g):
        by_x = DistanceLossGrad(**self._params)(g, *self.saved)
        return by_x, -by_x if self.needs_input_grad[1] else None


class DistanceLossGrad(Loss):
    """The gradient of DistanceLoss by x: linear in g, and in d up to beta."""

    def forward(self, g, x, t):
        self.save(g, x, t)
        return kernels.distance_loss_grad(as_array(self.shared(g)), x, t, *self.line)

    def backward(self, h):
        g, x, t = self.saved
        beta, curve, _ = self.line
        near = Masked(mask=abs(x._array - t._array) <= beta)
        by_x = near(2 * curve * self.shared(g) * h)
        return sum_to(DistanceLossGrad(**self._params)(h, x, t), g.shape), by_x, -by_x


def check_reduction(op, reduction):
    """Raise ShapeError unless ``reduction`` is one of those that there are."""
    if reduction not in ("mean", "sum", "none"):
        raise ShapeError(sentence(op, "reduction", '"mean", "sum" or "none"', repr(reduction)))


def reduce_losses(op, losses, reduction):
    """What ``reduction`` makes of a tensor of losses.

    Parameters
    ----------
    op : str
        Whose error it is if ``reduction`` is unknown.
    losses : Tensor
    reduction : {"mean", "sum", "none"}
        The mean of no losses at all is NaN, as in PyTorch.
    """
    check_reduction(op, reduction)
    if reduction == "none":
        return losses
    if reduction == "sum":
        return losses.sum()
    return losses.mean()


def count_of(op, reduction, input):
    """What a Loss divides the sum of all losses by; None without reduction, NaN for the mean of nothing."""
    check_reduction(op, reduction)
    return {"none": None, "sum": 1, "mean": float(input.size or np.nan)}[reduction]


def _alike(op, input, target):
    """Tensors of one shape; broadcasting would compare numbers that do not belong together."""
    input, target = as_tensor(input), as_tensor(target)
    check_float(op, "input", input.dtype)
    check_same_dtype(op, input=input, target=target)
    if input.shape != target.shape:
        hint = None
        if input.size == target.size:
            hint = "Is one of them to be reshaped, for instance from (N, 1) to (N,)?"
        raise ShapeError(sentence(op, "target", f"of the shape of input, {input.shape}", target.shape, hint))
    return input, target


def _distance_loss(op, input, target, reduction, *line):
    """A DistanceLoss of checked arguments."""
    input, target = _alike(op, input, target)
    return DistanceLoss(line=line, count=count_of(op, reduction, input))(input, target)


def mse_loss(input, target, *, reduction="mean"):
    """Squared error (x - t)^2, also called L2 loss.

    Parameters
    ----------
    input, target : Tensor
        Of one shape and dtype.
    reduction : {"mean", "sum", "none"}
        Mean or sum over all numbers, or no reduction.

    Returns
    -------
    Tensor
        A scalar, or of the shape of ``input`` without reduction.

    Examples
    --------
    >>> import minicv
    >>> mse_loss(minicv.tensor([1.0, 2.0]), minicv.tensor([1.0, 4.0]))
    tensor(2.)
    """
    return _distance_loss("mse_loss", input, target, reduction, np.inf, 1.0, 0.0)


def l1_loss(input, target, *, reduction="mean"):
    """Absolute error |x - t|; its gradient is 0 where the error is 0. Parameters are those of :func:`mse_loss`.

    Examples
    --------
    >>> import minicv
    >>> l1_loss(minicv.tensor([1.0, 2.0]), minicv.tensor([1.0, 4.0]), reduction="none")
    tensor([0., 2.])
    """
    return _distance_loss("l1_loss", input, target, reduction, 0.0, 0.0, 1.0)


def smooth_l1_loss(input, target, *, reduction="mean", beta=1.0):
    """A squared error near 0 and an absolute one far away, so that an outlier pulls with a bounded gradient.

    With d = |x - t|: d^2 / (2 beta) where d < beta, d - beta / 2 elsewhere. Girshick, 2015 (Fast R-CNN), equation 3.

    Parameters
    ----------
    input, target : Tensor
        Of one shape and dtype.
    reduction : {"mean", "sum", "none"}
        Mean or sum over all numbers, or no reduction.
    beta : float
        Where the parabola ends and the line begins; 0 gives :func:`l1_loss`.

    Returns
    -------
    Tensor
        A scalar, or of the shape of ``input`` without reduction.

    Examples
    --------
    >>> import minicv
    >>> smooth_l1_loss(minicv.tensor([0.5, 3.0]), minicv.zeros(2), reduction="none")
    tensor([0.125, 2.5  ])
    """
    if beta < 0:
        raise ShapeError(sentence("smooth_l1_loss", "beta", "at least 0", beta))
    curve = 0.5 / beta if beta > 0 else 0.0
    return _distance_loss("smooth_l1_loss", input, target, reduction, float(beta), curve, 1.0)


def l2_distance_loss(input, target, *, reduction="mean"):
    """The lectures' L2 box loss with its root: the distance sqrt(sum_i (x_i - t_i)^2) of each box from its target.

    PyTorch has no name for it. The gradient of the squared error (:func:`mse_loss`) grows with the error; this one,
    (x - t) / distance, has length 1 at any distance and no limit where the distance is 0: there it is defined as 0.
    A gradient check fails at such a point, as it should.

    Parameters
    ----------
    input, target : Tensor
        Shape (..., D), of one dtype: D = 4 for boxes, D = 2 for joints.
    reduction : {"mean", "sum", "none"}
        Mean or sum over the boxes, or no reduction.

    Returns
    -------
    Tensor
        A scalar, or shape (...) without reduction.

    Examples
    --------
    >>> import minicv
    >>> box = minicv.tensor([[0.0, 0.0, 3.0, 4.0]], requires_grad=True)
    >>> l2_distance_loss(box, minicv.zeros(1, 4))
    tensor(5., creator=Mean)
    """
    input, target = _alike("l2_distance_loss", input, target)
    difference = input - target
    if difference.ndim == 0:
        raise ShapeError(sentence("l2_distance_loss", "input", "(..., D)", "a single number"))
    squares = (difference * difference).sum(-1)
    exact = Tensor(squares._array == 0)
    # The root is taken of 1 where the distance is 0, so that its infinite gradient never enters the product with 0.
    distances = where(exact, 0.0, where(exact, 1.0, squares).sqrt())
    return reduce_losses("l2_distance_loss", distances, reduction)
