"""Real handwritten digits that need no download: the ones that scikit-learn brings along."""

import numpy as np

from .sample import Sample

HELD_OUT = 36  # per class: 360 test images of 1797
SPLIT_SEED = 0


def digits(split="train", size=8):
    """Handwritten digits, 0 to 9.

    1797 images of 8 x 8 pixels with 17 grey levels: the test part of *Optical Recognition of Handwritten Digits*
    (Alpaydin and Kaynak, UCI Machine Learning Repository, 1998). The held-out part has 36 images of every class,
    drawn with a fixed seed.

    Parameters
    ----------
    split : {"train", "test"}
        1437 or 360 images.
    size : int
        Side of the images. Anything but 8 is resized (bilinear, by Pillow); LeNet-5 wants 32.

    Returns
    -------
    images : ndarray (N, 1, size, size) float32
        In [0, 1]; the ink is bright.
    labels : ndarray (N,) int64

    Raises
    ------
    ModuleNotFoundError
        If scikit-learn is not installed.

    Examples
    --------
    >>> images, labels = digits("test", size=32)
    >>> images.shape, labels[:3].dtype
    ((360, 1, 32, 32), dtype('int64'))
    """
    if split not in ("train", "test"):
        raise ValueError(f'digits: split must be "train" or "test"; got {split!r}.')
    if size < 1:
        raise ValueError(f"digits: size must be at least 1; got {size}.")
    try:
        from sklearn.datasets import load_digits
    except ModuleNotFoundError as missing:
        raise ModuleNotFoundError(
            "digits: the images come with scikit-learn, which is not installed. Run `pip install scikit-learn`."
        ) from missing
    bundle = load_digits()
    labels = bundle.target.astype(np.int64)
    order = np.random.default_rng(SPLIT_SEED).permutation(len(labels))
    rank = np.empty(len(labels), int)  # how many of its class come before, in the shuffled order
    for digit in range(10):
        members = order[labels[order] == digit]
        rank[members] = np.arange(len(members))
    chosen = order[(rank[order] < HELD_OUT) == (split == "test")]
    images = (bundle.images[chosen] / 16).astype(np.float32)
    return resize(images, size)[:, None], labels[chosen]


class Digits:
    """The same digits as samples, 8 x 8 pixels of 17 grey levels.

    Parameters
    ----------
    split : {"train", "test"}

    Examples
    --------
    >>> Digits("test")[0]
    Sample(8 x 8, class 6: '')
    """

    classes = tuple("0123456789")

    def __init__(self, split="train"):
        images, self.labels = digits(split)
        self.images = (images[:, 0] * 255).round().astype(np.uint8)

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        return Sample(np.repeat(self.images[i][..., None], 3, axis=2), label=int(self.labels[i]))


def resize(images, size):
    """Grey images (N, h, w) float32 to (N, size, size), bilinear."""
    if images.shape[1:] == (size, size):
        return images
    from PIL import Image

    return np.stack(
        [
            np.asarray(Image.fromarray(image).resize((size, size), Image.Resampling.BILINEAR))
            for image in images
        ]
    )
