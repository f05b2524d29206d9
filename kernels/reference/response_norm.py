"""Local response normalisation: neighbouring channels compete, and the gradient of that."""

import numpy as np


def local_response_norm(x, size, alpha, beta, k):
    """Divide each number by the activity of its neighbours: ``y = x / d^beta``.

    ``d_c = k + alpha / size * sum of x_j^2`` over the channels j from c - size // 2 to c + (size - 1) // 2, as far as
    they exist. Krizhevsky et al., 2012, section 3.3 (alpha divided by the size, as PyTorch has it).

    Parameters
    ----------
    x : (N, C, ...) array
    size : int
    alpha, beta, k : float

    Returns
    -------
    array of the shape of x

    Examples
    --------
    >>> import numpy as np
    >>> local_response_norm(np.array([[[3.0], [4.0], [0.0]]]), 3, 3.0, 0.5, 0.0).ravel()
    array([0.6, 0.8, 0. ])
    """
    return np.ascontiguousarray(x * _activity(x, size, alpha, k) ** x.dtype.type(-beta))


def local_response_norm_grad(g, x, size, alpha, beta, k):
    """Gradient of :func:`local_response_norm` by x, given the gradient g by y.

    x_c is in the numerator of y_c, and in the d_j of all windows that hold channel c::

        gx_c = g_c d_c^-beta - 2 alpha beta / size x_c sum over those j of g_j x_j d_j^(-beta - 1)

    Parameters
    ----------
    g, x : (N, C, ...) arrays
    size, alpha, beta, k
        As above.

    Returns
    -------
    array of the shape of x

    Examples
    --------
    >>> import numpy as np
    >>> x = np.array([[[3.0], [4.0], [0.0]]])
    >>> local_response_norm_grad(np.ones_like(x), x, 3, 3.0, 0.5, 0.0).round(3).ravel()  # x times it is 0
    array([ 0.032, -0.024,  0.25 ])
    """
    d = _activity(x, size, alpha, k)
    power = d ** x.dtype.type(-beta)
    along = _window_sum(g * x * power / d, (size - 1) // 2, size // 2)
    return np.ascontiguousarray(g * power - x.dtype.type(2 * alpha * beta / size) * x * along)


def _activity(x, size, alpha, k):
    return x.dtype.type(k) + x.dtype.type(alpha / size) * _window_sum(x * x, size // 2, (size - 1) // 2)


def _window_sum(x, before, after):
    """``y[c] = x[c - before] + ... + x[c + after]`` over axis 1."""
    y = np.zeros_like(x)
    for c in range(x.shape[1]):
        y[:, c] = x[:, max(0, c - before) : c + after + 1].sum(axis=1)
    return y


def cases(rng):
    """Argument sets for the two kernels: (kernel name, arguments)."""
    found = []
    for shape in [(2, 7, 3, 5), (1, 5, 300), (3, 1, 4), (2, 4, 1, 1), (0, 3, 2), (2, 0, 2), (2, 3, 0)]:
        for dtype in (np.float32, np.float64):
            x, g = rng.standard_normal((2, *shape)).astype(dtype)
            poisoned = x.copy()
            poisoned[:1, -1:] = np.nan
            for size, beta in [(1, 0.75), (2, 0.75), (5, 0.75), (20, 0.75), (4, 0.5), (3, 1.3)]:
                rest = size, 0.5, beta, 2.0
                layouts = (np.asfortranarray(x), x[..., ::-1]) if size == 5 else ()
                for a in (x, poisoned, *layouts):
                    found.append(("local_response_norm", (a, *rest)))
                    found.append(("local_response_norm_grad", (g, a, *rest)))
                found.append(("local_response_norm_grad", (g[:, ::-1], x, *rest)))
    return found
