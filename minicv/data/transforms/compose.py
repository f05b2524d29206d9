"""Putting transforms together, and onto a data set."""

import numpy as np


class Compose:
    """Transforms one after the other.

    Parameters
    ----------
    transforms : list of callable
        Each ``transform(sample, rng)``.

    Examples
    --------
    >>> from minicv.data import Sample
    >>> from minicv.data.transforms import CenterCrop, Pad
    >>> both = Compose([Pad(1), CenterCrop((2, 8))])
    >>> both(Sample(np.zeros((4, 6, 3), np.uint8)), np.random.default_rng(0))
    Sample(2 x 8, 0 instances: '')
    """

    def __init__(self, transforms):
        self.transforms = list(transforms)

    def __call__(self, sample, rng):
        for transform in self.transforms:
            sample = transform(sample, rng)
        return sample


class RandomApply:
    """A transform that is used with probability p.

    Parameters
    ----------
    transform : callable
        ``transform(sample, rng)``.
    p : float
    """

    def __init__(self, transform, p=0.5):
        self.transform, self.p = transform, p

    def __call__(self, sample, rng):
        return self.transform(sample, rng) if rng.random() < self.p else sample


class Transformed:
    """A data set seen through a transform.

    What item i becomes depends on the seed, on the epoch and on i alone.

    Parameters
    ----------
    dataset : sequence of Sample
    transform : callable
    seed : int

    Attributes
    ----------
    epoch : int
        Set it to the number of the epoch, and every item is drawn anew.

    Examples
    --------
    >>> from minicv.data import Meadow
    >>> from minicv.data.transforms import RandomHorizontalFlip
    >>> scenes = Transformed(Meadow(length=10), RandomHorizontalFlip(), seed=1)
    >>> (scenes[3].image == scenes[3].image).all()
    np.True_
    """

    def __init__(self, dataset, transform, seed=0):
        self.dataset, self.transform, self.seed, self.epoch = dataset, transform, seed, 0

    def __len__(self):
        return len(self.dataset)

    def __getitem__(self, i):
        return self.transform(self.dataset[i], np.random.default_rng((self.seed, self.epoch, i)))
