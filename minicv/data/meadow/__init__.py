"""Meadow: procedural scenes with perfect ground truth, and nothing to download.

Cats, dogs, ducks, cows and people in a landscape of sky, grass and trees, drawn by NumPy alone. Read on in `scene`
(who stands where), `truth` (what is written down about it), `paint` (how a shape becomes pixels), and `animals`,
`person`, `plants` and `land` (the shapes).
"""

import operator

import numpy as np

from ..sample import SKELETON
from .scene import compose
from .truth import CLASSES, STUFF, THINGS

__all__ = ["CLASSES", "STUFF", "THINGS", "Meadow"]


class Meadow:
    """A sequence of generated scenes.

    Scene i depends on `seed`, i and the settings below, and on nothing else: not on the order of access, nor on the
    number of scenes. The same (seed, i) at another `size` is the same scene at another resolution.

    Parameters
    ----------
    size : int
        Height and width in pixels, 32 to 512.
    length : int
        Number of scenes.
    seed : int
        Take one for training and another for testing.
    objects : (int, int)
        Smallest and largest number of things to place. A scene can hold fewer than drawn when there is no room left, or
        when something is hidden behind the rest.
    classes : tuple of str
        The things to draw from, names in `THINGS`. Name one twice and it comes twice as often.
    scale : (float, float)
        Range of the size of the things; 1 is the normal size. Wider is harder.
    noise : float
        Standard deviation of the noise on every pixel, as a fraction of the full range.

    Attributes
    ----------
    classes : tuple of str
        Names of the labels 0 to 7, `CLASSES`: three kinds of stuff, then five things. `semantic` and `labels` of a
        sample are indices into it; a detector that only knows things subtracts ``len(STUFF)``.
    skeleton : tuple of (int, int)
        Pairs of joints that a bone connects, `SKELETON`.

    Examples
    --------
    >>> scenes = Meadow(size=64, length=100, seed=0)
    >>> scenes[3].image.shape, len(scenes)
    ((64, 64, 3), 100)
    >>> one_person = Meadow(objects=(1, 1), classes=("person",), scale=(1.3, 1.6))[0]
    >>> one_person.keypoints.shape
    (1, 14, 3)
    """

    classes, skeleton = CLASSES, SKELETON

    def __init__(
        self, size=64, length=1000, seed=0, objects=(1, 5), classes=THINGS, scale=(0.8, 1.2), noise=0.0
    ):
        size, length, seed = map(operator.index, (size, length, seed))
        if not 32 <= size <= 512:
            raise ValueError(f"Meadow: size must be 32 to 512 pixels; got {size}.")
        if length < 0 or seed < 0:
            raise ValueError(f"Meadow: length and seed must not be negative; got {length} and {seed}.")
        if np.shape(objects) != (2,) or not 0 <= objects[0] <= objects[1]:
            raise ValueError(f"Meadow: objects must be (fewest, most); got {objects}.")
        if not classes or any(name not in THINGS for name in classes):
            hint = " Did you mean a tuple with one name in it?" if isinstance(classes, str) else ""
            raise ValueError(f"Meadow: classes must be names from {THINGS}; got {classes!r}.{hint}")
        if np.shape(scale) != (2,) or not 0 < scale[0] <= scale[1] <= 3:
            raise ValueError(f"Meadow: scale must be (smallest, largest), above 0 and up to 3; got {scale}.")
        if not 0 <= noise <= 1:
            raise ValueError(f"Meadow: noise must be a fraction of the full range, 0 to 1; got {noise}.")
        self.size, self.length, self.seed = size, length, seed
        self.objects, self.things, self.scale, self.noise = objects, tuple(classes), scale, noise

    def __len__(self):
        return self.length

    def __getitem__(self, index):
        index = operator.index(index)
        if not -self.length <= index < self.length:
            raise IndexError(f"Meadow: index {index} is out of range for {self.length} scenes.")
        rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence([self.seed, index % self.length])))
        count = int(rng.integers(self.objects[0], self.objects[1] + 1))
        names = [self.things[k] for k in rng.integers(0, len(self.things), count)]
        sample = compose(rng, self.size, names, self.scale, self.noise)
        sample.meta.update(seed=self.seed, index=index % self.length)
        return sample

    def __repr__(self):
        return f"Meadow(size={self.size}, length={self.length}, seed={self.seed}, things={self.things})"
