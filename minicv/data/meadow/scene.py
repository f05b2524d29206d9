"""A scene: who stands where, painted back to front, with the ground truth read off the paint."""

import math
from dataclasses import dataclass

import numpy as np

from ..sample import ABSENT, JOINTS, OCCLUDED, VISIBLE, Sample
from . import land
from .animals import cat, cow, dog, duck
from .caption import describe
from .figure import Figure, mix, pick
from .paint import Pose, Sprite, draw, place
from .person import person
from .plants import tree

CLASSES = ("sky", "grass", "tree", "cat", "dog", "duck", "cow", "person")
STUFF, THINGS = CLASSES[:3], CLASSES[3:]
SKY, GRASS, TREE = 0, 1, 2
DRAW = {"cat": cat, "dog": dog, "duck": duck, "cow": cow, "person": person, "tree": tree}

MIN_PIXELS = 6  # an instance of which less is seen is left out of the scene
MIN_VISIBLE = 0.12  # and so is one of which less than this part of its own pixels is seen
NO_OWNER = -1


def mirror_name(joint):
    """``mirror_name("left foot")`` is "right foot"."""
    swapped = joint.replace("left", "right")
    return swapped if swapped != joint else joint.replace("right", "left")


MIRRORED = [JOINTS.index(mirror_name(joint)) for joint in JOINTS]


@dataclass(slots=True)
class Actor:
    """A figure with its place in the scene; all lengths in units of the picture's side."""

    figure: Figure
    x: float
    y: float  # of the feet
    scale: float  # per metre
    mirror: bool
    sprite: Sprite | None = None
    mask: np.ndarray | None = None  # its own pixels in the sprite's window, seen or not

    @property
    def box(self):
        """Rough extent (x1, y1, x2, y2)."""
        half, height = self.figure.half_width * self.scale, self.figure.height * self.scale
        return self.x - half, self.y - height, self.x + half, self.y


def cover(back, front):
    """The part of the box `back` that the box `front` hides."""
    width = min(back[2], front[2]) - max(back[0], front[0])
    height = min(back[3], front[3]) - max(back[1], front[1])
    return max(width, 0) * max(height, 0) / ((back[2] - back[0]) * (back[3] - back[1]))


def arrange(rng, names, horizon, scale):
    """Find a place for every name: a list of `Actor`, the farthest first.

    A place is drawn up to 12 times until nobody is covered by more than about half; who finds none stays away,
    except for the first.
    """
    actors = []
    for name in names:
        figure = DRAW[name](rng)
        for _ in range(12):
            nearness = rng.random() ** (1.3 if name == "tree" else 0.8)
            y = horizon + (0.97 - horizon) * (
                0.12 + 0.88 * nearness if name != "tree" else 0.03 + 0.6 * nearness
            )
            per_metre = (0.15 + 0.16 * (y - horizon) / (0.97 - horizon)) * (
                1 if name == "tree" else scale[0] + (scale[1] - scale[0]) * rng.random()
            )
            actor = Actor(figure, 0.08 + 0.84 * rng.random(), y, per_metre, rng.random() < 0.5)
            if all(fits(actor, other) for other in actors):
                actors.append(actor)
                break
        else:
            if not actors:
                actors.append(actor)
    return sorted(actors, key=lambda actor: actor.y)


def fits(one, other):
    """Whether the one in front leaves enough of the other to be seen."""
    back, front = sorted((one, other), key=lambda actor: actor.y)
    if back.figure.name == "tree":
        return cover(back.box, front.box) < 0.9 or front.figure.name != "tree"
    return cover(back.box, front.box) < (0.25 if front.figure.name == "tree" else 0.45)


def compose(rng, size, names, scale, noise):
    """Paint a scene.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of everything that varies.
    size : int
        Side of the picture in pixels. The scene is the same at every size (only pixel noise differs).
    names : list of str
        Things to place.
    scale : (float, float)
        Range of the size factor of the things.
    noise : float
        Standard deviation of the pixel noise, with 1 the full range.

    Returns
    -------
    Sample
    """
    weather = pick(rng, land.WEATHERS)
    horizon = 0.30 + 0.16 * rng.random()
    sun = (rng.random(), (0.15 + 0.5 * rng.random()) * horizon)
    light = unit(sun[0] - 0.5, -0.8)
    trees = ["tree"] * int(rng.integers(0, 4))
    actors = arrange(rng, [*names, *trees], horizon, scale)
    canvas = np.zeros((3, size, size), np.float32)
    land.sky(canvas, rng, weather, horizon * size, sun)
    earth = land.grass(canvas, rng, weather, horizon * size)
    land.flowers(canvas, rng, horizon * size)
    semantic = np.where(earth, GRASS, SKY)
    for actor in actors:
        pose = Pose(actor.x * size, actor.y * size, actor.scale * size, actor.mirror, light)
        actor.sprite = draw(actor.figure.layers, pose, size)
    actors, owner = resolve(actors, size)
    for actor in actors:
        haze = 0.35 * (1 - (actor.y - horizon) / (1 - horizon)) ** 2
        sprite = actor.sprite
        sprite.colour[...] += (land.colour(weather.haze) * sprite.alpha - sprite.colour) * np.float32(haze)
        land.shadow(
            canvas,
            actor.x * size,
            actor.y * size,
            (0.35 if actor.figure.name == "tree" else 0.75) * actor.figure.half_width * actor.scale * size,
            light[0],
            weather.shadow,
        )
        sprite.paint(canvas)
    if noise:
        canvas += rng.standard_normal(canvas.shape, np.float32) * np.float32(noise)
    canvas *= land.colour(weather.tint) * (255 * (0.92 + 0.12 * rng.random()))
    image = np.ascontiguousarray(np.clip(canvas + 0.5, 0, 255).astype(np.uint8).transpose(1, 2, 0))
    return annotate(image, semantic, actors, owner, weather)


def unit(x, y):
    """The vector (x, y) scaled to length 1."""
    length = math.hypot(x, y)
    return x / length, y / length


def resolve(actors, size):
    """Decide who owns each pixel, and send away those of whom too little is seen.

    Returns
    -------
    actors : list of Actor
        Those that stay, the farthest first.
    owner : ndarray (size, size) int
        Index into `actors`, or -1 for the landscape.
    """
    actors = [actor for actor in actors if actor.sprite is not None]
    while True:
        owner = np.full((size, size), NO_OWNER)
        for index, actor in enumerate(actors):
            actor.mask = actor.sprite.alpha > 0.5
            owner[actor.sprite.rows, actor.sprite.columns][actor.mask] = index
        seen = np.bincount(owner.ravel() + 1, minlength=len(actors) + 1)[1:]
        stay = [
            actor
            for actor, pixels in zip(actors, seen)
            if pixels >= max(MIN_PIXELS, MIN_VISIBLE * actor.mask.sum()) or actor.figure.name == "tree"
        ]
        if len(stay) == len(actors):
            return actors, owner
        actors = stay


def annotate(image, semantic, actors, owner, weather):
    """Read the ground truth off the owners of the pixels."""
    things = [index for index, actor in enumerate(actors) if actor.figure.name != "tree"]
    masks = np.zeros((len(things), *owner.shape), bool)
    boxes = np.zeros((len(things), 4), np.float32)
    keypoints = np.zeros((len(things), len(JOINTS), 3), np.float32)
    for index, actor in enumerate(actors):
        if actor.figure.name == "tree":
            semantic[owner == index] = TREE
    for row, index in enumerate(things):
        actor = actors[index]
        masks[row] = owner == index
        semantic[masks[row]] = CLASSES.index(actor.figure.name)
        boxes[row] = bounds(masks[row])
        if actor.figure.joints is not None:
            keypoints[row] = locate(actor, masks[row])
    labels = np.array([CLASSES.index(actors[index].figure.name) for index in things], np.int64)
    attributes = [
        {
            "name": actors[i].figure.name,
            **actors[i].figure.attributes,
            "facing": "left" if actors[i].mirror else "right",
        }
        for i in things
    ]
    trees = sum(actor.figure.name == "tree" for actor in actors)
    caption = describe(attributes, trees, weather.name)
    meta = {"attributes": attributes, "trees": trees, "weather": weather.name}
    return Sample(image, semantic.astype(np.int64), masks, boxes, labels, keypoints, caption, meta)


def bounds(mask):
    """(x1, y1, x2, y2) around the true pixels of a mask."""
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    return columns[0], rows[0], columns[-1] + 1, rows[-1] + 1


def locate(actor, mask):
    """Keypoints (14, 3) of a person whose visible pixels are `mask`."""
    size = len(mask)
    pose = Pose(actor.x * size, actor.y * size, actor.scale * size, actor.mirror, (0, -1))
    points = place(actor.figure.joints, pose)
    if actor.mirror:  # a mirrored right hand is a left hand
        points = points[MIRRORED]
    columns, rows = np.floor(points).astype(int).T
    inside = (columns >= 0) & (columns < size) & (rows >= 0) & (rows < size)
    seen = np.zeros(len(points), bool)
    seen[inside] = mask[rows[inside], columns[inside]]
    visibility = np.where(inside, np.where(seen, VISIBLE, OCCLUDED), ABSENT)
    return np.where(inside[:, None], np.column_stack([points, visibility]), 0)
