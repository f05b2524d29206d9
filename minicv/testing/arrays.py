"""Arrays to test with: random ones without a blind spot, ones without ties, ones scattered in memory."""

import numpy as np


def random_weights(shape, rng):
    """Random numbers of size 0.5 to 1 and either sign: a direction or cotangent that leaves no entry unseen.

    Examples
    --------
    >>> bool((np.abs(random_weights(1000, np.random.default_rng(0))) >= 0.5).all())
    True
    """
    return np.asarray(rng.uniform(0.5, 1.0, shape) * rng.choice([-1.0, 1.0], shape))


def distinct_values(shape, rng=0, gap=0.1):
    """An array whose values are all different, evenly spaced and shuffled: for max pooling, ReLU, abs.

    Where two values tie, the maximum has no derivative, and a gradient check says nothing. Here neighbours in
    size are ``gap`` apart, far more than the check moves them, and no value is nearer to zero than ``gap /
    4``.

    Parameters
    ----------
    shape : tuple of int
    rng : int or numpy.random.Generator
        Seed, or generator, of the shuffling.
    gap : float

    Returns
    -------
    ndarray
        float64, around zero.

    Examples
    --------
    >>> np.sort(distinct_values((2, 2)).ravel()).round(3).tolist()
    [-0.175, -0.075, 0.025, 0.125]
    """
    size = int(np.prod(shape))
    ranks = np.random.default_rng(rng).permutation(size)
    return (gap * (ranks - size // 2 + 0.25)).reshape(shape)


def noncontiguous(array):
    """The same values scattered in memory: axes in reverse order, run through backwards, every other cell.

    The cells between hold NaN (the largest number, for integers), so that code that takes the memory to be
    contiguous shows it.

    Parameters
    ----------
    array : ndarray

    Returns
    -------
    ndarray
        Equal to ``array``; not contiguous unless it has at most one element.

    Examples
    --------
    >>> a = noncontiguous(np.arange(6.0).reshape(2, 3))
    >>> a.tolist(), a.strides
    ([[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]], (-16, -64))
    """
    filler = np.nan if array.dtype.kind == "f" else True if array.dtype == bool else np.iinfo(array.dtype).max
    memory = np.full([2 * n for n in reversed(array.shape)], filler, array.dtype)
    view = memory[(..., *[slice(None, None, -2)] * array.ndim)].transpose()
    view[...] = array
    return view
