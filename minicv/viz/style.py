"""Colours, sizes and fonts: every part that a thing can play in a picture looks the same in all of them.

A *role* is such a part: the input of an op, its filter, its output, a cell that won, padding, a gradient.
Each role has a colour and a second cue (a line style or a hatch), so that a picture survives a grey printer
and a colour-blind reader. The colours are Okabe and Ito's without their yellow, which vanishes on white.
Classes take the ten colours of the "petroff10" cycle (M. Petroff, *Accessible Color Sequences for Data
Visualization*, arXiv 2107.02270).
"""

from dataclasses import dataclass

import numpy as np
from matplotlib.colors import to_hex, to_rgb

FONT = "DejaVu Sans"  # it ships with matplotlib, so that a picture comes out the same everywhere
CELL_TEXT, LABEL_TEXT, SMALL_TEXT = (
    24,
    18,
    14,
)  # points: numbers in cells, labels, and the least that is legible

SIZES = {
    "slide": (13.333, 7.5),
    "content": (12.0, 6.0),
    "half": (6.0, 5.5),
    "third": (4.0, 4.0),
    "old": (10.0, 7.5),
    "column": (3.5, 2.6),
}

CLASS_COLOURS = (
    "#3f90da",
    "#ffa90e",
    "#bd1f01",
    "#94a4a2",
    "#832db6",
    "#a96b59",
    "#e76300",
    "#b9ac70",
    "#717581",
    "#92dadd",
)


def mix(colour, other, amount):
    """Hex colour that is `amount` of `colour` and the rest of `other`.

    Examples
    --------
    >>> mix("#ff0000", "#ffffff", 0.25)
    '#ffbfbf'
    """
    return to_hex(amount * np.array(to_rgb(colour)) + (1 - amount) * np.array(to_rgb(other)))


@dataclass(frozen=True)
class Role:
    """The look of one part: fill and edge colour, and the second cue beside the colour.

    `double` draws a second outline around the first; `hatch` and `line` are matplotlib's styles.
    """

    fill: str
    edge: str
    width: float = 1.8
    line: str | tuple = "-"
    hatch: str | None = None
    double: bool = False
    bold: bool = False

    @property
    def cue(self):
        """What tells this role from the others without its colour."""
        return self.width, self.line, self.hatch, self.double, self.bold


@dataclass(frozen=True)
class Theme:
    """A background, the ink on it, and the look of every role."""

    name: str
    background: str
    ink: str
    muted: str  # secondary words: 4.5:1 or more against the background
    faint: str  # cell lines and zeros that must step back
    roles: dict

    def role(self, name):
        """The :class:`Role` of that name.

        Examples
        --------
        >>> THEMES["light"].role("output").double
        True
        """
        if name not in self.roles:
            raise ValueError(f"viz: role must be one of {', '.join(self.roles)}; got {name!r}")
        return self.roles[name]


DASHED, DOTTED = (0, (4, 2.4)), (0, (1, 1.6))


def _roles(background, fills, edges, hatches=None):
    """The roles of one theme; colours and extra hatches differ between themes, the other cues do not."""
    hatches = {"zero": "..", "gradient": "//", "overlap": "++"} | (hatches or {})
    shapes = {
        "plain": {"width": 1.0},
        "input": {},
        "filter": {"width": 3.4},
        "output": {"double": True},
        "overlap": {"double": True},
        "winner": {"width": 3.4, "line": "-", "bold": True},
        "zero": {"width": 1.2, "line": DASHED},
        "gradient": {},
        "truth": {"width": 2.4},
        "prediction": {"width": 2.4, "line": DASHED},
    }
    return {
        name: Role(fills.get(name, background), edges[name], hatch=hatches.get(name), **shape)
        for name, shape in shapes.items()
    }


def _light():
    blue, orange, green, vermillion, purple = "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7"
    paper, ink = "#ffffff", "#1a1a1a"
    fills = {name: mix(colour, paper, 0.25) for name, colour in [("input", blue), ("output", green)]}
    fills |= {"filter": mix(orange, paper, 0.5), "winner": mix(vermillion, paper, 0.25), "zero": "#f3f3f3"}
    fills |= {"gradient": mix(purple, paper, 0.3), "overlap": mix(green, paper, 0.55)}
    edges = {"plain": "#8a8a8a", "input": blue, "filter": mix(orange, "#000000", 0.55), "output": green}
    edges |= {"overlap": green}
    edges |= {"winner": vermillion, "zero": "#8a8a8a", "gradient": mix(purple, "#000000", 0.75)}
    edges |= {"truth": "#000000", "prediction": vermillion}
    return Theme("light", paper, ink, "#595959", "#a6a6a6", _roles(paper, fills, edges))


def _dark():
    blue, orange, green, vermillion, purple = "#56B4E9", "#F0B840", "#35C99C", "#FF8A3D", "#E3A3C7"
    night, ink = "#111111", "#f2f2f2"
    fills = {
        name: mix(colour, night, 0.34)
        for name, colour in [
            ("input", blue),
            ("filter", orange),
            ("output", green),
            ("winner", vermillion),
            ("gradient", purple),
        ]
    } | {"zero": "#1e1e1e", "overlap": mix(green, night, 0.52)}
    edges = {"plain": "#8a8a8a", "input": blue, "filter": orange, "output": green, "winner": vermillion}
    edges |= {"zero": "#8a8a8a", "gradient": purple, "truth": "#ffffff", "prediction": vermillion}
    edges |= {"overlap": green}
    return Theme("dark", night, ink, "#b5b5b5", "#6e6e6e", _roles(night, fills, edges))


def _print():
    paper, ink = "#ffffff", "#000000"
    fills = {"input": "#e3e3e3", "filter": "#c9c9c9", "output": "#ffffff", "winner": "#f4f4f4"}
    fills |= {"zero": "#ffffff", "gradient": "#ededed", "overlap": "#d9d9d9"}
    edges = dict.fromkeys(("filter", "output", "overlap", "winner", "truth"), ink)
    edges |= dict.fromkeys(("input", "gradient", "prediction"), "#333333") | {
        "plain": "#777777",
        "zero": "#777777",
    }
    return Theme("print", paper, ink, "#404040", "#8c8c8c", _roles(paper, fills, edges, {"filter": "\\\\"}))


THEMES = {theme.name: theme for theme in (_light(), _dark(), _print())}


def theme_named(theme):
    """The :class:`Theme` of that name; a Theme is returned as it is.

    Examples
    --------
    >>> theme_named("dark").background
    '#111111'
    """
    if isinstance(theme, Theme):
        return theme
    if theme not in THEMES:
        raise ValueError(f"viz: theme must be one of {', '.join(THEMES)}; got {theme!r}")
    return THEMES[theme]


def theme_of(ax):
    """The theme of the page that `ax` lies on; the light one for an Axes on any other Figure.

    Examples
    --------
    >>> from matplotlib.figure import Figure
    >>> theme_of(Figure().add_subplot()).name
    'light'
    """
    return getattr(ax.figure, "theme", THEMES["light"])


def class_colours(count):
    """Colours of `count` classes, as hex strings; beyond ten they repeat, and labels must tell them apart.

    Examples
    --------
    >>> class_colours(2)
    ['#3f90da', '#ffa90e']
    """
    return [CLASS_COLOURS[i % len(CLASS_COLOURS)] for i in range(count)]
