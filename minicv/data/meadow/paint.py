"""The brush: anti-aliased, softly shaded shapes made of tapered capsules.

Everything that stands in the meadow is a stack of layers, and every layer is a union of *tapered capsules*:
the set of points within a radius of a segment, where the radius changes linearly from one end to the other. A
circle is a capsule of length 0, a limb is a long one, an ear or a beak is one that ends in radius 0.

For a point p and a capsule from a (radius ra) to b (radius rb), with t the position of the nearest point on
the segment::

    t = clip((p - a) . (b - a) / |b - a|^2, 0, 1)
    d = |p - a - t (b - a)| - (ra + t (rb - ra))         negative inside

The capsules of one layer are melted together by the smooth minimum ``-log(sum exp(-k d_i)) / k``, which rounds
the corner where a limb meets the body; the same weights melt their shading. Coverage is ``clip(0.5 - d, 0, 1)``
with d in pixels: exact for a straight edge along the grid, and never further off than a few percent.

All capsules of a figure are evaluated at once, in the smallest window that holds them: at 64 x 64 the time goes
into calls, not into pixels.
"""

from dataclasses import dataclass
from itertools import accumulate
from typing import NamedTuple

import numpy as np

TINY = np.float32(1e-30)
RIM = 0.045  # metres: the edge that is drawn darker, so that a leg is told from the body behind it
SMALLEST = 0.2  # pixels: layers whose capsules are all thinner than this are not seen, and not drawn


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
        How much the capsules melt together: about the radius, in metres, of the corners that are filled.
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
    y: float  # of the ground under it
    scale: float  # pixels per metre
    mirror: bool  # facing left
    light: tuple  # unit vector (x, y) towards the light, y down


@dataclass(frozen=True, slots=True)
class Sprite:
    """A drawn figure: a window of the picture with its colour, multiplied by its coverage."""

    rows: slice
    columns: slice
    colour: np.ndarray  # (3, h, w) float32, premultiplied
    alpha: np.ndarray  # (h, w) float32

    def paint(self, canvas):
        """Lay the sprite over `canvas` (3, H, W), in place."""
        region = canvas[:, self.rows, self.columns]
        region *= 1 - self.alpha
        region += self.colour


def place(points, pose):
    """Points (n, 2) in metres, as they stand in the picture: (n, 2) in pixels."""
    side = -pose.scale if pose.mirror else pose.scale
    return points * np.array([side, -pose.scale]) + np.array([pose.x, pose.y])


def distances(capsules, x, y, light=(0.0, -1.0)):
    """Signed distance of points to capsules, and how much the surface there faces the light.

    Parameters
    ----------
    capsules : ndarray (n, 6) float32
    x, y : ndarray
        Coordinates of the points, broadcastable against (n, 1, 1).
    light : tuple of 2 float
        Unit vector towards the light.

    Returns
    -------
    distance, facing : ndarray (n, h, w)
        `facing` is 1 on the lit rim of the capsule, 0 on its axis and -1 on the rim in the shade.

    Examples
    --------
    >>> circle = np.array([[0, 0, 1, 0, 0, 1]], np.float32)
    >>> distances(circle, np.array([3.0, 0.0]), np.array([0.0, -1.0]))[0].ravel().tolist()
    [2.0, 0.0]
    """
    ax, ay, ra, bx, by, rb = capsules.T[:, :, None, None]
    x, y, ux, uy = x - ax, y - ay, bx - ax, by - ay
    squared = ux * ux + uy * uy + TINY
    t = x * (ux / squared) + y * (uy / squared)
    unit_range(t)
    radius = ra + t * (rb - ra)
    dx, dy = x - t * ux, y - t * uy
    facing = dx * np.float32(light[0])
    facing += dy * np.float32(light[1])
    facing /= radius
    dx *= dx
    dy *= dy
    dx += dy
    distance = np.sqrt(dx, out=dx)
    distance -= radius
    return distance, facing


def unit_range(values):
    """Clip to [0, 1] in place (``np.clip`` spends longer on its own preparations than on a small array)."""
    return np.minimum(np.maximum(values, 0, out=values), 1, out=values)


def window(capsules, size, margin):
    """Rows and columns of a picture of side `size` that the capsules can touch; None if there are none."""
    low = np.minimum(capsules[:, 0:2] - capsules[:, 2:3], capsules[:, 3:5] - capsules[:, 5:6]).min(axis=0)
    high = np.maximum(capsules[:, 0:2] + capsules[:, 2:3], capsules[:, 3:5] + capsules[:, 5:6]).max(axis=0)
    (x0, y0), (x1, y1) = low.tolist(), high.tolist()
    columns = slice(max(int(x0 - margin), 0), min(int(x1 + margin) + 1, size))
    rows = slice(max(int(y0 - margin), 0), min(int(y1 + margin) + 1, size))
    return (rows, columns) if columns.start < columns.stop and rows.start < rows.stop else None


def centres(span):
    """Centres of the pixels of a slice."""
    return np.arange(span.start + 0.5, span.stop, dtype=np.float32)


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
    >>> bool(abs(sprite.alpha.sum() / (np.pi * 4**2) - 1) < 0.01)
    True
    """
    thick = SMALLEST / pose.scale
    layers = [layer for layer in layers if any(c[2] > thick or c[5] > thick for c in layer.capsules)]
    capsules = np.array([capsule for layer in layers for capsule in layer.capsules], np.float32).reshape(
        -1, 6
    )
    if len(capsules) == 0:
        return None
    side = -pose.scale if pose.mirror else pose.scale
    capsules *= np.array([side, -pose.scale, pose.scale] * 2, np.float32)
    capsules += np.array([pose.x, pose.y, TINY] * 2, np.float32)
    found = window(capsules, size, margin=1 + pose.scale * max(layer.round for layer in layers))
    if found is None:
        return None
    rows, columns = found
    distance, facing = distances(capsules, centres(columns), centres(rows)[:, None], pose.light)
    distance, facing = melt(layers, distance, facing, pose.scale)
    rim = unit_range(1 + distance * np.float32(1 / (RIM * pose.scale)))
    np.minimum(np.maximum(facing, -1, out=facing), 1, out=facing)
    depth = np.array([1 - layer.flat for layer in layers], np.float32)[:, None, None]
    shade = 1 + (depth * np.float32(0.2)) * (facing - rim)
    return Sprite(rows, columns, *stack(layers, unit_range(0.5 - distance), shade))


def melt(layers, distance, facing, scale):
    """The smooth minimum over the capsules of each layer: (n, h, w) -> (number of layers, h, w)."""
    counts = [len(layer.capsules) for layer in layers]
    rate = np.array([1 / (layer.round * scale) for layer in layers], np.float32)[:, None, None]
    weight = np.exp(distance * np.repeat(-rate, counts, axis=0))
    total = np.maximum(sum_runs(weight, counts), TINY)
    return np.log(total) / -rate, sum_runs(weight * facing, counts) / total


def sum_runs(values, counts):
    """Sums over runs of the first axis; ``np.add.reduceat``, but many times faster here."""
    out = np.empty((len(counts), *values.shape[1:]), values.dtype)
    for row, stop, count in zip(out, accumulate(counts), counts):
        np.add.reduce(values[stop - count : stop], axis=0, out=row)
    return out


def stack(layers, alpha, shade):
    """Composite the layers, back to front: colour (3, h, w), premultiplied, and alpha (h, w)."""
    decals = [index for index, layer in enumerate(layers) if layer.decal]
    clear = 1 - alpha
    after = np.empty_like(alpha)  # what the later layers leave of this one
    after[-1] = 1
    np.cumprod(clear[:0:-1], axis=0, out=after[-2::-1])
    clear[decals] = 1
    np.cumprod(clear, axis=0, out=clear)  # what the outlines so far leave open
    painted = alpha * after
    painted *= shade
    painted[decals] *= 1 - clear[decals]
    colours = np.array([layer.colour for layer in layers], np.float32)
    return np.einsum("lc,lhw->chw", colours, painted), 1 - clear[-1]


def covered(layers, points, levels):
    """Which points of a figure are hidden behind its own later layers.

    Parameters
    ----------
    layers : list of Layer
    points : ndarray (n, 2)
        In metres.
    levels : sequence of n int
        Index of the layer that each point belongs to.

    Returns
    -------
    ndarray (n,) bool
    """
    capsules = np.array([capsule for layer in layers for capsule in layer.capsules])
    level = np.repeat(
        [-1 if layer.decal else index for index, layer in enumerate(layers)],
        [len(layer.capsules) for layer in layers],
    )
    distance, _ = distances(capsules + [0, 0, TINY] * 2, points[:, 0], points[:, 1])
    return ((distance[:, 0] < 0) & (level[:, None] > np.asarray(levels))).any(axis=0)


def sprinkle(canvas, capsules, colours):
    """Paint many small capsules at once, each in a window of its own.

    Each is laid over what was there before the call: where two overlap, the later one counts.

    Parameters
    ----------
    canvas : ndarray (3, H, W) float32
        Changed in place.
    capsules : ndarray (n, 6) float32
        In pixels, y down.
    colours : ndarray (n, 3) float32
    """
    size = canvas.shape[-1]
    seen = np.maximum(capsules[:, 2], capsules[:, 5]) > SMALLEST
    if not seen.any():
        return
    capsules, colours = capsules[seen], colours[seen]
    middle = (capsules[:, 0:2] + capsules[:, 3:5]) / 2
    reach = int(np.abs(capsules[:, 0:2] - middle).max() + capsules[:, [2, 5]].max() + 1.5)
    steps = np.arange(-reach, reach + 1)
    corner = middle.astype(int)
    columns, rows = corner[:, 0, None, None] + steps, corner[:, 1, None, None] + steps[:, None]
    distance, _ = distances(capsules, columns + np.float32(0.5), rows + np.float32(0.5))
    cover = unit_range(0.5 - distance)
    inside = (cover > 0) & (rows >= 0) & (rows < size) & (columns >= 0) & (columns < size)
    which, down, right = np.nonzero(inside)
    rows, columns = rows[which, down, 0], columns[which, 0, right]
    under = canvas[:, rows, columns]
    canvas[:, rows, columns] = under + (colours[which].T - under) * cover[inside]
