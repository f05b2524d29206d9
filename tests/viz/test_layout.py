"""Grids, matrices and strips: what stands where, in inches, and that nothing runs into anything."""

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from minicv.viz import (
    THEMES,
    Grid,
    Matrix,
    Page,
    axes_table,
    cell_text,
    centred,
    filmstrip,
    link,
    stack,
    text_problems,
)


def test_cells_are_rows_downwards_and_hold_the_array():
    grid = Grid(Page(), [[1, 2, 3], [4, 5, 6]], x=1, y=2, cell=(0.8, 0.6))
    assert grid.box(1, 2) == pytest.approx((2.6, 2.6, 0.8, 0.6))
    assert grid.box(0, 1, rows=2, cols=2) == pytest.approx((1.8, 2.0, 1.6, 1.2))
    assert [text.get_text() for text in grid.texts.ravel()] == list("123456")
    assert grid.texts[1, 2].get_position() == pytest.approx(grid.centre(1, 2))


def test_page_measures_in_inches_from_the_upper_left():
    page = Page("half")
    text = page.write(0, 0, "corner")
    x, y = text.get_transform().transform(text.get_position())
    assert (x, y) == pytest.approx((0, 5.5 * page.dpi))
    ax = page.panel(1, 2, 3, 1)
    assert ax.get_position().bounds == pytest.approx((1 / 6, 2.5 / 5.5, 3 / 6, 1 / 5.5))


def test_cell_numbers_have_24_points_and_must_fit():
    grid = Grid(Page(), [[7]], x=1, y=1)
    assert grid.texts[0, 0].get_size() == 24
    with pytest.raises(ValueError, match=r"Grid: '123456' at 24 pt takes \d.\d+ x 0.33 in; a cell has 0.74"):
        Grid(Page(), [[123456]], x=1, y=1)
    with pytest.raises(ValueError, match="Make the cells larger"):
        Grid(Page(), [[1]], x=1, y=1, cell=(0.8, 0.3))


def test_winners_are_ringed_and_bold():
    grid = Grid(Page(), [[1, 9]], x=1, y=1)
    before = len(grid.page.sheet.patches)
    grid.ring([(0, 1)])
    assert [text.get_weight() for text in grid.texts[0]] == ["normal", "bold"]
    (ring,) = grid.page.sheet.patches[before:]
    x, _, w, _ = grid.box(0, 1)
    assert x < ring.get_x() and ring.get_x() + ring.get_width() < x + w
    assert ring.get_edgecolor() != (0, 0, 0, 0) and not ring.get_fill()


def test_output_has_a_double_outline_and_padding_a_pattern():
    page = Page()
    Grid(page, [[1]], x=1, y=1, role="output")
    outlines = [p for p in page.sheet.patches if isinstance(p, Rectangle) and p.get_linewidth() > 1]
    assert len(outlines) == 2 and outlines[1].get_width() > outlines[0].get_width()
    Grid(page, [[0]], x=3, y=1, role="zero")
    assert ".." in [p.get_hatch() for p in page.sheet.patches]


@pytest.mark.parametrize(
    ("value", "words"),
    [(3, "3"), (np.float32(0.5), "0.5"), (-0.0, "0"), (-2, "−2"), (1 / 3, "0.333"), ("ax", "ax"), (None, "")],
)
def test_cell_text(value, words):
    assert cell_text(value) == words


def test_matrix_lets_zeros_step_back():
    matrix = Matrix(Page(), [["x", 0], ["0", -1]], x=1, y=1, role="filter")
    assert matrix.roles.tolist() == [["filter", "plain"], ["plain", "filter"]]
    faint = THEMES["light"].faint
    assert [text.get_color() == faint for text in matrix.texts.ravel()] == [False, True, True, False]
    brackets = matrix.page.sheet.lines
    assert len(brackets) == 2 and max(brackets[0].get_xdata()) < min(brackets[1].get_xdata())


def test_stack_puts_the_first_channel_in_front():
    page = Page()
    front = stack(page, np.arange(12).reshape(3, 2, 2), x=1, y=1, shift=0.5)
    assert front.values.tolist() == [[0, 1], [2, 3]]
    assert (front.left, front.top) == (1, 2)
    fills = [p for p in page.sheet.patches if p.get_facecolor()[3] == 1 and p.get_x() == front.left]
    assert min(p.get_zorder() for p in fills) > 20
    with pytest.raises(ValueError, match=r"stack: maps must be \(channels, rows, cols\)"):
        stack(page, np.zeros((2, 2)), x=1, y=1)


def test_link_joins_two_points():
    line = link(Page(), (1, 2), (3, 4), "winner")
    assert line.get_xydata().tolist() == [[1, 2], [3, 4]]


def test_filmstrip_places_lie_side_by_side_and_are_numbered():
    page = Page()
    places = filmstrip(page, ["one", "two", "three", "four"], top=1, bottom=7, columns=2)
    (x0, y0, w0, h0), (x1, y1, _, _), (x2, y2, _, _), _ = places
    assert x0 + w0 < x1 and y0 == y1 and x2 == x0 and y0 + h0 < y2
    words = [text.get_text() for text in page.sheet.texts]
    assert words == ["step 1", "one", "step 2", "two", "step 3", "three", "step 4", "four"]
    assert centred(places[0], w0, h0) == pytest.approx((x0, y0))
    assert text_problems(page) == []


def test_axes_table_is_square_and_inside_the_page():
    page = Page("slide")
    table = axes_table(page, 2, 3, row_names=["a", "b"], column_names=["x", "y", "z"])
    for ax in (ax for row in table for ax in row):
        x, y, w, h = ax.get_position().bounds
        assert w * page.width == pytest.approx(h * page.height)
        assert x > 0 and y > 0 and x + w < 1 and y + h < 1
    assert text_problems(page) == []
    with pytest.raises(ValueError, match="row_names must have 2 entries, or none; got 1"):
        axes_table(page, 2, 3, row_names=["a"])


def test_measuring_finds_small_clipped_and_overlapping_text():
    page = Page("third")
    page.write(2, 1, "tiny", size=8)
    page.write(0, 2, "clipped")
    page.write(2, 3, "upon")
    page.write(2.1, 3, "another")
    page.write(1.5, 0.5, "beside", rotation=90, size=14)
    page.write(2, 3.3, "a   line", rotation=90, size=14)
    assert text_problems(page) == [
        "'tiny' has 8 pt; the least is 14",
        "'clipped' is cut off at the edge",
        "'another' overlaps 'upon'",
        "'a   line' overlaps 'upon'",
        "'a   line' overlaps 'another'",
    ]


def test_measuring_sees_ticks():
    page = Page("half")
    page.panel(1, 1, 0.4, 3).set_xticks([0, 1], ["many words", "more words"])
    assert "'more words' overlaps 'many words'" in text_problems(page)
