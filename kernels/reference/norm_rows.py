"""Normalisation of rows: each gets mean 0 and variance 1, then every column a scale and a shift.

Layer normalisation, with a sample laid out as a row.
"""

import numpy as np


def normalize_rows(x, weight, bias, eps):
    """Normalise each row: ``y = (x - mean) / sqrt(variance + eps) * weight + bias``.

    Ba, Kiros and Hinton, 2016, equation 3.

    Parameters
    ----------
    x : (S, D) array
    weight, bias : (D,) arrays
    eps : float

    Returns
    -------
    y : (S, D) array
    mean, variance : (S,) arrays of float64
        The variance is the biased one. Both are 0 where there are no values.

    Examples
    --------
    >>> import numpy as np
    >>> y, mean, variance = normalize_rows(np.array([[1.0, 5.0]]), np.array([3.0, 2.0]), np.array([10.0, 0.0]), 0.0)
    >>> y, mean, variance
    (array([[7., 2.]]), array([3.]), array([4.]))
    """
    mean = _mean(x)
    variance = _mean((x - mean) ** 2)
    y = (x - mean) / np.sqrt(variance + eps) * weight + bias
    return y.astype(x.dtype, order="C"), mean.reshape(-1), variance.reshape(-1)


def normalize_rows_grad(g, x, weight, mean, variance, eps):
    """Gradients of :func:`normalize_rows` by x, weight and bias, given the gradient g by y.

    With x^ = (x - mean) r and r = 1 / sqrt(variance + eps), and u = g weight::

        gx = r (u - mean(u) - x^ mean(u x^)),   gweight = sum(g x^),   gbias = sum(g)

    The means are those of a row, the sums those of a column.

    Parameters
    ----------
    g, x : (S, D) arrays
    weight : (D,) array
    mean, variance : (S,) arrays of float64
        As :func:`normalize_rows` returns them.
    eps : float

    Returns
    -------
    gx : (S, D) array
    gweight, gbias : (D,) arrays

    Examples
    --------
    >>> import numpy as np
    >>> x, weight, bias = np.array([[1.0, 3.0]]), np.array([3.0, 3.0]), np.array([0.0, 0.0])
    >>> _, *statistics = normalize_rows(x, weight, bias, 0.0)
    >>> normalize_rows_grad(np.ones_like(x), x, weight, *statistics, 0.0)  # the sum of y is 0, whatever x
    (array([[0., 0.]]), array([-1.,  1.]), array([1., 1.]))
    """
    r = 1 / np.sqrt(variance + eps)[:, None]
    normal = (x - mean[:, None]) * r
    u = g * weight
    gx = r * (u - _mean(u) - normal * _mean(u * normal))
    gweight, gbias = (v.sum(axis=0, dtype=np.float64) for v in (g * normal, g))
    return gx.astype(x.dtype, order="C"), gweight.astype(x.dtype), gbias.astype(x.dtype)


def _mean(x):
    """Mean of each row in float64; 0 where there are no values."""
    return x.sum(axis=1, keepdims=True, dtype=np.float64) / max(1, x.shape[1])


def cases(rng):
    """Argument sets for the two kernels: (kernel name, arguments)."""
    found = []
    for shape in [(5, 7), (70, 3), (3, 100), (1, 1), (0, 4), (4, 0)]:
        for dtype, offset in ((np.float32, 1e4), (np.float64, 1e2)):
            drawn = rng.standard_normal(shape).astype(dtype)
            constant, poisoned = drawn.copy(), drawn.copy()
            constant[:1] = 0.1
            poisoned[-1:, :1] = np.nan
            g = rng.standard_normal(shape).astype(dtype)
            weight, bias = rng.standard_normal((2, shape[1])).astype(dtype)
            weight[1:2] = 0
            far = drawn + dtype(offset)
            layouts = drawn, np.asfortranarray(drawn), drawn[:, ::-1]
            for eps, inputs in ((1e-5, (drawn, constant, poisoned, far)), (0.1, layouts)):
                for x in inputs:
                    found.append(("normalize_rows", (x, weight, bias, eps)))
                    _, *statistics = normalize_rows(x, weight, bias, eps)
                    found.append(("normalize_rows_grad", (g, x, weight, *statistics, eps)))
                    found.append(("normalize_rows_grad", (g[:, ::-1], x, weight, *statistics, eps)))
    return found
