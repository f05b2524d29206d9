"""Max pooling that remembers, and three ways back up: nearest neighbour, bed of nails, max unpooling."""

import numpy as np

import minicv
import minicv.functional as F
from minicv.viz import Grid, Page, centred, filmstrip

from . import figure
from .common import arrow_between, image, in_words, plane, position, say

SMALL = [[1, 2], [3, 4]]  # what the slides put in
POOLED = [[1, 2, 6, 3], [3, 5, 2, 1], [1, 2, 2, 1], [7, 3, 4, 8]]


@figure("unpool.nearest", decks=[("OU", "12"), ("KR", "8"), ("SHA", "54")], provenance="computed")
def nearest(theme):
    """Nearest-neighbour unpooling: every value fills a block."""
    trace = minicv.trace(F.interpolate, image(SMALL), scale_factor=2)
    copies = {}
    for step in trace.steps:
        copies.setdefault(position(step.read[0]), []).append(position(step.write[0]))
    return _upsampled(
        theme,
        plane(trace.result),
        copies,
        op="interpolate, mode nearest",
        title="Nearest-neighbour unpooling",
        sentence=lambda value, cells: f"{value} is copied into {len(cells)} cells, rows and columns alike.",
        summary="Every value fills a 2 × 2 block.",
    )


@figure("unpool.nails", decks=[("OU", "12"), ("KR", "8"), ("SHA", "54")], provenance="computed")
def nails(theme):
    """Bed of nails: every value stands in the corner of a block of zeros."""
    trace = minicv.trace(F.bed_of_nails, image(SMALL))
    copies = {position(step.read[0]): [position(step.write[0])] for step in trace.steps if step.read}
    return _upsampled(
        theme,
        plane(trace.result),
        copies,
        op="bed_of_nails",
        title="Bed of nails",
        sentence=lambda value, cells: f"{value} goes to row {cells[0][0]}, column {cells[0][1]}.",
        summary="Every value keeps the corner of its 2 × 2 block; the rest is 0.",
    )


def _upsampled(theme, output, copies, op, title, sentence, summary):
    """2 × 2 to 4 × 4, with a frame for each input cell; `copies` says where it went."""

    def draw(done, current, words):
        page = Page(theme=theme)
        small = Grid(page, SMALL, 1.2, 2.4, 1.05, label="input 2 × 2", size=30)
        written = _mask(output.shape, [cell for source in done for cell in copies[source]])
        role = np.where(written, "output", np.where(holes, "zero", "plain"))
        shown = np.where(written | holes, output, None)
        large = Grid(page, shown, 7.6, 1.35, 1.05, role, outline="output", label="output 4 × 4", size=30)
        small.ring(current)
        for r, c in done:
            large.frame(2 * r, 2 * c, 2, 2, "input")
        for source in current:
            large.ring(copies[source])
        arrow_between(page, small, large, op)
        say(page, words)
        return page

    sources = list(copies)
    holes = ~_mask(output.shape, [cell for cells in copies.values() for cell in cells])
    steps = [sentence(SMALL[r][c], copies[r, c]) for r, c in sources]
    return {
        "title": title,
        "alt": f"{title}. Input 2 × 2: {in_words(SMALL)}. Output 4 × 4: {in_words(output)}. {summary}",
        "figure": draw(sources, [], summary),
        "frame": lambda i: draw(sources[: i + 1], [sources[i]], steps[i]),
        "steps": steps,
        "numbers": {"input": SMALL, "output": output},
    }


def _mask(shape, cells):
    """True at the given (row, col) cells."""
    mask = np.zeros(shape, bool)
    for cell in cells:
        mask[cell] = True
    return mask


@figure("pool.max.kr", decks=[("KR", "8"), ("OU", "13"), ("SHA", "55")], provenance="computed")
def max_pooling(theme):
    """Max pooling that remembers where each maximum was: the values and the switches."""
    trace = minicv.trace(F.max_pool2d, image(POOLED), 2, return_indices=True)
    output, indices = map(plane, trace.result)
    switches = np.stack(np.divmod(indices, len(POOLED[0])), axis=-1)

    def draw(done, current, words):
        page = Page(theme=theme)
        before = Grid(page, POOLED, 0.9, 1.6, 0.95, label="input 4 × 4", indices=True, size=28)
        shown = _mask(output.shape, done)
        places = np.array([[f"{r}, {c}" for r, c in row] for row in switches], dtype=object)
        after = Grid(
            page, np.where(shown, output, None), 6.3, 2.5, 1.0, "output", label="output 2 × 2", size=28
        )
        where = np.where(shown, places, None)
        Grid(page, where, 9.6, 2.5, (1.45, 1.0), "winner", label="switches: row, column", size=28)
        for r, c in done:
            before.ring([tuple(switches[r, c])])
            if not current:
                before.frame(2 * r, 2 * c, 2, 2, "filter")
        for r, c in current:
            before.frame(2 * r, 2 * c, 2, 2, "filter")
            after.ring([(r, c)])
        arrow_between(page, before, after, "max_pool2d")
        say(page, words)
        return page

    windows = [position(step.write[0]) for step in trace.steps]
    sentences = []
    for step, (r, c) in zip(trace.steps, windows):
        seen = ", ".join(f"{value:g}" for _, value in step.read)
        row, col = switches[r, c]
        sentences.append(f"Of {seen} the largest is {output[r, c]}; it was at row {row}, column {col}.")
    summary = "Each window keeps its maximum and remembers where it was."
    return {
        "title": "Max pooling that remembers",
        "alt": f"Max pooling 2 × 2 with stride 2. Input: {in_words(POOLED)}. Output: {in_words(output)}. "
        + "Switches, the (row, column) of each maximum: "
        + ", ".join(f"({r}, {c})" for r, c in switches.reshape(-1, 2))
        + f". {summary}",
        "figure": draw(windows, [], summary),
        "frame": lambda i: draw(windows[: i + 1], [windows[i]], sentences[i]),
        "steps": sentences,
        "numbers": {"input": POOLED, "output": output, "switches": switches},
    }


@figure("unpool.max", decks=[("KR", "8"), ("OU", "13"), ("SHA", "55")], provenance="computed")
def max_unpooling(theme):
    """Max unpooling: values return to the places that pooling remembered."""
    _, indices = F.max_pool2d(image(POOLED), 2, return_indices=True)
    trace = minicv.trace(F.max_unpool2d, image(SMALL), indices, 2)
    output = plane(trace.result)
    switches = np.stack(np.divmod(plane(indices), len(POOLED[0])), axis=-1)
    places = [[f"{r}, {c}" for r, c in row] for row in switches]
    moves = [(position(step.read[0]), position(step.write[0])) for step in trace.steps]
    canvases = [
        np.where(_mask(output.shape, [to for _, to in moves[: i + 1]]), output, 0) for i in range(len(moves))
    ]
    sentences = [
        f"{SMALL[r][c]} goes to row {to[0]}, column {to[1]}, where the maximum of its window was."
        for (r, c), to in moves
    ]

    def canvas(page, x, y, cell, i, **style):
        values = canvases[i]
        role = np.where(values != 0, "output", "zero")
        grid = Grid(page, values, x, y, cell, role, outline="output", **style)
        grid.ring([moves[i][1]])

    def frame(i):
        page = Page(theme=theme)
        small = Grid(page, SMALL, 0.9, 2.75, 1.0, label="input 2 × 2", size=28)
        Grid(page, places, 4.0, 2.75, (1.45, 1.0), "winner", label="switches: row, column", size=28)
        small.ring([moves[i][0]])
        canvas(page, 8.3, 1.75, 1.0, i, label="output 4 × 4", size=28)
        say(page, sentences[i])
        return page

    strip = Page(theme=theme)
    Grid(strip, SMALL, 2.9, 1.0, 0.8, label="input 2 × 2")
    Grid(strip, places, 7.2, 1.0, (1.3, 0.8), "winner", label="switches: row, column")
    captions = [f"{SMALL[r][c]} to row {to[0]}, column {to[1]}" for (r, c), to in moves]
    for i, place in enumerate(filmstrip(strip, captions, top=3.2, bottom=6.9)):
        canvas(strip, *centred(place, 4 * 0.68, 4 * 0.68), 0.68, i)
    return {
        "title": "Max unpooling",
        "alt": f"Max unpooling of {in_words(SMALL)} with the switches of max pooling {in_words(POOLED)}. "
        + f"Output 4 × 4: {in_words(output)}. "
        + " ".join(sentences),
        "figure": strip,
        "frame": frame,
        "steps": sentences,
        "numbers": {"input": SMALL, "switches": switches, "output": output, "canvases": canvases},
    }
