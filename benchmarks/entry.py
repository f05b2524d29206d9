"""A row of the table: how it is prepared, on either side, before it is timed."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Entry:
    """One row of the table.

    ``build(side)`` prepares everything and returns the function without arguments that is timed. Inputs and
    parameters are drawn from fixed seeds, so both sides compute the same thing, whichever process they are in.
    """

    group: str
    name: str
    build: Callable | None = None
    random: bool = False  # the two sides need not agree


def normal(*shapes):
    """Arrays of these shapes, drawn afresh whenever they are asked for, to the same values."""
    rng = np.random.default_rng(2)
    return [rng.standard_normal(shape, dtype=np.float32) for shape in shapes]


def forward(group, name, apply, arrays, random=False, plain=False):
    """Entry of ``apply(side, *tensors)`` without a graph, or of a function of plain arrays."""

    def build(side):
        inputs = [side.array(array) if plain else side.tensor(array) for array in arrays()]

        def call():
            with side.no_grad():
                return apply(side, *inputs)

        return call

    return Entry(group, f"{name}, forward", build, random)


def gradient(group, name, apply, arrays, of, random=False):
    """Entry of the gradients with respect to the inputs numbered in ``of``, of a graph that stays."""

    def build(side):
        inputs = [side.tensor(array) for array in arrays()]
        wanted = [inputs[i].requires_grad_() for i in of]
        output = apply(side, *inputs)
        (cotangent,) = normal(tuple(output.shape))
        cotangent = side.tensor(cotangent)
        return lambda: side.autograd.grad(output, wanted, cotangent, retain_graph=True)

    return Entry(group, name, build, random)
