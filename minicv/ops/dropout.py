"""Dropout: switching units off at random while a network trains."""

import numpy as np

from ..backend import generator, get_array_module
from ..errors import ShapeError, check_float, sentence
from ..function import Function
from ..tensor import as_tensor


class Dropout(Function):
    """y = x * mask, given the mask: a diagonal matrix, which is its own transpose."""

    def forward(self, x):
        return x * self.mask

    def backward(self, g):
        return Dropout(mask=self.mask)(g)


def dropout(input, p=0.5, training=True):
    """Set each number to 0 with probability ``p`` and divide the others by 1 - p, so that the expected value stays.

    Srivastava et al., 2014 (who scale when predicting instead).

    Parameters
    ----------
    input : Tensor
        Of any shape.
    p : float
        The probability, in [0, 1], of being dropped.
    training : bool
        False returns ``input`` as it is: because training scales, nothing is to be done when predicting.

    Returns
    -------
    Tensor
        Of the shape of ``input``. The same seed (``minicv.manual_seed``) drops the same numbers.

    Examples
    --------
    >>> import minicv
    >>> dropout(minicv.ones(2, 3), p=1.0)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    input = as_tensor(input)
    check_float("dropout", "input", input.dtype)
    if not 0 <= p <= 1:
        raise ShapeError(sentence("dropout", "p", "a probability in [0, 1]", p))
    if not training or p == 0:
        return input
    draws = generator(get_array_module(input._array)).random(input.shape, dtype=np.float32)
    scale = 1 / (1 - float(p)) if p < 1 else 0.0
    return Dropout(mask=(draws >= p).astype(input.dtype) * scale)(input)
