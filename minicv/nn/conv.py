"""Convolution and its transpose as layers."""

from .. import functional as F
from ..creation import zeros
from ..errors import ShapeError, sentence
from ..geometry import conv_transpose_size, pair
from .linear import reset
from .module import Module
from .parameter import Parameter


class _Conv(Module):
    """What the four layers share: the settings, the parameters and the repr. ``axes`` is the number of spatial axes."""

    axes = 2
    transposed = False

    def __init__(self, in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias):
        super().__init__()
        self.in_channels, self.out_channels, self.groups = (
            self._ints(name, value, at_least=1, n=1)[0]
            for name, value in [
                ("in_channels", in_channels),
                ("out_channels", out_channels),
                ("groups", groups),
            ]
        )
        self.kernel_size = self._ints("kernel_size", kernel_size, at_least=1)
        self.stride = self._ints("stride", stride, at_least=1)
        self.padding = padding if isinstance(padding, str) else self._ints("padding", padding, at_least=0)
        self.dilation = self._ints("dilation", dilation, at_least=1)
        if in_channels % groups or out_channels % groups:
            got = f"groups={groups} with {in_channels} -> {out_channels} channels"
            raise ShapeError(
                sentence(type(self).__name__, "groups", "a divisor of both numbers of channels", got)
            )
        first, second = (in_channels, out_channels) if self.transposed else (out_channels, in_channels)
        self.weight = Parameter(zeros(first, second // groups, *self.kernel_size))
        self.bias = Parameter(zeros(out_channels)) if bias else None
        reset(self)

    def _ints(self, argument, value, at_least, n=None):
        return pair(type(self).__name__, argument, value, at_least, n or self.axes)

    def extra_repr(self):
        shown = [
            f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"
        ]
        usual = {"padding": 0, "output_padding": 0, "dilation": 1, "groups": 1}
        for name, default in usual.items():
            value = getattr(self, name, default)
            if value not in (default, (default,) * self.axes):
                shown.append(f"{name}={value!r}")
        return ", ".join(shown + (["bias=False"] if self.bias is None else []))


class Conv2d(_Conv):
    """Convolution of images (cross-correlation, as in every framework): see :func:`minicv.functional.conv2d`.

    Parameters
    ----------
    in_channels, out_channels : int
        C and K: the input is (N, C, H, W), the output (N, K, H', W').
    kernel_size, stride, dilation : int or pair of int
    padding : int, pair of int, "same" or "valid"
        Zeros around the image.
    groups : int
        Channels are cut into this many groups that do not see each other.
    bias : bool
        Whether to learn a number to add to each output channel.

    Attributes
    ----------
    weight : Parameter
        Shape (K, C / groups, kh, kw).
    bias : Parameter or None
        Shape (K,).

    Examples
    --------
    >>> import minicv
    >>> Conv2d(3, 8, kernel_size=3, stride=2, padding=1)(minicv.ones(1, 3, 32, 32)).shape
    (1, 8, 16, 16)
    """

    def __init__(
        self, in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True
    ):
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias)

    def forward(self, x):
        function = F.conv1d if self.axes == 1 else F.conv2d
        return function(x, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


class Conv1d(Conv2d):
    """Convolution of sequences (N, C, L); parameters as :class:`Conv2d`, one number for a pair."""

    axes = 1


class ConvTranspose2d(_Conv):
    """Transposed convolution, which learns to enlarge: see :func:`minicv.functional.conv_transpose2d`.

    Parameters
    ----------
    in_channels, out_channels : int
        C and K: the input is (N, C, H, W), the output (N, K, H', W').
    kernel_size, stride, padding, dilation : int or pair of int
        Those of the convolution that this is the transpose of.
    output_padding : int or pair of int
        Rows and columns to add at the end; says which of the sizes that the convolution maps to H x W is meant.
    groups : int
    bias : bool

    Attributes
    ----------
    weight : Parameter
        Shape (C, K / groups, kh, kw): the weight of the convolution, which goes from K channels to C.
    bias : Parameter or None
        Shape (K,).

    Examples
    --------
    >>> import minicv
    >>> up = ConvTranspose2d(8, 3, kernel_size=3, stride=2, padding=1)
    >>> up(minicv.ones(1, 8, 16, 16)).shape, up(minicv.ones(1, 8, 16, 16), output_size=(32, 32)).shape
    ((1, 3, 31, 31), (1, 3, 32, 32))
    """

    transposed = True

    def __init__(
        self,
        in_channels,
        out_channels,
        kernel_size,
        stride=1,
        padding=0,
        output_padding=0,
        groups=1,
        bias=True,
        dilation=1,
    ):
        super().__init__(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias)
        self.output_padding = self._ints("output_padding", output_padding, at_least=0)

    def forward(self, x, output_size=None):
        """``output_size``, of the spatial axes or of all, replaces ``output_padding``."""
        extra = self.output_padding if output_size is None else self._output_padding(x.shape, output_size)
        function = F.conv_transpose1d if self.axes == 1 else F.conv_transpose2d
        return function(
            x, self.weight, self.bias, self.stride, self.padding, extra, self.groups, self.dilation
        )

    def _output_padding(self, shape, output_size):
        wanted = tuple(output_size)[-self.axes :]
        settings = zip(shape[-self.axes :], self.kernel_size, self.stride, self.padding, self.dilation)
        smallest = [conv_transpose_size(n, k, s, p, dilation=d) for n, k, s, p, d in settings]
        extra = tuple(want - least for want, least in zip(wanted, smallest))
        if len(extra) < self.axes or any(not 0 <= e < s for e, s in zip(extra, self.stride)):
            largest = [least + s - 1 for least, s in zip(smallest, self.stride)]
            expected = f"from {tuple(smallest)} to {tuple(largest)} for an input {tuple(shape)}"
            raise ShapeError(sentence(type(self).__name__, "output_size", expected, wanted))
        return extra


class ConvTranspose1d(ConvTranspose2d):
    """Transposed convolution of sequences (N, C, L); parameters as :class:`ConvTranspose2d`, one number for a pair."""

    axes = 1
