"""The optimisers' steps on the GPU: a thread for each number."""

import math

from .launch import contiguous, launch


def _run(name, x, g, state, numbers, *flags):
    """Start a kernel; scalars go as x has them. What is not in raster order is copied, and written back."""
    arrays = [x, *state]
    ordered = [contiguous(x if array is None else array) for array in arrays]
    numbers = [x.dtype.type(number) for number in numbers]
    launch(
        "optim", name, x.dtype, x.size, ordered[0], contiguous(g), *ordered[1:], *numbers, *map(int, flags)
    )
    for array, copy in zip(arrays, ordered):
        if array is not None and not array.flags.c_contiguous:
            array[...] = copy


def sgd_step(x, g, velocity, lr, momentum, share, weight_decay, nesterov):
    """Gradient descent: see :func:`minicv.kernels.reference.optim.sgd_step`."""
    numbers = lr, momentum, share, weight_decay
    _run("sgd_step", x, g, [velocity], numbers, velocity is not None, nesterov)


def adam_step(x, g, mean, square, largest, lr, b1, b2, step, eps, weight_decay, shrinkage):
    """Adam: see :func:`minicv.kernels.reference.optim.adam_step`."""
    lr, root = lr / (1 - b1**step), 1 / math.sqrt(1 - b2**step)
    numbers = lr, b1, b2, 1 - b1, 1 - b2, root, eps, weight_decay, 1 - shrinkage
    _run("adam_step", x, g, [mean, square, largest], numbers, largest is not None)


def rmsprop_step(x, g, square, mean, velocity, lr, alpha, eps, weight_decay, momentum):
    """RMSprop: see :func:`minicv.kernels.reference.optim.rmsprop_step`."""
    numbers = lr, alpha, 1 - alpha, eps, weight_decay, momentum
    _run("rmsprop_step", x, g, [square, mean, velocity], numbers, mean is not None, velocity is not None)
