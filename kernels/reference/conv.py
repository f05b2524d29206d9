"""Convolution, three ways round: one loop over the output cells, in which only the written array differs.

A convolution ties three arrays together, the image x, the filters w and the output y. At every output cell
the same three things meet: the cell y[n, k, oh, ow], the filter w[k], and the window of the padded image
under it. The kernels are one line each::

    conv2d             y[cell]   += sum(window * w[k])     reads x and w, writes y
    conv_transpose2d   window    += y[cell] * w[k]         reads y and w, writes x: the filter as a stamp
    conv2d_weight      w[k]      += y[cell] * window       reads x and y, writes w

Each is the transpose (the gradient) of the others: <conv2d(x, w), y> = <x, conv_transpose2d(y, w)>
= <w, conv2d_weight(x, y)>.
"""

import numpy as np

from .step import Step, addresses, cells
from .unfold import crop, output_size, pad


def conv2d(x, w, bias, stride, padding, dilation, groups, watch=None):
    """Cross-correlation of images with filters, which the lectures call convolution.

    ``y[n, k, oh, ow] = b[k] + sum over c, i, j of x[n, c, oh sh - ph + i dh, ow sw - pw + j dw] w[k, c, i, j]``

    Parameters
    ----------
    x : (N, C, H, W) array
    w : (K, C/groups, kh, kw) array
    bias : (K,) array or None
        What the sums begin with; None is 0.
    stride, padding, dilation : (int, int)
    groups : int
        Channels and filters are cut into this many groups that do not see each other.
    watch : callable, optional
        Called with a Step after every output cell.

    Returns
    -------
    (N, K, OH, OW) array

    Examples
    --------
    >>> import numpy as np
    >>> x, w = np.arange(9.0).reshape(1, 1, 3, 3), np.ones((1, 1, 2, 2))
    >>> conv2d(x, w, None, (1, 1), (0, 0), (1, 1), 1)[0, 0]
    array([[ 8., 12.],
           [20., 24.]])
    """
    windows = output_size(x.shape[2:], w.shape[2:], stride, padding, dilation)
    padded, where = pad(x, padding), pad(addresses(x.shape), padding, -1)
    y = _filled((len(x), len(w), *windows), bias, x.dtype)
    for window, k, cell in _walk(w, y, stride, dilation, groups):
        products = padded[window] * w[k]
        y[cell] += products.sum()
        if watch:
            read = cells("x", x.shape, where[window], padded[window])
            watch(Step(read, w[k].ravel().tolist(), [("y", cell, y[cell].item())], [products.sum().item()]))
    return y


def conv_transpose2d(y, w, bias, output_size, stride, padding, dilation, groups, watch=None):
    """Transpose of :func:`conv2d` in x: every cell of y stamps the filter, scaled, onto the image.

    Parameters
    ----------
    y : (N, K, OH, OW) array
    w : (K, C/groups, kh, kw) array
        As for conv2d.
    bias : (C,) array or None
        What is there before the first stamp, in every cell of a channel; None is 0.
    output_size : (int, int)
        H and W of the result. Several sizes convolve to the same OH, OW, so it has to be said.
    stride, padding, dilation : (int, int)
    groups : int
    watch : callable, optional
        Called with a Step after every stamp.

    Returns
    -------
    (N, C, H, W) array

    Examples
    --------
    The lectures' one-dimensional example, [a, b] stamping [x, y, z] at stride 2: where stamps overlap they
    add.

    >>> import numpy as np
    >>> y, w = np.array([[[[1.0, 10.0]]]]), np.array([[[[1.0, 2.0, 3.0]]]])
    >>> conv_transpose2d(y, w, None, (1, 5), (1, 2), (0, 0), (1, 1), 1)[0, 0]
    array([[ 1.,  2., 13., 20., 30.]])
    """
    shape = (len(y), w.shape[1] * groups, *output_size)
    padded, where = pad(_filled(shape, bias, y.dtype), padding), pad(addresses(shape), padding, -1)
    for window, k, cell in _walk(w, y, stride, dilation, groups):
        stamp = y[cell] * w[k]
        padded[window] += stamp
        if watch:
            written = cells("x", shape, where[window], padded[window])
            watch(Step([("y", cell, y[cell].item())], w[k].ravel().tolist(), written, stamp.ravel().tolist()))
    return crop(padded, padding)


def conv2d_weight(x, y, kernel_size, stride, padding, dilation, groups, watch=None):
    """Transpose of :func:`conv2d` in w: what x and y have in common, which is the gradient of the filters.

    Parameters
    ----------
    x : (N, C, H, W) array
    y : (N, K, OH, OW) array
    kernel_size, stride, padding, dilation : (int, int)
    groups : int
    watch : callable, optional
        Called with a Step after every cell of y.

    Returns
    -------
    (K, C/groups, kh, kw) array

    Examples
    --------
    >>> import numpy as np
    >>> x, y = np.array([[[[1.0, 2.0, 3.0]]]]), np.array([[[[1.0, 10.0]]]])
    >>> conv2d_weight(x, y, (1, 2), (1, 1), (0, 0), (1, 1), 1)[0, 0]
    array([[21., 32.]])
    """
    padded, where = pad(x, padding), pad(addresses(x.shape), padding, -1)
    w = np.zeros((y.shape[1], x.shape[1] // groups, *kernel_size), x.dtype)
    where_w = addresses(w.shape)
    for window, k, cell in _walk(w, y, stride, dilation, groups):
        products = y[cell] * padded[window]
        w[k] += products
        if watch:
            read = cells("x", x.shape, where[window], padded[window])
            weights, written = [y[cell].item()] * len(read), cells("w", w.shape, where_w[k], w[k])
            watch(Step(read, weights, written, products.ravel().tolist()))
    return w


def _filled(shape, bias, dtype):
    """Images before anything is added to them: the bias of their channel in every cell."""
    images = np.zeros(shape, dtype)
    if bias is not None:
        images += bias[:, None, None]
    return images


def _walk(w, y, stride, dilation, groups):
    """Yield, for every cell of y: the slices of the padded image under it, its filter, its own index."""
    (K, channels, *kernel_size) = w.shape
    for n, k, *corner in np.ndindex(y.shape):
        first = k // (K // groups) * channels
        rows, cols = (
            slice(o * s, o * s + d * (size - 1) + 1, d)
            for o, s, d, size in zip(corner, stride, dilation, kernel_size)
        )
        yield (n, slice(first, first + channels), rows, cols), k, (n, k, *corner)


def cases(rng):
    """Argument sets for the three kernels: (kernel name, arguments)."""
    found = []
    for (N, C, H, W), (K, kh, kw), stride, padding, dilation, groups in [
        ((2, 3, 6, 5), (4, 3, 2), (1, 1), (1, 0), (1, 1), 1),
        ((2, 4, 7, 8), (6, 2, 3), (2, 1), (1, 2), (2, 1), 2),
        ((1, 3, 5, 5), (6, 3, 3), (1, 1), (1, 1), (1, 1), 3),  # depthwise, two filters a channel
        ((2, 3, 5, 18), (3, 3, 3), (1, 1), (1, 1), (1, 1), 3),  # one filter a channel
        ((1, 3, 6, 35), (3, 3, 3), (2, 2), (1, 0), (1, 1), 3),
        (
            (2, 2, 8, 8),
            (3, 2, 2),
            (3, 4),
            (0, 0),
            (1, 1),
            1,
        ),  # stride > kernel: unread cells, a rest at the end
        ((3, 4, 4, 3), (5, 1, 1), (1, 1), (0, 0), (1, 1), 1),  # 1 x 1: no window to speak of
        ((2, 4, 3, 3), (4, 1, 1), (1, 1), (0, 0), (1, 1), 2),
        ((1, 2, 4, 4), (3, 1, 1), (2, 2), (1, 1), (1, 1), 1),
        ((2, 1, 1, 1), (2, 3, 3), (1, 1), (1, 1), (1, 1), 1),  # a one-pixel image
        ((1, 1, 9, 9), (1, 3, 3), (2, 2), (4, 4), (4, 4), 1),  # windows wider than the image, mostly padding
        ((0, 2, 4, 4), (3, 3, 3), (1, 1), (1, 1), (1, 1), 1),  # an empty batch
        ((1, 1, 3, 4), (3, 1, 1), (1, 1), (0, 0), (1, 1), 1),  # 1 x 1, a single channel
        ((2, 16, 7, 9), (17, 3, 3), (1, 1), (1, 1), (1, 1), 1),  # large enough for Winograd's tiles
    ]:
        for dtype in (np.float32, np.float64):
            x = rng.standard_normal((N, C, H, W)).astype(dtype)
            w = rng.standard_normal((K, C // groups, kh, kw)).astype(dtype)
            y = rng.standard_normal((N, K, *output_size((H, W), (kh, kw), stride, padding, dilation)))
            y = y.astype(dtype)
            b = rng.standard_normal(K).astype(dtype)  # of the filters
            a = rng.standard_normal(2 * C).astype(dtype)[::2]  # of the channels; not contiguous
            rest = (stride, padding, dilation, groups)
            found += [
                ("conv2d", (x, w, b, *rest)),
                ("conv2d", (x[..., ::-1], np.asfortranarray(w), None, *rest)),  # not contiguous
                ("conv_transpose2d", (y, w, None, (H, W), *rest)),
                ("conv_transpose2d", (np.asfortranarray(y), w[::-1], a, (H, W), *rest)),
                ("conv2d_weight", (x, y, (kh, kw), *rest)),
                ("conv2d_weight", (np.asfortranarray(x), y[:, :, ::-1], (kh, kw), *rest)),
            ]
    return found
