"""Changing the size of images: interpolation, nails and borders. All are A X B^T; the gradient is A^T G B."""

import numpy as np

from .. import kernels
from ..errors import DTypeError, ShapeError, check_float, check_rank, sentence
from ..function import Function
from ..geometry import pair
from ..tensor import as_tensor
from . import axis_map


class Resample(Function):
    """Y = A X B^T for every plane X, with the AxisMaps ``rows`` = A and ``cols`` = B."""

    def forward(self, x):
        return kernels.resample(x, self.rows.table(x), self.cols.table(x))

    def backward(self, g):
        return Resample(rows=self.rows.T, cols=self.cols.T)(g)


class ConstantPad(Function):
    """The image in a larger one that is ``value`` elsewhere. For value 0 it is the transpose of cropping."""

    def forward(self, x):
        self.inside = tuple(
            slice(before, before + n) for (before, _), n in zip(self.widths, x.shape, strict=True)
        )
        y = np.full_like(
            x, self.value, shape=tuple(b + n + a for (b, a), n in zip(self.widths, x.shape, strict=True))
        )
        y[self.inside] = x
        return y

    def backward(self, g):
        return g[self.inside]


def batched(op, x, axes=2):
    """Return x with a batch axis, and whether it had to be added: PyTorch takes (C, H, W) for one image."""
    layout = {1: "(N, C, L) or (C, L)", 2: "(N, C, H, W) or (C, H, W)"}[axes]
    check_rank(op, "input", x.shape, (axes + 1, axes + 2), layout)
    if 0 in x.shape[-axes:]:
        raise ShapeError(sentence(op, "input", "non-empty in height and width", x.shape))
    return (x.unsqueeze(0), True) if x.ndim == axes + 1 else (x, False)


def interpolate(input, size=None, scale_factor=None, mode="nearest", align_corners=None):
    """Resize images to ``size`` or by ``scale_factor``.

    Parameters
    ----------
    input : Tensor
        Shape (N, C, H, W).
    size : int or (int, int), optional
        Height and width of the output, in pixels.
    scale_factor : float or (float, float), optional
        Output size over input size (the size is rounded down). One of the two must be given.
    mode : {"nearest", "bilinear"}
        "nearest" copies the pixel at floor(o / scale); "bilinear" weights the four around the position
        (floating-point images only).
    align_corners : bool, optional
        Bilinear only. True lets the centres of the corner pixels coincide; False (the default) the corners of
        the images.

    Returns
    -------
    Tensor
        Shape (N, C, OH, OW).

    Examples
    --------
    >>> import minicv
    >>> import minicv.functional as F
    >>> F.interpolate(minicv.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]), scale_factor=2)
    tensor([[[[1., 1., 2., 2.],
              [1., 1., 2., 2.],
              [3., 3., 4., 4.],
              [3., 3., 4., 4.]]]])
    """
    op = "interpolate"
    x = as_tensor(input)
    check_rank(op, "input", x.shape, (4,), "(N, C, H, W)")
    x, _ = batched(op, x)
    if mode not in ("nearest", "bilinear"):
        raise ValueError(sentence(op, "mode", '"nearest" or "bilinear"', repr(mode)))
    if mode == "nearest" and align_corners is not None:
        expected = 'left out with mode="nearest", where it has no meaning'
        raise ValueError(sentence(op, "align_corners", expected, align_corners))
    target = _target(op, x.shape[2:], size, scale_factor)
    if mode == "nearest":
        rows, cols = (axis_map.nearest(n, out, scale) for n, (out, scale) in zip(x.shape[2:], target))
        return Resample(rows=rows, cols=cols)(x)
    check_float(op, "input", x.dtype)
    if align_corners:
        target = [(out, (n - 1) / max(out - 1, 1)) for n, (out, _) in zip(x.shape[2:], target)]
    rows, cols = (
        axis_map.linear(n, out, scale, bool(align_corners), x.dtype.char)
        for n, (out, scale) in zip(x.shape[2:], target)
    )
    return Resample(rows=rows, cols=cols)(x)


def _target(op, shape, size, scale_factor):
    """For each axis, the length of the output and how many pixels of the input make one of the output."""
    if (size is None) == (scale_factor is None):
        got = f"{size} and {scale_factor}"
        raise ValueError(sentence(op, "size and scale_factor", "given one at a time", got))
    if size is not None:
        return [(out, n / out) for n, out in zip(shape, pair(op, "size", size, at_least=1))]
    factors = scale_factor if isinstance(scale_factor, (tuple, list)) else (scale_factor,) * 2
    if len(factors) != 2 or not all(
        isinstance(f, (int, float, np.number)) and 0 < f < np.inf for f in factors
    ):
        raise ShapeError(sentence(op, "scale_factor", "a positive number or two of them", repr(scale_factor)))
    target = [(int(n * factor), 1.0 / factor) for n, factor in zip(shape, factors)]
    if min(target)[0] < 1:
        raise ShapeError(
            sentence(op, "scale_factor", f"large enough to leave a pixel of {shape}", scale_factor)
        )
    return target


def bed_of_nails(input, scale_factor=2):
    """Unpooling by zeros: each value goes to the upper left corner of a square cell.

    (No PyTorch counterpart.)

    The transpose of taking every scale_factor-th pixel.

    Parameters
    ----------
    input : Tensor
        Shape (N, C, H, W), or (C, H, W).
    scale_factor : int or (int, int)

    Returns
    -------
    Tensor
        Shape (N, C, H * scale_factor, W * scale_factor).

    Examples
    --------
    >>> import minicv
    >>> import minicv.functional as F
    >>> F.bed_of_nails(minicv.tensor([[[[1.0, 2.0], [3.0, 4.0]]]]))
    tensor([[[[1., 0., 2., 0.],
              [0., 0., 0., 0.],
              [3., 0., 4., 0.],
              [0., 0., 0., 0.]]]])
    """
    x, squeeze = batched("bed_of_nails", as_tensor(input))
    factors = pair("bed_of_nails", "scale_factor", scale_factor, at_least=1)
    y = Resample(rows=axis_map.nails(x.shape[2], factors[0]), cols=axis_map.nails(x.shape[3], factors[1]))(x)
    return y.squeeze(0) if squeeze else y


def pad(input, pad, mode="constant", value=None):
    """Pad the last axes of a tensor.

    Parameters
    ----------
    input : Tensor
        Any shape for "constant"; (N, C, H, W), (C, H, W) or (N, C, L) for the others.
    pad : sequence of int
        Cells before and after, last axis first: (left, right, top, bottom, ...). Negative numbers crop.
    mode : {"constant", "reflect", "replicate"}
        What stands in the border: ``value``; the inside mirrored at the edge cell; the edge cell repeated.
    value : number, optional
        For "constant": what stands in the border, 0 by default.

    Examples
    --------
    >>> import minicv
    >>> import minicv.functional as F
    >>> F.pad(minicv.tensor([[[1.0, 2.0, 3.0]]]), (2, 1), mode="reflect")
    tensor([[[3., 2., 1., 2., 3., 2.]]])
    """
    x = as_tensor(input)
    legal = isinstance(pad, (tuple, list)) and len(pad) % 2 == 0 and len(pad) <= 2 * x.ndim
    if not legal or not all(isinstance(n, (int, np.integer)) for n in pad):
        expected = f"pairs of ints (before, after) for at most {x.ndim} axes, last axis first"
        raise ShapeError(sentence("pad", "pad", expected, pad))
    widths = [(pad[2 * a], pad[2 * a + 1]) for a in reversed(range(len(pad) // 2))]
    if mode == "constant":
        return _pad_constant(x, [(0, 0)] * (x.ndim - len(widths)) + widths, 0 if value is None else value)
    if mode not in ("reflect", "replicate"):
        raise ValueError(sentence("pad", "mode", '"constant", "reflect" or "replicate"', repr(mode)))
    if value:
        raise ValueError(sentence("pad", "value", f'left out with mode="{mode}"', value))
    return _pad_border(x, widths, mode)


def _pad_constant(x, widths, value):
    """Crop where a width is negative, then put what is left inside the larger array."""
    if not isinstance(value, (int, np.integer) if x.dtype.kind in "iub" else (int, float, np.number)):
        raise DTypeError(sentence("pad", "value", f"a number that {x.dtype} can hold", repr(value)))
    for n, (before, after) in zip(x.shape, widths):
        if max(0, -before) + max(0, -after) > n:
            expected = f"such that it crops at most the {n} cells of the axis"
            raise ShapeError(sentence("pad", "pad", expected, (before, after)))
    kept = tuple(slice(max(0, -b), n - max(0, -a)) for (b, a), n in zip(widths, x.shape, strict=True))
    if any(min(w) < 0 for w in widths):
        x = x[kept]
    widths = tuple((max(0, b), max(0, a)) for b, a in widths)
    return ConstantPad(widths=widths, value=value)(x) if any(map(any, widths)) else x


def _pad_border(x, widths, mode):
    axes = len(widths)
    if axes not in (1, 2) or x.ndim not in (axes + 1, axes + 2):
        expected = f'4 numbers for (N, C, H, W) or (C, H, W), 2 for (N, C, L) or (C, L) with mode="{mode}"'
        raise ShapeError(sentence("pad", "pad", expected, f"{2 * axes} for {x.shape}"))
    x, squeeze = batched("pad", x, axes)
    for n, w in zip(x.shape[-axes:], widths):
        if mode == "reflect" and max(w) >= n:
            raise ShapeError(sentence("pad", "pad", f"less than the {n} cells that there are to reflect", w))
        if n + sum(w) < 1:
            raise ShapeError(sentence("pad", "pad", f"such that at least one of {n} cells is left", w))
    planes = x.unsqueeze(2) if axes == 1 else x
    widths = [(0, 0), *widths][-2:]
    rows, cols = (axis_map.border(n, *w, mode) for n, w in zip(planes.shape[2:], widths, strict=True))
    y = Resample(rows=rows, cols=cols)(planes)
    y = y.squeeze(2) if axes == 1 else y
    return y.squeeze(0) if squeeze else y
