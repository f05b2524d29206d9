"""Pooling and unpooling layers on (N, C, H, W); what they compute is described at the functions of the same name."""

from .. import functional as F
from .functional_layer import FunctionalLayer


class MaxPool2d(FunctionalLayer):
    """The largest value in each window.

    Parameters
    ----------
    kernel_size, stride, padding, dilation : int or pair of int
        ``stride`` defaults to ``kernel_size``.
    return_indices : bool
        Also return where in the image each maximum stood, for :class:`MaxUnpool2d`.
    ceil_mode : bool
        Keep a last window that only partly fits.

    Examples
    --------
    >>> import minicv
    >>> MaxPool2d(2)(minicv.arange(16).float().reshape(1, 1, 4, 4))[0, 0]
    tensor([[ 5.,  7.],
            [13., 15.]])
    """

    def __init__(
        self, kernel_size, stride=None, padding=0, dilation=1, return_indices=False, ceil_mode=False
    ):
        super().__init__(
            kernel_size=kernel_size,
            stride=kernel_size if stride is None else stride,
            padding=padding,
            dilation=dilation,
            return_indices=return_indices,
            ceil_mode=ceil_mode,
        )

    def forward(self, x):
        return F.max_pool2d(x, **self.settings)


class MaxUnpool2d(FunctionalLayer):
    """Puts values back where :class:`MaxPool2d` found them, and 0 elsewhere: the transpose of the pooling.

    Parameters
    ----------
    kernel_size, stride, padding : int or pair of int
        Those of the pooling; they give the output's size.
    """

    def __init__(self, kernel_size, stride=None, padding=0):
        super().__init__(
            kernel_size=kernel_size, stride=kernel_size if stride is None else stride, padding=padding
        )

    def forward(self, x, indices, output_size=None):
        """``output_size`` says which of the sizes that pool to the size of ``x`` is meant."""
        return F.max_unpool2d(x, indices, **self.settings, output_size=output_size)


class AvgPool2d(FunctionalLayer):
    """The mean of each window.

    Parameters
    ----------
    kernel_size, stride, padding : int or pair of int
        ``stride`` defaults to ``kernel_size``.
    ceil_mode : bool
        Keep a last window that only partly fits.
    count_include_pad : bool
        Whether the zeros of the padding count in the mean.
    divisor_override : int, optional
        Divide by this instead of the number of cells.
    """

    def __init__(
        self,
        kernel_size,
        stride=None,
        padding=0,
        ceil_mode=False,
        count_include_pad=True,
        divisor_override=None,
    ):
        super().__init__(
            kernel_size=kernel_size,
            stride=kernel_size if stride is None else stride,
            padding=padding,
            ceil_mode=ceil_mode,
            count_include_pad=count_include_pad,
            divisor_override=divisor_override,
        )

    def forward(self, x):
        return F.avg_pool2d(x, **self.settings)


class AdaptiveAvgPool2d(FunctionalLayer):
    """The means of a fixed grid of windows, whatever the size of the image; a grid of 1 is global average pooling."""

    def __init__(self, output_size):
        super().__init__(output_size=output_size)

    def forward(self, x):
        return F.adaptive_avg_pool2d(x, **self.settings)


class AdaptiveMaxPool2d(FunctionalLayer):
    """The maxima of a fixed grid of windows, whatever the size of the image."""

    def __init__(self, output_size, return_indices=False):
        super().__init__(output_size=output_size, return_indices=return_indices)

    def forward(self, x):
        return F.adaptive_max_pool2d(x, **self.settings)
