"""Every output-size formula, and its inverse, once.

Along one axis, a window of ``kernel`` cells, ``dilation`` apart, spans ``dilation * (kernel - 1) + 1`` cells.
It starts ``padding`` cells before the image and moves by ``stride``. Sizes are in pixels and everything is an
int; two axes are pairs (h, w).

Source: V. Dumoulin, F. Visin, "A guide to convolution arithmetic for deep learning", arXiv:1603.07285,
relationships 1-15.
"""

import numpy as np

from .errors import ShapeError, sentence

_INTEGERS = int, np.integer


def pair(op, argument, value, at_least=None, n=2):
    """Return ``value`` (an int for all axes, or one an axis) as a tuple of ``n`` ints.

    Examples
    --------
    >>> pair("conv2d", "stride", 2, at_least=1)
    (2, 2)
    """
    if type(value) is int and (at_least is None or value >= at_least):  # as nearly always
        return (value,) * n
    values = (value,) * n if isinstance(value, _INTEGERS) else value
    legal = isinstance(values, (tuple, list)) and len(values) == n
    if not legal or not all([isinstance(v, _INTEGERS) and v is not True and v is not False for v in values]):
        expected = "an int" if n == 1 else f"an int or {n} ints"
        raise ShapeError(sentence(op, argument, expected, repr(value)))
    if at_least is not None and min(values) < at_least:
        raise ShapeError(sentence(op, argument, f"at least {at_least}", value))
    return tuple(map(int, values))


def span(kernel, dilation=1):
    """Number of cells from the first to the last tap of a window."""
    return dilation * (kernel - 1) + 1


def conv_size(size, kernel, stride=1, padding=0, dilation=1):
    """Number of windows that fit: floor((size + 2 padding - span) / stride) + 1.

    The floor drops a rest at the end that is never read.

    Examples
    --------
    >>> conv_size(4, kernel=3, stride=2, padding=1)
    2
    """
    return (size + 2 * padding - span(kernel, dilation)) // stride + 1


def conv_transpose_size(size, kernel, stride=1, padding=0, output_padding=0, dilation=1):
    """Size of the image that ``size`` windows cover: (size - 1) stride - 2 padding + span + output_padding.

    Several sizes have the same number of windows; ``output_padding`` (less than the stride) says which one is
    meant.

    Examples
    --------
    >>> conv_transpose_size(2, kernel=3, stride=2, padding=1), conv_transpose_size(2, 3, 2, 1, output_padding=1)
    (3, 4)
    """
    return (size - 1) * stride - 2 * padding + span(kernel, dilation) + output_padding


def pool_size(size, kernel, stride, padding=0, dilation=1, ceil_mode=False):
    """Like :func:`conv_size`; with ``ceil_mode`` a last, partial window counts if it starts inside the image."""
    if not ceil_mode:
        return conv_size(size, kernel, stride, padding, dilation)
    windows = -(-(size + 2 * padding - span(kernel, dilation)) // stride) + 1
    return windows - 1 if (windows - 1) * stride >= size + padding else windows


def same_padding(kernel, dilation=1):
    """Cells to pad before and after so that stride 1 keeps the size; the odd one goes after."""
    total = span(kernel, dilation) - 1
    return total // 2, total - total // 2


def pool_windows(size, kernel, stride, padding=0, dilation=1, ceil_mode=False):
    """The windows of a pooling along one axis. What lies outside of 0..size-1 is padding.

    Returns
    -------
    (out, 3) array of int64
        First, stop and step of the cells that each output cell reads.

    Examples
    --------
    >>> pool_windows(4, kernel=3, stride=2, padding=1).tolist()
    [[-1, 2, 1], [1, 4, 1]]
    """
    windows = pool_size(size, kernel, stride, padding, dilation, ceil_mode)
    first = np.arange(windows, dtype=np.int64) * stride - padding
    return np.stack([first, first + span(kernel, dilation), np.full_like(first, dilation)], axis=1)


def adaptive_windows(size, out):
    """``out`` windows that cover ``size`` cells: window i is [floor(i size / out), ceil((i + 1) size / out)).

    Returns
    -------
    (out, 3) array of int64
        First, stop and step (1).

    Examples
    --------
    >>> adaptive_windows(5, 3).tolist()
    [[0, 2, 1], [1, 4, 1], [3, 5, 1]]
    """
    i = np.arange(out, dtype=np.int64)
    return np.stack([i * size // out, -(-(i + 1) * size // out), np.ones_like(i)], axis=1)


def reach(windows, size):
    """For each cell of the image, a half-open range of windows outside which none reads it.

    Each window is to start and to stop no earlier than the one before it.

    Returns
    -------
    (size, 2) array of int64

    Examples
    --------
    >>> reach(pool_windows(4, kernel=3, stride=1), 4).tolist()
    [[0, 1], [0, 2], [0, 2], [1, 2]]
    """
    cells = np.arange(size, dtype=np.int64)
    begin, end = (np.searchsorted(windows[:, bound], cells, side="right") for bound in (1, 0))
    return np.stack([begin, end], axis=1)
