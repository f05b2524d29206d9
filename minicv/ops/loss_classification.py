"""Losses on classes: cross-entropy and its parts, and the hinge loss.

The axis of the classes is axis 1, for (N, L) as for (N, L, H, W), or axis 0 of a single sample (L,).
"""

from math import prod

import numpy as np

from .. import kernels
from ..backend import get_array_module
from ..errors import (
    DTypeError,
    GraphError,
    ShapeError,
    check_float,
    check_labels,
    check_rank,
    check_same_dtype,
    sentence,
)
from ..function import Function
from ..tensor import Tensor, as_tensor
from .activation import relu
from .elementwise import where
from .loss_regression import check_reduction, reduce_losses
from .reduce import sum_to, take_along_axis
from .softmax import log_softmax, places, softmax


class LabelLoss(Function):
    """Losses of labels, an array (N, P), place by place; or, with a ``total``, their sum divided by it.

    P places follow the ``axis`` of the classes, whose ``weight`` says how much each counts.
    """

    def reduce(self, losses, shape):
        """What forward returns: the losses for an input of that shape, or one number."""
        if self.total is None:
            return losses.reshape(shape[: self.axis] + shape[self.axis + 1 :])
        with np.errstate(invalid="ignore"):  # 0 / 0: the mean of nothing is NaN, as in PyTorch
            return losses.sum() / self.total

    def shared(self, g):
        """The gradient by the loss of each place, as an array or a Tensor."""
        if self.total is None:
            return g
        nothing = self.total == 0  # then the gradient is 0, rather than NaN
        return g * ((1 - nothing) / (self.total + nothing)).astype(g.dtype)

    def by_place(self, g):
        """The gradients by the losses as an array (N, P), from that by what forward returned."""
        g, shape = self.shared(g), self.labels.shape
        return g.reshape(shape) if self.total is None else np.broadcast_to(g, shape)


class NLLLoss(LabelLoss):
    """-w x, for the score x of each place's label and the weight w of that class. Linear in x."""

    def forward(self, x):
        self.shape = x.shape
        losses = kernels.nll_loss(places(x, self.axis), self.labels, self.weight, self.ignore_index)
        return self.reduce(losses, x.shape)

    def backward(self, g):
        return NLLLossGrad(**{**self._params, "shape": self.shape})(g)


class NLLLossGrad(LabelLoss):
    """-w g at the label of each place, 0 elsewhere: the transpose of NLLLoss."""

    def forward(self, g):
        gx = kernels.nll_loss_grad(self.by_place(g), self.labels, self.weight, self.ignore_index)
        return gx.reshape(self.shape)

    def backward(self, h):
        losses = NLLLoss(**{**self._params, "total": None})(h)
        return losses if self.total is None else self.shared(losses.sum())


class CrossEntropy(LabelLoss):
    """-sum_c t_c log p_c at each place, with p = softmax(x): its gradient is p sum_c t_c - t, which is p - t if w = 1.

    The target t is the weight w of the label there, of which a share is spread over all classes.
    """

    def forward(self, x):
        self.save(x)
        target = self.labels, self.weight, self.smoothing, self.ignore_index
        losses, *self.sums = kernels.cross_entropy(places(x, self.axis), *target)
        return self.reduce(losses, x.shape)

    def backward(self, g):
        return CrossEntropyGrad(sums=self.sums, **self._params)(g, *self.saved)


class CrossEntropyGrad(LabelLoss):
    """g (p sum_c t_c - t): the gradient of CrossEntropy. g is a number for each place, or, with a total, one for all.

    Its own gradient by x is that of softmax.
    """

    def forward(self, g, x):
        self.save(g, x)
        target = self.labels, self.weight, self.smoothing, self.ignore_index
        scores = places(x, self.axis)
        return kernels.cross_entropy_grad(self.by_place(g), scores, *self.sums, *target).reshape(x.shape)

    def backward(self, h):
        g, x = self.saved
        classes, per_class = x.shape[self.axis], (-1,) + (1,) * (x.ndim - 1 - self.axis)
        labels = self.labels.reshape(x.shape[: self.axis] + (1,) + x.shape[self.axis + 1 :])
        one_hot = labels == get_array_module(labels).arange(classes).reshape(per_class)
        target = ((1 - self.smoothing) * one_hot + self.smoothing / classes) * self.weight.reshape(per_class)
        kept = labels != self.ignore_index
        target = Tensor((target * kept).astype(x.dtype))
        mass = target.sum(self.axis, keepdim=True)
        p = softmax(where(Tensor(kept), x, 0.0), self.axis)
        by_g = self.shared((h * (p * mass - target)).sum(self.axis))
        each = self.shared(g.unsqueeze(self.axis) if self.total is None else g)
        by_x = each * mass * p * (h - (h * p).sum(self.axis, keepdim=True))
        return sum_to(by_g, g.shape), by_x


def _scores(op, input):
    """The input as a tensor, and its axis of classes."""
    input = as_tensor(input)
    check_float(op, "input", input.dtype)
    if input.ndim == 0:
        raise ShapeError(sentence(op, "input", "(N, L, ...) or (L,), L scores for each sample", "a number"))
    return input, min(input.ndim - 1, 1)


def _labels(op, input, axis, target):
    """The target as an array of integers, of the shape of the input without its axis of classes."""
    expected = input.shape[:axis] + input.shape[axis + 1 :]
    if target.dtype.kind not in "iu":
        hint = "Convert class indices with .long()."
        raise DTypeError(sentence(op, "target", f"integers of shape {expected}", target.dtype, hint))
    if target.shape != expected:
        hint = None
        if target.shape == input.shape:
            hint = "Is it one-hot? Take its argmax over the classes."
        elif target.size == np.prod(expected):
            hint = "Did you forget to squeeze an axis of length 1?"
        got = f"shape {target.shape}"
        raise ShapeError(sentence(op, "target", f"{expected} for an input {input.shape}", got, hint))
    return target._array


def _class_weight(op, input, axis, weight):
    """The weight as a tensor, one number for each class; None stays None."""
    if weight is None:
        return None
    weight = as_tensor(weight)
    expected = (input.shape[axis],)
    if weight.shape != expected:
        raise ShapeError(sentence(op, "weight", f"{expected}, one for each class", f"shape {weight.shape}"))
    check_same_dtype(op, input=input, weight=weight)
    return weight


def _weighted(log_p, axis, weight):
    """Log-probabilities times the weights of their classes."""
    return log_p if weight is None else log_p * weight.reshape((-1,) + (1,) * (log_p.ndim - 1 - axis))


def _counted(op, labels, classes, ignore_index):
    """Which labels count, as a mask, or None if all do; those that do are checked."""
    above = labels.astype(np.int64, copy=False).view(np.uint64)  # what is negative lies above all classes
    if labels.size and above.max() < classes and not 0 <= ignore_index < classes:
        return None  # as usual, and known from one sweep
    counted = labels != ignore_index
    hint = "If that label marks what is not to be learnt, pass it as ignore_index."
    check_labels(op, "target", np.where(counted, labels, 0), 0, classes, hint)
    return counted


def _total(labels, counted, weight, dtype):
    """What the mean over labels divides the sum by: how many count, or the sum of their weights."""
    if weight is None:
        return dtype.type(labels.size) if counted is None else counted.sum(dtype=dtype)
    if counted is None:
        return weight[labels].sum(dtype=dtype)
    return (weight[np.where(counted, labels, 0)] * counted).sum(dtype=dtype)


def _loss_of_labels(op, loss, input, axis, target, weight, ignore_index, reduction, **params):
    """Apply a LabelLoss to an input, with arguments that are checked here."""
    labels, classes = _labels(op, input, axis, target), input.shape[axis]
    counted = _counted(op, labels, classes, ignore_index)
    check_reduction(op, reduction)
    if weight is not None and weight.requires_grad:
        hint = "Losses by labels take the weights of classes as given: pass weight.detach()."
        raise GraphError(sentence(op, "weight", "a tensor without a gradient", "one that requires it", hint))
    total, weight = {"sum": input.dtype.type(1)}.get(reduction), None if weight is None else weight._array
    if reduction == "mean":
        total = _total(labels, counted, weight, input.dtype)
    return loss(
        axis=axis,
        labels=labels.astype(np.int64, copy=False).reshape(
            prod(input.shape[:axis]), prod(input.shape[axis + 1 :])
        ),
        weight=get_array_module(labels).ones(classes, input.dtype) if weight is None else weight,
        ignore_index=int(ignore_index),
        total=total,
        **params,
    )(input)


def _loss_of_probabilities(op, log_p, axis, target, weight, label_smoothing, reduction):
    """-sum over the classes of w t log p at each place."""
    if target.shape != log_p.shape:
        expected = f"of the shape of input, {log_p.shape}, when it holds probabilities"
        hint = "Class indices must be integers: convert with .long()."
        raise ShapeError(sentence(op, "target", expected, f"shape {target.shape}", hint))
    check_same_dtype(op, input=log_p, target=target)
    if label_smoothing > 0:
        target = (1 - label_smoothing) * target + label_smoothing / log_p.shape[axis]
    with np.errstate(invalid="ignore"):  # a score of -inf times the probability 0 is NaN, as in PyTorch
        losses = -(_weighted(log_p, axis, weight) * target).sum(axis)
    return reduce_losses(op, losses, reduction)


def nll_loss(input, target, weight=None, *, ignore_index=-100, reduction="mean"):
    """Negative log-likelihood: -log p[label], given the log-probabilities of :func:`log_softmax`.

    Parameters
    ----------
    input : Tensor
        Log-probabilities, shape (N, L), (N, L, H, W), ... or (L,).
    target : Tensor of integers
        Labels in 0..L-1, of the shape of ``input`` without its axis of classes.
    weight : Tensor, optional
        Shape (L,): how much each class counts. The mean divides by the sum of the weights of the labels.
    ignore_index : int
        Places with this label count nothing, in the loss, its gradient and the mean.
    reduction : {"mean", "sum", "none"}
        The mean is NaN when nothing is left to count, as in PyTorch.

    Returns
    -------
    Tensor
        A scalar, or of the shape of ``target`` without reduction.

    Examples
    --------
    >>> import minicv
    >>> nll_loss(minicv.tensor([[-0.5, -1.0], [-2.0, -0.25]]), minicv.tensor([0, 1]), reduction="none")
    tensor([0.5 , 0.25])
    """
    input, axis = _scores("nll_loss", input)
    weight = _class_weight("nll_loss", input, axis, weight)
    return _loss_of_labels(
        "nll_loss", NLLLoss, input, axis, as_tensor(target), weight, ignore_index, reduction
    )


def cross_entropy(input, target, weight=None, *, ignore_index=-100, reduction="mean", label_smoothing=0.0):
    """Softmax loss: -log p[label] with p = softmax(input). Its gradient is p - y, where y is the one-hot label.

    Untrained scores (all about equal) cost log(L): compare the first loss that you see with that.

    Parameters
    ----------
    input : Tensor
        Scores, shape (N, L), (N, L, H, W), ... or (L,).
    target : Tensor
        Either integers: labels in 0..L-1, of the shape of ``input`` without its axis of classes: (N,) or (N, H, W).
        Or floating point: the probability of each class, of the shape of ``input``; the loss is -sum_c t_c log p_c.
    weight : Tensor, optional
        Shape (L,): how much each class counts. With labels the mean divides by the sum of their weights.
    ignore_index : int
        Places with this label count nothing, in the loss, its gradient and the mean. Not with probabilities.
    reduction : {"mean", "sum", "none"}
        The mean is NaN when nothing is left to count, as in PyTorch.
    label_smoothing : float
        Share, in [0, 1], of the target that is spread evenly over all classes (Szegedy et al., 2016, section 7).

    Returns
    -------
    Tensor
        A scalar, or of the shape of ``input`` without its axis of classes.

    Examples
    --------
    >>> import minicv
    >>> scores = minicv.zeros(1, 10, requires_grad=True)
    >>> loss = cross_entropy(scores, minicv.tensor([3]))
    >>> loss.numpy().round(3)  # log(10)
    np.float32(2.303)
    >>> loss.backward()
    >>> scores.grad.numpy().round(1) + 0.0
    array([[ 0.1,  0.1,  0.1, -0.9,  0.1,  0.1,  0.1,  0.1,  0.1,  0.1]],
          dtype=float32)
    """
    op = "cross_entropy"
    input, axis = _scores(op, input)
    target, weight = as_tensor(target), _class_weight(op, input, axis, weight)
    if not 0 <= label_smoothing <= 1:
        raise ShapeError(sentence(op, "label_smoothing", "in [0, 1]", label_smoothing))
    if target.dtype.kind != "f":
        given = input, axis, target, weight, ignore_index, reduction
        return _loss_of_labels(op, CrossEntropy, *given, smoothing=float(label_smoothing))
    if ignore_index >= 0:
        hint = "To leave places out, use reduction='none' and a mask."
        expected = "left out when target holds probabilities"
        raise ShapeError(sentence(op, "ignore_index", expected, ignore_index, hint))
    log_p = log_softmax(input, axis)
    return _loss_of_probabilities(op, log_p, axis, target, weight, label_smoothing, reduction)


def multi_margin_loss(input, target, p=1, margin=1.0, weight=None, *, reduction="mean"):
    """Hinge loss of many classes: every wrong class is to score at least ``margin`` less than the true one.

    loss = w[y] / L * sum over c != y of max(0, margin - x_y + x_c)^p. Crammer and Singer, 2001.

    Parameters
    ----------
    input : Tensor
        Scores, shape (N, L) or (L,).
    target : Tensor of integers
        Labels y in 0..L-1, shape (N,) or ().
    p : {1, 2}
        Power of each violation.
    margin : float
    weight : Tensor, optional
        Shape (L,): how much each class counts. The mean divides by N, whatever the weights.
    reduction : {"mean", "sum", "none"}

    Returns
    -------
    Tensor
        A scalar, or of the shape of ``target`` without reduction.

    Examples
    --------
    >>> import minicv
    >>> multi_margin_loss(minicv.tensor([[3.0, 1.0, 2.5, 0.0]]), minicv.tensor([0]))  # (0 + 0.5 + 0) / 4
    tensor(0.125)
    """
    op = "multi_margin_loss"
    input, axis = _scores(op, input)
    check_rank(op, "input", input.shape, (1, 2), "(N, L) or (L,)")
    labels = _labels(op, input, axis, as_tensor(target))
    check_labels(op, "target", labels, 0, input.shape[axis])
    weight = _class_weight(op, input, axis, weight)
    if p not in (1, 2):
        raise ShapeError(sentence(op, "p", "1 or 2", p))
    column = np.expand_dims(labels, axis)
    wrong = get_array_module(labels).arange(input.shape[axis]) != column
    violations = relu(margin - take_along_axis(input, column, axis) + input) * Tensor(
        wrong.astype(input.dtype)
    )
    losses = (violations if p == 1 else violations * violations).sum(axis) / float(input.shape[axis])
    return reduce_losses(op, losses if weight is None else losses * weight[labels], reduction)
