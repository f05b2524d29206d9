"""Normalisation: every group of values is given mean 0 and variance 1, then a scale and a shift of its own.

A group is what shares an index along axis 1 of an array (N, G, ...): a channel, in batch normalisation. Layer
normalisation makes its samples the groups, as an array (1, samples, ...).
"""

import numpy as np


def normalize(x, weight, bias, eps):
    """Normalise each group: ``y = (x - mean) / sqrt(variance + eps) * weight + bias``.

    Ioffe and Szegedy, 2015, algorithm 1.

    Parameters
    ----------
    x : (N, G, ...) array
    weight, bias : (G,) arrays
    eps : float

    Returns
    -------
    y : array of the shape of x
    mean, variance : (G,) arrays of float64
        The variance is the biased one. Both are 0 where there are no values. They are float64 whatever x is:
        of a mean of 10 000, float32 loses what a spread of 0.001 needs.

    Examples
    --------
    >>> import numpy as np
    >>> y, mean, variance = normalize(np.array([[1.0], [5.0]]), np.array([3.0]), np.array([10.0]), 0.0)
    >>> y.ravel(), mean, variance
    (array([ 7., 13.]), array([3.]), array([4.]))
    """
    mean = _per_group(x, _mean(x))
    variance = _mean((x - mean) ** 2)
    r = 1 / np.sqrt(variance + eps)
    y = (x - mean) * _per_group(x, r * weight) + _per_group(x, bias)
    return y.astype(x.dtype, order="C"), mean.reshape(-1), variance


def normalize_grad(g, x, weight, mean, variance, eps, known):
    """Gradients of :func:`normalize` by x, weight and bias, given the gradient g by y.

    With x^ = (x - mean) r and r = 1 / sqrt(variance + eps)::

        gx = weight r (g - mean(g) - x^ mean(g x^)),   gweight = sum(g x^),   gbias = sum(g)

    The two means take out of g what a shift and what a scaling of x would change: y knows neither. Where the
    statistics are not those of x but were known before, they are left out. x^ comes from x rather than from y,
    which has lost it where the weight is 0.

    Parameters
    ----------
    g, x : (N, G, ...) arrays
    weight : (G,) array
    mean, variance : (G,) arrays of float64
        As :func:`normalize` returns them.
    eps : float
    known : bool
        Whether mean and variance were known before, and do not follow x: then gx = weight r g.

    Returns
    -------
    gx : array of the shape of x
    gweight, gbias : (G,) arrays

    Examples
    --------
    >>> import numpy as np
    >>> x, weight, bias = np.array([[1.0], [3.0], [5.0]]), np.array([3.0]), np.array([10.0])
    >>> _, mean, variance = normalize(x, weight, bias, 0.0)
    >>> gx, gweight, gbias = normalize_grad(np.ones_like(x), x, weight, mean, variance, 0.0, False)
    >>> gx.ravel(), gweight, gbias  # the sum of y is 3 bias, whatever x
    (array([0., 0., 0.]), array([0.]), array([3.]))
    """
    r = 1 / np.sqrt(variance + eps)
    normal = (x - _per_group(x, mean)) * _per_group(x, r)
    gx = g if known else g - _per_group(x, _mean(g)) - normal * _per_group(x, _mean(g * normal))
    gx = _per_group(x, weight * r) * gx
    gweight, gbias = (v.sum(axis=_axes(x), dtype=np.float64) for v in (g * normal, g))
    return gx.astype(x.dtype, order="C"), gweight.astype(x.dtype), gbias.astype(x.dtype)


def scale_shift(x, scale, shift):
    """Give each group a scale and a shift: ``y = x * scale + shift``. Normalisation by statistics known before.

    Parameters
    ----------
    x : (N, G, ...) array
    scale, shift : (G,) arrays

    Returns
    -------
    array of the shape of x

    Examples
    --------
    >>> import numpy as np
    >>> scale_shift(np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([10.0, 1.0]), np.array([0.0, 0.5]))
    array([[10. ,  2.5],
           [30. ,  4.5]])
    """
    return np.ascontiguousarray(x * _per_group(x, scale) + _per_group(x, shift))


def _axes(x):
    return (0, *range(2, x.ndim))


def _per_group(x, values):
    """Values (G,) as an array that broadcasts against x."""
    return values.reshape(-1, *(1,) * (x.ndim - 2))


def _mean(x):
    """Mean of each group in float64; 0 where there are no values."""
    return x.sum(axis=_axes(x), dtype=np.float64) / max(1, x[:, :1].size)


def cases(rng):
    """Argument sets for the three kernels: (kernel name, arguments)."""
    found = []
    for shape in [
        (4, 3, 5, 6),
        (3, 2, 70),
        (2, 30, 20),
        (1, 5, 8),
        (6, 4),
        (1, 3, 1, 1),
        (0, 2, 3),
        (2, 0, 3),
        (2, 3, 0),
    ]:
        for dtype, offset in ((np.float32, 1e4), (np.float64, 1e2)):
            drawn = rng.standard_normal(shape).astype(dtype)
            constant = drawn.copy()
            constant[:, :1] = 0.1
            poisoned = drawn.copy()
            poisoned[:1, -1:] = np.nan
            g = rng.standard_normal(shape).astype(dtype)
            weight, bias = rng.standard_normal((2, shape[1])).astype(dtype)
            weight[1:2] = 0
            far = drawn + dtype(offset)
            layouts = drawn, np.asfortranarray(drawn), drawn[..., ::-1]
            for eps, inputs in ((1e-5, (drawn, constant, poisoned, far)), (0.1, layouts)):
                for x in inputs:
                    found.append(("scale_shift", (x, weight, bias)))
                    found.append(("normalize", (x, weight, bias, eps)))
                    _, *statistics = normalize(x, weight, bias, eps)
                    for h in (g, np.asfortranarray(g)):
                        found.append(("normalize_grad", (h, x, weight, *statistics, eps, False)))
                    known = rng.uniform(0.5, 2, (2, shape[1]))
                    found.append(("normalize_grad", (g, x, weight, *known, eps, True)))
    return found
