"""Every step of an op, recorded while the op runs: what was read, with which weights, and what was written.

``trace`` runs the op once on the reference kernels, which the fast ones are tested equal to, and writes down
what they do. The figures of the lectures and the words of ``minicv explain`` are both made from such a trace:
nothing is computed a second time.
"""

from typing import NamedTuple

import numpy as np

from . import kernels
from .tensor import as_tensor, no_grad


class TraceStep(NamedTuple):
    """One step of an op.

    Attributes
    ----------
    read : list of (index, value)
        The input cells that were read; the index is None for a cell of the padding.
    weights : list of float
        The factor of each cell read; where one cell is read and many are written, of each cell written. Empty
        where nothing is multiplied.
    write : list of (index, value)
        The output cells that were written and the values that they hold after the step; the index is None for
        a cell that is cropped.
    added : list of float
        What the step computed for each cell written, before it was added to what was there.
    sentence : str
        The step in words and numbers.
    """

    read: list
    weights: list
    write: list
    added: list
    sentence: str


class Trace(NamedTuple):
    """An op's run, step by step.

    Attributes
    ----------
    name : str
        The op.
    input : ndarray
        The op's first argument.
    steps : list of TraceStep
    result : Tensor, or tuple of Tensor
        What the op returned.
    """

    name: str
    input: np.ndarray
    steps: list
    result: object

    def __str__(self):
        return "\n".join(f"step {number}: {step.sentence}" for number, step in enumerate(self.steps, 1))


def trace(op, *args, **kwargs):
    """Run ``op(*args, **kwargs)`` on the reference kernels and record every step.

    Parameters
    ----------
    op : callable
        One of the functions of :mod:`minicv.functional` that a kernel computes: convolutions and their
        transposes, pooling, unpooling, interpolation, padding.
    *args, **kwargs
        Its arguments; the first is the input.

    Returns
    -------
    Trace

    Raises
    ------
    ValueError
        The op has no steps to show.

    Examples
    --------
    >>> import minicv
    >>> import minicv.functional as F
    >>> x, w = minicv.tensor([[[1.0, 2.0, 3.0]]]), minicv.tensor([[[10.0, 1.0]]])
    >>> print(minicv.trace(F.conv1d, x, w))
    step 1: output[0] = 1 * 10 + 2 * 1 = 12
    step 2: output[1] = 2 * 10 + 3 * 1 = 23
    """
    recorded = []
    with no_grad(), kernels.use("reference", watch=recorded.append):
        result = op(*args, **kwargs)
    if not recorded:
        raise ValueError(
            f"trace: {op.__name__} has no steps to show: it runs none of the kernels that can be watched."
        )
    source = as_tensor(args[0]).numpy()
    output = (result[0] if isinstance(result, tuple) else result).shape
    steps = [_step(step, _Names("input", source.shape), _Names("output", output)) for step in recorded]
    return Trace(op.__name__, source, steps, result)


class _Names:
    """How the cells of an array are called in a sentence: by the axes that have more than one cell."""

    def __init__(self, name, shape):
        self.name = name
        self._axes = [axis - len(shape) for axis, n in enumerate(shape) if n > 1] or [-1]

    def __call__(self, index):
        return f"{self.name}[{', '.join(str(index[axis]) for axis in self._axes)}]"


def _step(step, source, target):
    """Turn a kernel's record into a TraceStep: arrays get the names of the op's input and output."""
    read = [(index, value) for _, index, value in step.read]
    outputs = [(index, value) for name, index, value in step.write if name != "indices"]
    if len(outputs) > 1 or (step.weights and len(step.weights) != len(read)):
        sentence = _stamp(read[0], step.weights, outputs, step.result, source, target)
    elif step.weights or not read:
        sentence = _sum(read, step.weights, outputs[0], target)
    elif len(read) == 1:
        sentence = f"{target(outputs[0][0])} = {source(read[0][0])} = {_number(read[0][1])}"
    else:
        sentence = _maximum(read, step.write, outputs[0], source, target)
    return TraceStep(read, step.weights, outputs, step.result, sentence)


def _sum(read, weights, output, target):
    """One output cell is the weighted sum of the cells under the window."""
    inside = [
        (value, weight) for (index, value), weight in zip(read, weights, strict=True) if index is not None
    ]
    terms = " + ".join(f"{_factor(value)} * {_factor(weight)}" for value, weight in inside) or "0"
    outside = len(read) - len(inside)
    padding = f"   ({outside} of {len(read)} cells are padding)" if outside else ""
    return f"{target(output[0])} = {terms} = {_number(output[1])}{padding}"


def _stamp(cell, weights, outputs, added, source, target):
    """One input cell scales the filter, and the copy is added to the output."""
    index, value = cell
    kept = [(target(i), a, v) for (i, v), a in zip(outputs, added, strict=True) if i is not None]
    parts = [f"{name} += {_number(a)}" + (f" (now {_number(v)})" if v != a else "") for name, a, v in kept]
    cropped = len(outputs) - len(kept)
    tail = f"   ({cropped} of {len(outputs)} cells are cropped)" if cropped else ""
    stamp = f"{_number(value)} * ({', '.join(map(_number, weights))})"
    return f"{source(index)} = {_number(value)} stamps {stamp}: {', '.join(parts) or 'nothing is left'}{tail}"


def _maximum(read, written, output, source, target):
    """One output cell is the largest cell of a window."""
    values = ", ".join(_number(value) for _, value in read)
    switch = next(value for name, _, value in written if name == "indices")
    winner = next((index for index, value in read if value == output[1]), None)
    where = f", found at {source(winner)} (index {switch})" if winner is not None else ""
    return f"{target(output[0])} = max({values}) = {_number(output[1])}{where}"


def _number(value):
    """A number as a person writes it: 3, not 3.0; four significant digits."""
    return f"{value:.4g}"


def _factor(value):
    return f"({_number(value)})" if value < 0 else _number(value)
