"""The two croppings of SSD, which make small objects out of large ones and large out of small.

Source: W. Liu et al., "SSD: Single Shot MultiBox Detector", ECCV 2016, sections 2.2 and 3.6.
"""

import numpy as np

from ...boxes import box_iou
from .moves import crop

_DRAWS = 50  # of a minimum: then the image is left as it is


class RandomZoomOut:
    """Put the image somewhere on a larger canvas, with probability p.

    Parameters
    ----------
    fill : int or (int, int, int)
        Colour of the canvas; SSD takes the mean of the training images.
    side_range : (float, float)
        Range of the canvas's side relative to the image's.
    p : float

    Examples
    --------
    >>> from minicv.data import Meadow
    >>> scene = Meadow(size=32)[0]
    >>> wide = RandomZoomOut(side_range=(2, 2), p=1)(scene, np.random.default_rng(0))
    >>> wide.image.shape, len(wide.boxes) == len(scene.boxes)
    ((64, 64, 3), True)
    """

    def __init__(self, fill=0, side_range=(1.0, 4.0), p=0.5):
        self.fill, self.side_range, self.p = fill, side_range, p

    def __call__(self, sample, rng):
        if rng.random() >= self.p:
            return sample
        height, width = sample.image.shape[:2]
        side = rng.uniform(*self.side_range)
        new_height, new_width = int(height * side), int(width * side)
        top, left = int(rng.integers(new_height - height + 1)), int(rng.integers(new_width - width + 1))
        return crop(sample, -top, -left, new_height, new_width, self.fill)


class RandomIoUCrop:
    """A window that overlaps at least one box by a minimum that is drawn, too; objects with their centre outside go.

    Parameters
    ----------
    min_scale, max_scale : float
        Range of the window's sides relative to the image's.
    min_aspect_ratio, max_aspect_ratio : float
    sampler_options : list of float
        Minima of the overlap to draw from; one of 1 or more keeps the image as it is.
    trials : int
        Windows to try for a minimum before another one is drawn.

    Examples
    --------
    >>> from minicv.data import Meadow
    >>> part = RandomIoUCrop()(Meadow(size=64)[0], np.random.default_rng(0))
    >>> len(part.boxes) > 0
    True
    """

    def __init__(
        self,
        min_scale=0.3,
        max_scale=1.0,
        min_aspect_ratio=0.5,
        max_aspect_ratio=2.0,
        sampler_options=(0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0),
        trials=40,
    ):
        self.scale, self.ratio = (min_scale, max_scale), (min_aspect_ratio, max_aspect_ratio)
        self.options, self.trials = tuple(sampler_options), trials

    def __call__(self, sample, rng):
        if not len(sample.boxes):
            return sample
        for _ in range(_DRAWS):
            minimum = self.options[rng.integers(len(self.options))]
            if minimum >= 1:
                return sample
            for _ in range(self.trials):
                window = self._window(*sample.image.shape[:2], rng)
                if window is not None and (cropped := self._crop(sample, window, minimum)) is not None:
                    return cropped
        return sample

    def _window(self, height, width, rng):
        """x1, y1, x2, y2 of a window, or None where its shape is too long."""
        h, w = (int(side * rng.uniform(*self.scale)) for side in (height, width))
        if h < 1 or w < 1 or not self.ratio[0] <= w / h <= self.ratio[1]:
            return None
        top, left = int(rng.integers(height - h + 1)), int(rng.integers(width - w + 1))
        return left, top, left + w, top + h

    def _crop(self, sample, window, minimum):
        """The window of the sample, or None where no object has its centre in it or overlaps enough."""
        left, top, right, bottom = window
        x, y = (sample.boxes[:, :2] + sample.boxes[:, 2:]).T / 2
        inside = (left < x) & (x < right) & (top < y) & (y < bottom)
        kept = sample.keep(inside)
        if not inside.any() or box_iou(kept.boxes, np.float32([window])).max() < minimum:
            return None
        return crop(kept, top, left, bottom - top, right - left)
