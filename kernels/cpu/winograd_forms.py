"""The matrices of Winograd's convolution: fewer products for the outputs of a 3 x 3 filter.

On a line, m outputs y of a filter g with three taps take n pixels d, and 3 m products. A *form* takes k < 3 m::

    y = A^T [(G g) * (B^T d)]

with three small matrices and a product entry by entry. The next m outputs take the pixels from ``step`` further
on. Along the rows and along the columns, k x k products make m x m outputs, where the definition takes 9 m m:
:mod:`.winograd` tells how.

``SMALL``, F(2, 3), has 4 products instead of 6 and entries that round nothing: 0, +-1, +-1/2. ``LARGE``, F(4, 3),
has 6 instead of 12, and entries that do.

``HALVING`` is for a filter that moves by two pixels, 5 products instead of 6. The outer taps meet the pixels with
even numbers, and are a filter of two taps there, F(2, 2); the middle one meets the odd ones::

    y0 = d0 g0 + d2 g2 + d1 g1 = (d0 - d2) g0 + d2 (g0 + g2) + d1 g1
    y1 = d2 g0 + d4 g2 + d3 g1 = (d4 - d2) g2 + d2 (g0 + g2) + d3 g1

``DOUBLING`` is for its transpose, which stamps the filter at every second pixel, where the first pixel is under a
middle tap (an odd padding). With g turned, so that g0 is the last tap of a stamp, pixels under the outer taps of
two stamps are such an F(2, 2) again, 5 products instead of 6::

    y0 = d0 g1        y1 = d0 g0 + d1 g2 = (d0 - d1) g0 + d1 (g0 + g2)
    y2 = d1 g1        y3 = d1 g0 + d2 g2 = (d2 - d1) g2 + d1 (g0 + g2)

A form for the gradient of the weights transforms the outputs' gradient with A: ``GRADIENTS``.

Winograd, Arithmetic Complexity of Computations, 1980; Lavin and Gray, Fast Algorithms for Convolutional Neural
Networks, CVPR 2016 (arXiv:1509.09308), section 4, for the first two.
"""

from typing import NamedTuple


class Form(NamedTuple):
    """Matrices as lists of rows."""

    pixels: list[list[float]]  # B^T: k x n
    step: int
    filters: list[list[float]] = ()  # G: k x 3
    outputs: list[list[float]] = ()  # A^T: m x k


_OUTER_AND_MIDDLE = [[1, 0, 0], [1, 0, 1], [0, 0, 1], [0, 1, 0], [0, 1, 0]]

SMALL, LARGE, HALVING, DOUBLING = range(1, 5)
FORMS = {
    SMALL: Form(
        pixels=[[1, 0, -1, 0], [0, 1, 1, 0], [0, -1, 1, 0], [0, 1, 0, -1]],
        step=2,
        filters=[[1, 0, 0], [1 / 2, 1 / 2, 1 / 2], [1 / 2, -1 / 2, 1 / 2], [0, 0, 1]],
        outputs=[[1, 1, 1, 0], [0, 1, -1, -1]],
    ),
    LARGE: Form(
        pixels=[
            [4, 0, -5, 0, 1, 0],
            [0, -4, -4, 1, 1, 0],
            [0, 4, -4, -1, 1, 0],
            [0, -2, -1, 2, 1, 0],
            [0, 2, -1, -2, 1, 0],
            [0, 4, 0, -5, 0, 1],
        ],
        step=4,
        filters=[
            [1 / 4, 0, 0],
            [-1 / 6, -1 / 6, -1 / 6],
            [-1 / 6, 1 / 6, -1 / 6],
            [1 / 24, 1 / 12, 1 / 6],
            [1 / 24, -1 / 12, 1 / 6],
            [0, 0, 1],
        ],
        outputs=[[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]],
    ),
    HALVING: Form(
        pixels=[[1, 0, -1, 0, 0], [0, 0, 1, 0, 0], [0, 0, -1, 0, 1], [0, 1, 0, 0, 0], [0, 0, 0, 1, 0]],
        step=4,
        filters=_OUTER_AND_MIDDLE,
        outputs=[[1, 1, 0, 1, 0], [0, 1, 1, 0, 1]],
    ),
    DOUBLING: Form(
        pixels=[[1, -1, 0], [0, 1, 0], [0, -1, 1], [1, 0, 0], [0, 1, 0]],
        step=2,
        filters=_OUTER_AND_MIDDLE,
        outputs=[[0, 0, 0, 1, 0], [1, 1, 0, 0, 0], [0, 0, 0, 0, 1], [0, 1, 1, 0, 0]],
    ),
}


def transposed(matrix):
    """Return the transpose, a list of rows."""
    return [list(column) for column in zip(*matrix)]


# The number of a form -> that of the one for its outputs' gradient.
GRADIENTS = {form: len(FORMS) + form for form in (SMALL, LARGE)}
FORMS |= {
    number: Form(pixels=transposed(FORMS[form].outputs), step=len(FORMS[form].outputs))
    for form, number in GRADIENTS.items()
}
