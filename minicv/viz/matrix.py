"""Matrices: brackets instead of a frame, and zeros that step back so that the structure shows."""

import numpy as np

from .grid import Grid, cell_text
from .style import SMALL_TEXT


class Matrix(Grid):
    """A :class:`Grid` drawn as a matrix: brackets at the sides, zeros faint and without colour.

    Parameters
    ----------
    page, values, x, y, cell, role, label, size
        As for :class:`Grid`. An entry is zero when it is the number 0 or the string "0".
    row_names, column_names : sequence of str
        None, or one for each row (left of the bracket) and column (above).

    Examples
    --------
    >>> from minicv.viz import Matrix, Page
    >>> matrix = Matrix(Page(), [["x", "y", 0], [0, "x", "y"]], x=1, y=1, cell=(0.8, 0.6), role="filter")
    >>> matrix.roles[0].tolist()
    ['filter', 'filter', 'plain']
    """

    def __init__(self, page, values, x, y, role="filter", row_names=(), column_names=(), **style):
        values = np.array(values, dtype=object)
        zero = np.vectorize(lambda value: cell_text(value) == "0", otypes=[bool])(values)
        super().__init__(page, values, x, y, role=np.where(zero, "plain", role), **style)
        for text in self.texts[zero]:
            text.set_color(page.theme.faint)
        names = {"size": SMALL_TEXT, "colour": page.theme.muted}
        for row, name in enumerate(row_names):
            page.write(self.left - 0.2, self.centre(row, 0)[1], name, ha="right", **names)
        for col, name in enumerate(column_names):
            page.write(self.centre(0, col)[0], self.top - 0.08, name, va="bottom", **names)

    def _draw_outline(self, role):
        """Two square brackets, slightly outside the entries."""
        lip, gap = 0.14, 0.07
        for side, inwards in ((self.left - gap, lip), (self.right + gap, -lip)):
            xs, ys = (
                [side + inwards, side, side, side + inwards],
                [self.top, self.top, self.bottom, self.bottom],
            )
            self.page.sheet.plot(xs, ys, color=self.page.theme.ink, linewidth=2.2, zorder=self.zorder + 3)


def link(page, start, end, role):
    """Join two points by a thin line with dots at its ends: this entry here is that cell there.

    Examples
    --------
    >>> from minicv.viz import Grid, Page
    >>> page = Page()
    >>> a, b = Grid(page, [[1]], x=1, y=1), Grid(page, [[1]], x=4, y=3)
    >>> link(page, a.centre(0, 0), b.centre(0, 0), "winner").get_marker()
    'o'
    """
    look = page.theme.role(role)
    xs, ys = zip(start, end)
    (line,) = page.sheet.plot(
        xs, ys, color=look.edge, linestyle=look.line, linewidth=1.6, marker="o", zorder=7
    )
    return line
