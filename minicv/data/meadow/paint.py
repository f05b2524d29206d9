"""The brush: anti-aliased, softly shaded shapes made of tapered capsules.

Everything that stands in the meadow is a stack of layers, and every layer is a union of *tapered capsules*: the
set of points within a radius of a segment, where the radius changes linearly from one end to the other. A
circle is a capsule of length 0, a limb is a long one, an ear or a beak is one that ends in radius 0.

For a point p and a capsule from a (radius ra) to b (radius rb), with t the position of the nearest point on the
segment::

    t = clip((p - a) . (b - a) / |b - a|^2, 0, 1)
    d = |p - a - t (b - a)| - (ra + t (rb - ra))         negative inside

The capsules of one layer are melted together by the smooth minimum ``-log(sum exp(-k d_i)) / k``, which rounds the
corner where a limb meets the body; the same weights melt their shading. Coverage is ``clip(0.5 - d, 0, 1)`` with d in
pixels: exact for a straight edge along the grid, and never further off than a few percent. All capsules of a figure are
evaluated at once, in the smallest window that holds them, because at 64 x 64 the time goes into calls, not pixels.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

TINY = np.float32(1e-30)
EDGE_WIDTH = 0.045  # metres: the rim that is drawn darker, so that a leg is told from the body behind it


class Layer(NamedTuple):
    """Capsules of one colour that melt together.

    Parameters
    ----------
    capsules : list of tuple
        (ax, ay, ra, bx, by, rb) in metres; x to the right, y up, the ground at y = 0.
    colour : tuple of 3 float
        Red, green, blue in [0, 1].
    decal : bool
        Painted only on what is already there (a stripe, an eye); leaves the outline alone.
    round : float
        How much the capsules melt together: radius in metres of the corners that are filled.
    flat : float
        0 for full shading, 1 for none.
    """

    capsules: list
    colour: tuple
    decal: bool = False
    round: float = 0.03
    flat: float = 0.0


@dataclass(frozen=True, slots=True)
class Pose:
    """Where a figure stands in the picture, in pixels, and how it is lit."""

    x: float
    y: float
    scale: float  # pixels per metre
    mirror: bool
    light: tuple  # (x, y) of the unit vector towards the light, y down


@dataclass(frozen=True, slots=True)
class Sprite:
    """A drawn figure: a window of the picture with premultiplied colour and coverage."""

    rows: slice
    columns: slice
    colour: np.ndarray  # (3, h, w) float32, already multiplied by alpha
    alpha: np.ndarray  # (h, w) float32

    def paint(self, canvas):
        """Lay the sprite over `canvas` (3, H, W), in place."""
        region = canvas[:, self.rows, self.columns]
        region *= 1 - self.alpha
        region += self.colour


def place(points, pose):
    """Figure coordinates (n, 2) in metres to picture coordinates (n, 2) in pixels."""
    side = -1 if pose.mirror else 1
    return np.array([pose.x, pose.y]) + np.asarray(points) * [side * pose.scale, -pose.scale]


def window(capsules, size, margin):
    """The rows and columns of a (size, size) picture that the placed capsules (n, 6) can touch; None if there are none."""
    ax, ay, ra, bx, by, rb = capsules.T
    x0 = max(int(min((ax - ra).min(), (bx - rb).min()) - margin), 0)
    x1 = min(int(max((ax + ra).max(), (bx + rb).max()) + margin) + 1, size)
    y0 = max(int(min((ay - ra).min(), (by - rb).min()) - margin), 0)
    y1 = min(int(max((ay + ra).max(), (by + rb).max()) + margin) + 1, size)
    return (slice(y0, y1), slice(x0, x1)) if x0 < x1 and y0 < y1 else None


def distances(capsules, rows, columns, light):
    """Signed distance of every pixel centre to every capsule, and how much it faces the light.

    Parameters
    ----------
    capsules : ndarray (n, 6) float32
        In pixels, y down.
    rows, columns : slice
        The window, h by w.
    light : tuple of 2 float
        Unit vector towards the light.

    Returns
    -------
    distance, facing : ndarray (n, h, w) float32
        `facing` is 1 on the lit rim of the capsule, 0 on its axis and -1 on the rim in the shade.
    """
    ax, ay, ra, bx, by, rb = capsules.T[:, :, None, None]
    x = np.arange(columns.start, columns.stop, dtype=np.float32) + np.float32(0.5) - ax
    y = np.arange(rows.start, rows.stop, dtype=np.float32)[:, None] + np.float32(0.5) - ay
    ux, uy = bx - ax, by - ay
    t = (x * (ux / (ux * ux + uy * uy + TINY))) + (y * (uy / (ux * ux + uy * uy + TINY)))
    np.clip(t, 0, 1, out=t)
    x = x - t * ux
    y = y - t * uy
    radius = ra + t * (rb - ra)
    facing = (x * np.float32(light[0]) + y * np.float32(light[1])) / radius
    return np.sqrt(x * x + y * y) - radius, facing


def draw(layers, pose, size):
    """Draw a figure.

    Parameters
    ----------
    layers : list of Layer
        From back to front.
    pose : Pose
        Place, scale and light.
    size : int
        Side of the picture.

    Returns
    -------
    Sprite or None
        None if the figure lies outside the picture.

    Examples
    --------
    >>> disc = Layer([(0, 0, 1, 0, 0, 1)], (1, 0, 0))
    >>> sprite = draw([disc], Pose(x=8, y=8, scale=4, mirror=False, light=(0, -1)), size=16)
    >>> abs(sprite.alpha.sum() / (np.pi * 16) - 1) < 0.01
    True
    """
    capsules = np.array([capsule for layer in layers for capsule in layer.capsules], np.float32)
    side = -pose.scale if pose.mirror else pose.scale
    capsules *= np.array([side, -pose.scale, pose.scale] * 2, np.float32)
    capsules += np.array([pose.x, pose.y, TINY] * 2, np.float32)
    found = window(capsules, size, margin=1 + pose.scale * max(layer.round for layer in layers))
    if found is None:
        return None
    distance, facing = melt(layers, *distances(capsules, *found, pose.light), pose.scale)
    alpha = np.clip(0.5 - distance, 0, 1)
    rim = np.clip(distance * np.float32(-1 / (EDGE_WIDTH * pose.scale)), 0, 1)
    depth = np.array([1 - layer.flat for layer in layers], np.float32)[:, None, None]
    shade = 1 + depth * (0.20 * np.clip(facing, -1, 1) - 0.22 * (1 - rim))
    return Sprite(*found, *stack(layers, alpha, shade))


def melt(layers, distance, facing, scale):
    """The smooth minimum over the capsules of each layer: (n, h, w) -> (number of layers, h, w)."""
    counts = [len(layer.capsules) for layer in layers]
    starts = np.cumsum([0] + counts[:-1])
    rate = np.array([1 / (layer.round * scale) for layer in layers], np.float32)[:, None, None]
    weight = np.exp(np.maximum(distance * -np.repeat(rate, counts, axis=0), np.float32(-60)))
    total = np.add.reduceat(weight, starts, axis=0)
    facing = np.add.reduceat(weight * facing, starts, axis=0) / total
    return np.log(total) / -rate, facing


def stack(layers, alpha, shade):
    """Composite the layers back to front: colour (3, h, w), premultiplied, and alpha (h, w)."""
    decal = np.array([layer.decal for layer in layers])[:, None, None]
    clear = np.cumprod(np.where(decal, 1, 1 - alpha), axis=0)  # what the outlines so far leave open
    through = np.cumprod(1 - alpha[::-1], axis=0)[::-1]
    through = np.concatenate([through[1:], np.ones_like(through[:1])])  # what later layers leave of this one
    painted = np.where(decal, alpha * (1 - clear), alpha) * through * shade
    colours = np.array([layer.colour for layer in layers], np.float32)
    return np.einsum("lc,lhw->chw", colours, painted), 1 - clear[-1]
