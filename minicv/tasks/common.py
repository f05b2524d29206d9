"""What tasks share."""

from ..data.transforms import ColorJitter, Compose, RandomAffine, RandomCrop, RandomHorizontalFlip
from ..tensor import tensor


def chunks(dataset, size):
    """Yield the items of a data set, in order, in lists of ``size``.

    Examples
    --------
    >>> list(chunks("abcde", 2))
    [['a', 'b'], ['c', 'd'], ['e']]
    """
    for start in range(0, len(dataset), size):
        yield [dataset[i] for i in range(start, min(start + size, len(dataset)))]


def augmentation(names, size, crop):
    """The random changes of those names, in an order that makes sense.

    Parameters
    ----------
    names : sequence of str
        Of ``rotate`` (by up to 10 degrees), ``shift`` (by up to a sixteenth of the side), ``crop``, ``flip`` (a mirror
        image every other time) and ``colour``.
    size : int
        Side of the images, in pixels.
    crop : callable
        The task's own way to take a part of an image.

    Returns
    -------
    Compose

    Examples
    --------
    >>> len(augmentation(["flip", "shift"], 32, None).transforms)
    2
    """
    known = {
        "rotate": RandomAffine(10),
        "shift": RandomCrop(size, padding=max(1, size // 16)),
        "crop": crop,
        "flip": RandomHorizontalFlip(),
        "colour": ColorJitter(0.3, 0.3, 0.3, 0.05),
    }
    return Compose([transform for name, transform in known.items() if name in names])


def beside(model, array):
    """An array as a Tensor on the device of a model."""
    return tensor(array, device=next(iter(model.parameters())).device)
