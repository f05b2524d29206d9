"""Normalisation: over the batch, over the features of a sample, and over neighbouring channels.

Batch and layer normalisation are one computation on groups that get a mean and a variance of their own: the channels
of a batch, or the samples.
"""

from math import prod

import numpy as np

from .. import kernels
from ..backend import get_array_module
from ..errors import ShapeError, check_float, check_same_dtype, sentence
from ..function import Function
from ..tensor import Tensor, as_tensor


class Normalize(Function):
    """y = (x - mean) r weight + bias and r = 1 / sqrt(variance + eps), for each group: each index along axis 1.

    The statistics, of shape (G,), stay behind as attributes.
    """

    def forward(self, x, weight, bias):
        y, self.mean, self.variance = kernels.normalize(x, weight, bias, self.eps)
        self.save(x, weight)
        return y

    def backward(self, g):
        x, weight = self.saved
        return NormalizeGrad(mean=self.mean, variance=self.variance, eps=self.eps)(g, x, weight)


class NormalizeGrad(Function):
    """The gradients of Normalize by x, weight and bias, from the gradient by y."""

    def forward(self, g, x, weight):
        self.save(g, x, weight)
        return kernels.normalize_grad(g, x, weight, self.mean, self.variance, self.eps, False)

    def backward(self, h, h_weight, h_bias):
        axes = (0, *range(2, h.ndim))
        return _second(h, h_weight, h_bias, *self.saved, self.eps, axes, axes)


class NormalizeRows(Function):
    """The same where each sample, x[i] of the weight's and the bias's shape, is a group: a row for the kernel."""

    def forward(self, x, weight, bias):
        y, self.mean, self.variance = kernels.normalize_rows(
            _rows(x, weight), weight.ravel(), bias.ravel(), self.eps
        )
        self.save(x, weight)
        return y.reshape(x.shape)

    def backward(self, g):
        x, weight = self.saved
        return NormalizeRowsGrad(mean=self.mean, variance=self.variance, eps=self.eps)(g, x, weight)


class NormalizeRowsGrad(Function):
    """The gradients of NormalizeRows by x, weight and bias, from the gradient by y."""

    def forward(self, g, x, weight):
        self.save(g, x, weight)
        rows = _rows(g, weight), _rows(x, weight), weight.ravel()
        gx, *grads = kernels.normalize_rows_grad(*rows, self.mean, self.variance, self.eps)
        return gx.reshape(x.shape), *(grad.reshape(weight.shape) for grad in grads)

    def backward(self, h, h_weight, h_bias):
        axes, outer = tuple(range(h.ndim)), h.ndim - h_weight.ndim
        return _second(h, h_weight, h_bias, *self.saved, self.eps, axes[outer:], axes[:outer])


def _rows(x, weight):
    """An array x (..., *weight.shape) with a row for each sample."""
    return x.reshape(prod(x.shape[: x.ndim - weight.ndim]), weight.size)


def _second(h, h_weight, h_bias, g, x, weight, eps, group, shared):
    """The gradients of NormalizeGrad by g, x and weight; ``shared`` are the axes along which a weight is.

    With z = (x - mean) r, the Jacobian of z by x is r P, where P v = v - mean(v) - z mean(v z) takes out of v what
    a shift and what a scaling of x would change, means being those of a group; that of r is -r^2 z / n. P is
    symmetric, so that the gradient for g looks like the one that NormalizeGrad computes. The statistics are
    computed again, from Tensors: so there are third derivatives, too.
    """
    alike = tuple(1 if axis in shared else n for axis, n in enumerate(x.shape))
    weight, h_weight, h_bias = (t.reshape(alike) for t in (weight, h_weight, h_bias))

    def average(v):
        return v.mean(group, keepdim=True)

    def project(v):
        return v - average(v) - z * average(v * z)

    centred = x - average(x)
    r = (average(centred * centred) + eps) ** -0.5
    z = centred * r
    projected, scaled = r * project(h), weight * g
    through_z = h_weight * g - r * (h * average(scaled * z) + scaled * average(h * z))
    through_r = average(scaled * projected) * r
    by_g = weight * projected + h_weight * z + h_bias
    by_x = r * project(through_z) - through_r * z
    return by_g, by_x, (g * projected).sum(shared)


class KnownNormalize(Function):
    """Normalize by a mean and a variance that were known before: linear in x."""

    def forward(self, x, weight, bias):
        # Float64 copies: the running statistics go on without us.
        self.mean, self.variance = (a.astype(np.float64) for a in (self.mean, self.variance))
        self.save(x, weight)
        scale = weight / (self.variance + self.eps) ** 0.5
        return kernels.scale_shift(x, scale.astype(x.dtype), (bias - self.mean * scale).astype(x.dtype))

    def backward(self, g):
        x, weight = self.saved
        return KnownNormalizeGrad(mean=self.mean, variance=self.variance, eps=self.eps)(g, x, weight)


class KnownNormalizeGrad(Function):
    """The gradients of KnownNormalize: weight r g, sum(g z) and sum(g), with z = (x - mean) r."""

    def forward(self, g, x, weight):
        self.save(g, x, weight)
        return kernels.normalize_grad(g, x, weight, self.mean, self.variance, self.eps, True)

    def backward(self, h, h_weight, h_bias):
        g, x, weight = self.saved
        axes, alike = (0, *range(2, x.ndim)), (-1,) + (1,) * (x.ndim - 2)
        weight, h_weight, h_bias, mean, r = (
            t.reshape(alike)
            for t in (weight, h_weight, h_bias, *_constants(x, self.mean, (self.variance + self.eps) ** -0.5))
        )
        by_g = weight * r * h + h_weight * r * (x - mean) + h_bias
        return by_g, h_weight * r * g, (r * g * h).sum(axes)


def _constants(x, *arrays):
    """Arrays as tensors of the dtype of x."""
    return [Tensor(array.astype(x.dtype)) for array in arrays]


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


class LocalResponseNorm(Function):
    """y = x / d^beta, with d = k + a times the sum of x^2 over a window of channels and a = alpha / size."""

    def forward(self, x):
        self.save(x)
        return kernels.local_response_norm(x, self.size, self.alpha, self.beta, self.k)

    def backward(self, g):
        (x,) = self.saved
        return LocalResponseNormGrad(size=self.size, alpha=self.alpha, beta=self.beta, k=self.k)(g, x)


class LocalResponseNormGrad(Function):
    """The gradient of LocalResponseNorm by x, from the gradient by y.

    With W the window sum, W^T its transpose and m = 2 a beta: gx = g d^-beta - m x W^T(g x d^(-beta - 1)). Below
    are the gradients of <gx, h> by g and x.
    """

    def forward(self, g, x):
        self.save(g, x)
        return kernels.local_response_norm_grad(g, x, self.size, self.alpha, self.beta, self.k)

    def backward(self, h):
        g, x = self.saved
        before, after, a = self.size // 2, (self.size - 1) // 2, self.alpha / self.size
        m = 2 * a * self.beta

        def transposed(v):
            return WindowSum(before=after, after=before)(v)

        d = self.k + a * WindowSum(before=before, after=after)(x * x)
        along = WindowSum(before=before, after=after)(x * h)
        power = d**-self.beta
        v = power / d
        by_g = h * power - m * x * v * along
        by_x = x * transposed(g * v * (h - 2 * a * (self.beta + 1) * x * along / d)) + g * v * along
        return by_g, -m * (by_x + h * transposed(g * x * v))


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
    named = {"weight": weight, "bias": bias, "running_mean": running_mean, "running_var": running_var}
    weight, bias, *running = _parameters("batch_norm", input, channels, **named)
    if training:
        return _by_batch_statistics(input, running, momentum, eps, weight, bias)
    if None in running:
        hint = "Without them only training=True can normalise."
        expected = "given when training=False"
        raise ShapeError(sentence("batch_norm", "running_mean and running_var", expected, None, hint))
    mean, variance = (statistic._array for statistic in running)
    known = KnownNormalize(mean=mean, variance=variance, eps=float(eps))
    return known(input, *_ones_and_zeros(input, channels, weight, bias))


def _by_batch_statistics(input, running, momentum, eps, weight, bias):
    """Normalise each channel by its own mean and variance, and move the running ones towards them."""
    n = prod(input.shape) // max(1, input.shape[1])
    if n == 1:
        expected = "more than one value per channel when training=True"
        hint = "One value has no variance: use larger batches, or predict with Module.eval()."
        raise ShapeError(sentence("batch_norm", "input", expected, f"shape {input.shape}", hint))
    normalize = Normalize(eps=float(eps))
    y = normalize(input, *_ones_and_zeros(input, input.shape[1], weight, bias))
    if n > 0:  # an empty batch has no statistics
        batch = normalize.mean, normalize.variance * (n / (n - 1))
        for statistic, observed in zip(running, batch, strict=True):
            if statistic is not None:
                array = statistic.mutate()
                array += float(momentum) * (observed - array)
    return y


def _ones_and_zeros(x, shape, weight, bias):
    """Scale and shift for x, of the given shape, with what changes nothing in place of None."""
    xp = get_array_module(x._array)
    weight = Tensor(xp.ones(shape, x.dtype)) if weight is None else weight
    bias = Tensor(xp.zeros(shape, x.dtype)) if bias is None else bias
    return weight, bias


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
    return NormalizeRows(eps=float(eps))(input, *_ones_and_zeros(input, shape, weight, bias))


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
    return LocalResponseNorm(size=int(size), alpha=float(alpha), beta=float(beta), k=float(k))(input)
