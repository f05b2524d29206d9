"""Losses on classes: cross-entropy and its parts, and the hinge loss.

The axis of the classes is axis 1, for (N, L) as for (N, L, H, W), or axis 0 of a single sample (L,).
"""

import numpy as np

from .. import kernels
from ..backend import as_array, get_array_module
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
from .pool import Pick
from .reduce import sum_to, take_along_axis
from .softmax import log_softmax, places, softmax


class CrossEntropy(Function):
    """-sum_c t_c log p_c at each place, with p = softmax(x): its gradient is p sum_c t_c - t, which is p - t if w = 1.

    The target t is the weight w of the label there, of which a share is spread over all classes. With a ``total``
    the result is the sum over the places, divided by the total.
    """

    def forward(self, x):
        self.save(x)
        scores = places(x, self.axis)
        labels = self.labels.reshape(scores.shape[0], scores.shape[2])
        target = labels, self.weight, self.smoothing, self.ignore_index
        losses, *self.sums = kernels.cross_entropy(scores, *target)
        if self.total is None:
            return losses.reshape(self.labels.shape)
        with np.errstate(invalid="ignore"):  # 0 / 0: the mean of nothing is NaN, as in PyTorch
            return losses.sum() / self.total

    def backward(self, g):
        return CrossEntropyGrad(sums=self.sums, **self._params)(g, *self.saved)


class CrossEntropyGrad(Function):
    """g (p sum_c t_c - t): the gradient of CrossEntropy. g is a number for each place, or, with a total, one for all.

    Its own gradient by x is that of softmax.
    """

    def shared(self, g):
        """The gradient by the loss of each place, as an array or a Tensor."""
        if self.total is None:
            return g
        nothing = self.total == 0  # then the gradient is 0, rather than NaN
        return g * ((1 - nothing) / (self.total + nothing)).astype(g.dtype)

    def forward(self, g, x):
        self.save(g, x)
        scores = places(x, self.axis)
        g, labels = (
            array.reshape(scores.shape[0], scores.shape[2])
            for array in (np.broadcast_to(self.shared(g), self.labels.shape), self.labels)
        )
        target = labels, self.weight, self.smoothing, self.ignore_index
        return kernels.cross_entropy_grad(g, scores, *self.sums, *target).reshape(x.shape)

    def backward(self, h):
        g, x = self.saved
        labels = np.expand_dims(self.labels, self.axis)
        classes, per_class = x.shape[self.axis], (-1,) + (1,) * (x.ndim - 1 - self.axis)
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
    """Which labels count, as a mask; those that do are checked."""
    counted = labels != ignore_index
    hint = "If that label marks what is not to be learnt, pass it as ignore_index."
    check_labels(op, "target", np.where(counted, labels, 0), 0, classes, hint)
    return counted


def _cross_entropy_of_labels(input, axis, target, weight, ignore_index, label_smoothing, reduction):
    """-w[label] log p[label] at each place, ``label_smoothing`` of it spread over all classes; 0 where ignored."""
    op = "cross_entropy"
    labels, classes = _labels(op, input, axis, target), input.shape[axis]
    counted = _counted(op, labels, classes, ignore_index)
    check_reduction(op, reduction)
    if weight is not None and weight.requires_grad:
        hint = "Losses by labels take the weights of classes as given: pass weight.detach()."
        raise GraphError(sentence(op, "weight", "a tensor without a gradient", "one that requires it", hint))
    xp, total = get_array_module(labels), {"sum": input.dtype.type(1)}.get(reduction)
    if reduction == "mean":
        weights = counted if weight is None else weight._array[np.where(counted, labels, 0)] * counted
        total = weights.sum(dtype=input.dtype)
    return CrossEntropy(
        axis=axis,
        labels=labels.astype(np.int64, copy=False),
        weight=xp.ones(classes, input.dtype) if weight is None else weight._array,
        smoothing=float(label_smoothing),
        ignore_index=int(ignore_index),
        total=total,
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
    labels = _labels("nll_loss", input, axis, as_tensor(target))
    counted = _counted("nll_loss", labels, input.shape[axis], ignore_index)
    N, L, P = places(input._array, axis).shape
    at = labels.reshape(N, 1, P) * P + get_array_module(labels).arange(P)
    at = np.where(counted.reshape(N, 1, P), at, -1).astype(np.int32)  # -1 picks 0
    losses = -Pick(indices=at, ranges=None)(input.reshape(N, 1, L, P)).reshape(labels.shape)
    if weight is None:
        return reduce_losses("nll_loss", losses, reduction, Tensor(as_array(counted.sum(dtype=input.dtype))))
    weights = where(Tensor(counted), weight[np.where(counted, labels, 0)], 0.0)
    return reduce_losses("nll_loss", losses * weights, reduction, weights.sum())


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
        rest = weight, ignore_index, label_smoothing, reduction
        return _cross_entropy_of_labels(input, axis, target, *rest)
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
