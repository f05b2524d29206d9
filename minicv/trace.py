"""Every step of an op, recorded while the op runs: what was read, with which weights, and what was written.

``trace`` runs the op once on the reference kernels, which the fast ones are tested equal to, and writes down
what they do. The figures of the lectures and the words of ``minicv explain`` are both made from such a trace:
nothing is computed a second time.
"""

from typing import NamedTuple

import numpy as np

from . import kernels
from .errors import sentence
from .hooks import Hook
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
        transposes, pooling, unpooling, interpolation, reflecting and replicating padding.
    *args, **kwargs
        Its arguments; the first is the input.

    Returns
    -------
    Trace

    Raises
    ------
    ValueError
        The op has no steps to show, or the steps are not the whole of it: ``padding="same"`` pads before
        them. (Trace it without, so that every number is in a step.)

    Examples
    --------
    >>> import minicv
    >>> import minicv.functional as F
    >>> x, w = minicv.tensor([[[1.0, 2.0, 3.0]]]), minicv.tensor([[[10.0, 1.0]]])
    >>> print(minicv.trace(F.conv1d, x, w))
    step 1: output[0] = 1 * 10 + 2 * 1 = 12
    step 2: output[1] = 2 * 10 + 3 * 1 = 23
    """
    name = getattr(op, "__name__", type(op).__name__)
    with no_grad(), _Watcher() as watcher, kernels.use("reference", watch=watcher.steps.append):
        result = op(*args, **kwargs)
    if len(watcher.runs) != 1:
        found = f"{len(watcher.runs)} of them" if watcher.runs else "none"
        raise ValueError(
            sentence("trace", "op", "one that runs one kernel with steps", f"{name}, which runs {found}")
        )
    (read, written), source = watcher.runs[0], as_tensor(args[0]).numpy()
    if not np.array_equal(source.ravel(), read.ravel(), equal_nan=True):
        reason = "pads its input before the first step. Do that apart from it."
        raise ValueError(f"trace: the steps are not the whole of this {name}, which {reason}")
    cells = _Names("input", read.shape), _Names("output", written.shape)
    return Trace(name, source, [_step(step, *cells) for step in watcher.steps], result)


class _Watcher(Hook):
    """Collects the steps, and the arrays of each Function that took any: what its kernel read and wrote."""

    def __init__(self):
        self.steps, self.runs, self._seen = [], [], 0

    def after_forward(self, op, inputs, outputs):
        if len(self.steps) > self._seen:
            self.runs.append((inputs[0].numpy(), outputs[0].numpy()))
            self._seen = len(self.steps)


class _Names:
    """How the cells of an array are called in a sentence: by the axes that have more than one cell."""

    def __init__(self, name, shape):
        self.name, self.shape = name, shape
        self._axes = [axis for axis, n in enumerate(shape) if n > 1] or [-1]

    def __call__(self, index):
        return f"{self.name}[{', '.join(str(index[axis]) for axis in self._axes)}]"


def _step(step, source, target):
    """Turn a kernel's record into a TraceStep: arrays get the names of the op's input and output."""
    read = [(index, value) for _, index, value in step.read]
    outputs = [(index, value) for name, index, value in step.write if name != "indices"]
    if not read:
        words = f"{target(outputs[0][0])} = {short(outputs[0][1])}   (nothing is read)"
    elif len(outputs) < len(step.write):
        words = _maximum(read, outputs[0], step.write[-1], source, target)
    elif not step.weights:
        words = f"{target(outputs[0][0])} = {source(read[0][0])} = {short(read[0][1])}"
    elif step.read[0][0] == "y":
        words = _stamp(read[0], step.weights, outputs, step.result, source, target)
    elif step.write[0][0] == "w":
        words = _correlation(read, step.weights, outputs, step.result, target)
    else:
        words = _sum(read, step.weights, outputs[0], step.result[0], target)
    return TraceStep(read, step.weights, outputs, step.result, words)


def _sum(read, weights, output, added, target):
    """One output cell is the weighted sum of the cells under the window, added to the bias if there is one."""
    inside = [(value, w) for (index, value), w in zip(read, weights, strict=True) if index is not None]
    terms = " + ".join(f"{_factor(value)} * {_factor(weight)}" for value, weight in inside)
    outside = len(read) - len(inside)
    padding = f"   ({outside} of {len(read)} cells are padding)" if outside else ""
    index, value = output
    sums = "=" if added == value else "+="
    words = f"{target(index)} {sums} {' = '.join(filter(None, (terms, short(added))))}"
    return f"{words}{_now(added, value)}{padding}"


def _stamp(cell, weights, outputs, added, source, target):
    """One input cell scales the filter, and the copy is added to the output."""
    index, value = cell
    kept = [
        f"{target(i)} += {short(a)}{_now(a, v)}"
        for (i, v), a in zip(outputs, added, strict=True)
        if i is not None
    ]
    cropped = len(outputs) - len(kept)
    tail = f"   ({cropped} of {len(outputs)} cells are cropped)" if cropped else ""
    stamp = f"{short(value)} * ({', '.join(map(short, weights))})"
    return f"{source(index)} = {short(value)} stamps {stamp}: {', '.join(kept) or 'nothing is left'}{tail}"


def _correlation(read, weights, outputs, added, target):
    """Each cell under the window, times one cell of the other image, is added to one cell of the filters."""
    kept = [
        f"{target(i)} += {_factor(value)} * {_factor(weight)}{_now(product, total)}"
        for (cell, value), weight, (i, total), product in zip(read, weights, outputs, added, strict=True)
        if cell is not None
    ]
    outside = len(read) - len(kept)
    padding = f"   ({outside} of {len(read)} cells are padding)" if outside else ""
    return (", ".join(kept) or "nothing is added") + padding


def _now(added, total):
    return f" (now {short(total)})" if total != added else ""


def _maximum(read, output, switch, source, target):
    """One output cell is the largest cell of a window; the switch says where in the plane it lies."""
    (index, value), plane = output, source.shape[2:]
    winner = source((*index[:2], *np.unravel_index(switch[2], plane)))
    values = ", ".join(short(value) for _, value in read)
    return f"{target(index)} = max({values}) = {short(value)}, found at {winner} (index {switch[2]})"


def short(value):
    """A number as a person writes it: 3, not 3.0; whole numbers in full, others to four significant digits.

    Examples
    --------
    >>> short(17550.0), short(1 / 3)
    ('17550', '0.3333')
    """
    value = value + 0.0  # so that -0 is 0
    return f"{value:.0f}" if abs(value) < 1e9 and value == int(value) else f"{value:.4g}"


def _factor(value):
    return f"({short(value)})" if value < 0 else short(value)
