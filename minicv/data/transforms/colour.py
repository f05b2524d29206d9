"""Transforms of the colours alone."""

from dataclasses import replace

import numpy as np

from ...errors import sentence

# Luma of a colour (ITU-R BT.601), as Pillow and torchvision take it.
_GREY = np.float32([0.299, 0.587, 0.114])


def _in_range(image):
    return np.rint(image).clip(0, 255).astype(np.uint8)


class ColorJitter:
    """Change brightness, contrast, saturation and hue at random, in random order.

    Parameters
    ----------
    brightness, contrast, saturation : float
        A factor is drawn between 1 - x (at least 0) and 1 + x; 0 leaves it.
    hue : float
        A shift is drawn between -x and x of the full circle; at most 0.5.

    Raises
    ------
    ValueError
        A range is negative, or that of the hue above 0.5.

    Examples
    --------
    >>> from minicv.data import Sample
    >>> sample, rng = Sample(np.full((4, 6, 3), 100, np.uint8)), np.random.default_rng(0)
    >>> image = ColorJitter(brightness=0.5)(sample, rng).image
    >>> bool((image == image[0, 0]).all()), 50 <= image[0, 0, 0] <= 150
    (True, np.True_)
    """

    def __init__(self, brightness=0.0, contrast=0.0, saturation=0.0, hue=0.0):
        for name, value, most in [
            ("brightness", brightness, np.inf),
            ("contrast", contrast, np.inf),
            ("saturation", saturation, np.inf),
            ("hue", hue, 0.5),
        ]:
            if not 0 <= value <= most:
                raise ValueError(sentence("ColorJitter", name, f"between 0 and {most}", value))
        self.ranges = {_brightness: brightness, _contrast: contrast, _saturation: saturation}
        self.hue = hue

    def __call__(self, sample, rng):
        changes = [(f, rng.uniform(max(0.0, 1 - x), 1 + x)) for f, x in self.ranges.items() if x]
        if self.hue:
            changes.append((_hue, rng.uniform(-self.hue, self.hue)))
        image = sample.image
        for i in rng.permutation(len(changes)):
            change, amount = changes[i]
            image = _in_range(change(image, np.float32(amount)))
        return replace(sample, image=image)


def _brightness(image, factor):
    return image * factor


def _contrast(image, factor):
    mean = (image @ _GREY).mean()
    return mean + factor * (image - mean)


def _saturation(image, factor):
    grey = (image @ _GREY)[..., None]
    return grey + factor * (image - grey)


def _hue(image, shift):
    from PIL import Image

    hsv = np.array(Image.fromarray(image).convert("HSV"))
    hsv[..., 0] = (hsv[..., 0].astype(np.int64) + round(float(shift) * 255)) % 256
    return np.array(Image.fromarray(hsv, "HSV").convert("RGB"))


class PCALighting:
    """Add to all pixels a random multiple of each principal component of the colours of ImageNet.

    Parameters
    ----------
    sigma : float
        Standard deviation of the multiples.

    Notes
    -----
    Source: A. Krizhevsky, I. Sutskever, G. Hinton, "ImageNet Classification with Deep Convolutional Neural Networks",
    NeurIPS 2012, section 4.1. The components are those that have been in use since Torch's ImageNet examples.

    Examples
    --------
    >>> from minicv.data import Sample
    >>> sample, rng = Sample(np.full((4, 6, 3), 100, np.uint8)), np.random.default_rng(0)
    >>> PCALighting(sigma=0.1)(sample, rng).image.shape
    (4, 6, 3)
    """

    VALUES = np.float32([0.2175, 0.0188, 0.0045])
    VECTORS = np.float32([[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]])

    def __init__(self, sigma=0.1):
        self.sigma = sigma

    def __call__(self, sample, rng):
        shift = self.VECTORS @ (rng.normal(0, self.sigma, 3) * self.VALUES)
        return replace(sample, image=_in_range(sample.image + 255 * shift.astype(np.float32)))
