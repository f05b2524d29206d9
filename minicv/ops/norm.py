"""Normalisation: over the batch, over the features of a sample, and over neighbouring channels.

Batch and layer normalisation are one computation, :class:`Standardize`, over different axes. It is followed by a scale and a
shift that are learnt.
"""

import numpy as np

from ..errors import ShapeError, check_float, check_same_dtype, sentence
from ..function import Function
from ..tensor import Tensor, as_tensor
from .reduce import count


class Standardize(Function):
    """y = (x - mean) r and r = 1 / sqrt(variance + eps), with mean and variance taken over ``axes``.

    The Jacobian of y by x is the symmetric matrix r (I - 1 1^T / n - y y^T / n): it takes out of a gradient what shifting
    and what scaling x would have changed. That of r by x is -r^2 y / n. Both r and y are outputs so that second derivatives
    flow through both.
    """

    def forward(self, x):
        self.mean = x.mean(axis=self.axes, keepdims=True)
        y = x - self.mean
        self.variance = np.square(y).mean(axis=self.axes, keepdims=True)
        r = 1 / np.sqrt(self.variance + self.eps)
        y *= r
        self.save(y, r)
        return y, r

    def backward(self, g, g_r):
        y, r = self.saved
        n = float(count(y.shape, self.axes))
        along_y = (g * y).mean(self.axes, keepdim=True) + g_r * r / n
        return r * (g - g.mean(self.axes, keepdim=True) - y * along_y)


class WindowSum(Function):
    """y[c] = x[c - before] + ... + x[c + after] over axis 1, with zeros outside; the transpose is the mirrored window."""

    def forward(self, x):
        channels = x.shape[1]
        y = np.zeros_like(x)
        for offset in range(-self.before, self.after + 1):
            first, last = max(0, -offset), min(channels, channels - offset)
            if first < last:
                y[:, first:last] += x[:, first + offset : last + offset]
        return y

    def backward(self, g):
        return WindowSum(before=self.after, after=self.before)(g)


def batch_norm(
    input, running_mean, running_var, weight=None, bias=None, training=False, momentum=0.1, eps=1e-5
):
    """Normalise each channel over the batch: y = (x - mean) / sqrt(variance + eps) * weight + bias (Ioffe and Szegedy, 2015, algorithm 1).

    Parameters
    ----------
    input : Tensor
        Shape (N, C, ...).
    running_mean, running_var : ndarray or Tensor or None
        Shape (C,). Statistics over the batches seen in training, which stand in for the batch's own ones when predicting.
    weight, bias : Tensor, optional
        Shape (C,): scale and shift.
    training : bool
        True: use the mean and the (biased) variance of this batch, and update the running statistics in place:
        running = (1 - momentum) * running + momentum * batch, with the unbiased variance, as PyTorch does.
        False: use the running statistics.
    momentum : float
    eps : float
        Keeps the division finite for a constant channel.

    Returns
    -------
    Tensor
        Of the shape of ``input``.

    Raises
    ------
    ShapeError
        A wrong shape; one value per channel in training (its variance says nothing); no running statistics when predicting.

    Examples
    --------
    >>> import minicv
    >>> batch_norm(minicv.tensor([[1.0], [3.0]]), None, None, training=True, eps=0.0)
    tensor([[-1.],
            [ 1.]])
    """
    input = as_tensor(input)
    check_float("batch_norm", "input", input.dtype)
    if input.ndim < 2:
        raise ShapeError(sentence("batch_norm", "input", "(N, C, ...)", f"shape {input.shape}"))
    weight, bias = _parameters("batch_norm", input, (input.shape[1],), weight=weight, bias=bias)
    running = _parameters(
        "batch_norm", input, (input.shape[1],), running_mean=running_mean, running_var=running_var
    )
    per_channel = (-1,) + (1,) * (input.ndim - 2)
    weight = None if weight is None else weight.reshape(per_channel)
    bias = None if bias is None else bias.reshape(per_channel)
    if training:
        return _affine(_standardize_batch(input, running, momentum, eps), weight, bias)
    if None in running:
        hint = "Without them only training=True can normalise."
        raise ShapeError(
            sentence("batch_norm", "running_mean and running_var", "given when training=False", "None", hint)
        )
    return _normalize_by(input, *(t._array.reshape(per_channel) for t in running), eps, weight, bias)
