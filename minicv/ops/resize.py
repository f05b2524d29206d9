"""Changing the size of images: interpolation, nails and borders. All are A X B^T; the gradient is A^T G B."""

import numpy as np

from .. import kernels
from ..errors import ShapeError, check_float, check_rank, sentence
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
        "nearest" copies the pixel at floor(o / scale); "bilinear" weights the four around the position.
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
        raise ValueError(
            sentence(
                op, "align_corners", 'left out with mode="nearest"', align_corners, "It has no meaning there."
            )
        )
    if (size is None) == (scale_factor is None):
        raise ValueError(
            sentence(op, "size and scale_factor", "given one at a time", f"{size} and {scale_factor}")
        )
    maps = []
    sizes = pair(op, "size", size, at_least=1) if size is not None else (None, None)
    factors = scale_factor if isinstance(scale_factor, (tuple, list)) else (scale_factor, scale_factor)
    for n, out, factor in zip(x.shape[2:], sizes, factors, strict=True):
        if out is None:
            if not factor > 0 or int(n * factor) < 1:
                raise ShapeError(
                    sentence(op, "scale_factor", f"large enough for at least one of {n} pixels", factor)
                )
            out = int(n * factor)
        scale = n / out if factor is None else 1.0 / factor
        if mode == "nearest":
            maps.append(axis_map.nearest(n, out, scale))
            continue
        check_float(op, "input", x.dtype)
        if align_corners:
            scale = (n - 1) / (out - 1) if out > 1 else 0.0
        maps.append(axis_map.linear(n, out, scale, bool(align_corners), x.dtype.char))
    return Resample(rows=maps[0], cols=maps[1])(x)


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


def pad(input, pad, mode="constant", value=0):
    """Pad the last axes of a tensor.

    Parameters
    ----------
    input : Tensor
        Any shape for "constant"; (N, C, H, W), (C, H, W) or (N, C, L) for the others.
    pad : sequence of int
        Cells before and after, last axis first: (left, right, top, bottom, ...). Negative numbers crop.
    mode : {"constant", "reflect", "replicate"}
        What stands in the border: ``value``; the inside mirrored at the edge cell; the edge cell repeated.
    value : number
        For "constant".

    Examples
    --------
    >>> import minicv
    >>> import minicv.functional as F
    >>> F.pad(minicv.tensor([[[1.0, 2.0, 3.0]]]), (2, 1), mode="reflect")
    tensor([[[3., 2., 1., 2., 3., 2.]]])
    """
    x = as_tensor(input)
    pad = pair("pad", "pad", tuple(pad), n=len(pad))
    if len(pad) % 2 or len(pad) > 2 * x.ndim:
        raise ShapeError(
            sentence("pad", "pad", f"pairs (before, after) for at most {x.ndim} axes, last axis first", pad)
        )
    widths = [(pad[2 * a], pad[2 * a + 1]) for a in reversed(range(len(pad) // 2))]
    for n, (before, after) in zip(x.shape[x.ndim - len(widths) :], widths, strict=True):
        if n + before + after < 0:
            raise ShapeError(
                sentence("pad", "pad", f"such that an axis of {n} cells keeps at least none", (before, after))
            )
    if mode == "constant":
        return _pad_constant(x, [(0, 0)] * (x.ndim - len(widths)) + widths, value)
    if mode not in ("reflect", "replicate"):
        raise ValueError(sentence("pad", "mode", '"constant", "reflect" or "replicate"', repr(mode)))
    return _pad_border(x, widths, mode)


def _pad_constant(x, widths, value):
    """Crop where a width is negative, then put what is left inside the larger array."""
    kept = tuple(slice(max(0, -b), n - max(0, -a)) for (b, a), n in zip(widths, x.shape, strict=True))
    if any(min(w) < 0 for w in widths):
        x = x[kept]
    widths = tuple((max(0, b), max(0, a)) for b, a in widths)
    return ConstantPad(widths=widths, value=value)(x) if any(map(any, widths)) else x


def _pad_border(x, widths, mode):
    axes = len(widths)
    if axes not in (1, 2):
        raise ShapeError(sentence("pad", "pad", f'2 or 4 numbers for mode="{mode}"', f"{2 * axes}"))
    x, squeeze = batched("pad", x, axes)
    for n, w in zip(x.shape[-axes:], widths, strict=True):
        if mode == "reflect" and max(w) >= n:
            raise ShapeError(sentence("pad", "pad", f"less than the {n} cells that there are to reflect", w))
    planes = x.unsqueeze(2) if axes == 1 else x
    widths = [(0, 0), *widths][-2:]
    rows, cols = (axis_map.border(n, *w, mode) for n, w in zip(planes.shape[2:], widths, strict=True))
    y = Resample(rows=rows, cols=cols)(planes)
    y = y.squeeze(2) if axes == 1 else y
    return y.squeeze(0) if squeeze else y
