"""Grids of numbers: an array drawn as cells, as the slides draw feature maps, filters and outputs."""

from functools import lru_cache
from numbers import Number

import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from .style import CELL_TEXT, FONT, LABEL_TEXT, SMALL_TEXT


def cell_text(value):
    """What stands in a cell: whole numbers without decimals, others with three digits, None as nothing.

    Examples
    --------
    >>> cell_text(2.0), cell_text(-0.12345), cell_text("ax"), cell_text(None)
    ('2', '−0.123', 'ax', '')
    """
    if value is None:
        return ""
    if not isinstance(value, Number):
        return str(value)
    value = float(value) + 0.0  # -0.0 becomes 0.0
    return (f"{value:.0f}" if value == round(value) and abs(value) < 1e6 else f"{value:.3g}").replace(
        "-", "−"
    )


@lru_cache(maxsize=1024)
def text_width(words, size, weight="normal", style="normal"):
    """Width of words in inches at `size` points, measured from the font's outlines.

    Examples
    --------
    >>> text_width("mmmm", 24) > text_width("iiii", 24) > 0
    True
    """
    if not words.strip():
        return 0.0
    font = FontProperties(family=FONT, weight=weight, style=style)
    return float(TextPath((0, 0), words, size=size, prop=font).get_extents().width) / 72


class Grid:
    """An array drawn as cells at (x, y) of a page; it knows where they are, so that others can point at them.

    Parameters
    ----------
    page : Page
    values : (rows, cols) array of numbers, strings or None
        None is a blank cell. Strings with letters are symbols and set in italics.
    x, y : float
        Upper left corner, in inches.
    cell : float or (float, float)
        Width and height of a cell, in inches.
    role : str or (rows, cols) array of str
        The role that colours the cells (see :mod:`minicv.viz.style`); an array gives each cell its own.
    outline : str, optional
        Role of the line around the whole; the role of all cells where they have one, else "plain".
    label : str
        Words above: say what it is, "input", "filter", "output", and its size; colour alone does not tell.
    indices : bool
        Number the rows and columns along the edges.
    size : float
        Points of the numbers; 24 is the least on a slide.
    zorder : float
        Added to the drawing order of everything: a later sheet of a stack lies over an earlier one.

    Attributes
    ----------
    left, right, top, bottom : float
        Edges, in inches.

    Examples
    --------
    >>> from minicv.viz import Grid, Page
    >>> page = Page()
    >>> grid = Grid(page, [[1, 2], [3, 4]], x=1, y=2, cell=0.8, label="input 2 × 2")
    >>> grid.right, grid.bottom
    (2.6, 3.6)
    >>> grid.ring([(1, 0)])                    # the cell in row 1, column 0 won
    """

    def __init__(
        self,
        page,
        values,
        x,
        y,
        cell=0.8,
        role="input",
        outline=None,
        label="",
        indices=False,
        size=CELL_TEXT,
        zorder=0,
    ):
        self.page, self.left, self.top, self.size, self.zorder = page, x, y, size, zorder
        self.values = np.array(values, dtype=object)
        if self.values.ndim != 2:
            raise ValueError(f"Grid: values must be (rows, cols); got {self.values.ndim} dimensions")
        self.cell = (cell, cell) if isinstance(cell, Number) else tuple(cell)
        rows, cols = self.values.shape
        self.right, self.bottom = x + cols * self.cell[0], y + rows * self.cell[1]
        self.roles = np.broadcast_to(np.array(role, dtype=object), (rows, cols))
        self.texts = np.empty((rows, cols), dtype=object)
        self._check_fit()
        for place in np.ndindex(rows, cols):
            self._draw_cell(place)
        same = len(set(self.roles.ravel())) == 1
        self._draw_outline(outline or (self.roles[0, 0] if same else "plain"))
        if label:
            gap = 0.42 if indices else 0.16
            page.write((x + self.right) / 2, y - gap, label, size=LABEL_TEXT, va="bottom")
        if indices:
            self._number_edges()

    def _check_fit(self):
        """Refuse text that does not fit its cell before anything is drawn; it would run into the next."""
        for value in self.values.ravel():
            words = cell_text(value)
            width, room = text_width(words, self.size), self.cell[0] - 0.06
            if width > room or self.size / 72 > self.cell[1]:
                raise ValueError(
                    f"Grid: {words!r} at {self.size} pt takes {width:.2f} x {self.size / 72:.2f} in; "
                    f"a cell has {room:.2f} x {self.cell[1]:.2f}. Make the cells larger."
                )

    def box(self, row, col, rows=1, cols=1):
        """(x, y, width, height) of a block of cells, in inches."""
        w, h = self.cell
        return self.left + col * w, self.top + row * h, cols * w, rows * h

    def centre(self, row, col):
        """(x, y) of a cell's middle, in inches."""
        x, y, w, h = self.box(row, col)
        return x + w / 2, y + h / 2

    def frame(self, row, col, rows, cols, role):
        """Draw a role's outline around a block of cells: the window that a filter covers."""
        self.page.frame(*self.box(row, col, rows, cols), role, zorder=self.zorder + 5)

    def ring(self, cells, role="winner"):
        """Ring cells and set their numbers bold: the second cue of a winner besides its colour."""
        look = self.page.theme.role(role)
        for row, col in cells:
            x, y, w, h = self.box(row, col)
            inset = 0.06
            self.page.frame(x + inset, y + inset, w - 2 * inset, h - 2 * inset, role, zorder=self.zorder + 5)
            self.texts[row, col].set(weight="bold" if look.bold else "normal")

    def _draw_cell(self, place):
        page, value, look = self.page, self.values[place], self.page.theme.role(self.roles[place])
        x, y, w, h = self.box(*place)

        def lay(zorder, **style):
            page.rectangle(x, y, w, h, zorder=self.zorder + zorder, **style)

        lay(1, facecolor=look.fill, edgecolor="none", linewidth=0)
        if look.hatch:  # a patch hatches in its edge colour, and the pattern must stay behind the number
            lay(1.1, fill=False, hatch=look.hatch, edgecolor=page.theme.faint, linewidth=0, alpha=0.6)
        lay(2, fill=False, edgecolor=page.theme.faint, linewidth=0.9, linestyle=look.line)
        self.texts[place] = page.write(
            x + w / 2,
            y + h / 2,
            cell_text(value),
            size=self.size,
            colour=page.theme.muted if self.roles[place] == "zero" else page.theme.ink,
            va="center_baseline",
            style="italic" if isinstance(value, str) and any(map(str.isalpha, value)) else "normal",
            zorder=self.zorder + 6,
        )

    def _draw_outline(self, role):
        """Outline the whole grid; a matrix draws brackets instead."""
        rows, cols = self.values.shape
        self.page.frame(*self.box(0, 0, rows, cols), role, zorder=self.zorder + 3)

    def _number_edges(self):
        rows, cols = self.values.shape
        style = {"size": SMALL_TEXT, "colour": self.page.theme.muted}
        for col in range(cols):
            self.page.write(self.centre(0, col)[0], self.top - 0.12, str(col), va="bottom", **style)
        for row in range(rows):
            self.page.write(self.left - 0.12, self.centre(row, 0)[1], str(row), ha="right", **style)


def stack(page, maps, x, y, cell=0.8, role="input", label="", shift=0.28):
    """Draw the channels of a (C, rows, cols) array as sheets behind each other, the first one in front.

    Returns the front sheet's :class:`Grid`; the sheets behind show their edges only.

    Examples
    --------
    >>> import numpy as np
    >>> from minicv.viz import Page, stack
    >>> front = stack(Page(), np.arange(12).reshape(3, 2, 2), x=1, y=2, label="input 3 × 2 × 2")
    >>> front.values.tolist()
    [[0, 1], [2, 3]]
    """
    maps = np.asarray(maps, dtype=object)
    if maps.ndim != 3 or len(maps) == 0:
        raise ValueError(f"stack: maps must be (channels, rows, cols), one channel or more; got {maps.shape}")
    behind = len(maps) - 1
    for i in range(behind, -1, -1):
        values = maps[i] if i == 0 else np.full(maps[i].shape, None)
        sheet = Grid(
            page, values, x + i * shift, y + (behind - i) * shift, cell, role, zorder=10 * (behind - i)
        )
    if label:
        page.write((sheet.left + sheet.right + behind * shift) / 2, y - 0.16, label, va="bottom")
    return sheet
