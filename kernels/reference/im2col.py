"""Convolution as one matrix multiplication, once the windows are laid out as columns.

With X the unfolded image (C*kh*kw, OH*OW), W the filters as rows (K, C*kh*kw) and Y the output (K, OH*OW)::

    conv2d             Y = W X
    conv_transpose2d   X = W^T Y, folded back into an image
    conv2d_weight      W = Y X^T, summed over the batch

for each image and each group. The formulas are the same on every backend, so they stand here once; the leaves
call them with their own ``unfold`` and ``fold`` and their own array module ``xp`` (NumPy or CuPy). The
columns repeat every pixel kh * kw times; so that they stay modest, the batch is worked through in parts of at
most ``limit`` bytes.

Source: Chellapilla, Puri, Simard: High performance convolutional neural networks for document processing,
2006.
"""

from math import prod

from .unfold import output_size as windows_of


def conv2d(xp, unfold, limit, x, w, stride, padding, dilation, groups):
    """Y = W X: see :func:`minicv.kernels.reference.conv.conv2d`.

    Examples
    --------
    >>> import numpy as np
    >>> from minicv.kernels.reference.unfold import unfold
    >>> x, w = np.arange(9.0).reshape(1, 1, 3, 3), np.ones((1, 1, 2, 2))
    >>> conv2d(np, unfold, 2**20, x, w, (1, 1), (0, 0), (1, 1), 1)[0, 0]
    array([[ 8., 12.],
           [20., 24.]])
    """
    kernel_size = w.shape[2:]
    windows = windows_of(x.shape[2:], kernel_size, stride, padding, dilation)
    rows, height, width = _matrices(w.shape, windows, groups)
    W = xp.ascontiguousarray(w).reshape(groups, rows, height)
    Y = xp.empty((len(x), groups, rows, width), x.dtype)
    for part in _parts(len(x), groups * height * width * x.itemsize, limit):
        X = unfold(x[part], kernel_size, dilation, padding, stride).reshape(-1, groups, height, width)
        xp.matmul(W, X, out=Y[part])
    return Y.reshape(len(x), len(w), *windows)


def conv_transpose2d(xp, fold, limit, y, w, output_size, stride, padding, dilation, groups):
    """X = W^T Y, folded: see :func:`minicv.kernels.reference.conv.conv_transpose2d`.

    Examples
    --------
    >>> import numpy as np
    >>> from minicv.kernels.reference.unfold import fold
    >>> y, w = np.array([[[[1.0, 10.0]]]]), np.array([[[[1.0, 2.0, 3.0]]]])
    >>> conv_transpose2d(np, fold, 2**20, y, w, (1, 5), (1, 2), (0, 0), (1, 1), 1)[0, 0]
    array([[ 1.,  2., 13., 20., 30.]])
    """
    rows, height, width = _matrices(w.shape, y.shape[2:], groups)
    W = xp.ascontiguousarray(w).reshape(groups, rows, height)
    Y = xp.ascontiguousarray(y).reshape(len(y), groups, rows, width)
    x = xp.empty((len(y), groups * w.shape[1], *output_size), y.dtype)
    for part in _parts(len(y), groups * height * width * y.itemsize, limit):
        X = xp.matmul(W.swapaxes(1, 2), Y[part]).reshape(-1, groups * height, width)
        x[part] = fold(X, output_size, w.shape[2:], dilation, padding, stride)
    return x


def conv2d_weight(xp, unfold, limit, x, y, kernel_size, stride, padding, dilation, groups):
    """W = sum of Y X^T over the batch: see :func:`minicv.kernels.reference.conv.conv2d_weight`.

    Examples
    --------
    >>> import numpy as np
    >>> from minicv.kernels.reference.unfold import unfold
    >>> x, y = np.array([[[[1.0, 2.0, 3.0]]]]), np.array([[[[1.0, 10.0]]]])
    >>> conv2d_weight(np, unfold, 2**20, x, y, (1, 2), (1, 1), (0, 0), (1, 1), 1)[0, 0]
    array([[21., 32.]])
    """
    shape = (y.shape[1], x.shape[1] // groups, *kernel_size)
    rows, height, width = _matrices(shape, y.shape[2:], groups)
    Y = xp.ascontiguousarray(y).reshape(len(y), groups, rows, width)
    W = xp.zeros((groups, rows, height), x.dtype)
    for part in _parts(len(x), groups * height * width * x.itemsize, limit):
        X = unfold(x[part], kernel_size, dilation, padding, stride).reshape(-1, groups, height, width)
        for Y_n, X_n in zip(Y[part], X):  # image by image: a batch of products would hold a W for each
            W += xp.matmul(Y_n, X_n.swapaxes(1, 2))
    return W.reshape(shape)


def _matrices(weight_shape, windows, groups):
    """Sizes within a group: rows of W and Y, columns of W (the height of X), columns of X and Y."""
    return weight_shape[0] // groups, prod(weight_shape[1:]), prod(windows)


def _parts(images, bytes_each, limit):
    """Slices of the batch whose columns take at most ``limit`` bytes, or hold a single image."""
    step = max(1, limit // max(1, bytes_each))
    return (slice(first, first + step) for first in range(0, images, step))
