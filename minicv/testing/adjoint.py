"""The adjoint identity: A and B are transposes of each other when <A x, y> = <x, B y> for all x and y.

It tests the gradient of a linear op to the last digit, without finite differences, and sees what a gradient
check with a cotangent of ones does not, such as rows and columns swapped.
"""

import numpy as np

from .arrays import random_weights

TABLE_LIMIT = (
    400  # entries of x and y together up to which both matrices are written out to show where they differ
)


class AdjointError(AssertionError):
    """Two functions are not linear, or not the transposes of each other."""


def adjoint_check(forward, transpose, x_shape, *, rtol=1e-9, rng=0):
    """Check that two functions are linear and are the transposes of each other.

    Parameters
    ----------
    forward : callable
        A: takes a float64 array of shape ``x_shape`` and returns an array or a Tensor, y. (Ops take arrays
        too.)
    transpose : callable
        B: takes an array shaped like y and returns an array or a Tensor of shape ``x_shape``.
    x_shape : tuple of int
    rtol : float
        Allowed error of <A x, y> - <x, B y>, relative to |A x| |y|.
    rng : int or numpy.random.Generator
        Seed, or generator, of x and y.

    Returns
    -------
    bool
        True. Everything else raises.

    Raises
    ------
    AdjointError
        One of them is not linear or has the wrong shape, or the identity does not hold; for small shapes the
        message lists entries in which the two matrices differ.

    Examples
    --------
    >>> adjoint_check(lambda x: x[::2], lambda y: np.insert(y, [1, 2], 0), (4,))
    True
    >>> adjoint_check(np.cumsum, lambda y: np.cumsum(y[::-1])[::-1], (3,))
    True
    """
    rng = np.random.default_rng(rng)
    x = random_weights(x_shape, rng)
    y = random_weights(_apply(forward, x).shape, rng)
    _check_linear("forward", forward, x, random_weights(x.shape, rng), rtol)
    _check_linear("transpose", transpose, y, random_weights(y.shape, rng), rtol)
    image, back = _apply(forward, x), _apply(transpose, y)
    if back.shape != x.shape:
        raise AdjointError(
            f"adjoint_check: transpose must take y, of shape {y.shape}, back to the shape of x, {x.shape}; "
            f"got {back.shape}."
        )
    left, right = np.vdot(image, y), np.vdot(x, back)
    scale = max(np.linalg.norm(image) * np.linalg.norm(y), np.linalg.norm(x) * np.linalg.norm(back))
    if not abs(left - right) <= rtol * scale:
        raise AdjointError(
            f"adjoint_check: <A x, y> must equal <x, B y>; got {left:.9g} and {right:.9g}, "
            f"relative error {abs(left - right) / scale:.2g}.{_where(forward, transpose, x.shape, y.shape)}"
        )
    return True


def _apply(function, array):
    """The result as an array; the argument is a copy, so that nothing done to it matters here."""
    return np.array(function(array.copy()), dtype=np.float64)


def _check_linear(name, function, a, b, rtol):
    zero = _apply(function, np.zeros_like(a))
    if zero.any():
        raise AdjointError(
            f"adjoint_check: {name} is not linear: it does not map 0 to 0. Is there a bias? "
            "The identity is about the matrix alone."
        )
    one, other = 2 * _apply(function, a), 3 * _apply(function, b)
    error = np.abs(_apply(function, 2 * a - 3 * b) - (one - other)).max(initial=0)
    # Relative to the two parts: their difference may happen to be 0.
    if not error <= rtol * (np.abs(one).max(initial=0) + np.abs(other).max(initial=0)):
        raise AdjointError(
            f"adjoint_check: {name} is not linear: f(2a - 3b) differs from 2 f(a) - 3 f(b) by {error:.3g}. "
            "A maximum, for instance, is linear only once its indices are fixed."
        )


def _where(forward, transpose, x_shape, y_shape, rows=8):
    """The entries in which the matrix of forward and the transposed one of transpose differ most."""
    if np.prod(x_shape) + np.prod(y_shape) > TABLE_LIMIT:
        return ""
    a, b = _matrix(forward, x_shape), _matrix(transpose, y_shape).T
    error = np.abs(a - b)
    worst = np.argsort(-error, axis=None, kind="stable")[:rows]
    lines = ["", f"  {'from x at':<18}{'to y at':<18}{'A has':>14}{'B has':>14}"]
    for row, column in zip(*np.unravel_index(worst, a.shape)):
        if error[row, column] > 1e-9 * error.max():
            x_index, y_index = _index(column, x_shape), _index(row, y_shape)
            lines.append(f"  {x_index:<18}{y_index:<18}{a[row, column]:>14.6g}{b[row, column]:>14.6g}")
    return "\n".join(lines)


def _matrix(function, shape):
    """The matrix of a linear function: column j is the image of the j-th unit vector."""
    units = np.eye(int(np.prod(shape))).reshape(-1, *shape)
    return np.stack([_apply(function, unit).ravel() for unit in units], axis=1)


def _index(flat, shape):
    return str(tuple(int(i) for i in np.unravel_index(flat, shape)))
