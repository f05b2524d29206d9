"""Masks as run lengths, the way COCO writes them, and polygons as masks.

A mask is read column by column, and the lengths of its runs are noted: first how many zeros, then how many
ones, then zeros again. COCO's files have these numbers as a list, or packed into a string; outlines are drawn
onto the pixels of a grid five times finer, whose every fifth column decides.

Source: the COCO API, common/maskApi.c (P. Dollár and T.-Y. Lin).
"""

from functools import reduce

import numpy as np

from ..errors import ShapeError, sentence

_FINER = 5  # grid on which outlines are drawn
_BEYOND = 10  # how far an outline may go, in units of the image's height and width; it is drawn dot by dot


def encode(mask):
    """Return the run lengths of a mask.

    Parameters
    ----------
    mask : (H, W) ndarray
        Non-zero inside.

    Returns
    -------
    dict
        ``size``: [H, W]; ``counts``: array of int64, zeros first.

    Raises
    ------
    ShapeError
        The mask has another number of axes.

    Examples
    --------
    >>> encode(np.array([[0, 1], [1, 1]]))["counts"]
    array([1, 3])
    """
    mask = np.asarray(mask)
    if mask.ndim != 2:
        raise ShapeError(sentence("rle.encode", "mask", "(H, W)", mask.shape))
    flat = mask.T.reshape(-1) != 0
    changes = np.flatnonzero(np.diff(flat, prepend=False)) if flat.size else np.zeros(0, np.int64)
    return {"size": list(mask.shape), "counts": np.diff(changes, prepend=0, append=flat.size)}


def decode(rle):
    """Return the mask that run lengths describe.

    Parameters
    ----------
    rle : dict
        ``size``: [H, W]; ``counts``: run lengths, as numbers or packed into a string.

    Returns
    -------
    (H, W) ndarray of bool

    Raises
    ------
    ShapeError, ValueError
        As :func:`counts_of`.

    Examples
    --------
    >>> decode({"size": [2, 2], "counts": [1, 3]}).astype(int)
    array([[0, 1],
           [1, 1]])
    """
    (height, width), counts = rle["size"], counts_of(rle)
    values = np.arange(len(counts)) % 2 == 1
    return np.repeat(values, counts).reshape(width, height).T


def counts_of(rle):
    """Run lengths as an array, unpacked if need be.

    Parameters
    ----------
    rle : dict
        As for :func:`decode`.

    Returns
    -------
    (runs,) ndarray of int64

    Raises
    ------
    ShapeError
        The runs do not add up to the mask's pixels.
    ValueError
        The string is damaged.

    Examples
    --------
    >>> counts_of({"size": [2, 2], "counts": "13"})
    array([1, 3])
    """
    counts = rle["counts"]
    counts = unpack(counts) if isinstance(counts, (str, bytes)) else _integers(counts)
    height, width = rle["size"]
    # Each is looked at by itself first: a sum of huge ones may come out right.
    if (
        counts.ndim != 1
        or (counts < 0).any()
        or (counts > height * width).any()
        or counts.sum() != height * width
    ):
        expected = f"runs from 0 on that add up to {height} x {width} pixels"
        got = f"a sum of {counts.sum()}, and {counts.min(initial=0)} as the smallest"
        raise ShapeError(sentence("rle", "counts", expected, got))
    return counts


def _integers(counts):
    counts = np.asarray(counts)
    if counts.size and counts.dtype.kind not in "iu":
        raise ShapeError(sentence("rle", "counts", "a list of integers, or a string", counts.dtype))
    return counts.astype(np.int64)


def area(rle):
    """Number of pixels inside a mask: an int; parameters and errors are those of :func:`counts_of`.

    Examples
    --------
    >>> area({"size": [2, 2], "counts": [1, 3]})
    3
    """
    return int(counts_of(rle)[1::2].sum())


def pack(counts):
    """Run lengths as COCO's string: differences to the length two before, five bits a character.

    Parameters
    ----------
    counts : sequence of int

    Returns
    -------
    str

    Examples
    --------
    >>> pack([5, 40, 7])
    '5X17'
    """
    counts = [int(n) for n in counts]
    text = []
    for i, count in enumerate(counts):
        rest = count - (counts[i - 2] if i > 2 else 0)
        while True:
            bits, rest = rest & 31, rest >> 5
            done = rest == (-1 if bits & 16 else 0)  # the sixth bit: whether more bits follow
            text.append(chr(48 + bits + (0 if done else 32)))
            if done:
                break
    return "".join(text)


def unpack(text):
    """Run lengths of COCO's string; see :func:`pack`.

    Parameters
    ----------
    text : str or bytes

    Returns
    -------
    (runs,) ndarray of int64

    Raises
    ------
    ValueError
        The string is cut short, or has a character that does not belong there.

    Examples
    --------
    >>> unpack("5X17")
    array([ 5, 40,  7])
    """
    data = np.frombuffer(text.encode() if isinstance(text, str) else text, np.uint8).astype(np.int64) - 48
    if data.size == 0:
        return np.zeros(0, np.int64)
    if (data < 0).any() or (data > 63).any() or data[-1] & 32:
        raise ValueError("rle.unpack: text must be COCO's packed run lengths; it is cut short or damaged.")
    ends = np.flatnonzero(data & 32 == 0)
    starts = np.concatenate([[0], ends[:-1] + 1])
    place = np.arange(data.size) - np.repeat(starts, ends - starts + 1)
    if place.max() > 11:
        raise ValueError("rle.unpack: text must be COCO's packed run lengths; one of its numbers has no end.")
    values = np.add.reduceat((data & 31) << 5 * place, starts)
    values -= np.where(data[ends] & 16, 1 << 5 * (ends - starts + 1), 0)  # two's complement
    # From the fourth on, a number is the difference to the length two before it.
    for parity in (1, 2):
        values[parity::2] = np.cumsum(values[parity::2])
    return values


def from_polygons(polygons, height, width):
    """Return the run lengths of the union of polygons.

    Parameters
    ----------
    polygons : list of list of float
        Each x1, y1, x2, y2, ... in pixels.
    height, width : int

    Returns
    -------
    dict
        As :func:`encode` returns.

    Raises
    ------
    ShapeError
        A polygon has less than three points, or half a point.

    Examples
    --------
    >>> decode(from_polygons([[1, 0, 3, 0, 3, 2, 1, 2]], 3, 4)).astype(int)
    array([[0, 1, 1, 0],
           [0, 1, 1, 0],
           [0, 0, 0, 0]])
    """
    masks = [decode(_from_polygon(polygon, height, width)) for polygon in polygons]
    return encode(reduce(np.logical_or, masks, np.zeros((height, width), bool)))


def from_coco(segmentation, height, width):
    """Return the run lengths of a ``segmentation`` in COCO's files, where objects are polygons and crowds run lengths.

    Parameters
    ----------
    segmentation : list or dict
        Polygons, as for :func:`from_polygons`, or run lengths, as for :func:`decode`.
    height, width : int
        Of the image.

    Returns
    -------
    dict
        Run lengths.

    Raises
    ------
    ShapeError
        The run lengths are of an image of another size, or a polygon is none.

    Examples
    --------
    >>> area(from_coco({"size": [2, 2], "counts": [1, 3]}, 2, 2))
    3
    """
    if isinstance(segmentation, list):
        return from_polygons(segmentation, height, width)
    if list(segmentation["size"]) != [height, width]:
        raise ShapeError(
            sentence("rle", "size", f"that of the image, {[height, width]}", segmentation["size"])
        )
    return segmentation


def corners_of(polygon, height, width):
    """The corners (P, 2) of a polygon x1, y1, x2, y2, ... in an image of that size.

    A ShapeError says that there are fewer than three, or that one is far outside.

    Examples
    --------
    >>> corners_of([0, 0, 4, 0, 4, 3], 10, 10)[2]
    array([4., 3.])
    """
    points = np.asarray(polygon, np.float64)
    if points.ndim != 1 or points.size % 2 or points.size < 6:
        raise ShapeError(
            sentence(
                "rle.from_polygons", "a polygon", "x1, y1, x2, y2, ... of at least 3 points", points.shape
            )
        )
    reach = _BEYOND * (height + width)
    if not (np.abs(points) <= reach).all():
        raise ShapeError(
            sentence("rle.from_polygons", "a polygon", f"no further than {reach} from the origin", points)
        )
    return points.reshape(-1, 2)


def _from_polygon(polygon, height, width):
    corners = np.trunc(_FINER * corners_of(polygon, height, width) + 0.5).astype(np.int64)
    outline = np.concatenate([_line(a, b) for a, b in zip(corners, np.roll(corners, -1, axis=0))])
    before, after = outline[:-1], outline[1:]
    steps = before[:, 0] != after[:, 0]  # where the outline goes on to the next column
    before, after = before[steps], after[steps]
    x = (np.where(after[:, 0] < before[:, 0], after[:, 0], after[:, 0] - 1) + 0.5) / _FINER - 0.5
    y = (np.minimum(after[:, 1], before[:, 1]) + 0.5) / _FINER - 0.5
    kept = (np.floor(x) == x) & (x >= 0) & (x <= width - 1)  # the columns in the middle of a pixel
    y = np.ceil(np.clip(y[kept], 0, height))
    # Each crossing begins or ends a run; two at the same place cancel out.
    crossings, times = np.unique((x[kept] * height + y).astype(np.int64), return_counts=True)
    crossings = crossings[times % 2 == 1]
    return {
        "size": [height, width],
        "counts": np.diff(crossings[crossings < height * width], prepend=0, append=height * width),
    }


def _line(a, b):
    """Points of the finer grid from a to b, both included: one for each step along the longer direction."""
    along = 0 if abs(b[0] - a[0]) >= abs(b[1] - a[1]) else 1
    n = abs(b[along] - a[along])
    (low, high), steps = (
        ((a, b), np.arange(n + 1)) if a[along] <= b[along] else ((b, a), np.arange(n, -1, -1))
    )
    slope = (high[1 - along] - low[1 - along]) / n if n else 0.0
    line = np.empty((n + 1, 2), np.int64)
    line[:, along] = low[along] + steps
    line[:, 1 - along] = np.trunc(low[1 - along] + slope * steps + 0.5)
    return line
