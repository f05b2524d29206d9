"""Sampled and averaged regions: RoI align, and the position-sensitive poolings. All are A_r X B_r^T for each region r.

The matrices of all regions along one axis are one :class:`~minicv.ops.axis_map.AxisMap`, block by block
(:mod:`minicv.ops.regions` makes them). The gradient is the transpose, A_r^T G B_r, summed over the regions of an
image.
"""

import numpy as np

from .. import kernels
from ..backend import get_array_module
from ..errors import ShapeError, sentence
from ..function import Function
from ..geometry import pair
from .regions import average, bins, checked, rounded, samples


class RoIGather(Function):
    """y_r = A_r x_n B_r^T for every region r and its image n, with the AxisMaps ``rows`` = A and ``cols`` = B."""

    def forward(self, x):
        return kernels.roi_gather(x, *_regions(self, x), self.position_sensitive)

    def backward(self, g):
        return RoIScatter(shape=self.edges[0].shape, **self._params)(g)


class RoIScatter(Function):
    """x_n = the sum of A_r^T y_r B_r over the regions of image n. The transpose of RoIGather."""

    def forward(self, y):
        images, _, rows, cols = _regions(self, y)
        return kernels.roi_scatter(y, images, self.shape, rows, cols, self.position_sensitive)

    def backward(self, g):
        return RoIGather(**{name: value for name, value in self._params.items() if name != "shape"})(g)


def _regions(op, array):
    """Images, size, and the two matrices, where ``array`` lives and of its dtype."""
    xp = get_array_module(array)
    rows, cols = (
        (xp.asarray(m.starts), xp.asarray(m.index), xp.asarray(m.weight.astype(array.dtype)))
        for m in (op.rows, op.cols)
    )
    return xp.asarray(op.images), op.size, rows, cols


def roi_align(input, boxes, output_size, spatial_scale=1.0, sampling_ratio=-1, aligned=False):
    """Mean of bilinear samples in the bins of each region, as in Mask R-CNN: nothing is rounded.

    Parameters
    ----------
    input : Tensor
        Shape (N, C, H, W), floating point.
    boxes : Tensor or array, or list of them
        Shape (R, 5), rows [batch index, x1, y1, x2, y2], or a list with (R_i, 4) for each image. They get no
        gradient.
    output_size : int or (int, int)
        PH and PW, the number of bins.
    spatial_scale : float
        Cells of the map for each unit of the boxes: 1/16 for a map of stride 16.
    sampling_ratio : int
        Samples along each axis of a bin; 0 or less: one for each cell that the bin is long, rounded up.
    aligned : bool
        Take pixel i to be centred at i + 1/2, as boxes do, and so shift by half a cell. False is the older rule,
        which also makes every region at least one cell large.

    Returns
    -------
    Tensor
        Shape (R, C, PH, PW). Samples outside the map take its outermost cells, or 0 when they are further than one
        cell outside.

    Raises
    ------
    ShapeError, DTypeError, LabelError, ValueError
        As :func:`minicv.functional.roi_pool`.

    Notes
    -----
    K. He, G. Gkioxari, P. Dollár, R. Girshick, "Mask R-CNN", ICCV 2017, section 3.

    Examples
    --------
    On a ramp a bin is the value at its centre, exactly:

    >>> import minicv
    >>> import minicv.functional as F
    >>> ramp = minicv.arange(16.0).reshape(1, 1, 4, 4)
    >>> F.roi_align(ramp, minicv.tensor([[0.0, 0.5, 0.5, 2.5, 2.5]]), output_size=2, aligned=True)
    tensor([[[[2.5, 3.5],
              [6.5, 7.5]]]])
    """
    op = "roi_align"
    x, images, corners = checked(op, input, boxes, spatial_scale)
    size = pair(op, "output_size", output_size, at_least=1)
    left, top, right, bottom = (corners - (0.5 if aligned else 0.0)).T
    width, height = right - left, bottom - top
    if not aligned:
        width, height = np.maximum(width, 1), np.maximum(height, 1)
    rows = samples(top, height, size[0], x.shape[2], sampling_ratio)
    cols = samples(left, width, size[1], x.shape[3], sampling_ratio)
    return RoIGather(images=images, size=size, rows=rows, cols=cols, position_sensitive=False)(x)


def ps_roi_align(input, boxes, output_size, spatial_scale=1.0, sampling_ratio=-1):
    """Position-sensitive RoI align: each bin samples a channel of its own.

    Bin (ph, pw) of output channel c reads input channel (c PH + ph) PW + pw; where it samples is what
    :func:`roi_align` says with ``aligned=True``.

    Parameters
    ----------
    input : Tensor
        Shape (N, C PH PW, H, W), floating point.
    boxes, output_size, spatial_scale, sampling_ratio
        As in :func:`roi_align`.

    Returns
    -------
    Tensor
        Shape (R, C, PH, PW).

    Raises
    ------
    ShapeError
        The channels are no multiple of PH PW.
    ShapeError, DTypeError, LabelError, ValueError
        As :func:`minicv.functional.roi_pool`.

    Notes
    -----
    Z. Li et al., "Light-Head R-CNN", arXiv:1711.07264, section 3.2.

    Examples
    --------
    >>> import minicv
    >>> import minicv.functional as F
    >>> maps = minicv.arange(4.0).reshape(1, 4, 1, 1) * minicv.ones(1, 4, 5, 5)  # channel i is i everywhere
    >>> F.ps_roi_align(maps, minicv.tensor([[0.0, 1.0, 1.0, 4.0, 4.0]]), output_size=2)
    tensor([[[[0., 1.],
              [2., 3.]]]])
    """
    op = "ps_roi_align"
    x, images, corners = checked(op, input, boxes, spatial_scale)
    size = _position_sensitive_size(op, output_size, x)
    left, top, right, bottom = (corners - 0.5).T
    rows = samples(top, bottom - top, size[0], x.shape[2], sampling_ratio)
    cols = samples(left, right - left, size[1], x.shape[3], sampling_ratio)
    return RoIGather(images=images, size=size, rows=rows, cols=cols, position_sensitive=True)(x)


def ps_roi_pool(input, boxes, output_size, spatial_scale=1.0):
    """Position-sensitive RoI pooling, as in R-FCN: each bin is the mean of its cells in a channel of its own.

    Bin (ph, pw) of output channel c reads input channel (c PH + ph) PW + pw. Corners are rounded to cells (halves
    away from zero), and bin p of P along an axis of n cells is [floor(p n / P), ceil((p + 1) n / P)).

    Parameters
    ----------
    input : Tensor
        Shape (N, C PH PW, H, W), floating point.
    boxes, output_size, spatial_scale
        As in :func:`minicv.functional.roi_pool`.

    Returns
    -------
    Tensor
        Shape (R, C, PH, PW). An empty bin gives 0. As in torchvision, bins are clipped to all rows and columns of
        the map but the last. (The gradient here is that of this forward pass; torchvision's is not.)

    Raises
    ------
    ShapeError, DTypeError, LabelError, ValueError
        As :func:`ps_roi_align`.

    Notes
    -----
    J. Dai, Y. Li, K. He, J. Sun, "R-FCN: Object Detection via Region-based Fully Convolutional Networks", NIPS
    2016, equation 1.
    """
    op = "ps_roi_pool"
    x, images, corners = checked(op, input, boxes, spatial_scale)
    size = _position_sensitive_size(op, output_size, x)
    left, top, right, bottom = rounded(corners).T
    H, W = x.shape[2:]
    rows = average(bins(top, np.maximum(bottom - top, 1), size[0], H - 1), H)
    cols = average(bins(left, np.maximum(right - left, 1), size[1], W - 1), W)
    return RoIGather(images=images, size=size, rows=rows, cols=cols, position_sensitive=True)(x)


def _position_sensitive_size(op, output_size, x):
    size = pair(op, "output_size", output_size, at_least=1)
    if x.shape[1] % (size[0] * size[1]):
        expected = f"of a multiple of {size[0]} * {size[1]} channels, one for each bin"
        raise ShapeError(sentence(op, "input", expected, f"{x.shape[1]} channels"))
    return size
