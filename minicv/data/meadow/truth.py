"""The ground truth, read off the paint: every pixel has one owner, and all annotations follow from that."""

import numpy as np

from ..sample import ABSENT, JOINTS, OCCLUDED, VISIBLE, Sample
from .caption import describe
from .paint import place

CLASSES = ("sky", "grass", "tree", "cat", "dog", "duck", "cow", "person")
"""Names of the labels 0 to 7."""
STUFF, THINGS = CLASSES[:3], CLASSES[3:]
"""What is only labelled by the pixel, and what is counted."""

SKY, GRASS, TREE = range(3)
LANDSCAPE = -1
MIN_PIXELS = 6  # a thing of which less is seen is left out of the scene,
MIN_PART = 0.12  # and so is one of which less than this part of its own pixels is seen


def other_side(joint):
    """``other_side("left foot")`` is "right foot"."""
    return joint.replace("left", "right") if "left" in joint else joint.replace("right", "left")


MIRRORED = [JOINTS.index(other_side(joint)) for joint in JOINTS]


def resolve(actors, size):
    """Decide who owns each pixel, and send away those of whom too little is seen.

    A pixel belongs to the frontmost figure that covers more than half of it.

    Parameters
    ----------
    actors : list of Actor
        Drawn, the farthest first.
    size : int

    Returns
    -------
    actors : list of Actor
        Those that stay.
    owner : ndarray (size, size) int
        Index into `actors`, or -1 for the landscape.
    """
    stay = [actor for actor in actors if actor.sprite is not None]
    actors = None
    while stay != actors:
        actors = stay
        owner = np.full((size, size), LANDSCAPE)
        own = []
        for index, actor in enumerate(actors):
            mask = actor.sprite.alpha > 0.5
            owner[actor.sprite.rows, actor.sprite.columns][mask] = index
            own.append(int(mask.sum()))
        seen = np.bincount(owner.ravel() + 1, minlength=len(actors) + 1)[1:].tolist()
        stay = [
            a for a, n, total in zip(actors, seen, own) if a.is_tree or n >= max(MIN_PIXELS, MIN_PART * total)
        ]
    return actors, owner


def annotate(image, earth, actors, owner, weather):
    """A `Sample` from the painted image.

    Parameters
    ----------
    image : ndarray (H, W, 3) uint8
    earth : ndarray (H, W) bool
        Where the landscape is grass and not sky.
    actors : list of Actor
    owner : ndarray (H, W) int
        From `resolve`.
    weather : str
        For the caption.

    Returns
    -------
    Sample
    """
    label_of = [CLASSES.index(actor.figure.name) for actor in actors]
    semantic = np.where(owner == LANDSCAPE, np.where(earth, GRASS, SKY), np.array([*label_of, SKY])[owner])
    things = [index for index, actor in enumerate(actors) if not actor.is_tree]
    masks = owner == np.array(things, int)[:, None, None]
    boxes = np.zeros((len(things), 4), np.float32)
    keypoints = np.zeros((len(things), len(JOINTS), 3), np.float32)
    attributes = []
    for row, index in enumerate(things):
        actor = actors[index]
        boxes[row] = bounds(masks[row])
        if actor.figure.joints is not None:
            keypoints[row] = locate(actor, masks[row])
        facing = "left" if actor.mirror else "right"
        attributes.append({"name": actor.figure.name, **actor.figure.attributes, "facing": facing})
    labels = np.array([label_of[index] for index in things], np.int64)
    trees = len(actors) - len(things)
    meta = {"attributes": attributes, "trees": trees, "weather": weather}
    return Sample(
        image, semantic, masks, boxes, labels, keypoints, describe(attributes, trees, weather), meta
    )


def bounds(mask):
    """(x1, y1, x2, y2) around the true pixels of a mask."""
    columns, rows = np.flatnonzero(mask.any(axis=0)), np.flatnonzero(mask.any(axis=1))
    return columns[0], rows[0], columns[-1] + 1, rows[-1] + 1


def locate(actor, mask):
    """Keypoints (14, 3) of a person whose visible pixels are `mask`."""
    size = len(mask)
    points, hidden = place(actor.figure.joints, actor.pose(size)).astype(np.float32), actor.figure.hidden
    if actor.mirror:  # the right hand of the drawing is the left hand of its mirror image
        points, hidden = points[MIRRORED], hidden[MIRRORED]
    columns, rows = np.floor(points).astype(int).T
    inside = (columns >= 0) & (columns < size) & (rows >= 0) & (rows < size)
    seen = inside & ~hidden
    seen[seen] = mask[rows[seen], columns[seen]]
    visibility = np.where(inside, np.where(seen, VISIBLE, OCCLUDED), ABSENT)
    return np.where(inside[:, None], np.column_stack([points, visibility]), 0)
