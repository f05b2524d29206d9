"""Convolution and its two transposes.

Convolution y = conv2d(x, w) is linear in x and linear in w. With w held fixed it is multiplication by a
matrix C, and its transpose C^T is ``conv_transpose2d``; with x held fixed its transpose is ``conv2d_weight``.
The trio is closed: the gradient of each is the
other two, so that gradients of any order need nothing else::

    <conv2d(x, w), y>  =  <x, conv_transpose2d(y, w)>  =  <w, conv2d_weight(x, y)>

The kernels behind it are in ``kernels/*/conv.py``; ``kernels/reference/conv.py`` is the definition as one
loop.
"""

from .. import kernels
from ..errors import ShapeError, check_rank, check_same_dtype, sentence
from ..function import Function
from ..geometry import conv_size, conv_transpose_size, pair, same_padding, span
from ..tensor import as_tensor
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
    """y = C x."""

    def forward(self, x, w):
        self.save(x, w)
        return kernels.conv2d(x, w, self.stride, self.padding, self.dilation, self.groups)

    def backward(self, g):
        x, w = self.saved
        wants_x, wants_w = self.needs_input_grad
        return (
            ConvTranspose2d(output_size=x.shape[2:], **self.geometry)(g, w) if wants_x else None,
            Conv2dWeight(kernel_size=w.shape[2:], **self.geometry)(x, g) if wants_w else None,
        )


class ConvTranspose2d(_Conv):
    """x = C^T y."""

    def forward(self, y, w):
        self.save(y, w)
        return kernels.conv_transpose2d(
            y, w, self.output_size, self.stride, self.padding, self.dilation, self.groups
        )

    def backward(self, g):
        y, w = self.saved
        wants_y, wants_w = self.needs_input_grad
        return (
            Conv2d(**self.geometry)(g, w) if wants_y else None,
            Conv2dWeight(kernel_size=w.shape[2:], **self.geometry)(g, y) if wants_w else None,
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
    x, w, squeeze = _arguments("conv2d", input, weight, bias, 2)
    _check_channels("conv2d", x, w, groups, w.shape[1] * groups, "C / groups")
    geometry = _geometry("conv2d", w, stride, dilation, groups)
    if padding == "same":
        x, padding = _pad_same(x, w, **geometry), 0
    geometry["padding"] = _padding("conv2d", padding)
    _check_fits("conv2d", x.shape, w.shape, **geometry)
    return _finish(Conv2d(**geometry)(x, w), bias, w.shape[0], squeeze, "conv2d")


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
    y, w, squeeze = _arguments(op, input, weight, bias, 2)
    _check_channels(op, y, w, groups, w.shape[0], "K / groups")
    geometry = _geometry(op, w, stride, dilation, groups)
    geometry["padding"] = _padding(op, padding)
    output_padding = pair(op, "output_padding", output_padding, at_least=0)
    for extra, s, d in zip(output_padding, geometry["stride"], geometry["dilation"], strict=True):
        if extra >= max(s, d):
            hint = "A larger one adds pixels that no window reaches: the transpose of no convolution."
            raise ShapeError(
                sentence(op, "output_padding", f"less than stride or dilation ({s}, {d})", extra, hint)
            )
    size = tuple(
        conv_transpose_size(n, k, s, p, o, d)
        for n, k, s, p, o, d in zip(
            y.shape[2:],
            w.shape[2:],
            geometry["stride"],
            geometry["padding"],
            output_padding,
            geometry["dilation"],
            strict=True,
        )
    )
    if min(size) < 1:
        raise ShapeError(
            sentence(
                op, "padding", "small enough to leave an output of at least 1 x 1", f"output size {size}"
            )
        )
    return _finish(
        ConvTranspose2d(output_size=size, **geometry)(y, w), bias, w.shape[1] * groups, squeeze, op
    )


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
    check_rank(op, "weight_size", weight_size, (4,), "four ints (K, C / groups, kh, kw)")
    check_same_dtype(op, input=x, grad_output=y)
    kernel_size = tuple(weight_size[2:])
    geometry = {
        "stride": pair(op, "stride", stride, at_least=1),
        "padding": pair(op, "padding", padding, at_least=0),
        "dilation": pair(op, "dilation", dilation, at_least=1),
        "groups": groups,
    }
    _check_fits(op, x.shape, weight_size, **geometry)
    sizes = zip(
        x.shape[2:], kernel_size, *(geometry[name] for name in ("stride", "padding", "dilation")), strict=True
    )
    expected = (x.shape[0], weight_size[0], *(conv_size(*s) for s in sizes))
    if y.shape != expected:
        raise ShapeError(
            sentence(op, "grad_output", f"{expected}, what conv2d gives for these arguments", y.shape)
        )
    if weight_size[1] * groups != x.shape[1] or weight_size[0] % groups:
        raise ShapeError(
            sentence(
                op, "weight_size", f"(K, {x.shape[1]} / groups, kh, kw), groups {groups}", tuple(weight_size)
            )
        )
    return Conv2dWeight(kernel_size=kernel_size, **geometry)(x, y)


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
    x, w, squeeze = _arguments("conv1d", input, weight, bias, 1)
    if padding not in ("same", "valid"):
        padding = (0, *pair("conv1d", "padding", padding, at_least=0, n=1))
    stride, dilation = _one_axis("conv1d", stride=stride, dilation=dilation)
    y = conv2d(x.unsqueeze(2), w.unsqueeze(2), bias, stride, padding, dilation, groups).squeeze(2)
    return y.squeeze(0) if squeeze else y


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
    y, w, squeeze = _arguments(op, input, weight, bias, 1)
    padding, output_padding = (
        (0, *pair(op, "padding", p, at_least=0, n=1)) for p in (padding, output_padding)
    )
    stride, dilation = _one_axis(op, stride=stride, dilation=dilation)
    x = conv_transpose2d(
        y.unsqueeze(2), w.unsqueeze(2), bias, stride, padding, output_padding, groups, dilation
    ).squeeze(2)
    return x.squeeze(0) if squeeze else x


# Checks. A convolution is the op that students get wrong most often, so each slip has a sentence of its own.


def _arguments(op, input, weight, bias, axes):
    """Check ranks and dtypes; return input with a batch axis, weight, and whether the batch axis was added."""  # LONG
    x, w = as_tensor(input), as_tensor(weight)
    bias = as_tensor(bias) if bias is not None else None
    images, filters = {1: ("(N, C, L)", "(K, C, k)"), 2: ("(N, C, H, W)", "(K, C, kh, kw)")}[axes]
    hint = "Did you forget the channel axis? x.unsqueeze(-3) inserts it." if x.ndim == axes else None
    check_rank(op, "input", x.shape, (axes + 1, axes + 2), f"{images} or without N", hint)
    check_rank(op, "weight", w.shape, (axes + 2,), filters)
    check_same_dtype(op, input=x, weight=w, bias=bias)
    if 0 in w.shape:
        raise ShapeError(sentence(op, "weight", "non-empty", w.shape))
    unbatched = x.ndim == axes + 1
    return (x.unsqueeze(0) if unbatched else x), w, unbatched


def _check_channels(op, x, w, groups, channels, layout):
    if not isinstance(groups, int) or groups < 1:
        raise ShapeError(sentence(op, "groups", "an int of at least 1", groups))
    if x.shape[1] % groups or w.shape[0] % groups:
        expected = (
            f"a divisor of the input's {x.shape[1]} channels and of the weight's first axis {w.shape[0]}"
        )
        raise ShapeError(sentence(op, "groups", expected, groups))
    if x.shape[1] != channels:
        hint = f"The weight {w.shape} has {layout} as its second axis."
        if x.shape[-1] == channels:
            hint = "Is it (N, H, W, C)? x.permute(0, 3, 1, 2) makes it (N, C, H, W)."
        expected = f"of {channels} channels for weight {w.shape} and groups {groups}"
        raise ShapeError(sentence(op, "input", expected, f"{x.shape[1]} channels in {x.shape}", hint))


def _geometry(op, w, stride, dilation, groups):
    return {
        "stride": pair(op, "stride", stride, at_least=1),
        "dilation": pair(op, "dilation", dilation, at_least=1),
        "groups": groups,
    }


def _padding(op, padding):
    if isinstance(padding, str):
        if padding != "valid" or op != "conv2d":
            names = 'an int, two ints, "valid" or "same"' if op == "conv2d" else "an int or two ints"
            raise ShapeError(sentence(op, "padding", names, repr(padding)))
        padding = 0
    return pair(op, "padding", padding, at_least=0)


def _pad_same(x, w, stride, dilation, groups):
    if stride != (1, 1):
        raise ShapeError(
            sentence(
                "conv2d",
                "stride",
                '1 with padding="same"',
                stride,
                "With a stride the size cannot stay the same.",
            )
        )
    (top, bottom), (left, right) = (same_padding(k, d) for k, d in zip(w.shape[2:], dilation, strict=True))
    return pad(x, (left, right, top, bottom))


def _check_fits(op, x_shape, w_shape, stride, padding, dilation, groups):
    for axis, name in ((0, "height"), (1, "width")):
        size, kernel = x_shape[2 + axis] + 2 * padding[axis], span(w_shape[2 + axis], dilation[axis])
        if kernel > size:
            expected = f"at least as large as the window, whose {name} is {kernel} "
            expected += f"(kernel {w_shape[2 + axis]}, dilation {dilation[axis]})"
            got = f"{name} {x_shape[2 + axis]} + 2 * {padding[axis]} = {size}"
            raise ShapeError(
                sentence(op, "padded input", expected, got, "Were the maps pooled once too often?")
            )


def _one_axis(op, **values):
    return [(1, *pair(op, name, value, at_least=1, n=1)) for name, value in values.items()]


def _finish(y, bias, channels, squeeze, op):
    """Add the bias, one number a channel, and take the batch axis off again if it was put on."""
    if bias is not None:
        bias = as_tensor(bias)
        if bias.shape != (channels,):
            raise ShapeError(
                sentence(op, "bias", f"({channels},), one number for each output channel", bias.shape)
            )
        y = y + bias.reshape(1, channels, 1, 1)
    return y.squeeze(0) if squeeze else y
