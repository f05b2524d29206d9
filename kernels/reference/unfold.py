"""Unfold: every window of an image laid out as a column (im2col). Fold: the columns added back (col2im).

Both walk over the kh * kw taps of the window. Tap (i, j) of all windows together reads a regular grid of the
padded image, which is a strided slice; unfold copies that slice out and fold adds it in. The transpose of
"copy" is "add", because a pixel that was copied into several columns gets something back from each of them.
"""

import numpy as np


def output_size(size, kernel_size, stride, padding, dilation):
    """Number of windows (OH, OW) in an image of ``size``: floor((H + 2 p - d (k - 1) - 1) / s) + 1."""
    return tuple(
        (n + 2 * p - d * (k - 1) - 1) // s + 1
        for n, k, s, p, d in zip(size, kernel_size, stride, padding, dilation)
    )


def pad(x, padding, value=0):
    """Frame the last two axes with ``padding`` cells of ``value``."""
    (ph, pw) = padding
    return np.pad(x, [(0, 0)] * (x.ndim - 2) + [(ph, ph), (pw, pw)], constant_values=value)


def crop(x, padding):
    """Cut the frame off again: the transpose of zero padding."""
    (ph, pw) = padding
    return np.ascontiguousarray(x[..., ph : x.shape[-2] - ph, pw : x.shape[-1] - pw])


def unfold(x, kernel_size, dilation, padding, stride):
    """Lay every window out as a column.

    ``cols[n, (c, i, j), (oh, ow)] = x[n, c, oh sh - ph + i dh, ow sw - pw + j dw]``, 0 outside the image.

    Parameters
    ----------
    x : (N, C, H, W) array
    kernel_size, dilation, padding, stride : (int, int)

    Returns
    -------
    (N, C*kh*kw, OH*OW) array

    Notes
    -----
    Chellapilla, Puri, Simard: High performance convolutional neural networks for document processing, 2006.

    Examples
    --------
    >>> import numpy as np
    >>> unfold(np.arange(4.0).reshape(1, 1, 1, 4), (1, 3), (1, 1), (0, 0), (1, 1))[0]
    array([[0., 1.],
           [1., 2.],
           [2., 3.]])
    """
    N, C = x.shape[:2]
    OH, OW = output_size(x.shape[2:], kernel_size, stride, padding, dilation)
    padded = pad(x, padding)
    cols = np.empty((N, C, *kernel_size, OH, OW), x.dtype)
    for i, j in np.ndindex(*kernel_size):
        cols[:, :, i, j] = padded[_tap(i, j, (OH, OW), dilation, stride)]
    return cols.reshape(N, C * kernel_size[0] * kernel_size[1], OH * OW)


def fold(cols, output_size, kernel_size, dilation, padding, stride):
    """Add every column back to the window it came from: the transpose of :func:`unfold`.

    Parameters
    ----------
    cols : (N, C*kh*kw, OH*OW) array
    output_size : (int, int)
        H and W of the image that was unfolded.
    kernel_size, dilation, padding, stride : (int, int)

    Returns
    -------
    (N, C, H, W) array

    Examples
    --------
    Each pixel counts the windows that it belongs to:

    >>> import numpy as np
    >>> fold(np.ones((1, 3, 2)), (1, 4), (1, 3), (1, 1), (0, 0), (1, 1))[0, 0]
    array([[1., 2., 2., 1.]])
    """
    N, C = len(cols), cols.shape[1] // (kernel_size[0] * kernel_size[1])
    OH, OW = _windows(output_size, kernel_size, stride, padding, dilation)
    cols = cols.reshape(N, C, *kernel_size, OH, OW)
    padded = np.zeros((N, C, *(n + 2 * p for n, p in zip(output_size, padding))), cols.dtype)
    for i, j in np.ndindex(*kernel_size):
        padded[_tap(i, j, (OH, OW), dilation, stride)] += cols[:, :, i, j]
    return crop(padded, padding)


_windows = output_size  # fold has a parameter of that name, as torch.nn.functional.fold has


def _tap(i, j, windows, dilation, stride):
    """Slices of the padded image: the cells that tap (i, j) of all windows reads."""
    starts = i * dilation[0], j * dilation[1]
    return (..., *(slice(a, a + s * (n - 1) + 1, s) for a, s, n in zip(starts, stride, windows)))


def cases(rng):
    """Argument sets for unfold and fold: (kernel name, arguments)."""
    found = []
    for shape, kernel_size, dilation, padding, stride in [
        ((2, 3, 6, 5), (3, 2), (1, 1), (1, 0), (1, 1)),
        ((1, 2, 7, 9), (2, 3), (2, 3), (2, 1), (2, 1)),
        ((2, 1, 8, 8), (2, 2), (1, 1), (0, 0), (3, 4)),  # stride > kernel: cells that no window reads
        ((1, 2, 1, 1), (3, 3), (1, 1), (1, 1), (1, 1)),  # a one-pixel image
        ((1, 1, 2, 3), (1, 1), (1, 1), (3, 2), (2, 2)),  # windows that lie wholly in the padding
        ((1, 2, 5, 4), (5, 4), (1, 1), (0, 0), (1, 1)),  # one window, the whole image
        ((0, 2, 4, 4), (3, 3), (1, 1), (1, 1), (1, 1)),  # an empty batch
    ]:
        for dtype in (np.float32, np.float64):
            x = rng.standard_normal(shape).astype(dtype)
            cols = rng.standard_normal(
                unfold(x, kernel_size, dilation, padding, stride).shape,
            ).astype(dtype)
            swapped = np.ascontiguousarray(x.swapaxes(2, 3)).swapaxes(2, 3)  # the same values, not contiguous
            found += [
                ("unfold", (x, kernel_size, dilation, padding, stride)),
                ("unfold", (swapped, kernel_size, dilation, padding, stride)),
                ("fold", (cols, shape[2:], kernel_size, dilation, padding, stride)),
                ("fold", (cols[:, :, ::-1], shape[2:], kernel_size, dilation, padding, stride)),
            ]
    return found
