"""What every inhabitant of the meadow is made of, and the helpers that the drawings share."""

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from .paint import Layer


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing in its own coordinates: metres, x towards its nose, y up, feet at y = 0.

    Parameters
    ----------
    name : str
        Its class.
    layers : list of Layer
        From back to front.
    half_width, height : float
        Rough extent, by which the scene is laid out.
    joints : ndarray (14, 2), optional
        Joints in metres, for people.
    hidden : ndarray (14,) bool, optional
        Joints that are behind another part of the same body.
    lift : float
        How far it hovers over the ground (a jump), for its shadow.
    attributes : dict
        Words: colour, pose, facing ...
    """

    name: str
    layers: list
    half_width: float
    height: float
    joints: np.ndarray | None = None
    hidden: np.ndarray | None = None
    lift: float = 0.0
    attributes: dict = field(default_factory=dict)


def rgb(code):
    """``"#ff8000"`` -> (1.0, 0.5, 0.0)."""
    return tuple(int(code[i : i + 2], 16) / 255 for i in (1, 3, 5))


def tone(colour, factor):
    """A darker (factor below 1) or lighter version of a colour."""
    return tuple(min(channel * factor, 1.0) for channel in colour)


def mix(first, second, t):
    """The colour at fraction `t` of the way from `first` to `second`."""
    return tuple(a + (b - a) * t for a, b in zip(first, second))


def dot(x, y, radius):
    """A circle."""
    return (x, y, radius, x, y, radius)


def chain(*points):
    """Capsules through a list of (x, y, radius): a tail, a bent leg."""
    return [a + b for a, b in pairwise(points)]


def pick(rng, options):
    """One of `options` (several times faster than ``rng.choice``, and keeps Python types)."""
    return options[int(rng.random() * len(options))]


def eye(x, y, radius):
    """An eye with a highlight."""
    return [
        Layer([dot(x, y, radius)], rgb("#1d1a1a"), decal=True, flat=1),
        Layer([dot(x + 0.3 * radius, y + 0.35 * radius, 0.35 * radius)], (1, 1, 1), decal=True, flat=1),
    ]
