"""Activations and their gradients: functions of single numbers, so the results have the shape of x.

A gradient gets g, that of the objective with respect to y, and x or y: whichever tells the slope with less work.
"""

import numpy as np


def relu(x):
    """Rectified linear unit: ``y = max(x, 0)``.

    Examples
    --------
    >>> import numpy as np
    >>> relu(np.array([-1.0, 0.0, 2.0]))
    array([0., 0., 2.])
    """
    return np.maximum(x, 0, order="C")


def relu_grad(g, y):
    """Gradient of relu: g where y is positive (or NaN), 0 elsewhere, even if g is infinite there.

    Examples
    --------
    >>> import numpy as np
    >>> relu_grad(np.array([5.0, np.inf]), np.array([2.0, 0.0]))
    array([5., 0.])
    """
    return np.where(y == 0, 0, g)


def leaky_relu(x, slopes):
    """x where it is positive, ``slope * x`` elsewhere.

    Parameters
    ----------
    x : array
        (N, C, ...), or of any shape if there is one slope.
    slopes : (C,) or (1,) array

    Examples
    --------
    >>> import numpy as np
    >>> leaky_relu(np.array([[-1.0, -1.0], [2.0, 2.0]]), np.array([0.25, 0.5]))
    array([[-0.25, -0.5 ],
           [ 2.  ,  2.  ]])
    """
    return leaky_relu_grad(x, x, slopes)


def leaky_relu_grad(g, x, slopes):
    """Gradient of leaky_relu by x: g where x is positive, ``slope * g`` elsewhere.

    Examples
    --------
    >>> import numpy as np
    >>> leaky_relu_grad(np.array([1.0, 1.0]), np.array([-1.0, 2.0]), np.array([0.5]))
    array([0.5, 1. ])
    """
    slopes = slopes.reshape(-1, *(1,) * (x.ndim - 2)) if len(slopes) != 1 else slopes[0]
    with np.errstate(invalid="ignore"):  # 0 times infinity
        return np.where(x > 0, g, slopes * g)


def elu(x, alpha):
    """Exponential linear unit: x where it is positive, ``alpha * (exp(x) - 1)`` elsewhere.

    Examples
    --------
    >>> import numpy as np
    >>> elu(np.array([-np.inf, 0.0, 2.0]), 0.5)
    array([-0.5,  0. ,  2. ])
    """
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


def elu_grad(g, x, alpha):
    """Gradient of elu: g where x is positive, ``alpha * exp(x) * g`` elsewhere.

    Examples
    --------
    >>> import numpy as np
    >>> elu_grad(np.array([1.0, 1.0]), np.array([0.0, 2.0]), 0.5)
    array([0.5, 1. ])
    """
    return np.where(x > 0, g, alpha * np.exp(np.minimum(x, 0)) * g)


def sigmoid(x):
    """Logistic function: ``y = 1 / (1 + exp(-x))``.

    Examples
    --------
    >>> import numpy as np
    >>> sigmoid(np.array([-1000.0, 0.0, 1000.0]))
    array([0. , 0.5, 1. ])
    """
    e = np.exp(-np.abs(x))  # at most 1: it cannot overflow
    return np.where(x > 0, 1, e) / (1 + e)


def sigmoid_grad(g, y):
    """Gradient of sigmoid: ``g * y * (1 - y)``.

    Examples
    --------
    >>> import numpy as np
    >>> sigmoid_grad(np.array([1.0, 1.0]), np.array([0.5, 1.0]))
    array([0.25, 0.  ])
    """
    return g * y * (1 - y)


def tanh(x):
    """Hyperbolic tangent.

    Examples
    --------
    >>> import numpy as np
    >>> tanh(np.array([-1000.0, 0.0, 1000.0]))
    array([-1.,  0.,  1.])
    """
    return np.tanh(x, order="C")


def tanh_grad(g, y):
    """Gradient of tanh: ``g * (1 - y * y)``.

    Examples
    --------
    >>> import numpy as np
    >>> tanh_grad(np.array([1.0, 1.0]), np.array([0.5, 1.0]))
    array([0.75, 0.  ])
    """
    return g * (1 - y * y)


def cases(rng):
    """Argument sets for all of the kernels: (kernel name, arguments)."""
    found = []
    for dtype in (np.float32, np.float64):
        largest = np.finfo(dtype).max
        special = [0.0, -0.0, 1e-30, -1e-6, -87.3, -88, -104, -710, -746, 710, largest, -largest]
        special = np.array([*special, np.inf, -np.inf, np.nan], dtype)
        drawn = rng.standard_normal((2, 3, 5, 7)).astype(dtype)
        large = 20 * rng.standard_normal((40, 30)).astype(dtype)
        for x in (special, drawn, np.asfortranarray(drawn), drawn[..., ::-2], large, special[3], drawn[:0]):
            x = np.asarray(x)
            g = np.asarray(rng.standard_normal(x.shape).astype(dtype))
            found += _of_one(x, g)
            slopes = rng.standard_normal(x.shape[1] if x.ndim > 1 else 1).astype(dtype)
            for s in (slopes, slopes[:1], np.zeros(1, dtype)):
                found += [("leaky_relu", (x, s)), ("leaky_relu_grad", (g, x, s))]
        inf = np.full(3, np.inf, dtype)
        found.append(("relu_grad", (inf, np.array([0, 1, np.nan], dtype))))
    return found


def _of_one(x, g):
    """Argument sets for x and a gradient g. NumPy makes numbers of arrays without axes."""
    with np.errstate(over="ignore"):
        return [
            ("relu", (x,)),
            ("relu_grad", (g, np.asarray(relu(x)))),
            ("elu", (x, 0.7)),
            ("elu_grad", (g, x, 0.7)),
            ("sigmoid", (x,)),
            ("sigmoid_grad", (g, np.asarray(sigmoid(x)))),
            ("tanh", (x,)),
            ("tanh_grad", (g, np.asarray(tanh(x)))),
        ]
