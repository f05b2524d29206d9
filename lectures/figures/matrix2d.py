"""Two-dimensional convolution as a matrix C, and its backward pass as multiplication by C transposed."""

import numpy as np

import minicv.functional as F
from minicv.viz import Grid, Matrix, Page

from . import figure
from .common import column, image, in_words, plane, say, symbols

SIZE = (4, 4)
SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


def conv_matrix(w):
    """C of the convolution of a 4 × 4 image with the filter w, got by probing the op with 16 unit images."""
    return F.conv_matrix(lambda x: F.conv2d(x, image(w)), (1, 1, *SIZE), dtype=np.float32)


@figure("conv.matrix2d", decks=[("TUM", "20")], provenance="computed")
def matrix(theme):
    """The 4 × 16 matrix of a 3 × 3 convolution: a row for each window, a column for each pixel."""
    taps = np.array([[f"w{i}{j}".translate(SUBSCRIPTS) for j in range(3)] for i in range(3)], dtype=object)
    C = symbols(conv_matrix, taps)
    pixels = np.arange(C.shape[1]).reshape(SIZE)
    outputs = np.array([["y₀", "y₁"], ["y₂", "y₃"]], dtype=object)
    seen = (C != "0").sum(axis=0).reshape(SIZE)
    starts = [int(np.flatnonzero(row != "0")[0]) for row in C]

    def draw(row, pixel, words):
        page = Page(theme=theme)
        names = {"row_names": outputs.ravel(), "column_names": [str(i) for i in pixels.ravel()]}
        big = Matrix(page, C, 0.8, 0.75, cell=(0.74, 0.55), **names)
        grid = Grid(page, pixels, 0.8, 3.85, 0.62, label="input: pixel numbers")
        Grid(page, taps, 4.35, 3.85, 0.78, "filter", label="filter 3 × 3")
        out = Grid(page, outputs, 7.75, 4.2, 0.8, "output", label="output 2 × 2")
        counts = Grid(page, seen, 10.2, 3.85, 0.62, "plain", label="windows on a pixel")
        corner = divmod(starts[row], SIZE[1])
        big.frame(row, 0, 1, C.shape[1], "winner")
        out.ring([divmod(row, 2)])
        grid.frame(*corner, 3, 3, "filter")
        if pixel is not None:
            big.frame(0, pixel, len(C), 1, "input")
            place = divmod(pixel, SIZE[1])
            grid.ring([place])
            counts.ring([place])
        say(page, words, y=6.8)
        return page

    steps = [
        f"Row {row}: the window at row {start // 4}, column {start % 4}; the filter begins at pixel {start}."
        for row, start in enumerate(starts)
    ]
    row, pixel = 1, 5
    summary = (
        f"A row is a window, a column is a pixel: y₁ reads {(C[row] != '0').sum()} pixels, "
        f"and pixel {pixel} lies under {seen.flat[pixel]} windows."
    )
    return {
        "title": "Convolution as a matrix in two dimensions",
        "alt": f"The {C.shape[0]} × {C.shape[1]} matrix of a 3 × 3 convolution of a 4 × 4 image: {in_words(C)}. "
        + f"Windows on each pixel: {in_words(seen)}. {summary}",
        "figure": draw(row, pixel, summary),
        "frame": lambda row: draw(row, None, steps[row]),
        "steps": steps,
        "numbers": {"matrix": C, "starts": starts, "nonzeros": (C != "0").sum(axis=1), "windows": seen},
    }


@figure("conv.backward.CT", decks=[("TUM", "20")], provenance="computed")
def backward(theme):
    """The backward pass of a convolution is multiplication by C transposed."""
    w, dy = np.arange(1, 10).reshape(3, 3), np.array([[1, 2], [3, 4]])
    CT = conv_matrix(w.astype(np.float32)).T.astype(int)
    x = image(np.zeros(SIZE))
    x.requires_grad = True
    F.conv2d(x, image(w)).backward(image(dy))
    gradient = plane(x.grad)
    partial = np.cumsum(CT * dy.ravel(), axis=1)  # after the first output's share, the first two, ...
    dx = partial[:, -1].reshape(SIZE)
    error = int(np.abs(dx - gradient).max())

    def draw(step, words):
        page = Page(theme=theme)
        count = len(dy.ravel()) if step is None else step + 1
        high, top = 0.36, 0.75
        left = Matrix(page, CT, 0.95, top, cell=(0.62, high), row_names=[str(i) for i in range(len(CT))])
        page.write((left.left + left.right) / 2, top - 0.16, "C transposed, 16 × 4", va="bottom")
        upstream = Grid(page, column(dy.ravel()), 4.3, top + 6 * high, (0.62, high), "gradient", label="dy")
        page.write(5.35, top + 8 * high, "=", size=30)
        result = Grid(page, column(partial[:, count - 1]), 5.8, top, (0.8, high), "gradient", label="dx")
        if step is not None:
            left.frame(0, step, len(CT), 1, "winner")
            upstream.ring([(step, 0)])
        shaped = partial[:, count - 1].reshape(SIZE)
        first = Grid(page, shaped, 9.0, 0.75, 0.66, "gradient", label="dx as an image")
        page.arrow((result.right + 0.25, first.top + 1.32), (first.left - 0.25, first.top + 1.32), "reshape")
        if step is None:
            Grid(page, gradient, 9.0, 4.0, 0.66, "gradient", label="x.grad of conv2d")
            page.write(7.85, 5.2, f"largest\ndifference {error}", size=18)
        say(page, words, y=6.93)
        return page

    steps = [
        f"dy at row {i}, column {j} is {dy[i, j]}: it adds {dy[i, j]} times its column, the filter, to dx."
        for i, j in np.ndindex(dy.shape)
    ]
    summary = "Backward is multiplication by the transpose; so is transposed convolution."
    return {
        "title": "The backward pass of a convolution",
        "alt": f"The 16 × 4 transpose of the matrix of the filter {in_words(w)}, times dy = {in_words(dy)}, "
        + f"gives {in_words(dx)}. The largest difference from x.grad, the gradient of conv2d, is {error}.",
        "figure": draw(None, summary),
        "frame": lambda k: draw(k, steps[k]),
        "steps": steps,
        "numbers": {"filter": w, "dy": dy, "CT": CT, "dx": dx, "gradient": gradient, "difference": error},
    }
