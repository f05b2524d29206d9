"""Matrix products: that of a linear layer, the two that are its gradients, and the general one.

N rows of C inputs become N rows of K outputs, by a matrix W of shape (K, C). As convolution does, the layer
closes into a trio: the gradients of each of the three products are the other two.
"""

import numpy as np

# A BLAS may multiply Inf by the zeros that fill up its tiles. Nobody reads that, and nobody is to be warned of it.
_matmul = np.errstate(invalid="ignore")(np.matmul)


def linear(x, w, bias):
    """Fully connected layer: ``y = x W^T + b``.

    Parameters
    ----------
    x : (N, C) array
    w : (K, C) array
    bias : (K,) array or None

    Returns
    -------
    (N, K) array

    Examples
    --------
    >>> import numpy as np
    >>> linear(np.array([[1.0, 2.0]]), np.array([[1.0, 10.0], [0.0, 1.0]]), np.array([0.5, 0.0]))
    array([[21.5,  2. ]])
    """
    y = _matmul(x, w.T)
    return y if bias is None else y + bias


def linear_input(g, w):
    """Gradient of :func:`linear` by x, from that by y: ``gx = g W``.

    Parameters
    ----------
    g : (N, K) array
    w : (K, C) array

    Returns
    -------
    (N, C) array
    """
    return _matmul(g, w)


def linear_weight(g, x):
    """Gradient of :func:`linear` by w, from that by y: ``gW = g^T x``.

    Parameters
    ----------
    g : (N, K) array
    x : (N, C) array

    Returns
    -------
    (K, C) array
    """
    return _matmul(g.T, x)


def matmul(a, b):
    """Matrix product over the last two axes, broadcast over the others.

    Parameters
    ----------
    a : (..., n, m) array
    b : (..., m, p) array

    Returns
    -------
    (..., n, p) array
    """
    return _matmul(a, b)


def cases(rng):
    """Argument sets for the four kernels: (kernel name, arguments)."""
    found = []
    sizes = [(1, 1, 1), (3, 17, 7), (64, 84, 10), (9, 49, 130), (70, 300, 13), (2, 2000, 800), (260, 20, 50)]
    for N, C, K in [*sizes, (0, 3, 2), (2, 0, 3), (2, 3, 0)]:
        for dtype in (np.float32, np.float64):
            x, w, g = (rng.standard_normal(shape).astype(dtype) for shape in ((N, C), (K, C), (N, K)))
            bias = rng.standard_normal(K).astype(dtype)
            found += _products(x, w, g, bias)
            found += _products(np.asfortranarray(x), np.flip(np.flip(w, 0).copy(), 0), g[:, ::-1], None)
            poisoned = x.copy()
            poisoned[-1:, -1:] = np.nan
            endless = w.copy()
            endless[:1, :1] = np.inf
            found += _products(poisoned, endless, g, bias)
    batches = [((4, 5, 3), (3, 2)), ((6, 1, 2, 3), (5, 3, 4)), ((0, 2, 3), (3, 4)), ((2, 0), (0, 3))]
    for shape, other in [*batches, ((70, 80), (80, 90))]:
        for dtype in (np.float32, np.float64, np.int64):
            a, b = (np.asarray(rng.standard_normal(s) * 10).astype(dtype) for s in (shape, other))
            found.append(("matmul", (a, b)))
            found.append(("matmul", (a, np.asfortranarray(b))))
    return found


def _products(x, w, g, bias):
    return [("linear", (x, w, bias)), ("linear_input", (g, w)), ("linear_weight", (g, x))]
