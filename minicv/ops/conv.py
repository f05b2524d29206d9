"""Convolution and its two transposes.

Convolution y = conv2d(x, w) is linear in x and linear in w. With w held fixed it is multiplication by a
matrix C, and its transpose C^T is ``conv_transpose2d``; with x held fixed its transpose is ``conv2d_weight``.
The trio is closed: the gradient of each is the other two, so that gradients of any order need nothing else::

    <conv2d(x, w), y>  =  <x, conv_transpose2d(y, w)>  =  <w, conv2d_weight(x, y)>

A bias is what the sums of a channel begin with: added on their way, it costs no pass of its own over the
output. The kernels behind it are in ``kernels/*/conv.py``; ``kernels/reference/conv.py`` is the definition as one
loop.
"""

from .. import kernels
from ..errors import DTypeError, ShapeError, check_rank, check_same_dtype, sentence
from ..function import Function
from ..geometry import pair, same_padding
from ..tensor import as_tensor
from . import conv_checks
from .reduce import broadcast_to
from .resize import pad


class _Conv(Function):
    """What the three share: the geometry."""

    @property
    def geometry(self):
        return {
            "stride": self.stride,
            "padding": self.padding,
            "dilation": self.dilation,
            "groups": self.groups,
        }


class Conv2d(_Conv):
    """y = C x, or C x + b if there is a bias b, one number a channel."""

    def forward(self, x, w, b=None):
        self.save(x, w)
        return kernels.conv2d(x, w, b, self.stride, self.padding, self.dilation, self.groups)

    def backward(self, g):
        x, w = self.saved
        wants_x, wants_w, *wants_b = self.needs_input_grad
        return (
            ConvTranspose2d(output_size=x.shape[2:], **self.geometry)(g, w) if wants_x else None,
            Conv2dWeight(kernel_size=w.shape[2:], **self.geometry)(x, g) if wants_w else None,
            *(ChannelSum()(g) if wanted else None for wanted in wants_b),
        )


class ConvTranspose2d(_Conv):
    """x = C^T y, or C^T y + b."""

    def forward(self, y, w, b=None):
        self.save(y, w)
        return kernels.conv_transpose2d(
            y, w, b, self.output_size, self.stride, self.padding, self.dilation, self.groups
        )

    def backward(self, g):
        y, w = self.saved
        wants_y, wants_w, *wants_b = self.needs_input_grad
        return (
            Conv2d(**self.geometry)(g, w) if wants_y else None,
            Conv2dWeight(kernel_size=w.shape[2:], **self.geometry)(g, y) if wants_w else None,
            *(ChannelSum()(g) if wanted else None for wanted in wants_b),
        )


class Conv2dWeight(_Conv):
    """w = what x and y have in common under each tap of the filter."""

    def forward(self, x, y):
        self.save(x, y)
        return kernels.conv2d_weight(
            x, y, self.kernel_size, self.stride, self.padding, self.dilation, self.groups
        )

    def backward(self, g):
        x, y = self.saved
        wants_x, wants_y = self.needs_input_grad
        return (
            ConvTranspose2d(output_size=x.shape[2:], **self.geometry)(y, g) if wants_x else None,
            Conv2d(**self.geometry)(x, g) if wants_y else None,
        )


class ChannelSum(Function):
    """b = the sums over images and pixels, a number for each channel; the transpose copies b to all of them."""

    def forward(self, x):
        self.shape = x.shape
        return kernels.channel_sum(x)

    def backward(self, g):
        return broadcast_to(g.reshape(1, -1, 1, 1), self.shape)


def conv2d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """Two-dimensional convolution (cross-correlation: the filter is not flipped).

    ``y[n, k, oh, ow] = b[k] + sum over c, i, j of x[n, c, oh s - p + i d, ow s - p + j d] w[k, c, i, j]``,
    with x = 0 outside the image.

    Parameters
    ----------
    input : Tensor
        Images, shape (N, C, H, W), or one image (C, H, W).
    weight : Tensor
        Filters, shape (K, C / groups, kh, kw).
    bias : Tensor, optional
        Shape (K,).
    stride : int or (int, int)
        How far the window moves, in pixels.
    padding : int, (int, int), "valid" or "same"
        Zeros around the image, in pixels; "valid" is none, "same" keeps the size (stride 1 only; the odd
        pixel goes right and below).
    dilation : int or (int, int)
        Distance between the taps of the filter, in pixels.
    groups : int
        Channels and filters are cut into this many groups that do not see each other; C groups make a
        depthwise convolution.

    Returns
    -------
    Tensor
        Shape (N, K, OH, OW), OH = floor((H + 2 p - d (kh - 1) - 1) / s) + 1 and OW likewise.

    Raises
    ------
    ShapeError, DTypeError
        Shapes that do not fit, a window larger than the padded image, mixed dtypes.

    Examples
    --------
    >>> import minicv
    >>> import minicv.functional as F
    >>> F.conv2d(minicv.ones(1, 1, 4, 4), minicv.ones(1, 1, 3, 3), stride=2, padding=1)
    tensor([[[[4., 6.],
              [6., 9.]]]])
    """
    return _conv("conv2d", 2, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose2d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """Transposed convolution: every input value stamps the filter, scaled, onto the output; overlaps add up.

    Multiplication by the transpose of conv2d's matrix. Other names: up-convolution, fractionally strided or
    backward strided convolution; "deconvolution" is a bad one, for it does not undo a convolution.

    Parameters
    ----------
    input : Tensor
        Shape (N, C, H, W), or (C, H, W).
    weight : Tensor
        Filters, shape (C, K / groups, kh, kw): the layout of the convolution that this is the transpose of.
    bias : Tensor, optional
        Shape (K,).
    stride : int or (int, int)
        How far the stamp moves in the output for one step in the input, in pixels.
    padding : int or (int, int)
        Pixels cropped from each border of the output.
    output_padding : int or (int, int)
        Pixels added on the right and below, to choose among the sizes that a convolution maps to H x W. Less
        than stride or dilation.
    groups : int
    dilation : int or (int, int)

    Returns
    -------
    Tensor
        Shape (N, K, OH, OW), OH = (H - 1) s - 2 p + d (kh - 1) + 1 + output_padding.

    Examples
    --------
    The lectures' example: two inputs a = 1 and b = 10 stamp the filter (1, 2, 3) at stride 2.

    >>> import minicv
    >>> import minicv.functional as F
    >>> F.conv_transpose1d(minicv.tensor([[[1.0, 10.0]]]), minicv.tensor([[[1.0, 2.0, 3.0]]]), stride=2)
    tensor([[[ 1.,  2., 13., 20., 30.]]])
    """
    op = "conv_transpose2d"
    return _conv_transpose(op, 2, input, weight, bias, stride, padding, output_padding, groups, dilation)


def conv2d_weight(input, weight_size, grad_output, stride=1, padding=0, dilation=1, groups=1):
    """The transpose of conv2d in its filters, and so their gradient: PyTorch's torch.nn.grad.conv2d_weight.

    ``w[k, c, i, j] = sum over n, oh, ow of x[n, c, oh s - p + i d, ow s - p + j d] y[n, k, oh, ow]``

    Parameters
    ----------
    input : Tensor
        Images x, shape (N, C, H, W).
    weight_size : tuple of int
        (K, C / groups, kh, kw), the shape of the result.
    grad_output : Tensor
        y, of the shape (N, K, OH, OW) that conv2d gives.
    stride, padding, dilation, groups
        As in :func:`conv2d`.

    Returns
    -------
    Tensor
        Shape ``weight_size``.
    """
    op = "conv2d_weight"
    x, y = as_tensor(input), as_tensor(grad_output)
    check_rank(op, "input", x.shape, (4,), "(N, C, H, W)")
    check_same_dtype(op, input=x, grad_output=y)
    if not isinstance(weight_size, (tuple, list)) or len(weight_size) != 4:
        raise ShapeError(sentence(op, "weight_size", "four ints (K, C / groups, kh, kw)", weight_size))
    size = pair(op, "weight_size", weight_size, at_least=1, n=4)
    conv_checks.check_channels(op, x, size, groups)
    geometry = _geometry(op, 2, stride, padding, dilation, groups)
    expected = (x.shape[0], size[0], *conv_checks.windows(op, x, size, geometry))
    if y.shape != expected:
        wanted = f"{expected}, what conv2d gives for these arguments"
        raise ShapeError(sentence(op, "grad_output", wanted, y.shape))
    return Conv2dWeight(kernel_size=size[2:], **geometry)(x, y)


def conv1d(input, weight, bias=None, stride=1, padding=0, dilation=1, groups=1):
    """One-dimensional convolution: conv2d on images of height 1.

    Parameters
    ----------
    input : Tensor
        Shape (N, C, L), or (C, L).
    weight : Tensor
        Shape (K, C / groups, k).
    bias, stride, padding, dilation, groups
        As in :func:`conv2d`, for one axis.

    Returns
    -------
    Tensor
        Shape (N, K, OL), OL = floor((L + 2 p - d (k - 1) - 1) / s) + 1.
    """
    return _conv("conv1d", 1, input, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(input, weight, bias=None, stride=1, padding=0, output_padding=0, groups=1, dilation=1):
    """One-dimensional transposed convolution: conv_transpose2d on images of height 1.

    Parameters
    ----------
    input : Tensor
        Shape (N, C, L), or (C, L).
    weight : Tensor
        Shape (C, K / groups, k).
    bias, stride, padding, output_padding, groups, dilation
        As in :func:`conv_transpose2d`, for one axis.

    Returns
    -------
    Tensor
        Shape (N, K, (L - 1) s - 2 p + d (k - 1) + 1 + output_padding).
    """
    op = "conv_transpose1d"
    return _conv_transpose(op, 1, input, weight, bias, stride, padding, output_padding, groups, dilation)


# The functions above for one axis or two. One axis is the second of two: images of height 1.

_LAYOUTS = {1: ("(N, C, L) or without N", "(K, C, k)"), 2: ("(N, C, H, W) or without N", "(K, C, kh, kw)")}
_NO_CHANNELS = "Did you forget the channel axis? x.unsqueeze({}) inserts it."


def _conv(op, axes, input, weight, bias, stride, padding, dilation, groups):
    x, w, bias, unbatched = _tensors(op, axes, input, weight, bias)
    conv_checks.check_channels(op, x, w.shape, groups)
    conv_checks.check_bias(op, bias, w.shape[0])
    named = padding if isinstance(padding, str) else None
    if named not in (None, "same", "valid"):
        raise ShapeError(sentence(op, "padding", 'ints, "same" or "valid"', repr(padding)))
    geometry = _geometry(op, axes, stride, 0 if named else padding, dilation, groups)
    x, w = _planes(x, axes), _planes(w, axes)
    if named == "same":
        if geometry["stride"] != (1, 1):
            hint = "With a stride the size cannot stay the same."
            raise ShapeError(sentence(op, "stride", '1 with padding="same"', stride, hint))
        rows, cols = map(same_padding, w.shape[2:], geometry["dilation"])
        x = pad(x, (*cols, *rows))
    conv_checks.windows(op, x, w.shape, geometry)
    return _finish(Conv2d(**geometry)(x, w, *bias), axes, unbatched)


def _conv_transpose(op, axes, input, weight, bias, stride, padding, output_padding, groups, dilation):
    y, w, bias, unbatched = _tensors(op, axes, input, weight, bias)
    conv_checks.check_channels(op, y, w.shape, groups)
    conv_checks.check_bias(op, bias, w.shape[1] * groups)
    geometry = _geometry(op, axes, stride, padding, dilation, groups)
    extra = _per_axis(op, axes, "output_padding", output_padding)
    y, w = _planes(y, axes), _planes(w, axes)
    size = conv_checks.covered(op, y, w.shape, extra, geometry)
    # An output_padding of a stride or more, which a larger dilation allows, is room for further windows: of zeros.
    rows, cols = (e // s for e, s in zip(extra, geometry["stride"]))
    y = pad(y, (0, cols, 0, rows))
    return _finish(ConvTranspose2d(output_size=size, **geometry)(y, w, *bias), axes, unbatched)


def _tensors(op, axes, input, weight, bias):
    """Check ranks and dtypes; the bias, if any, in a list; and whether the batch axis had to be added."""
    x, w = as_tensor(input), as_tensor(weight)
    bias = [] if bias is None else [as_tensor(bias)]
    images, filters = _LAYOUTS[axes]
    hint = _NO_CHANNELS.format(-axes - 1) if x.ndim == axes else None
    check_rank(op, "input", x.shape, (axes + 1, axes + 2), images, hint)
    check_rank(op, "weight", w.shape, (axes + 2,), filters)
    check_same_dtype(op, input=x, weight=w, bias=bias[0] if bias else None)
    if x.dtype.kind == "b":
        raise DTypeError(sentence(op, "input", "numbers", x.dtype, "Convert with .float()."))
    if 0 in w.shape:
        raise ShapeError(sentence(op, "weight", "non-empty", w.shape))
    unbatched = x.ndim == axes + 1
    return (x.unsqueeze(0) if unbatched else x), w, bias, unbatched


def _per_axis(op, axes, name, value):
    """Two ints; of one axis alone, the first is what does nothing (padding 0, stride and dilation 1)."""
    least = 0 if "padding" in name else 1
    return (least,) * (2 - axes) + pair(op, name, value, at_least=least, n=axes)


def _geometry(op, axes, stride, padding, dilation, groups):
    return {
        "stride": _per_axis(op, axes, "stride", stride),
        "padding": _per_axis(op, axes, "padding", padding),
        "dilation": _per_axis(op, axes, "dilation", dilation),
        "groups": groups,
    }


def _planes(t, axes):
    return t.unsqueeze(2) if axes == 1 else t


def _finish(y, axes, unbatched):
    """Take off the axes that were put on."""
    y = y.squeeze(2) if axes == 1 else y
    return y.squeeze(0) if unbatched else y
