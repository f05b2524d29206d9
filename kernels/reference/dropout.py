"""Dropout whose mask is not stored: whether number i is dropped follows from i and a seed, whenever it is asked.

The random numbers are those of SplitMix64, whose state is a plain count, so any one of them can be computed alone:
G. Steele, D. Lea and C. Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, figures 16 and 17.
"""

import numpy as np

#: The step of the state, odd and close to 2^64 over the golden ratio; and the factors that mix its bits.
STEP, FACTORS = 0x9E3779B97F4A7C15, (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)


def dropout(x, seed, p):
    """Set each number to 0 with probability ``p``, and divide the others by ``1 - p``.

    For a given seed a linear map (a diagonal matrix), and so its own transpose.

    Parameters
    ----------
    x : array
    seed : int
        From 0 to 2^63 - 1.
    p : float
        In [0, 1].

    Examples
    --------
    >>> import numpy as np
    >>> dropout(np.ones(8), 7, 0.5)
    array([0., 0., 2., 2., 0., 0., 0., 0.])
    """
    kept = uniform(seed, x.size).reshape(x.shape) >= p
    return np.where(kept, x * x.dtype.type(scale(p)), 0)


def uniform(seed, n):
    """The first n random numbers of a seed, in [0, 1)."""
    z = np.uint64(seed) + np.arange(1, n + 1, dtype=np.uint64) * np.uint64(STEP)
    z = (z ^ (z >> 30)) * FACTORS[0]
    z = (z ^ (z >> 27)) * FACTORS[1]
    z ^= z >> 31
    return (z >> 11) * 2.0**-53


def scale(p):
    """The factor of what is kept: 1 / (1 - p); for p = 1, where nothing is, any."""
    return 1 / (1 - p) if p < 1 else 1.0


def cases(rng):
    """Argument sets: (kernel name, arguments)."""
    found = []
    for dtype in (np.float32, np.float64):
        x = rng.standard_normal((3, 5, 7)).astype(dtype)
        x[0, 0] = np.inf
        for a in (x, np.asfortranarray(x), x[..., ::-2], x[:0], np.asarray(x[1, 1, 1])):
            for seed in (0, 1, 2**63 - 1):
                found += [("dropout", (a, seed, p)) for p in (0.0, 1e-9, 0.3, 0.5, 1.0)]
    return found
