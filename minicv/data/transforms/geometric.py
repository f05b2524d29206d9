"""Transforms that move pixels: the random choices; the moves themselves are in `moves`."""

import math

import numpy as np

from ...errors import sentence
from .moves import crop, hflip, resize, warp


def _size(op, size):
    """(height, width) of one number or a pair."""
    height, width = (size, size) if np.ndim(size) == 0 else size
    if height < 1 or width < 1:
        raise ValueError(sentence(op, "size", "at least 1 pixel", size))
    return int(height), int(width)


class Resize:
    """Resize to a size (height, width); one number is the length of the shorter side.

    Parameters
    ----------
    size : int or (int, int)
        In pixels.
    max_size : int, optional
        Of the longer side, which wins: Faster R-CNN's 600 and 1000.

    Raises
    ------
    ValueError
        A size is less than 1.

    Examples
    --------
    >>> from minicv.data import Sample
    >>> sample, rng = Sample(np.full((4, 6, 3), 100, np.uint8)), np.random.default_rng(0)
    >>> Resize(8)(sample, rng), Resize(8, max_size=9)(sample, rng)
    (Sample(8 x 12, 0 instances: ''), Sample(6 x 9, 0 instances: ''))
    """

    def __init__(self, size, max_size=None):
        self.size, self.max_size = size, max_size
        _size("Resize", size)

    def __call__(self, sample, rng):
        if np.ndim(self.size):
            return resize(sample, *self.size)
        sides = sample.image.shape[:2]
        scale = self.size / min(sides)
        if self.max_size is not None:
            scale = min(scale, self.max_size / max(sides))
        return resize(sample, *(max(1, round(side * scale)) for side in sides))


class CenterCrop:
    """The window in the middle, of a size (height, width); a smaller image gets a margin of ``fill``.

    Parameters
    ----------
    size : int or (int, int)
        In pixels; one number means a square.
    fill : int or (int, int, int)
        Colour of the margin.

    Raises
    ------
    ValueError
        The size is less than 1.
    """

    def __init__(self, size, fill=0):
        self.size, self.fill = _size("CenterCrop", size), fill

    def __call__(self, sample, rng):
        top, left = ((have - want) // 2 for have, want in zip(sample.image.shape, self.size))
        return crop(sample, top, left, *self.size, fill=self.fill)


class Pad:
    """A margin on each side.

    Parameters
    ----------
    padding : int or (int, int, int, int)
        In pixels: one number, or left, top, right, bottom.
    fill : int or (int, int, int)
        Colour of the margin.

    Raises
    ------
    ValueError
        A number is negative, or there are not four.
    """

    def __init__(self, padding, fill=0):
        self.padding = (padding,) * 4 if np.ndim(padding) == 0 else tuple(padding)
        if len(self.padding) != 4 or min(self.padding) < 0:
            raise ValueError(sentence("Pad", "padding", "a number from 0 on, or four of them", padding))
        self.fill = fill

    def __call__(self, sample, rng):
        left, top, right, bottom = self.padding
        height, width = sample.image.shape[:2]
        return crop(sample, -top, -left, height + top + bottom, width + left + right, self.fill)


class RandomCrop:
    """A window of a size (height, width) anywhere in the image, after a margin of ``padding`` pixels.

    Parameters
    ----------
    size : int or (int, int)
    padding : int
        4 for CIFAR.
    fill : int or (int, int, int)

    Examples
    --------
    >>> from minicv.data import Sample
    >>> sample, rng = Sample(np.full((4, 6, 3), 100, np.uint8)), np.random.default_rng(0)
    >>> RandomCrop(4, padding=1)(sample, rng)
    Sample(4 x 4, 0 instances: '')
    """

    def __init__(self, size, padding=0, fill=0):
        if padding < 0:
            raise ValueError(sentence("RandomCrop", "padding", "a number from 0 on", padding))
        self.size, self.padding, self.fill = _size("RandomCrop", size), padding, fill

    def __call__(self, sample, rng):
        room = [max(0, have + 2 * self.padding - want) for have, want in zip(sample.image.shape, self.size)]
        top, left = (int(rng.integers(r + 1)) - self.padding for r in room)
        return crop(sample, top, left, *self.size, fill=self.fill)


class RandomHorizontalFlip:
    """The mirror image with probability p; left and right keypoints change places.

    Parameters
    ----------
    p : float

    Raises
    ------
    ValueError
        When it is used: the keypoints are neither the 14 of Leeds Sports Pose nor the 17 of COCO.
    """

    def __init__(self, p=0.5):
        self.p = p

    def __call__(self, sample, rng):
        return hflip(sample) if rng.random() < self.p else sample


class RandomResizedCrop:
    """A window of random area and shape, resized: the crop of Inception and ResNet training.

    Parameters
    ----------
    size : int or (int, int)
        Of the result.
    scale : (float, float)
        Range of the window's area as a share of the image's.
    ratio : (float, float)
        Range of width over height; drawn so that r and 1 / r are as likely.

    Notes
    -----
    Source: C. Szegedy et al., "Going Deeper with Convolutions", CVPR 2015, section 6. If ten windows do not fit, the
    middle of the image is taken.

    Examples
    --------
    >>> from minicv.data import Sample
    >>> sample, rng = Sample(np.full((4, 6, 3), 100, np.uint8)), np.random.default_rng(0)
    >>> RandomResizedCrop(5)(sample, rng)
    Sample(5 x 5, 0 instances: '')
    """

    def __init__(self, size, scale=(0.08, 1.0), ratio=(3 / 4, 4 / 3)):
        self.size, self.scale, self.ratio = _size("RandomResizedCrop", size), scale, ratio

    def __call__(self, sample, rng):
        return resize(crop(sample, *self._window(*sample.image.shape[:2], rng)), *self.size)

    def _window(self, height, width, rng):
        for _ in range(10):
            area = height * width * rng.uniform(*self.scale)
            ratio = math.exp(rng.uniform(*map(math.log, self.ratio)))
            h, w = round(math.sqrt(area / ratio)), round(math.sqrt(area * ratio))
            if 0 < h <= height and 0 < w <= width:
                return int(rng.integers(height - h + 1)), int(rng.integers(width - w + 1)), h, w
        w = min(width, round(height * self.ratio[1]))
        h = min(height, round(width / self.ratio[0]))
        return (height - h) // 2, (width - w) // 2, h, w


class RandomAffine:
    """Turn, shift, scale and shear about the centre of the image.

    Parameters
    ----------
    degrees : float
        Turned by an angle between -degrees and degrees.
    translate : (float, float)
        Largest shift along x and y, as a share of width and height.
    scale : (float, float)
        Range of the magnification.
    shear : float
        Largest shear along x, in degrees.
    fill : int or (int, int, int)

    Raises
    ------
    ValueError
        A magnification is not above 0.

    Examples
    --------
    >>> from minicv.data import Sample
    >>> sample, rng = Sample(np.full((4, 6, 3), 100, np.uint8)), np.random.default_rng(0)
    >>> RandomAffine(degrees=10, translate=(0.1, 0.1))(sample, rng)
    Sample(4 x 6, 0 instances: '')
    """

    def __init__(self, degrees, translate=(0.0, 0.0), scale=(1.0, 1.0), shear=0.0, fill=0):
        if min(scale) <= 0:
            raise ValueError(sentence("RandomAffine", "scale", "a range above 0", scale))
        self.degrees, self.translate, self.scale, self.shear, self.fill = (
            degrees,
            translate,
            scale,
            shear,
            fill,
        )

    def __call__(self, sample, rng):
        height, width = sample.image.shape[:2]
        angle, shear = (math.radians(rng.uniform(-limit, limit)) for limit in (self.degrees, self.shear))
        turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
        matrix = rng.uniform(*self.scale) * turn @ [[1, math.tan(shear)], [0, 1]]
        centre = np.array([width / 2, height / 2])
        shift = [rng.uniform(-share, share) * side for share, side in zip(self.translate, (width, height))]
        return warp(sample, np.column_stack([matrix, centre + shift - matrix @ centre]), self.fill)
