"""Max pooling of regions, and spatial pyramids: features of one size from regions or images of any size.

Once the maxima are found, pooling is a gather out of the images (``RoIPick``), and its gradient the scatter
(``RoIPlace``) that is its transpose, in which regions that share a winner add up.
"""

import numpy as np

from .. import kernels
from ..backend import get_array_module
from ..errors import ShapeError, sentence
from ..function import Function
from ..geometry import pair
from .pool import adaptive_max_pool2d
from .regions import bins, checked, rounded
from .shape import concat


class RoIMax(Function):
    """The maximum of each bin of each region. The gradient goes to the winner alone."""

    def forward(self, x):
        self.shape, self.tables = x.shape, _tables(x, self.images, self.rows, self.cols)
        y, self.indices = kernels.roi_max(x, *self.tables)
        return y

    def backward(self, g):
        return RoIPlace(indices=self.indices, shape=self.shape, tables=self.tables)(g)


class RoIPick(Function):
    """y[r, c, ...] = x[n, c] at ``indices``, where n is the image of region r; 0 where an index is -1."""

    def forward(self, x):
        return kernels.roi_pick(x, self.indices, self.tables[0])

    def backward(self, g):
        return RoIPlace(indices=self.indices, shape=self.edges[0].shape, tables=self.tables)(g)


class RoIPlace(Function):
    """Zeros of ``shape`` with y added at ``indices``. The transpose of RoIPick."""

    def forward(self, y):
        images, rows, cols = self.tables
        return kernels.roi_place(y, self.indices, images, self.shape, rows, cols)

    def backward(self, g):
        return RoIPick(indices=self.indices, tables=self.tables)(g)


def _tables(array, *tables):
    """Small tables of integers where ``array`` lives."""
    return tuple(map(get_array_module(array).asarray, tables))


def roi_pool(input, boxes, output_size, spatial_scale=1.0):
    """Maximum over the bins of each region, as in Fast R-CNN.

    The corners are rounded to cells (halves away from zero), both corners' cells belong to the region, and bin p
    of P along an axis of n cells is [floor(p n / P), ceil((p + 1) n / P)), clipped to the map.

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

    Returns
    -------
    Tensor
        Shape (R, C, PH, PW). Of equal maxima the first in raster order wins, and it alone receives the gradient;
        the first NaN wins over every number (torchvision
        skips it). A bin outside the map gives 0, and no gradient. A box whose corners
        are in the wrong order counts as one cell.

    Raises
    ------
    ShapeError
        The boxes have another shape.
    DTypeError
        The input is no floating-point tensor, or the boxes' dtype is not the input's.
    LabelError
        A batch index is no image of the batch.
    ValueError
        A coordinate is NaN, or 2^24 cells away or more.

    Notes
    -----
    R. Girshick, "Fast R-CNN", ICCV 2015, section 2.1 and equation 4.

    Examples
    --------
    >>> import minicv
    >>> import minicv.functional as F
    >>> x = minicv.arange(16.0).reshape(1, 1, 4, 4)
    >>> F.roi_pool(x, minicv.tensor([[0.0, 0.0, 0.0, 2.0, 2.0]]), output_size=2)
    tensor([[[[ 5.,  6.],
              [ 9., 10.]]]])
    """
    op = "roi_pool"
    x, images, corners = checked(op, input, boxes, spatial_scale)
    size = pair(op, "output_size", output_size, at_least=1)
    return _pooled(x, images, corners, size)


def _pooled(x, images, corners, size):
    left, top, right, bottom = rounded(corners).T
    rows = bins(top, np.maximum(bottom - top + 1, 1), size[0], x.shape[2])
    cols = bins(left, np.maximum(right - left + 1, 1), size[1], x.shape[3])
    return RoIMax(images=images, rows=rows, cols=cols)(x)


def spatial_pyramid_pool(input, levels, boxes=None, spatial_scale=1.0):
    """Maxima over grids of bins, coarse and fine, in one row: a vector of one length from a map of any size.

    Parameters
    ----------
    input : Tensor
        Shape (N, C, H, W).
    levels : sequence of int
        A level n is a grid of n x n bins, and bin i of an axis of H cells is [floor(i H / n), ceil((i + 1) H / n)).
    boxes, spatial_scale : optional
        As in :func:`roi_pool`: pool these regions instead of whole images, out of maps that are computed once.

    Returns
    -------
    Tensor
        Shape (N, C sum(n^2)), or (R, C sum(n^2)) with ``boxes``: level by level as ``levels`` names them, in each
        the channels, in each the bins in raster order.

    Notes
    -----
    K. He, X. Zhang, S. Ren, J. Sun, "Spatial Pyramid Pooling in Deep Convolutional Networks for Visual
    Recognition", ECCV 2014, section 2.2.

    Examples
    --------
    >>> import minicv
    >>> import minicv.functional as F
    >>> x = minicv.arange(9.0).reshape(1, 1, 3, 3)
    >>> F.spatial_pyramid_pool(x, [1, 2])
    tensor([[8., 4., 5., 7., 8.]])
    >>> [F.spatial_pyramid_pool(minicv.ones(1, 256, n, n), [4, 2, 1]).shape for n in (7, 13)]
    [(1, 5376), (1, 5376)]
    """
    op = "spatial_pyramid_pool"
    if not isinstance(levels, (list, tuple)) or not levels:
        raise ShapeError(sentence(op, "levels", "a sequence of ints, such as [4, 2, 1]", repr(levels)))
    sizes = [pair(op, "levels", level, at_least=1) for level in levels]
    if boxes is None:
        pooled = [adaptive_max_pool2d(input, size) for size in sizes]
    else:
        x, images, corners = checked(op, input, boxes, spatial_scale)
        pooled = [_pooled(x, images, corners, size) for size in sizes]
    return concat([y.flatten(1) for y in pooled], 1)
