"""Dropout: switching units off at random while a network trains."""

from .. import kernels
from ..backend import get_array_module, random_seed
from ..errors import ShapeError, check_float, check_rank, sentence
from ..function import Function
from ..tensor import Tensor, as_tensor


class Dropout(Function):
    """y = x * mask / (1 - p), with a mask that follows from the seed: a diagonal matrix, its own transpose."""

    def forward(self, x):
        return kernels.dropout(x, self.seed, self.p)

    def backward(self, g):
        return Dropout(seed=self.seed, p=self.p)(g)


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
        Of the shape of ``input``. The same seed (``minicv.manual_seed``) drops the same numbers, on every device.

    Examples
    --------
    >>> import minicv
    >>> dropout(minicv.ones(2, 3), p=1.0)
    tensor([[0., 0., 0.],
            [0., 0., 0.]])
    """
    input = _checked("dropout", input, p)
    return Dropout(seed=random_seed(), p=float(p))(input) if training and p > 0 else input


def dropout2d(input, p=0.5, training=True):
    """Drop whole channels: neighbouring values are so alike that dropping single ones hides nothing.

    Tompson et al., 2015, "Efficient object localization using convolutional networks", arXiv:1411.4280, section 3.2.

    Parameters
    ----------
    input : Tensor
        Shape (N, C, H, W) or (C, H, W).
    p, training
        As for :func:`dropout`.

    Returns
    -------
    Tensor
        Of the shape of ``input``: each of its planes is 0, or that of the input divided by 1 - p.

    Examples
    --------
    >>> import minicv
    >>> minicv.manual_seed(2)
    >>> dropout2d(minicv.ones(1, 2, 1, 3))
    tensor([[[[2., 2., 2.]],
    <BLANKLINE>
             [[0., 0., 0.]]]])
    """
    input = _checked("dropout2d", input, p)
    check_rank("dropout2d", "input", input.shape, (3, 4), "(C, H, W) or (N, C, H, W)")
    if not training or p == 0:
        return input
    planes = get_array_module(input._array).ones((*input.shape[:-2], 1, 1), input.dtype)
    return input * dropout(Tensor(planes), p)


def _checked(op, input, p):
    input = as_tensor(input)
    check_float(op, "input", input.dtype)
    if not 0 <= p <= 1:
        raise ShapeError(sentence(op, "p", "a probability in [0, 1]", p))
    return input
