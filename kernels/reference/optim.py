"""One step of an optimiser for one parameter: **in place**, unlike all other kernels.

They change x and what the optimiser remembers of it, arrays of the same shape, and return nothing. The gradient g is
left as it is.
"""

import numpy as np


def sgd_step(x, g, velocity, lr, momentum, share, weight_decay, nesterov):
    """Gradient descent: with ``d = g + weight_decay x`` and ``v = momentum v + share d``, ``x = x - lr v``.

    Parameters
    ----------
    x, g : arrays of one shape
    velocity : array or None
        v; without it, ``x = x - lr d``.
    lr, momentum, share, weight_decay : float
    nesterov : bool
        ``x = x - lr (d + momentum v)`` instead.

    Examples
    --------
    >>> import numpy as np
    >>> x, velocity = np.array([1.0]), np.array([4.0])
    >>> sgd_step(x, np.array([2.0]), velocity, 0.5, 0.25, 1.0, 0.0, False)
    >>> x, velocity
    (array([-0.5]), array([3.]))
    """
    d = g + weight_decay * x
    if velocity is not None:
        velocity *= momentum
        velocity += share * d
        d = d + momentum * velocity if nesterov else velocity
    x -= lr * d


def adam_step(x, g, mean, square, largest, lr, b1, b2, step, eps, weight_decay, shrinkage):
    """Adam: ``x = x - lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)`` with running means m of d and v of d^2.

    First x is multiplied by ``1 - shrinkage``; then d = g + weight_decay x.

    Parameters
    ----------
    x, g : arrays of one shape
    mean, square : arrays
        m and v.
    largest : array or None
        The largest v so far, which is then taken in place of v (AMSGrad).
    lr, b1, b2 : float
    step : int
        t, which is 1 at first.
    eps, weight_decay, shrinkage : float

    Examples
    --------
    >>> import numpy as np
    >>> x, mean, square = np.array([[1.0], [0.0], [0.0]])
    >>> adam_step(x, np.array([-50.0]), mean, square, None, 0.25, 0.9, 0.999, 1, 0.0, 0.0, 0.0)
    >>> x  # the step has the size lr, whatever that of the gradient
    array([1.25])
    """
    x *= 1 - shrinkage
    d = g + weight_decay * x
    mean *= b1
    mean += (1 - b1) * d
    square *= b2
    square += (1 - b2) * (d * d)
    if largest is not None:
        np.maximum(largest, square, out=largest)
    root = np.sqrt(square if largest is None else largest) / np.sqrt(1 - b2**step)
    x -= lr / (1 - b1**step) * mean / (root + eps)


def rmsprop_step(x, g, square, mean, velocity, lr, alpha, eps, weight_decay, momentum):
    """RMSprop: ``x = x - lr d / (sqrt(v) + eps)`` with the running mean v of d^2, and d = g + weight_decay x.

    Parameters
    ----------
    x, g : arrays of one shape
    square : array
        v = alpha v + (1 - alpha) d^2.
    mean : array or None
        The running mean of d, whose square is subtracted from v: then that is a variance.
    velocity : array or None
        b = momentum b + d / (sqrt(v) + eps); then x = x - lr b.
    lr, alpha, eps, weight_decay, momentum : float
    """
    d = g + weight_decay * x
    square *= alpha
    square += (1 - alpha) * (d * d)
    variance = square
    if mean is not None:
        mean *= alpha
        mean += (1 - alpha) * d
        variance = np.maximum(square - mean * mean, 0)  # rounding could make it negative
    step = d / (np.sqrt(variance) + eps)
    if velocity is not None:
        velocity *= momentum
        velocity += step
        step = velocity
    x -= lr * step


def cases(rng):
    """Argument sets for the three kernels: (kernel name, arguments)."""
    found = []
    for shape in [(), (1,), (3, 5), (0, 2), (300, 401)]:
        for dtype in (np.float32, np.float64):
            x, g, mean, velocity, square, largest = _arrays(rng, shape, dtype)
            for v, nesterov in ((None, False), (velocity, False), (velocity, True)):
                for decay in (0.0, 0.1):
                    found.append(("sgd_step", (x, g, v, 0.1, 0.9, 0.7, decay, nesterov)))
            found.append(("sgd_step", (x.T, g.T, velocity.T, 0.1, 0.9, 0.7, 0.1, False)))
            for top in (None, largest):
                for step, decays in ((1, (0.0, 0.0)), (7, (0.1, 0.0)), (1000, (0.0, 0.1))):
                    state = mean, square, top
                    found.append(("adam_step", (x, g, *state, 0.1, 0.9, 0.99, step, 1e-3, *decays)))
            for m in (None, mean):
                for v in (None, velocity):
                    found.append(("rmsprop_step", (x, g, square, m, v, 0.1, 0.9, 1e-3, 0.1, 0.5)))
    return found


def _arrays(rng, shape, dtype):
    """Four arrays of any numbers, and two of numbers that are at least 0."""
    drawn = [np.asarray(rng.standard_normal(shape)).astype(dtype) for _ in range(6)]
    return [*drawn[:4], np.asarray(abs(drawn[4])), np.asarray(abs(drawn[5]))]
