"""Convolution as one matrix multiplication, once the windows are laid out as columns.

With X the columns of all images side by side (C*kh*kw, N*OH*OW), W the filters as rows (K, C*kh*kw) and Y the
output likewise side by side (K, N*OH*OW)::

    conv2d             Y = W X
    conv_transpose2d   X = W^T Y, folded back into images
    conv2d_weight      W = Y X^T

for each group. The formulas are the same on every backend, so they stand here once; the leaves call them with
their own ``unfold`` and ``fold`` and their own array module ``xp`` (NumPy or CuPy). The columns repeat every
pixel kh * kw times; so that they stay modest, the batch is worked through in parts of at most ``limit``
bytes.

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
    windows = windows_of(x.shape[2:], w.shape[2:], stride, padding, dilation)
    W = xp.ascontiguousarray(w).reshape(groups, len(w) // groups, -1)
    y = xp.empty((len(x), len(w), prod(windows)), x.dtype)
    for part in _parts(x, w.shape[2:], windows, limit):
        X = _side_by_side(unfold(x[part], w.shape[2:], dilation, padding, stride), groups)
        y[part] = _apart(W @ X, prod(windows))
    return y.reshape(len(x), len(w), *windows)


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
    windows = y.shape[2:]
    W = xp.ascontiguousarray(w).reshape(groups, len(w) // groups, -1)
    x = xp.empty((len(y), groups * w.shape[1], *output_size), y.dtype)
    for part in _parts(x, w.shape[2:], windows, limit):
        Y = _side_by_side(y[part].reshape(-1, len(w), prod(windows)), groups)
        X = _apart(W.swapaxes(1, 2) @ Y, prod(windows))
        x[part] = fold(X, output_size, w.shape[2:], dilation, padding, stride)
    return x


def conv2d_weight(xp, unfold, limit, x, y, kernel_size, stride, padding, dilation, groups):
    """W = Y X^T: see :func:`minicv.kernels.reference.conv.conv2d_weight`.

    Examples
    --------
    >>> import numpy as np
    >>> from minicv.kernels.reference.unfold import unfold
    >>> x, y = np.array([[[[1.0, 2.0, 3.0]]]]), np.array([[[[1.0, 10.0]]]])
    >>> conv2d_weight(np, unfold, 2**20, x, y, (1, 2), (1, 1), (0, 0), (1, 1), 1)[0, 0]
    array([[21., 32.]])
    """
    K, C, windows = y.shape[1], x.shape[1] // groups, y.shape[2:]
    W = xp.zeros((groups, K // groups, C * prod(kernel_size)), x.dtype)
    for part in _parts(x, kernel_size, windows, limit):
        X = _side_by_side(unfold(x[part], kernel_size, dilation, padding, stride), groups)
        Y = _side_by_side(y[part].reshape(-1, K, prod(windows)), groups)
        W += Y @ X.swapaxes(1, 2)
    return W.reshape(K, C, *kernel_size)


def _side_by_side(matrices, groups):
    """One matrix for each image (N, rows, width) -> one for each group (groups, rows/groups, N*width)."""
    return matrices.swapaxes(0, 1).reshape(groups, matrices.shape[1] // groups, -1)


def _apart(matrices, width):
    """Undo ``_side_by_side``: (groups, rows/groups, N*width) -> (N, rows, width)."""
    groups, rows, total = matrices.shape
    return matrices.reshape(groups * rows, total // width, width).swapaxes(0, 1)


def _parts(x, kernel_size, windows, limit):
    """Slices of the batch whose columns take at most ``limit`` bytes, or that hold a single image."""
    columns = x.shape[1] * prod(kernel_size) * prod(windows) * x.itemsize
    step = max(1, limit // columns)
    return (slice(first, first + step) for first in range(0, len(x), step))
