"""Watching every op from outside, without a line in the ops.

A hook is a context manager; while it is open, its four methods are called around each op's forward and
backward. Hooks that only
look at one thing override only that method::

    with minicv.hooks.Timer() as timer:
        model(x).sum().backward()
    print(timer)
"""

import time
from collections import defaultdict

import numpy as np

from . import function


class Hook:
    """Base class: does nothing, and removes itself at the end of the ``with`` block."""

    def __enter__(self):
        function.hooks.append(self)
        return self

    def __exit__(self, *exception):
        function.hooks.remove(self)

    def before_forward(self, op, inputs):
        """``op`` is about to run on the list of Tensors ``inputs``."""

    def after_forward(self, op, inputs, outputs):
        """``op`` has computed the list of Tensors ``outputs``."""

    def before_backward(self, op, grads):
        """The backward pass of ``op`` is about to run on the gradients of its outputs."""

    def after_backward(self, op, grads, results):
        """The backward pass of ``op`` gave ``results``, one Tensor or None for each input."""


class Timer(Hook):
    """Time of every op, forward and backward, summed by name.

    Attributes
    ----------
    records : dict
        (op name, "forward" or "backward") -> [number of calls, seconds].

    Notes
    -----
    Ops that an op's backward pass calls are counted under their own names too, so the backward rows of
    composite ops contain them. GPU work is asynchronous; there the times are those of the launches.
    """

    def __init__(self):
        self.records = defaultdict(lambda: [0, 0.0])
        self._started = []

    def before_forward(self, op, inputs):
        self._started.append(time.perf_counter())

    def after_forward(self, op, inputs, outputs):
        self._stop(op, "forward")

    def before_backward(self, op, grads):
        self._started.append(time.perf_counter())

    def after_backward(self, op, grads, results):
        self._stop(op, "backward")

    def _stop(self, op, direction):
        record = self.records[op.name, direction]
        record[0] += 1
        record[1] += time.perf_counter() - self._started.pop()

    def __str__(self):
        lines = [f"{'op':<24}{'pass':<10}{'calls':>7}{'ms':>11}"]
        for (name, direction), (calls, seconds) in sorted(self.records.items(), key=lambda item: -item[1][1]):
            lines.append(f"{name:<24}{direction:<10}{calls:>7}{1e3 * seconds:>11.3f}")
        return "\n".join(lines)


class Shapes(Hook):
    """The shapes that went through every op, in order of execution.

    Attributes
    ----------
    records : list of (str, list of tuple, list of tuple)
        Op (with its parameters), input shapes, output shapes.
    """

    def __init__(self):
        self.records = []

    def after_forward(self, op, inputs, outputs):
        self.records.append((repr(op), [t.shape for t in inputs], [t.shape for t in outputs]))

    def __str__(self):
        return "\n".join(f"{op:<48} {_join(before)} -> {_join(after)}" for op, before, after in self.records)


def _join(shapes):
    return ", ".join(str(shape).replace(" ", "") for shape in shapes)


class FirstNaN(Hook):
    """Stop at the first op that makes a NaN or infinity out of finite numbers, and name it.

    Raises
    ------
    FloatingPointError
        With the op, the pass, and where the first such value stands.
    """

    def after_forward(self, op, inputs, outputs):
        self._check(f"{op!r} forward", inputs, outputs)

    def after_backward(self, op, grads, results):
        self._check(f"{op!r} backward", grads, results)

    @staticmethod
    def _check(what, before, after):
        for number, tensor in enumerate(after):
            if tensor is None or tensor.dtype.kind != "f":
                continue
            bad = ~np.isfinite(tensor._array)
            if bad.any():
                where = tuple(int(i) for i in np.argwhere(bad)[0])
                finite = all(
                    t is None or t.dtype.kind != "f" or bool(np.isfinite(t._array).all()) for t in before
                )
                cause = "from finite inputs" if finite else "from inputs that were not finite already"
                raise FloatingPointError(
                    f"{what}: result {number} of shape {tensor.shape} is {tensor._array[where].item()} at {where}, "
                    f"computed {cause}."
                )
