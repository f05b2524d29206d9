"""Normalisation: over the batch, over the features of a sample, and over neighbouring channels.

Batch and layer normalisation are one computation, ``Standardize``, over different axes, followed by a scale and a shift
that are learnt.
"""

import numpy as np

from ..errors import ShapeError, check_float, check_same_dtype, sentence
from ..function import Function
from ..tensor import Tensor, as_tensor
from .reduce import count


class Standardize(Function):
    """y = (x - mean) r and r = 1 / sqrt(variance + eps), with mean and variance taken over ``axes``.

    The Jacobian of y by x is the symmetric matrix r (I - 1 1^T / n - y y^T / n): it takes out of a gradient what a
    shift and what a scaling of x would change. That of r is -r^2 y^T / n. Both y and r are outputs, so that second
    derivatives flow through both.
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
    """y[c] = x[c - before] + ... + x[c + after] over axis 1, zeros outside; the transpose is the mirrored window."""

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
    """Normalise each channel over the batch: y = (x - mean) / sqrt(variance + eps) * weight + bias.

    Ioffe and Szegedy, 2015, algorithm 1.

    Parameters
    ----------
    input : Tensor
        Shape (N, C, ...).
    running_mean, running_var : ndarray or Tensor or None
        Shape (C,). Statistics over the batches seen in training; they stand in for the batch's own when predicting.
    weight, bias : Tensor, optional
        Shape (C,): scale and shift.
    training : bool
        True: use the mean and the (biased) variance of this batch, and update the running statistics in place:
        running = (1 - momentum) * running + momentum * batch, with the unbiased variance, as PyTorch does.
        False: use the running statistics.
    momentum : float
        Share of the newest batch in the running statistics.
    eps : float
        Keeps the division finite for a constant channel.

    Returns
    -------
    Tensor
        Of the shape of ``input``.

    Raises
    ------
    ShapeError
        A wrong shape; one value per channel in training (it has no variance); no running statistics when predicting.

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
    channels = (input.shape[1],)
    weight, bias = _parameters("batch_norm", input, channels, weight=weight, bias=bias)
    running = _parameters("batch_norm", input, channels, running_mean=running_mean, running_var=running_var)
    per_channel = (-1,) + (1,) * (input.ndim - 2)  # (C,) to (C, 1, 1), which broadcasts against (N, C, H, W)
    weight, bias = (None if p is None else p.reshape(per_channel) for p in (weight, bias))
    if training:
        return _affine(_by_batch_statistics(input, running, momentum, eps), weight, bias)
    if None in running:
        hint = "Without them only training=True can normalise."
        expected = "given when training=False"
        raise ShapeError(sentence("batch_norm", "running_mean and running_var", expected, None, hint))
    mean, variance = (statistic._array.reshape(per_channel) for statistic in running)
    return _by_known_statistics(input, mean, variance, eps, weight, bias)


def _by_batch_statistics(input, running, momentum, eps):
    """Standardise each channel by its own mean and variance, and move the running ones towards them."""
    axes = (0, *range(2, input.ndim))
    n = count(input.shape, axes)
    if n == 0:  # an empty batch has no statistics, and nothing to normalise
        return input
    if n == 1:
        expected = "more than one value per channel when training=True"
        hint = "One value has no variance: use larger batches, or predict with Module.eval()."
        raise ShapeError(sentence("batch_norm", "input", expected, f"shape {input.shape}", hint))
    standardize = Standardize(axes=axes, eps=float(eps))
    y, _ = standardize(input)
    batch = standardize.mean, standardize.variance * (n / (n - 1))
    for statistic, observed in zip(running, batch, strict=True):
        if statistic is not None:
            array = statistic.mutate()
            array += float(momentum) * (observed.reshape(-1) - array)
    return y


def _by_known_statistics(input, mean, variance, eps, weight, bias):
    """Fold everything that is known per channel into one scale and one shift before the large array is touched."""
    r = 1 / np.sqrt(variance + float(eps))
    scale, shift = Tensor(r), Tensor(-mean * r)
    if weight is not None:
        scale, shift = weight * scale, weight * shift
    return _affine(input, scale, shift if bias is None else shift + bias)


def _affine(x, weight, bias):
    x = x if weight is None else x * weight
    return x if bias is None else x + bias


def _parameters(op, input, shape, **named):
    """The named parameters as tensors (None stays None), checked to have ``shape`` and the dtype of the input."""
    tensors = {name: None if value is None else as_tensor(value) for name, value in named.items()}
    for name, tensor in tensors.items():
        if tensor is not None and tensor.shape != shape:
            expected = f"{shape} for an input {input.shape}"
            raise ShapeError(sentence(op, name, expected, tensor.shape))
    check_same_dtype(op, input=input, **tensors)
    return tuple(tensors.values())


def layer_norm(input, normalized_shape, weight=None, bias=None, eps=1e-5):
    """Normalise each sample over its last axes: y = (x - mean) / sqrt(variance + eps) * weight + bias.

    Ba, Kiros and Hinton, 2016, equation 3.

    Parameters
    ----------
    input : Tensor
        Shape (..., *normalized_shape).
    normalized_shape : int or tuple of int
        The lengths of the last axes, over which mean and (biased) variance are taken.
    weight, bias : Tensor, optional
        Of shape ``normalized_shape``: scale and shift.
    eps : float
        Keeps the division finite for a constant sample.

    Returns
    -------
    Tensor
        Of the shape of ``input``.

    Examples
    --------
    >>> import minicv
    >>> layer_norm(minicv.tensor([[1.0, 3.0], [10.0, 30.0]]), 2, eps=0.0)
    tensor([[-1.,  1.],
            [-1.,  1.]])
    """
    input = as_tensor(input)
    check_float("layer_norm", "input", input.dtype)
    if isinstance(normalized_shape, (int, np.integer)):
        normalized_shape = (normalized_shape,)
    shape = tuple(normalized_shape)
    if not shape or input.shape[-len(shape) :] != shape:
        expected = f"(..., *normalized_shape) for normalized_shape {shape}"
        hint = "normalized_shape names the last axes, those of one sample."
        raise ShapeError(sentence("layer_norm", "input", expected, f"shape {input.shape}", hint))
    weight, bias = _parameters("layer_norm", input, shape, weight=weight, bias=bias)
    axes = tuple(range(input.ndim - len(shape), input.ndim))
    y, _ = Standardize(axes=axes, eps=float(eps))(input)
    return _affine(y, weight, bias)


def local_response_norm(input, size, alpha=1e-4, beta=0.75, k=1.0):
    """Divide each number by the activity of its neighbouring channels at the same place.

    y_c = x_c / (k + alpha / size * sum of x_j^2 over the window)^beta, where the window is channel c with size // 2
    channels before it and (size - 1) // 2 after it, as far as they exist. Krizhevsky et al., 2012, section 3.3.

    Parameters
    ----------
    input : Tensor
        Shape (N, C, ...), at least 3-D.
    size : int
        Number of channels in the window.
    alpha, beta, k : float
        As in PyTorch, ``alpha`` is divided by ``size``: the paper's alpha = 1e-4 with n = 5 and k = 2 is
        ``local_response_norm(x, 5, alpha=5e-4, k=2.0)``.

    Returns
    -------
    Tensor
        Of the shape of ``input``.

    Examples
    --------
    >>> import minicv
    >>> x = minicv.tensor([[[3.0], [4.0], [0.0]]])  # one pixel, three channels
    >>> local_response_norm(x, size=3, alpha=3.0, beta=0.5, k=0.0)
    tensor([[[0.6],
             [0.8],
             [0. ]]])
    """
    input = as_tensor(input)
    check_float("local_response_norm", "input", input.dtype)
    if input.ndim < 3:
        expected = "(N, C, ...), at least 3-D"
        raise ShapeError(sentence("local_response_norm", "input", expected, f"shape {input.shape}"))
    if not isinstance(size, (int, np.integer)) or size < 1:
        raise ShapeError(sentence("local_response_norm", "size", "an integer of at least 1", size))
    energy = WindowSum(before=size // 2, after=(size - 1) // 2)(input * input)
    return input * (k + alpha / size * energy) ** -beta
