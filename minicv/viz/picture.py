"""A finished picture: the figure, its step frames, and everything that must travel with them."""

import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from ..version import __version__
from .save import gif_bytes, pdf_bytes, png_bytes, svg_text
from .style import FONT, SMALL_TEXT, THEMES

PROVENANCE = {
    "computed": "computed: every number comes from running the op",
    "trained": "trained: the output of a model that was trained here",
    "measured": "measured: timed or counted on our own runs",
    "data": "data: images and annotations as the data set has them",
    "quoted": "quoted: numbers from the literature",
    "schematic": "schematic: drawn from a model's own trace",
}


@dataclass
class Picture:
    """A figure with its identity, its words and its numbers.

    Parameters
    ----------
    id : str
        As in the lecture map: "tconv.2d".
    title, alt : str
        A heading, and what the picture shows, in words and numbers, for those who cannot see it.
    provenance : str
        "computed", "trained", "measured", "data", "quoted" or "schematic"; it is written at the foot of every figure.
    figure : matplotlib.figure.Figure
        The static version; of a stepped picture, its filmstrip.
    steps : list of str
        A sentence for each build step; may be empty.
    frame : callable
        Draws the Figure of a step, all in one fixed layout, given the step's number from 0 on.
    numbers : dict
        Every number that the picture shows, by name; arrays or plain values. Tests compare these, not pixels.
    about : dict
        Other facts for the manifest: slides that show the picture, a seed.

    Attributes
    ----------
    frames : list of Figure
        One for each step. They are drawn when they are first asked for, as most who show a picture never do.

    Examples
    --------
    >>> from minicv.viz import Grid, Page, Picture
    >>> page = Page("third")
    >>> grid = Grid(page, [[1, 2], [3, 4]], x=1.2, y=1, label="output 2 × 2")
    >>> numbers = {"output": grid.values}
    >>> picture = Picture("an.example", "An example", "A grid.", "computed", page, numbers=numbers)
    >>> picture.manifest()["numbers"]
    {'output': [[1, 2], [3, 4]]}
    """

    id: str
    title: str
    alt: str
    provenance: str
    figure: object
    steps: list = field(default_factory=list)
    frame: object = None
    numbers: dict = field(default_factory=dict)
    about: dict = field(default_factory=dict)

    def __post_init__(self):
        if self.provenance not in PROVENANCE:
            known = ", ".join(PROVENANCE)
            raise ValueError(f"Picture: provenance must be one of {known}; got {self.provenance!r}")
        if not self.alt.strip():
            raise ValueError(f"Picture: {self.id} needs an alt text that says what it shows")
        if self.steps and not self.frame:
            raise ValueError(
                f"Picture: {self.id} has {len(self.steps)} steps but no function that draws their frames"
            )
        self._sign(self.figure)

    @cached_property
    def frames(self):
        return [self._sign(self.frame(number)) for number in range(len(self.steps))]

    def _sign(self, figure):
        """Write id and provenance at the foot: they keep a picture honest on somebody else's slide."""
        theme = getattr(figure, "theme", THEMES["light"])
        width, height = figure.get_size_inches()
        words = PROVENANCE[self.provenance] if width > 6 else self.provenance
        style = {"size": SMALL_TEXT, "color": theme.muted, "family": FONT, "va": "bottom"}
        figure.text(0.12 / width, 0.08 / height, words, ha="left", **style)
        figure.text(1 - 0.12 / width, 0.08 / height, self.id, ha="right", **style)
        return figure

    def manifest(self):
        """Everything but the drawing, in plain Python values, ready for JSON."""
        words = {name: getattr(self, name) for name in ("id", "title", "alt", "provenance", "steps")}
        return words | _plain({"numbers": self.numbers, **self.about}) | {"version": __version__}

    def save(self, stem, formats=("svg",)):
        """Write the static figure as `stem` + "." + format, and the manifest as `stem` + ".json".

        Parameters
        ----------
        stem : str or Path
            Path without an ending; missing folders are made.
        formats : sequence of str
            Of "svg", "pdf", "png".

        Returns
        -------
        list of Path
            The files written.
        """
        writers = {
            "svg": lambda: svg_text(self.figure, self.id, self.title, self.alt).encode(),
            "pdf": lambda: pdf_bytes([self.figure], self.title, self.alt),
            "png": lambda: png_bytes(self.figure, self.title, self.alt),
        }
        _check_known("formats", formats, writers)
        files = {f"{stem}.{name}": writers[name]() for name in formats}
        manifest = json.dumps(self.manifest(), indent=1, ensure_ascii=False) + "\n"
        return _write(files | {f"{stem}.json": manifest.encode()})

    def save_frames(self, stem, kind="pdf"):
        """Write the step frames: "pdf" with a page for each step, numbered "png" files, or one "gif".

        Returns the list of files written. A picture without steps is its own only frame.
        """
        frames = self.frames or [self.figure]
        _check_known("kind", (kind,), ("pdf", "png", "gif"))
        if kind == "png":
            captions = self.steps or [self.alt]
            pages = enumerate(zip(frames, captions), start=1)
            return _write(
                {f"{stem}-{i:02d}.png": png_bytes(page, self.title, words) for i, (page, words) in pages}
            )
        if kind == "gif":
            return _write({f"{stem}.gif": gif_bytes(frames)})
        return _write({f"{stem}-frames.pdf": pdf_bytes(frames, self.title, self.alt)})

    def _repr_png_(self):
        """Jupyter shows this, and keeps the alt text beside it."""
        return png_bytes(self.figure, self.title, self.alt, dpi=72), {"alt": self.alt}


def _plain(value):
    """Arrays, NumPy numbers and tuples as the lists and numbers that JSON knows."""
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, (np.ndarray, np.generic)):
        return _plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _check_known(what, names, known):
    for name in names:
        if name not in known:
            raise ValueError(f"Picture: {what} must be of {', '.join(known)}; got {name!r}")


def _write(files):
    """Write {path: bytes}; returns the paths."""
    paths = [Path(path) for path in files]
    for path, content in zip(paths, files.values()):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return paths
