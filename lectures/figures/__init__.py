"""The figures of the lectures, by id; each is drawn from what the ops computed.

A builder takes a theme and returns what a :class:`minicv.viz.Picture` needs besides its id and provenance::

    @figure("unpool.nearest", decks=[("OU", "12")], provenance="computed")
    def nearest(theme):
        ...
        return {"title": ..., "alt": ..., "figure": page, "frame": ..., "steps": ..., "numbers": ...}

The ids are those of the lecture map. Imported as ``minicv.lectures.figures``.

Examples
--------
>>> from minicv.lectures.figures import draw
>>> draw("unpool.nails").manifest()["numbers"]["output"]
[[1, 0, 2, 0], [0, 0, 0, 0], [3, 0, 4, 0], [0, 0, 0, 0]]
"""

from difflib import get_close_matches
from importlib import import_module
from typing import NamedTuple

from minicv.viz import Picture


class Entry(NamedTuple):
    """A registered figure: its id, the slides that need it as (deck, slides) pairs, and how it is built."""

    id: str
    decks: list
    provenance: str
    build: object

    @property
    def summary(self):
        """The first line of the builder's docstring."""
        return self.build.__doc__.strip().splitlines()[0]


FIGURES = {}


def figure(id, decks, provenance):
    """Register a builder under a figure's id; see the module's docstring for what it returns."""

    def register(build):
        if id in FIGURES:
            raise ValueError(f"figure: the id {id!r} is taken by {FIGURES[id].build.__name__}")
        FIGURES[id] = Entry(id, decks, provenance, build)
        return build

    return register


def draw(id, theme="light"):
    """Draw a figure.

    Parameters
    ----------
    id : str
        A key of :data:`FIGURES`.
    theme : str
        "light", "dark" or "print".

    Returns
    -------
    minicv.viz.Picture
    """
    if id not in FIGURES:
        near = get_close_matches(id, FIGURES, n=3, cutoff=0.4)
        hint = f"Did you mean {' or '.join(near)}?" if near else f"There are {', '.join(FIGURES)}."
        raise ValueError(f"figure: there is no figure {id!r}. {hint}")
    entry = FIGURES[id]
    about = {"decks": [f"{deck} {slides}" for deck, slides in entry.decks]}
    return Picture(id=id, provenance=entry.provenance, about=about, **entry.build(theme))


for _family in ("unpooling", "transposed", "matrices", "matrix2d"):
    import_module(f".{_family}", __name__)
