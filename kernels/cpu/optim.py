"""The optimisers' steps in Numba: everything that happens to a number happens in one sweep over memory.

NumPy would take ten sweeps for Adam, each with an array of its own for the result. What an optimiser does not
need is None, for which Numba compiles a version without it.

What it buys, for a million numbers and in time of one core: SGD with momentum takes 0.4, Adam and RMSprop 0.3 of
PyTorch's time; for sixteen million 0.2.
"""

import math

from . import parallel
from .jit import compiled_formula, source

_WORK = 1  # steps of a simple loop for a number


@compiled_formula
def _sgd(begin, end, x, g, velocity, lr, momentum, share, weight_decay, ahead):
    """``ahead`` is 1 for Nesterov's step, which is d + momentum v, and 0 for v."""
    x, g = x[begin:end], g[begin:end]
    if velocity is None:
        for i in range(len(x)):
            x[i] -= lr * (g[i] + weight_decay * x[i])
    else:
        v = velocity[begin:end]
        for i in range(len(x)):
            d = g[i] + weight_decay * x[i]
            v[i] = momentum * v[i] + share * d
            x[i] -= lr * (d + momentum * v[i] if ahead else v[i])


@compiled_formula
def _adam(begin, end, x, g, mean, square, largest, lr, b1, b2, rest1, rest2, root, eps, weight_decay, kept):
    x, g, m, v = x[begin:end], g[begin:end], mean[begin:end], square[begin:end]
    if largest is not None:
        top = largest[begin:end]
    for i in range(len(x)):
        own = kept * x[i]
        d = g[i] + weight_decay * own
        m[i] = b1 * m[i] + rest1 * d
        v[i] = b2 * v[i] + rest2 * d * d
        variance = v[i]
        if largest is not None:
            variance = top[i] if top[i] > variance else variance
            top[i] = variance
        x[i] = own - lr * m[i] / (math.sqrt(variance) * root + eps)


@compiled_formula
def _rmsprop(begin, end, x, g, square, mean, velocity, lr, alpha, rest, eps, weight_decay, momentum):
    x, g, v = x[begin:end], g[begin:end], square[begin:end]
    if mean is not None:
        m = mean[begin:end]
    if velocity is not None:
        b = velocity[begin:end]
    for i in range(len(x)):
        d = g[i] + weight_decay * x[i]
        v[i] = alpha * v[i] + rest * d * d
        variance = v[i]
        if mean is not None:
            m[i] = alpha * m[i] + rest * d
            variance -= m[i] * m[i]
            variance = variance if variance > 0 else variance * 0
        step = d / (math.sqrt(variance) + eps)
        if velocity is not None:
            step += momentum * b[i]
            b[i] = step
        x[i] -= lr * step


def _run(function, x, g, state, *numbers):
    """Run a loop over all numbers of x, g and the arrays of the state; scalars go as x has them."""
    arrays = [x, *state]
    flat = [None if array is None else array.reshape(-1) for array in arrays]
    numbers = [x.dtype.type(number) for number in numbers]
    parallel.run(function, x.size, _WORK, flat[0], source(g, x.size), *flat[1:], *numbers)
    for array, copy in zip(arrays, flat):
        if array is not None and not array.flags.c_contiguous:  # then reshape has made a copy
            array[...] = copy.reshape(array.shape)


def sgd_step(x, g, velocity, lr, momentum, share, weight_decay, nesterov):
    """Gradient descent: see :func:`minicv.kernels.reference.optim.sgd_step`."""
    _run(_sgd, x, g, [velocity], lr, momentum, share, weight_decay, nesterov)


def adam_step(x, g, mean, square, largest, lr, b1, b2, step, eps, weight_decay, shrinkage):
    """Adam: see :func:`minicv.kernels.reference.optim.adam_step`."""
    lr, root = lr / (1 - b1**step), 1 / math.sqrt(1 - b2**step)
    numbers = lr, b1, b2, 1 - b1, 1 - b2, root, eps, weight_decay, 1 - shrinkage
    _run(_adam, x, g, [mean, square, largest], *numbers)


def rmsprop_step(x, g, square, mean, velocity, lr, alpha, eps, weight_decay, momentum):
    """RMSprop: see :func:`minicv.kernels.reference.optim.rmsprop_step`."""
    _run(_rmsprop, x, g, [square, mean, velocity], lr, alpha, 1 - alpha, eps, weight_decay, momentum)
