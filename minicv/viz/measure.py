"""Measuring the text of a picture: too small, clipped, or one word upon another."""

import math

from matplotlib.backends.backend_agg import RendererAgg

from .style import SMALL_TEXT


class _TextListener(RendererAgg):
    """Notes the box of every text that is really drawn, ticks and legends among them."""

    def __init__(self, figure):
        super().__init__(figure.bbox.width, figure.bbox.height, figure.dpi)
        self.boxes = []  # (words, points, (left, bottom, right, top) in pixels)

    def draw_path(self, *args):
        """Nothing: lines have no words."""

    def draw_text(self, gc, x, y, s, prop, angle, ismath=False, mtext=None):
        """Note the box of a text; y counts from the page's upper edge, and (x, y) is the baseline's start."""
        width, height, descent = self.get_text_width_height_descent(s, prop, ismath)
        cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        corners = [(a, b) for a in (0, width) for b in (-descent, height - descent)]
        xs = [x + a * cos - b * sin for a, b in corners]
        ys = [self.height - y + a * sin + b * cos for a, b in corners]
        if s.strip():
            self.boxes.append((s, prop.get_size_in_points(), (min(xs), min(ys), max(xs), max(ys))))


def text_problems(figure, minimum=SMALL_TEXT, slack=1.0):
    """Sentences that say which texts of a Figure are too small, cut off at its edge, or overlap another.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
    minimum : float
        The smallest size allowed, in points.
    slack : float
        Pixels by which two texts may touch.

    Returns
    -------
    list of str
        Empty where all is well.

    Examples
    --------
    >>> from minicv.viz import Page
    >>> page = Page()
    >>> text = page.write(3, 3, "too small", size=9)
    >>> text_problems(page)
    ["'too small' has 9 pt; the least is 14"]
    """
    listener = _TextListener(figure)
    figure.draw(listener)
    width, height = figure.bbox.size
    problems = []
    for i, (words, points, (left, bottom, right, top)) in enumerate(listener.boxes):
        if points < minimum:
            problems.append(f"{words!r} has {points:g} pt; the least is {minimum:g}")
        if left < 0 or bottom < 0 or right > width or top > height:
            problems.append(f"{words!r} is cut off at the edge")
        for other, _, (left2, bottom2, right2, top2) in listener.boxes[:i]:
            across = min(right, right2) - max(left, left2)
            along = min(top, top2) - max(bottom, bottom2)
            if across > slack and along > slack:
                problems.append(f"{words!r} overlaps {other!r}")
    return problems
