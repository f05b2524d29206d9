"""A page: a matplotlib Figure of a slide's size, measured in inches from its upper left corner."""

from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle

from .style import FONT, LABEL_TEXT, SIZES, SMALL_TEXT, theme_named


class Page(Figure):
    """A Figure that knows its theme and has one sheet of Axes, in inches, over its whole area.

    Rows of an array run downwards, and so does y here. No pyplot is involved: a page is an ordinary object
    that can be saved, shown in a notebook, or thrown away.

    Parameters
    ----------
    size : str or (float, float)
        A key of :data:`minicv.viz.SIZES`, or width and height in inches.
    theme : str or Theme
        "light", "dark" or "print".

    Attributes
    ----------
    sheet : matplotlib.axes.Axes
        Covers the page; data coordinates are inches, x to the right, y downwards.
    width, height : float
        In inches.

    Examples
    --------
    >>> page = Page("third")
    >>> page.width, page.height
    (4.0, 4.0)
    >>> page.write(2, 2, "a word in the middle").get_text()
    'a word in the middle'
    """

    def __init__(self, size="slide", theme="light"):
        if isinstance(size, str) and size not in SIZES:
            raise ValueError(f"viz: size must be one of {', '.join(SIZES)}, or (width, height); got {size!r}")
        self.width, self.height = SIZES[size] if isinstance(size, str) else size
        self.theme = theme_named(theme)
        super().__init__(figsize=(self.width, self.height), dpi=144, facecolor=self.theme.background)
        self.sheet = self.add_axes((0, 0, 1, 1))
        self.sheet.set(xlim=(0, self.width), ylim=(self.height, 0))
        self.sheet.axis("off")

    def write(self, x, y, words, size=LABEL_TEXT, colour=None, **style):
        """Put words at (x, y), centred there unless `ha` and `va` say otherwise; returns the Text."""
        style = {"ha": "center", "va": "center", "family": FONT, "parse_math": False} | style
        return self.sheet.text(x, y, words, size=size, color=colour or self.theme.ink, **style)

    def arrow(self, start, end, words="", role=None, bend=0.0):
        """Draw an arrow from `start` to `end`, both (x, y), with words above it; returns the patch."""
        colour = self.theme.role(role).edge if role else self.theme.muted
        patch = FancyArrowPatch(
            start,
            end,
            arrowstyle="-|>",
            mutation_scale=22,
            linewidth=2.2,
            color=colour,
            shrinkA=0,
            shrinkB=0,
            connectionstyle=f"arc3,rad={bend}",
            zorder=4,
        )
        self.sheet.add_artist(patch)
        if words:
            x, y = (start[0] + end[0]) / 2, min(start[1], end[1]) - 0.14
            self.write(x, y, words, size=SMALL_TEXT, colour=self.theme.muted, va="bottom")
        return patch

    def frame(self, x, y, width, height, role, zorder=3):
        """Outline a rectangle in a role's line style (twice for a double outline); returns the patches."""
        look = self.theme.role(role)
        line = {"edgecolor": look.edge, "linewidth": look.width, "linestyle": look.line, "joinstyle": "miter"}
        return [
            self.rectangle(
                x - gap, y - gap, width + 2 * gap, height + 2 * gap, fill=False, zorder=zorder, **line
            )
            for gap in ((0, 0.05) if look.double else (0,))
        ]

    def rectangle(self, x, y, width, height, **style):
        """Draw a rectangle in matplotlib's own terms; returns the patch."""
        # add_artist, not add_patch: that would recompute the sheet's limits, which are fixed, at every cell.
        return self.sheet.add_artist(Rectangle((x, y), width, height, **style))

    def panel(self, x, y, width, height):
        """Axes of that place and size in inches, in the theme's colours, for a plot or an image."""
        place = (x / self.width, 1 - (y + height) / self.height, width / self.width, height / self.height)
        ax = self.add_axes(place, facecolor=self.theme.background)
        dress(ax)
        return ax


def dress(ax, size=SMALL_TEXT):
    """Give Axes the theme's ink, the house font and two spines; returns the same Axes."""
    theme = getattr(ax.figure, "theme", theme_named("light"))
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(theme.muted)
    ax.tick_params(colors=theme.ink, labelsize=size, labelfontfamily=FONT)
    for label in (ax.title, ax.xaxis.label, ax.yaxis.label):
        label.set(color=theme.ink, family=FONT, size=size)
    return ax


def axes_table(page, rows, columns, row_names=(), column_names=(), margin=(0.4, 0.35, 0.5), gap=0.12):
    """Blank square Axes in rows and columns for images, with names along the left and the top.

    Parameters
    ----------
    page : Page
    rows, columns : int
    row_names, column_names : sequence of str
        None, or one for each row (column).
    margin : (float, float, float)
        Free border at the sides, the top and the bottom in inches, besides the room for the names.
    gap : float
        Between the Axes, in inches.

    Returns
    -------
    list of list of matplotlib.axes.Axes
        `rows` lists of `columns` Axes without ticks.

    Examples
    --------
    >>> table = axes_table(Page("content"), 2, 4, column_names=["image", "truth", "FCN", "unpooling"])
    >>> len(table), len(table[0])
    (2, 4)
    """
    for kind, names, count in (("row", row_names, rows), ("column", column_names, columns)):
        if len(names) not in (0, count):
            raise ValueError(f"axes_table: {kind}_names must have {count} entries, or none; got {len(names)}")
    left = margin[0] + (1.5 if row_names else 0)
    top = margin[1] + (0.4 if column_names else 0)
    free_width = page.width - left - margin[0] - gap * (columns - 1)
    free_height = page.height - top - margin[2] - gap * (rows - 1)
    side = min(free_width / columns, free_height / rows)
    left += (free_width - side * columns) / 2
    top += (free_height - side * rows) / 2
    table = []
    for i in range(rows):
        y = top + i * (side + gap)
        if row_names:
            page.write(left - 0.15, y + side / 2, row_names[i], size=SMALL_TEXT, ha="right")
        table.append([page.panel(left + j * (side + gap), y, side, side) for j in range(columns)])
        for ax in table[-1]:
            ax.axis("off")
    for j, name in enumerate(column_names):
        page.write(left + j * (side + gap) + side / 2, top - 0.1, name, size=SMALL_TEXT, va="bottom")
    return table
