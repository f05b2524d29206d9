"""Transposed convolution: every input value stamps the filter, and the stamps add up where they overlap."""

from typing import NamedTuple

import numpy as np

import minicv
import minicv.functional as F
from minicv.viz import Grid, Page, centred, filmstrip

from . import figure
from .common import image, in_words, plane, position, say, signal, symbols

INPUT = [[1, 2], [3, 4]]
FILTER = [[1, 2, 3], [4, 5, 6], [7, 8, 9]]  # no symmetry: a filter that was turned round would show


@figure("tconv.1d", decks=[("OU", "25"), ("SHA", "59")], provenance="computed")
def one_dimension(theme):
    """Transposed convolution in one dimension, in letters: stride 2, three taps, one cell cropped."""
    letters, taps = ["a", "b"], ["x", "y", "z"]

    def tconv(x, w, **crop):
        return F.conv_transpose1d(signal(x), signal(w), stride=2, **crop).numpy()[0, 0]

    def cropped(x, w):
        return tconv(x, w, padding=1, output_padding=1)

    stamps = [symbols(tconv, [a if a == b else "0" for b in letters], taps) for a in letters]
    total, output = symbols(tconv, letters, taps), symbols(cropped, letters, taps)
    offset = len(total) - len(output)
    overlap = np.sum([stamp != "0" for stamp in stamps], axis=0) > 1
    rows = [
        ("a times the filter", np.where(stamps[0] == "0", None, stamps[0]), "filter"),
        (
            "b times the filter, 2 cells further: the stride",
            np.where(stamps[1] == "0", None, stamps[1]),
            "filter",
        ),
        ("their sum", total, np.where(overlap, "overlap", "output")),
        ("output 4: the sum without its first cell", output, "output"),
    ]

    def draw(count):
        page = Page(theme=theme)
        Grid(page, [letters], 1.0, 2.0, 1.0, label="input 2", size=30)
        Grid(page, [taps], 1.0, 4.6, 1.0, "filter", label="filter 3", size=30)
        width, left = 1.4, 5.4
        for i, (words, values, role) in enumerate(rows[:count]):
            y, x = 0.95 + 1.5 * i, left + (offset * width if i == 3 else 0)
            kinds = np.where(np.equal(values, None), "plain", role)
            edge = "plain" if i < 2 else "output"
            Grid(page, [values], x, y, (width, 0.8), [kinds], outline=edge)
            page.write(left, y - 0.24, words, size=18, ha="left")
        return page

    steps = [
        f"a stamps the filter: {in_words(stamps[0])}.",
        f"b stamps it two cells further: {in_words(stamps[1])}.",
        f"Where the stamps overlap they add: {in_words(total)}.",
        f"Padding 1 crops the first cell; output padding 1 keeps the last: {in_words(output)}.",
    ]
    return {
        "title": "Transposed convolution in one dimension",
        "alt": "Input a b, filter x y z, stride 2. " + " ".join(steps),
        "figure": draw(4),
        "frame": lambda i: draw(i + 1),
        "steps": steps,
        "numbers": {"input": letters, "filter": taps, "stamps": stamps, "sum": total, "output": output},
    }


class Stamp(NamedTuple):
    """One step of the 2-D figure: an input value, where it stamps, its stamp, and the canvas after it."""

    source: tuple
    value: int
    corner: tuple
    stamp: np.ndarray
    canvas: np.ndarray
    count: np.ndarray  # how many stamps lie on each cell

    @property
    def sentence(self):
        row, col = self.corner
        sums = (self.count > 1).sum()
        overlap = f" {sums} cells now hold sums." if sums else ""
        return f"{self.value} stamps the filter at row {row}, column {col}.{overlap}"


def _stamps(trace):
    """The steps of a traced conv_transpose2d, with the growing canvas."""
    canvas = np.zeros(trace.result.shape[2:], int)
    count = canvas.copy()
    for step in trace.steps:
        for entry in step.write:
            canvas[position(entry)] = entry[1]
            count[position(entry)] += 1
        stamp = np.reshape(step.added, np.shape(FILTER)).astype(int)
        source, value, corner = position(step.read[0]), int(step.read[0][1]), position(step.write[0])
        yield Stamp(source, value, corner, stamp, canvas.copy(), count.copy())


@figure("tconv.2d", decks=[("OU", "20-24"), ("KR", "10"), ("SHA", "56-58")], provenance="computed")
def two_dimensions(theme):
    """Transposed convolution, 3 × 3, stride 2, padding 1: four stamps, added, then cropped."""
    operands = image(INPUT), image(FILTER)
    trace = minicv.trace(F.conv_transpose2d, *operands, stride=2)
    full, states = plane(trace.result), list(_stamps(trace))
    output = plane(F.conv_transpose2d(*operands, stride=2, padding=1, output_padding=1))
    short = plane(F.conv_transpose2d(*operands, stride=2, padding=1))
    steps = [state.sentence for state in states]
    crop = "Padding 1 crops the border; output padding 1 keeps the last row and column "
    crop += f"(without it: {' × '.join(map(str, short.shape))})."

    def frame(i):
        return _frame(theme, states[i]) if i < len(states) else _crop_frame(theme, full, output, crop)

    return {
        "title": "Transposed convolution",
        "alt": f"Transposed convolution of {in_words(INPUT)} with the filter {in_words(FILTER)}, stride 2, "
        + f"padding 1, output padding 1. The stamps sum to {in_words(full)}; cropped: {in_words(output)}. "
        + " ".join([*steps, crop]),
        "figure": _strip(theme, states, output),
        "frame": frame,
        "steps": [*steps, crop],
        "numbers": {
            "input": INPUT,
            "filter": FILTER,
            "stamps": [state.stamp for state in states],
            "canvases": [state.canvas for state in states],
            "count": states[-1].count,
            "sum": full,
            "output": output,
        },
    }


def _strip(theme, states, output):
    """The static version: input, filter and output above, the four canvases below."""
    page = Page(theme=theme)
    Grid(page, INPUT, 1.2, 1.2, 0.62, label="input 2 × 2")
    Grid(page, FILTER, 4.6, 0.85, 0.62, "filter", label="filter 3 × 3")
    Grid(page, output, 8.8, 0.55, 0.62, "output", label="output: step 4, cropped to 4 × 4")
    captions = [f"{state.value} at row {state.corner[0]}, column {state.corner[1]}" for state in states]
    for place, state in zip(filmstrip(page, captions, top=3.25, bottom=7.0, gap=0.35), states):
        _canvas(page, state, *centred(place, 5 * 0.57, 5 * 0.57), 0.57)
    return page


def _frame(theme, state):
    """One stamp: value times filter, and where the copy goes."""
    page = _operands(theme, [state.source])
    page.write(6.0, 3.5, "=", size=30)
    copy = Grid(page, state.stamp, 6.3, 2.375, 0.75, "filter", label=f"{state.value} times the filter")
    grid = _canvas(page, state, 9.0, 1.5, 0.8, label="sum so far 5 × 5", size=26)
    page.arrow((copy.right + 0.06, 3.5), (grid.left - 0.08, 3.5))
    say(page, state.sentence)
    return page


def _crop_frame(theme, full, output, words):
    """The last step: the first row and column are cropped."""
    page = _operands(theme, [])
    role = np.full(full.shape, "zero", dtype=object)
    role[1:, 1:] = "output"
    whole = Grid(page, full, 9.0, 1.5, 0.8, role, outline="plain", label="output 4 × 4, cropped", size=26)
    whole.frame(1, 1, *output.shape, "output")
    say(page, words)
    return page


def _operands(theme, current):
    """A page with input and filter, the current input cell ringed."""
    page = Page(theme=theme)
    small = Grid(page, INPUT, 0.5, 2.6, 0.9, label="input 2 × 2", size=28)
    small.ring(current)
    page.write(2.65, 3.5, "×", size=30)
    Grid(page, FILTER, 3.0, 2.15, 0.9, "filter", label="filter 3 × 3", size=28)
    return page


def _canvas(page, state, x, y, cell, **style):
    """The sum so far: cells under two stamps or more are shaded, the newest stamp is framed."""
    role = np.select([state.count > 1, state.count == 1], ["overlap", "output"], "plain")
    shown = np.where(state.count > 0, state.canvas, None)
    grid = Grid(page, shown, x, y, cell, role, outline="output", **style)
    grid.frame(*state.corner, *state.stamp.shape, "filter")
    return grid
