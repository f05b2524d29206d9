"""Normalize: the last transform, from samples to the numbers that a network wants."""

from dataclasses import replace

import numpy as np

from ...errors import sentence
from ..collate import collate

# Of the pixels of ImageNet's training images, in [0, 1], red first: what most published weights were trained with.
IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Normalize:
    """Collate samples to a batch whose images are (image - mean) / std in each channel.

    It takes the place of :func:`~minicv.data.collate`, since the images of samples are bytes, and those of a batch
    the first that can be negative. What pads smaller images stays 0, which now stands for the mean.

    Parameters
    ----------
    mean, std : sequence of 3 float
        Of red, green and blue, for images in [0, 1]; by default ImageNet's.

    Raises
    ------
    ValueError
        They are not three numbers each, or a ``std`` is not above 0.

    Examples
    --------
    >>> from minicv.data import DataLoader, Meadow
    >>> loader = DataLoader(Meadow(size=32, length=4), batch_size=4, collate_fn=Normalize())
    >>> [(batch.images.shape, bool(batch.images.min() < 0)) for batch in loader]
    [((4, 3, 32, 32), True)]
    """

    def __init__(self, mean=IMAGENET_MEAN, std=IMAGENET_STD):
        for name, value in {"mean": mean, "std": std}.items():
            if np.shape(value) != (3,):
                raise ValueError(sentence("Normalize", name, "three numbers: red, green, blue", value))
        if min(std) <= 0:
            raise ValueError(sentence("Normalize", "std", "above 0", std))
        self.mean, self.std = (np.float32(value).reshape(3, 1, 1) for value in (mean, std))

    def __call__(self, samples):
        batch = collate(samples)
        images = (batch.images - self.mean) / self.std
        for image, (height, width) in zip(images, batch.sizes):
            image[:, height:] = 0
            image[:, :, width:] = 0
        return replace(batch, images=images)
