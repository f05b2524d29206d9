"""Convolution in one dimension as a matrix, and transposed convolution as that matrix's transpose."""

import numpy as np

import minicv.functional as F
from minicv.viz import Grid, Matrix, Page
from minicv.viz.grid import text_width
from minicv.viz.style import CELL_TEXT

from . import figure
from .common import column, in_words, say, signal, symbols

TAPS = ["x", "y", "z"]
PADDED = ["0", "a", "b", "c", "d", "0"]  # the slides' input, with the padding written out
STRIDE_1, STRIDE_2 = [("KR", "11"), ("SHA", "60")], [("KR", "11"), ("SHA", "61")]


def conv_matrix(w, stride):
    """C of a convolution on six cells, got by probing the op."""
    return F.conv_matrix(lambda x: F.conv1d(x, signal(w), stride=stride), (1, 1, 6), dtype=np.float32)


@figure("conv.matrix1d.s1", decks=STRIDE_1, provenance="computed")
def conv_stride_1(theme):
    """Convolution as a matrix, stride 1: every row is the filter, one cell further."""
    return _conv(theme, 1, "one cell")


@figure("conv.matrix1d.s2", decks=STRIDE_2, provenance="computed")
def conv_stride_2(theme):
    """Convolution as a matrix, stride 2: every row is the filter, two cells further."""
    return _conv(theme, 2, "two cells")


def _conv(theme, stride, move):
    matrix = symbols(lambda w: conv_matrix(w, stride), TAPS)
    product = symbols(lambda x, w: conv_matrix(w, stride) @ x, PADDED, TAPS)
    windows = [np.flatnonzero(row != "0") for row in matrix]

    def draw(rows, current, words):
        page = Page(theme=theme)
        shown = np.where(np.arange(len(product)) < rows, product, None)
        left, vector, result = _equation(
            page, matrix, PADDED, shown, product, names=("input, padded", "output")
        )
        for row in current:
            left.frame(row, 0, 1, len(PADDED), "winner")
            vector.frame(windows[row][0], 0, len(windows[row]), 1, "filter")
            result.ring([(row, 0)])
        say(page, words)
        return page

    summary = f"Every row is the filter x y z, {move} further to the right: the stride is {stride}."
    steps = [
        f"Row {row}: the filter over cells {window[0]} to {window[-1]} gives {product[row]}."
        for row, window in enumerate(windows)
    ]
    return {
        "title": f"Convolution as a matrix, stride {stride}",
        "alt": f"Convolution with three taps, stride {stride}, padding 1, as a matrix: {in_words(matrix)}. "
        + f"Times the padded input {' '.join(PADDED)} it gives {', '.join(product)}. {summary}",
        "figure": draw(len(product), [], summary),
        "frame": lambda row: draw(row + 1, [row], steps[row]),
        "steps": steps,
        "numbers": {"matrix": matrix, "input": PADDED, "output": product},
    }


@figure("tconv.matrix1d.s1", decks=STRIDE_1, provenance="computed")
def tconv_stride_1(theme):
    """Transposed convolution as a matrix, stride 1: still an ordinary convolution."""
    return _tconv(theme, 1, ["a", "b", "c", "d"], ["a", "b", "c", "d"], "padding 2")


@figure("tconv.matrix1d.s2", decks=STRIDE_2, provenance="computed")
def tconv_stride_2(theme):
    """Transposed convolution as a matrix, stride 2: a convolution only once zeros are inserted."""
    return _tconv(theme, 2, ["a", "b"], ["a", "0", "b", "0"], "zeros inserted, padding 2")


def _tconv(theme, stride, letters, spread, how):
    """`spread` is the input of the ordinary convolution that gives the same, `how` says how it was made."""
    matrix = symbols(lambda w: conv_matrix(w, stride).T, TAPS)

    def multiply(y, w):
        return conv_matrix(w, stride).T @ y

    def turned(y, w):
        return F.conv1d(signal(y), signal(w[::-1].copy()), padding=2).numpy()[0, 0]

    partial = [
        symbols(multiply, [*letters[: k + 1], *["0"] * (len(letters) - k - 1)], TAPS)
        for k in range(len(letters))
    ]
    product, ordinary = partial[-1], symbols(turned, spread, TAPS)

    def draw(step, words):
        page = Page(theme=theme)
        final = step is None
        shown = product if final else partial[step]
        left, vector, result = _equation(
            page, matrix, letters, shown, product, names=("input", "output"), top=1.1
        )
        if final:
            padded = ["0", "0", *spread, "0", "0"]
            role = [["zero" if cell == "0" else "input" for cell in padded]]
            Grid(page, [padded], 1.0, 5.85, 0.55, role, outline="input", label=f"conv1d, {how}")
            Grid(page, [TAPS[::-1]], 6.6, 5.85, 0.55, "filter", label="filter, turned round")
            same = "the same" if np.array_equal(product, ordinary) else "another"
            page.write(9.3, 6.12, f"gives {same} output", ha="left")
        else:
            left.frame(0, step, len(matrix), 1, "winner")
            vector.ring([(step, 0)])
            result.ring([(i, 0) for i in np.flatnonzero(matrix[:, step] != "0")])
        say(page, words, y=6.85)
        return page

    steps = [
        f"{letter} stamps its column, the filter, onto the output: {', '.join(partial[k])}."
        for k, letter in enumerate(letters)
    ]
    summary = f"The transpose of the matrix of stride {stride}: each input stamps the filter."
    return {
        "title": f"Transposed convolution as a matrix, stride {stride}",
        "alt": f"The transposed matrix of the convolution with stride {stride}: {in_words(matrix)}. "
        + f"Times the input {' '.join(letters)} it gives {', '.join(product)}. conv1d of {' '.join(spread)} "
        + f"({how}) with the filter turned round, {' '.join(TAPS[::-1])}, gives {', '.join(ordinary)}.",
        "figure": draw(None, summary),
        "frame": lambda k: draw(k, steps[k]),
        "steps": steps,
        "numbers": {
            "matrix": matrix,
            "input": letters,
            "output": product,
            "ordinary": ordinary,
            "partial": partial,
        },
    }


def _equation(page, matrix, vector, shown, product, names, top=1.3):
    """Matrix times vector is the output, centred on the page; returns the matrix and the two grids.

    `shown` is the part of `product` that is there yet; the layout is that of the whole.
    """
    high = 0.62
    wide = max(text_width(entry, CELL_TEXT, weight="bold") for entry in product) + 0.3
    rows, columns = matrix.shape
    tall = max(rows, columns) * high
    x = (page.width - (columns * 0.75 + 0.9 + 0.9 + 0.9 + wide)) / 2
    left = Matrix(page, matrix, x, top + (tall - rows * high) / 2, cell=(0.75, high))
    role = [["zero" if entry == "0" else "input"] for entry in vector]
    middle = Grid(
        page,
        column(vector),
        left.right + 0.7,
        top + (tall - columns * high) / 2,
        (0.9, high),
        role,
        outline="input",
        label=names[0],
    )
    page.write(middle.right + 0.45, top + tall / 2, "=", size=30)
    role = [["plain" if entry is None else "zero" if entry == "0" else "output"] for entry in shown]
    place = middle.right + 0.9, top + (tall - rows * high) / 2
    right = Grid(page, column(shown), *place, (wide, high), role, outline="output", label=names[1])
    return left, middle, right
