"""A scene: who stands where, painted from back to front."""

import math
from dataclasses import dataclass

import numpy as np

from .animals import cat, cow, dog, duck
from .figure import Figure, pick
from .land import WEATHERS, colour, land, shadow, sky
from .paint import Pose, Sprite, draw
from .person import person
from .plants import tree
from .truth import annotate, resolve

FIGURES = {"cat": cat, "dog": dog, "duck": duck, "cow": cow, "person": person, "tree": tree}
FRONT = 0.97  # the lowest place for feet, in units of the picture's side
FAR_SCALE, NEAR_SCALE = (
    0.15,
    0.31,
)  # size of a metre at the horizon and in front; milder than true perspective
ATTEMPTS = 12
MOST_COVERED = {"tree": 0.25, "thing": 0.45}  # how much of a thing's box a tree or another thing may cover


@dataclass(slots=True)
class Actor:
    """A figure with its place in the scene; lengths in units of the picture's side."""

    figure: Figure
    x: float
    y: float  # of the ground under it
    scale: float  # of a metre
    mirror: bool
    sprite: Sprite | None = None

    @property
    def is_tree(self):
        """Whether this is stuff."""
        return self.figure.name == "tree"

    @property
    def box(self):
        """Rough extent (x1, y1, x2, y2)."""
        half = self.figure.half_width * self.scale
        return self.x - half, self.y - self.figure.height * self.scale, self.x + half, self.y

    def pose(self, size, light=(0.0, -1.0)):
        """Where the figure stands in a picture of this size."""
        return Pose(self.x * size, self.y * size, self.scale * size, self.mirror, light)


def arrange(rng, names, horizon, scale):
    """Find a place for everybody.

    A place is drawn up to `ATTEMPTS` times until nobody is covered too much. Who finds none stays away, except
    for the first.

    Parameters
    ----------
    rng : numpy.random.Generator
    names : list of str
        Keys of `FIGURES`.
    horizon : float
        Height of the horizon in units of the picture's side, from the top.
    scale : (float, float)
        Range of the size factor of things (trees have their own size).

    Returns
    -------
    list of Actor
        The farthest first.
    """
    actors = []
    for name in names:
        figure = FIGURES[name](rng)
        for _ in range(ATTEMPTS):
            actor = somewhere(rng, figure, horizon, scale)
            if not actors or all(fits(actor, other) for other in actors):
                actors.append(actor)
                break
    return sorted(actors, key=lambda actor: actor.y)


def somewhere(rng, figure, horizon, scale):
    """The figure at a random place on the grass, most of it inside the picture."""
    is_tree = figure.name == "tree"
    nearness = 0.03 + 0.6 * rng.random() ** 1.3 if is_tree else 0.12 + 0.88 * rng.random() ** 0.8
    metre = FAR_SCALE + (NEAR_SCALE - FAR_SCALE) * nearness
    if not is_tree:
        metre *= scale[0] + (scale[1] - scale[0]) * rng.random()
    margin = min((0.3 if is_tree else 0.7) * figure.half_width * metre, 0.5)
    y = horizon + (FRONT - horizon) * nearness
    if not is_tree:
        y = min(max(y, figure.height * metre + 0.02), FRONT)
    return Actor(figure, margin + (1 - 2 * margin) * rng.random(), y, metre, rng.random() < 0.5)


def fits(one, other):
    """Whether the one in front leaves enough of the other to be seen."""
    back, front = (one, other) if one.y < other.y else (other, one)
    if back.is_tree:
        return True
    (x1, y1, x2, y2), (u1, v1, u2, v2) = back.box, front.box
    common = max(min(x2, u2) - max(x1, u1), 0) * max(min(y2, v2) - max(y1, v1), 0)
    return common <= MOST_COVERED["tree" if front.is_tree else "thing"] * (x2 - x1) * (y2 - y1)


def compose(rng, size, names, scale, noise):
    """Paint a scene and write down what is in it.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of everything that varies. Nothing that is drawn from it depends on `size`, except the pixel noise,
        which comes last: a scene is the same at every resolution.
    size : int
        Side of the picture in pixels.
    names : list of str
        Things to place.
    scale : (float, float)
        Range of the size factor of the things.
    noise : float
        Standard deviation of the pixel noise; 1 is the full range.

    Returns
    -------
    Sample
    """
    weather = pick(rng, WEATHERS)
    horizon = 0.30 + 0.16 * rng.random()
    sun = (rng.random(), (0.15 + 0.5 * rng.random()) * horizon)
    length = math.hypot(sun[0] - 0.5, 0.8)
    light = ((sun[0] - 0.5) / length, -0.8 / length)
    exposure = 0.93 + 0.12 * rng.random()
    actors = arrange(rng, [*names, *["tree"] * int(rng.integers(0, 4))], horizon, scale)
    canvas = np.zeros((3, size, size), np.float32)
    sky(canvas, rng, weather, horizon * size, sun)
    earth = land(canvas, rng, weather, horizon * size)
    for actor in actors:
        actor.sprite = draw(actor.figure.layers, actor.pose(size, light), size)
    actors, owner = resolve(actors, size)
    for actor in actors:
        haze = 0.25 * ((FRONT - actor.y) / (FRONT - horizon)) ** 2
        paint(canvas, actor, light, weather, haze)
    if noise:
        canvas += rng.standard_normal(canvas.shape, np.float32) * np.float32(noise)
    canvas *= colour(weather.tint) * np.float32(255 * exposure)
    np.clip(canvas, 0, 255, out=canvas)
    image = np.ascontiguousarray((canvas + np.float32(0.5)).astype(np.uint8).transpose(1, 2, 0))
    return annotate(image, earth, actors, owner, weather.name)


def paint(canvas, actor, light, weather, haze):
    """Paint an actor and its shadow, faded a little into the haze (0 to 1)."""
    size, figure, sprite = canvas.shape[-1], actor.figure, actor.sprite
    width = (0.35 if actor.is_tree else 0.75) * figure.half_width * actor.scale * size
    shadow(canvas, actor.x * size, actor.y * size, width, light, weather.shadow / (1 + 3 * figure.lift))
    faded = colour(weather.haze) * sprite.alpha - sprite.colour
    sprite.colour[...] += faded * np.float32(haze)
    sprite.paint(canvas)
