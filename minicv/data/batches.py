"""Random batches from arrays that fit in memory."""

import numpy as np


class Batches:
    """A fixed number of batches, drawn without replacement until every sample has been seen, then again.

    Batch i depends on the seed and on nothing else, so that two runs see the same samples in the same order.

    Parameters
    ----------
    *arrays : ndarray
        Of equal length: images, labels, ...
    batch_size : int
    steps : int
        Number of batches.
    seed : int
    augment : callable, optional
        ``augment(rng, *arrays)`` returns the arrays of a batch, changed at random.

    Attributes
    ----------
    epoch, position : int
        How often all batches were gone through, and how many have come since: what a
        :class:`minicv.train.Trainer` asks its loader.

    Examples
    --------
    >>> batches = Batches(np.arange(6), batch_size=4, steps=3, seed=0)
    >>> sorted(np.concatenate([batch for (batch,) in batches]).tolist())
    [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    """

    def __init__(self, *arrays, batch_size, steps, seed=0, augment=None):
        lengths = {len(array) for array in arrays}
        if len(lengths) != 1 or 0 in lengths:
            raise ValueError(f"Batches: the arrays must be of one length, at least 1; got {sorted(lengths)}.")
        if batch_size < 1 or steps < 0:
            raise ValueError(
                f"Batches: batch_size must be at least 1, steps at least 0; got {batch_size} and {steps}."
            )
        self.arrays, self.batch_size, self.steps = arrays, batch_size, steps
        self.seed, self.augment = seed, augment
        self.epoch, self.position = 0, 0

    def __len__(self):
        return self.steps

    def __iter__(self):
        rng = np.random.default_rng(self.seed)
        waiting = np.zeros(0, np.int64)
        for step in range(1, self.steps + 1):
            while len(waiting) < self.batch_size:
                waiting = np.concatenate([waiting, rng.permutation(len(self.arrays[0]))])
            chosen, waiting = waiting[: self.batch_size], waiting[self.batch_size :]
            batch = tuple(array[chosen] for array in self.arrays)
            batch = self.augment(rng, *batch) if self.augment else batch
            self.epoch, self.position = self.epoch + step // self.steps, step % self.steps
            yield batch
