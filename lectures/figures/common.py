"""What the figures share: planes in and out of tensors, an op's steps, and its algebra in letters."""

from itertools import product

import numpy as np

import minicv
from minicv.viz import cell_text


def image(values):
    """A (rows, cols) list of numbers as a float32 Tensor (1, 1, rows, cols)."""
    return minicv.tensor(np.array(values, np.float32)[None, None])


signal = image  # a list of numbers becomes (1, 1, length) in the same way


def plane(tensor):
    """The only plane of a (1, 1, rows, cols) Tensor, as integers where all of it is whole numbers."""
    values = tensor.numpy()[0, 0]
    whole = values.astype(np.int64)
    return whole if np.array_equal(whole, values) else values


def in_words(values):
    """An array as text for those who hear it: rows separated by semicolons.

    Examples
    --------
    >>> in_words([[1, 0], [0, 2]])
    '1 0; 0 2'
    """
    return "; ".join(" ".join(cell_text(value) for value in row) for row in np.atleast_2d(values))


def symbols(op, *operands):
    """What an op computes, in letters: found by asking the op, one unit array for each letter.

    Parameters
    ----------
    op : callable
        Takes as many arrays as there are operands and returns an array; linear in each of them.
    *operands : array of str
        The letters; "0" is a zero.

    Returns
    -------
    array of str
        The result, "0" where it is zero.

    Examples
    --------
    >>> symbols(lambda x, w: np.convolve(x, w), ["a", "b"], ["x", "y"]).tolist()
    ['ax', 'ay+bx', 'by']
    """
    operands = [np.array(operand, dtype=object) for operand in operands]
    zeros = [np.zeros(operand.shape, np.float32) for operand in operands]
    sums = np.full(np.shape(op(*zeros)), "", dtype=object)
    for places in product(*(zip(*np.nonzero(operand != "0")) for operand in operands)):
        units = [zero.copy() for zero in zeros]
        for unit, place in zip(units, places):
            unit[place] = 1
        term = "".join(operand[place] for operand, place in zip(operands, places))
        factors = np.asarray(op(*units))
        for at in zip(*np.nonzero(factors)):
            sums[at] += _signed(factors[at], term, first=not sums[at])
    return np.where(sums == "", "0", sums)


def _signed(factor, term, first):
    """A term with its sign and, where it is not one, its factor."""
    sign = "−" if factor < 0 else "" if first else "+"
    return sign + ("" if abs(factor) == 1 else cell_text(abs(factor))) + term


def column(values):
    """A sequence as one column of cells."""
    return np.array(values, dtype=object)[:, None]


def arrow_between(page, left, right, words):
    """An arrow from one grid to the next, at half the height of the first, with the op's name above it."""
    y = (left.top + left.bottom) / 2
    return page.arrow((left.right + 0.3, y), (right.left - 0.3, y), words)


def say(page, words, y=6.75):
    """The sentence of a picture or a step, centred near the foot."""
    return page.write(page.width / 2, y, words)


def position(entry):
    """(row, column) of a traced (index, value) pair."""
    return entry[0][2:]
