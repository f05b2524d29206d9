"""The loss of yes-or-no questions."""

import numpy as np

from .. import kernels
from ..backend import as_array
from ..errors import ShapeError, check_float, check_same_dtype, sentence
from ..tensor import Tensor, as_tensor
from .activation import sigmoid
from .loss_regression import Loss, count_of, reduce_losses
from .reduce import sum_to


class LogisticLoss(Loss):
    """-positive log p - (1 - t) log(1 - p) with p = sigmoid(x): linear in t and in positive."""

    def forward(self, x, t, positive):
        self.save(x, t, positive)
        return self.reduce(kernels.logistic_loss(x, t, positive))

    def backward(self, g):
        x, t, positive = self.saved
        _, wants_t, wants_positive = self.needs_input_grad
        by_x = LogisticLossGrad(**self._params)(g, x, t, positive)
        each = self.shared(g)
        by_t = -each * _softplus(x) if wants_t else None
        return by_x, by_t, each * _softplus(-x) if wants_positive else None


class LogisticLossGrad(Loss):
    """The gradient of LogisticLoss by x: g ((1 - t) p - positive (1 - p)), linear in all but x."""

    def forward(self, g, x, t, positive):
        self.save(g, x, t, positive)
        return kernels.logistic_loss_grad(as_array(self.shared(g)), x, t, positive)

    def backward(self, h):
        g, x, t, positive = self.saved
        by_g = sum_to(LogisticLossGrad(**self._params)(h, x, t, positive), g.shape)
        each, p, rest = self.shared(g) * h, sigmoid(x), sigmoid(-x)
        return by_g, each * (1 - t + positive) * p * rest, -each * p, -each * rest


def _softplus(x):
    """log(1 + exp(x)): what a "no" costs."""
    no = Tensor(np.zeros_like(x._array))
    return LogisticLoss(count=None)(x, no, no)


def binary_cross_entropy_with_logits(input, target, weight=None, *, reduction="mean", pos_weight=None):
    """Cross-entropy of yes-or-no questions: -(t log p + (1 - t) log(1 - p)) with p = sigmoid(input).

    It is computed as t softplus(-x) + (1 - t) softplus(x) with softplus(x) = log(1 + exp(x)), which is exact even
    where p would round to 0 or 1.

    Parameters
    ----------
    input : Tensor
        Scores (logits), of any shape.
    target : Tensor
        Of the shape and dtype of ``input``: 0, 1, or a probability between them.
    weight : Tensor, optional
        Factor of each loss, of a shape that broadcasts to that of ``input``.
    reduction : {"mean", "sum", "none"}
        The mean divides by the number of losses, whatever the weights.
    pos_weight : Tensor, optional
        Factor of the losses of positive targets (t log p), of a shape that broadcasts to that of ``input``.

    Returns
    -------
    Tensor
        A scalar, or of the shape of ``input`` without reduction.

    Examples
    --------
    >>> import minicv
    >>> scores, truth = minicv.tensor([1000.0, -1000.0]), minicv.tensor([1.0, 1.0])
    >>> binary_cross_entropy_with_logits(scores, truth, reduction="none")
    tensor([   0., 1000.])
    """
    op = "binary_cross_entropy_with_logits"
    input, target = as_tensor(input), as_tensor(target)
    weight, pos_weight = (None if w is None else as_tensor(w) for w in (weight, pos_weight))
    check_float(op, "input", input.dtype)
    check_same_dtype(op, input=input, target=target, weight=weight, pos_weight=pos_weight)
    if target.shape != input.shape:
        raise ShapeError(sentence(op, "target", f"of the shape of input, {input.shape}", target.shape))
    for name, factor in (("weight", weight), ("pos_weight", pos_weight)):
        if factor is not None and not _broadcasts_to(factor.shape, input.shape):
            expected = f"of a shape that broadcasts to that of input, {input.shape}"
            raise ShapeError(sentence(op, name, expected, factor.shape))
    positive = target if pos_weight is None else target * pos_weight
    count = count_of(op, reduction, input)
    if weight is None:
        return LogisticLoss(count=count)(input, target, positive)
    return reduce_losses(op, LogisticLoss(count=None)(input, target, positive) * weight, reduction)


def _broadcasts_to(shape, target):
    try:
        return np.broadcast_shapes(shape, target) == target
    except ValueError:
        return False
