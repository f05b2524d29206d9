"""The decks' notation: images as lists of rows, matrices and products in letters, gradients that were sent back."""

from functools import partial
from itertools import product

import numpy as np

import minicv
import minicv.functional as F


def image(rows):
    """Of shape (1, 1, H, W)."""
    return minicv.tensor(np.array([[rows]], np.float64))


def plane(tensor):
    """Back to nested lists, without batch and channel axis."""
    return tensor.numpy()[0, 0].tolist()


def gradient(op, shape, cotangent=None):
    """What backward sends to an input of ``shape``; by default a one goes in at every output."""
    x = minicv.tensor(np.zeros(shape), requires_grad=True)
    y = op(x)
    y.backward(np.ones(y.shape) if cotangent is None else np.array(cotangent, float).reshape(y.shape))
    return x.grad.numpy()[0, 0]


def parameters(layer):
    return sum(p.size for p in layer.parameters())


def products(op, inputs, taps="xyz"):
    """A convolution in letters: for each output the input-tap products that it adds up, found with unit vectors."""
    sums = {}
    for (i, letter), (t, tap) in product(enumerate(inputs), enumerate(taps)):
        y = op(unit(i, len(inputs)), unit(t, len(taps))).numpy()[0, 0]
        assert set(y) <= {0, 1}
        for o, found in enumerate(y):
            sums.setdefault(o, []).extend([letter + tap] if found and letter != "0" else [])
    return ["+".join(terms) or "0" for terms in sums.values()]


def letters(op, size, taps="xyz"):
    """The matrix of a convolution in letters, row by row."""
    matrices = [F.conv_matrix(partial(op, w=unit(t, len(taps))), (1, 1, size)) for t in range(len(taps))]
    table = np.full(matrices[0].shape, "0")
    for tap, matrix in zip(taps, matrices):
        table[matrix == 1] = tap
    return [" ".join(row) for row in table]


def unit(i, size):
    """(1, 1, size), with a one at i."""
    return np.eye(size)[i].reshape(1, 1, size)


def extent(field):
    """Height and width of what is not zero."""
    return tuple(int(np.ptp(axis)) + 1 for axis in np.nonzero(field))
