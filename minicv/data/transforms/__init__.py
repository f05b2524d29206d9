"""Transforms: samples in, samples out; boxes, masks and keypoints move with the pixels.

A transform is called with a sample and a random generator, ``transform(sample, rng)``, and draws what it needs from
that alone. `Transformed` gives every item of a data set a generator of its own, so that neither the order in which
items are read nor the number of workers changes anything. Names are those of torchvision.transforms.v2. The last,
`Normalize`, is for a batch, and goes where a `DataLoader` takes its ``collate_fn``.
"""

from .colour import ColorJitter, PCALighting
from .compose import Compose, RandomApply, Transformed
from .detection import RandomIoUCrop, RandomZoomOut
from .elastic import ElasticTransform
from .geometric import (
    CenterCrop,
    Pad,
    RandomAffine,
    RandomCrop,
    RandomHorizontalFlip,
    RandomResizedCrop,
    Resize,
)
from .normalize import IMAGENET_MEAN, IMAGENET_STD, Normalize

__all__ = [
    "IMAGENET_MEAN",
    "IMAGENET_STD",
    "CenterCrop",
    "ColorJitter",
    "Compose",
    "ElasticTransform",
    "Normalize",
    "PCALighting",
    "Pad",
    "RandomAffine",
    "RandomApply",
    "RandomCrop",
    "RandomHorizontalFlip",
    "RandomIoUCrop",
    "RandomResizedCrop",
    "RandomZoomOut",
    "Resize",
    "Transformed",
]
