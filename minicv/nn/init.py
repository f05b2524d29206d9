"""Starting values of parameters. Every function fills a tensor in place and returns it.

The variance of a sum of ``fan`` independent products grows with ``fan``; the schemes below choose the variance of
the weights so that signals (fan_in), gradients (fan_out), or both, neither grow nor shrink from layer to layer.
:func:`minicv.manual_seed` fixes the draws.
"""

import math

import numpy as np

from ..backend import generator, get_array_module
from ..errors import ShapeError, sentence


def calculate_gain(nonlinearity, param=None):
    """The factor by which weights must be larger to make up for what an activation function takes away.

    Parameters
    ----------
    nonlinearity : {"linear", "conv1d", "conv2d", "sigmoid", "tanh", "relu", "leaky_relu", "selu"}
        ReLU sets half of the values to 0 and so halves the mean square: its gain is sqrt(2).
    param : float, optional
        The negative slope of "leaky_relu" (0.01).

    Examples
    --------
    >>> calculate_gain("relu")
    1.4142135623730951
    """
    slope = 0.01 if param is None else param
    gains = {
        "linear": 1.0,
        "conv1d": 1.0,
        "conv2d": 1.0,
        "sigmoid": 1.0,
        "tanh": 5 / 3,
        "relu": math.sqrt(2.0),
        "leaky_relu": math.sqrt(2.0 / (1 + slope**2)),
        "selu": 0.75,
    }
    if nonlinearity not in gains:
        raise ValueError(
            sentence("calculate_gain", "nonlinearity", f"one of {', '.join(gains)}", repr(nonlinearity))
        )
    return gains[nonlinearity]


def _fans(op, tensor):
    """(fan_in, fan_out) of a weight (out, in, ...): numbers of products summed into one output, and one gradient."""
    if tensor.ndim < 2:
        raise ShapeError(
            sentence(op, "tensor", "a weight with at least 2 axes, (out, in, ...)", tensor.shape)
        )
    receptive = math.prod(tensor.shape[2:])
    return tensor.shape[1] * receptive, tensor.shape[0] * receptive


def _fan(op, tensor, mode):
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(sentence(op, "mode", '"fan_in" or "fan_out"', repr(mode)))
    return _fans(op, tensor)[mode == "fan_out"]


def _draw(tensor, method):
    """Random numbers of the tensor's shape from a method of NumPy's or CuPy's Generator."""
    rng = generator(get_array_module(tensor.data))
    dtype = np.float64 if tensor.dtype == np.float64 else np.float32  # the two that a Generator knows
    return getattr(rng, method)(tensor.shape, dtype=dtype)


def uniform_(tensor, a=0.0, b=1.0):
    """Fill with draws from the uniform distribution on [a, b)."""
    tensor.mutate()[...] = a + (b - a) * _draw(tensor, "random")
    return tensor


def normal_(tensor, mean=0.0, std=1.0):
    """Fill with draws from the normal distribution."""
    tensor.mutate()[...] = mean + std * _draw(tensor, "standard_normal")
    return tensor


def constant_(tensor, val):
    """Fill with one value."""
    tensor.mutate()[...] = val
    return tensor


def zeros_(tensor):
    """Fill with 0."""
    return constant_(tensor, 0.0)


def ones_(tensor):
    """Fill with 1."""
    return constant_(tensor, 1.0)


def xavier_uniform_(tensor, gain=1.0):
    """Uniform on [-a, a], a = gain sqrt(6 / (fan_in + fan_out)).

    Source: X. Glorot, Y. Bengio, "Understanding the difficulty of training deep feedforward neural networks",
    AISTATS 2010, eq. 16.
    """
    bound = gain * math.sqrt(6.0 / sum(_fans("xavier_uniform_", tensor)))
    return uniform_(tensor, -bound, bound)


def xavier_normal_(tensor, gain=1.0):
    """Normal with standard deviation gain sqrt(2 / (fan_in + fan_out)).

    Source: Glorot and Bengio 2010, eq. 12.
    """
    return normal_(tensor, 0.0, gain * math.sqrt(2.0 / sum(_fans("xavier_normal_", tensor))))


def kaiming_uniform_(tensor, a=0.0, mode="fan_in", nonlinearity="leaky_relu"):
    """Uniform on [-b, b], b = gain sqrt(3 / fan).

    Parameters
    ----------
    tensor : Tensor
        Shape (out, in, ...).
    a : float
        The negative slope of the leaky ReLU that follows (0: a plain ReLU).
    mode : {"fan_in", "fan_out"}
        Keep the variance of the signals on the way forward, or that of the gradients on the way back.
    nonlinearity : str
        What follows the layer; see :func:`calculate_gain`.

    Notes
    -----
    Source: K. He et al., "Delving deep into rectifiers", ICCV 2015, arXiv:1502.01852, eqs. 10 and 14.
    """
    gain = calculate_gain(nonlinearity, a)
    bound = gain * math.sqrt(3.0 / _fan("kaiming_uniform_", tensor, mode))
    return uniform_(tensor, -bound, bound)


def kaiming_normal_(tensor, a=0.0, mode="fan_in", nonlinearity="leaky_relu"):
    """Normal with standard deviation gain / sqrt(fan); parameters and source as in :func:`kaiming_uniform_`."""
    gain = calculate_gain(nonlinearity, a)
    return normal_(tensor, 0.0, gain / math.sqrt(_fan("kaiming_normal_", tensor, mode)))


def bilinear_(tensor):
    """Make a transposed convolution start as bilinear upsampling, each channel for itself.

    A tent of f = ceil(k / 2) cells to each side, w(i) = 1 - |i - c| / f, in both directions. With stride s, kernel
    2 s - s % 2 and padding ceil((s - 1) / 2) it is exactly bilinear upsampling by s (``align_corners=False``) away
    from the border.

    Parameters
    ----------
    tensor : Tensor
        The weight (C, C, kh, kw) of a ``ConvTranspose2d``, or (C, 1, kh, kw) where every channel is a group of its own.

    Notes
    -----
    Source: J. Long, E. Shelhamer, T. Darrell, "Fully convolutional networks for semantic segmentation", CVPR 2015,
    section 3.3.

    Examples
    --------
    >>> import minicv
    >>> bilinear_(minicv.zeros(1, 1, 4, 4))[0, 0, 0] * 16
    tensor([1., 3., 3., 1.])
    """
    if tensor.ndim != 4 or tensor.shape[1] not in (1, tensor.shape[0]):
        raise ShapeError(sentence("bilinear_", "tensor", "(C, C, kh, kw) or (C, 1, kh, kw)", tensor.shape))
    weight = tensor.mutate()
    weight[...] = 0
    xp = get_array_module(weight)
    channels = xp.arange(weight.shape[0])
    vertical, horizontal = (xp.asarray(_tent(k)) for k in weight.shape[2:])
    weight[channels, channels % weight.shape[1]] = vertical[:, None] * horizontal
    return tensor


def _tent(size):
    half = (size + 1) // 2
    centre = half - 1 if size % 2 else half - 0.5
    return 1 - np.abs(np.arange(size) - centre) / half
