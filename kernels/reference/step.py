"""What a kernel tells whoever watches it: one record per step, with the numbers themselves."""

from typing import NamedTuple

import numpy as np


class Step(NamedTuple):
    """One step of a reference kernel.

    Attributes
    ----------
    read : list of (name, index, value)
        The cells that were read; the index is a full index into the array called name, or None for a cell of
        the padding.
    weights : list of float
        The factors used, one for each cell read (or, where one cell is read and many are written, for each
        cell written). Empty where the step multiplies nothing.
    write : list of (name, index, value)
        The cells that were written, with the value that they hold after the step.
    result : list of float
        What the step computed for each cell written, before it was added to what was there.

    Examples
    --------
    >>> import numpy as np
    >>> from minicv.kernels.reference.conv import conv2d
    >>> steps = []
    >>> x, w = np.array([[[[1.0, 2.0, 3.0]]]]), np.array([[[[10.0, 1.0]]]])
    >>> y = conv2d(x, w, None, (1, 1), (0, 0), (1, 1), 1, watch=steps.append)
    >>> steps[1].read
    [('x', (0, 0, 0, 1), 2.0), ('x', (0, 0, 0, 2), 3.0)]
    >>> steps[1].weights, steps[1].write
    ([10.0, 1.0], [('y', (0, 0, 0, 1), 23.0)])
    """

    read: list
    weights: list
    write: list
    result: list


def addresses(shape):
    """Array that holds each cell's own flat index, so that slicing it shows what a slice reads."""
    return np.arange(np.prod(shape, dtype=int)).reshape(shape)


def cells(name, shape, where, values):
    """List the cells of the array called ``name``: (name, index, value), with None for the index of padding.

    Parameters
    ----------
    name : str
    shape : tuple of int
        Shape of the array.
    where : array of int
        Flat indices into it, -1 for padding.
    values : array
        Their values, shaped like ``where``.
    """
    return [
        (name, None if i < 0 else tuple(map(int, np.unravel_index(i, shape))), value)
        for i, value in zip(np.ravel(where).tolist(), np.ravel(values).tolist())
    ]
