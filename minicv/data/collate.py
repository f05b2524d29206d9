"""From a list of samples to a batch."""

from dataclasses import dataclass

import numpy as np

IGNORED = 255  # label of padding in ``semantic``


@dataclass(frozen=True)
class Batch:
    """Samples together. Images of different sizes are padded with zeros at the right and below.

    Attributes
    ----------
    images : ndarray (N, 3, H, W) float32
        In [0, 1].
    sizes : ndarray (N, 2) int64
        Height and width of each before padding.
    label : ndarray (N,) int64 or None
        Where all samples have one.
    semantic : ndarray (N, H, W) int64 or None
        255 in the padding.
    boxes, labels, masks, keypoints : list
        One entry a sample, as :class:`~minicv.data.Sample` has it.
    captions : list of str
    meta : list of dict
    """

    images: np.ndarray
    sizes: np.ndarray
    label: np.ndarray | None
    semantic: np.ndarray | None
    boxes: list
    labels: list
    masks: list
    keypoints: list
    captions: list
    meta: list

    def __len__(self):
        return len(self.images)


def collate(samples):
    """Make a :class:`Batch` of samples.

    Parameters
    ----------
    samples : list of Sample

    Returns
    -------
    Batch

    Examples
    --------
    >>> from minicv.data import Meadow
    >>> batch = collate([Meadow(size=32)[0], Meadow(size=48)[1]])
    >>> batch.images.shape, batch.semantic.shape, batch.sizes.tolist()
    ((2, 3, 48, 48), (2, 48, 48), [[32, 32], [48, 48]])
    """
    sizes = np.array([s.image.shape[:2] for s in samples], np.int64)
    height, width = sizes.max(0)
    images = np.zeros((len(samples), 3, height, width), np.float32)
    for image, sample, (h, w) in zip(images, samples, sizes):
        image[:, :h, :w] = sample.image.transpose(2, 0, 1)
    images /= 255
    semantic = None
    if all(s.semantic is not None for s in samples):
        semantic = np.full((len(samples), height, width), IGNORED, np.int64)
        for labels, sample, (h, w) in zip(semantic, samples, sizes):
            labels[:h, :w] = sample.semantic
    known = all(s.label is not None for s in samples)
    columns = {
        name: [getattr(s, name) for s in samples]
        for name in ("boxes", "labels", "masks", "keypoints", "meta")
    }
    return Batch(
        images,
        sizes,
        np.array([s.label for s in samples], np.int64) if known else None,
        semantic,
        captions=[s.caption for s in samples],
        **columns,
    )
