"""Words beside boxes, where they cover no other words."""

import numpy as np

from .grid import text_width
from .style import SMALL_TEXT

_PAD = 0.2  # around the words, in units of their size
_HEIGHT = (1.17 + 2 * _PAD) * SMALL_TEXT / 72  # of a line with its frame, in inches
_MOST_COVERED = 0.1  # part of a label that others may cover; where that is not to be had, there is none


def label_places(ax, boxes, words):
    """Find a place for the label of each box: above it, in it or below it, inside the Axes.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
        That shows an image.
    boxes : (R, 4) array
        In the Axes' own coordinates, y downwards.
    words : sequence of R str

    Returns
    -------
    list of (x, y) or None
        Upper left corner of each label; None where all its places are taken.

    Examples
    --------
    >>> from minicv.viz import Page, show_image
    >>> ax = show_image(Page("third").panel(0, 0, 4, 4), np.zeros((40, 40), np.uint8))
    >>> places = label_places(ax, [[10, 20, 16, 30]] * 2, ["cat", "cat"])
    >>> [round(y) for x, y in places]  # above the box, and inside it
    [17, 20]
    """
    scale = pixels_per_inch(ax)
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    taken, places = [], []
    for (x1, y1, x2, y2), text in zip(boxes, words):
        wide, high = (text_width(text, SMALL_TEXT) + 2 * _PAD * SMALL_TEXT / 72) * scale, _HEIGHT * scale
        found = None
        if text:
            columns, rows = (x1, x2 - wide, (x1 + x2 - wide) / 2), (y1 - high, y1, y2, y2 - high)
            corners = np.array([(x, y) for y in rows for x in columns])
            corners[:, 0] = corners[:, 0].clip(left, max(right - wide, left))
            corners[:, 1] = corners[:, 1].clip(top, max(bottom - high, top))
            frames = np.concatenate([corners, corners + [wide, high]], axis=1)
            covered = [sum(_common(frame, other) for other in taken) for frame in frames]
            best = int(np.argmin(covered))
            if covered[best] <= _MOST_COVERED * wide * high:
                taken.append(frames[best])
                found = tuple(corners[best].tolist())
        places.append(found)
    return places


def pixels_per_inch(ax):
    """Units of the x axis for each inch of the page."""
    ax.apply_aspect()
    (left, right), width = ax.get_xlim(), ax.get_position().width * ax.figure.get_size_inches()[0]
    return abs(right - left) / width


def _common(a, b):
    """Area that two frames (x1, y1, x2, y2) share."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    return max(width, 0) * max(height, 0)
