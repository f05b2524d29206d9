"""Convolution as one matrix multiplication, once the windows are laid out as columns.

With X the columns of all images side by side (C*kh*kw, N*OH*OW), W the filters as rows (K, C*kh*kw) and Y the
output likewise side by side (K, N*OH*OW)::

    conv2d             Y = W X + b
    conv_transpose2d   X = W^T Y, folded back into images, + b
    conv2d_weight      W = Y X^T

for each group. The formulas are the same on every backend, so they stand here once; a leaf gives them its own
``unfold`` and ``fold`` and its own array module. The columns repeat every pixel kh * kw times; so that they
stay modest, the batch is worked through in parts.

Source: Chellapilla, Puri, Simard: High performance convolutional neural networks for document processing,
2006.
"""

from math import prod

from .unfold import output_size as windows_of

# The weight gradient is a sum over the batch. It is made of this many partial sums, whatever the number of
# threads, so that the order of additions, and with it the last bit, is always the same.
_PARTIAL_SUMS = 8


def in_turn(function, items):
    """Apply ``function`` to each item, one after the other."""
    return [function(item) for item in items]


class Im2col:
    """The three convolutions of one leaf.

    Parameters
    ----------
    xp : module
        NumPy or CuPy.
    unfold, fold : callable
        With the signatures of :mod:`minicv.kernels.reference.unfold`.
    limit : int
        Bytes of columns at a time; a part of the batch has at least one image.
    each : callable
        ``each(function, items)`` applies a function to each part, perhaps on several threads at once.

    Examples
    --------
    >>> import numpy as np
    >>> from minicv.kernels.reference.unfold import fold, unfold
    >>> x, w = np.arange(9.0).reshape(1, 1, 3, 3), np.ones((1, 1, 2, 2))
    >>> Im2col(np, unfold, fold, limit=2**20).conv2d(x, w, None, (1, 1), (0, 0), (1, 1), 1)[0, 0]
    array([[ 8., 12.],
           [20., 24.]])
    """

    def __init__(self, xp, unfold, fold, limit, each=in_turn):
        self.xp, self.unfold, self.fold, self.limit, self.each = xp, unfold, fold, limit, each

    def conv2d(self, x, w, bias, stride, padding, dilation, groups):
        """Y = W X + b: see :func:`minicv.kernels.reference.conv.conv2d`."""
        windows = windows_of(x.shape[2:], w.shape[2:], stride, padding, dilation)
        W = self._rows(w, groups)
        y = self.xp.empty((len(x), len(w), prod(windows)), x.dtype)

        def compute(part):
            X = _side_by_side(self.unfold(x[part], w.shape[2:], dilation, padding, stride), groups)
            Y = W @ X
            if bias is not None:
                Y += bias.reshape(groups, -1, 1)
            y[part] = _apart(Y, prod(windows))

        self.each(compute, self._parts(x, w.shape[2:], windows))
        return y.reshape(len(x), len(w), *windows)

    def conv_transpose2d(self, y, w, bias, output_size, stride, padding, dilation, groups):
        """X = W^T Y, folded, + b: see :func:`minicv.kernels.reference.conv.conv_transpose2d`."""
        windows = y.shape[2:]
        W = self._rows(w, groups)
        x = self.xp.empty((len(y), groups * w.shape[1], *output_size), y.dtype)

        def compute(part):
            Y = _side_by_side(y[part].reshape(-1, len(w), prod(windows)), groups)
            X = _apart(W.swapaxes(1, 2) @ Y, prod(windows))
            x[part] = self.fold(X, output_size, w.shape[2:], dilation, padding, stride)
            if bias is not None:
                x[part] += bias[:, None, None]

        self.each(compute, self._parts(x, w.shape[2:], windows))
        return x

    def conv2d_weight(self, x, y, kernel_size, stride, padding, dilation, groups):
        """W = Y X^T: see :func:`minicv.kernels.reference.conv.conv2d_weight`."""
        K, C, windows = y.shape[1], x.shape[1] // groups, y.shape[2:]

        def partial_sum(parts):
            W = self.xp.zeros((groups, K // groups, C * prod(kernel_size)), x.dtype)
            for part in parts:
                X = _side_by_side(self.unfold(x[part], kernel_size, dilation, padding, stride), groups)
                Y = _side_by_side(y[part].reshape(-1, K, prod(windows)), groups)
                W += Y @ X.swapaxes(1, 2)
            return W

        parts = self._parts(x, kernel_size, windows)
        step = max(1, -(-len(parts) // _PARTIAL_SUMS))
        sums = self.each(partial_sum, [parts[i : i + step] for i in range(0, len(parts), step)] or [[]])
        return sum(sums[1:], sums[0]).reshape(K, C, *kernel_size)

    def _rows(self, w, groups):
        """The filters of each group as rows: (groups, K/groups, C/groups*kh*kw)."""
        return self.xp.ascontiguousarray(w).reshape(groups, len(w) // groups, -1)

    def _parts(self, x, kernel_size, windows):
        """Slices of the batch whose columns take at most ``limit`` bytes, or that hold a single image."""
        columns = x.shape[1] * prod(kernel_size) * prod(windows) * x.itemsize
        step = max(1, self.limit // columns)
        return [slice(first, first + step) for first in range(0, len(x), step)]


def _side_by_side(matrices, groups):
    """One matrix for each image (N, rows, width) -> one for each group (groups, rows/groups, N*width)."""
    return matrices.swapaxes(0, 1).reshape(groups, matrices.shape[1] // groups, -1)


def _apart(matrices, width):
    """Undo ``_side_by_side``: (groups, rows/groups, N*width) -> (N, rows, width)."""
    groups, rows, total = matrices.shape
    return matrices.reshape(groups * rows, total // width, width).swapaxes(0, 1)
