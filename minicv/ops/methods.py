"""The operators and methods of Tensor: functions of this folder, hung on the class by their usual names."""

import numpy as np

from ..tensor import Tensor
from . import elementwise as e
from . import linalg, power, reduce, shape


def _reflected(function):
    """2 - x calls x.__rsub__(2): the same function with its operands exchanged."""
    return lambda x, other: function(other, x)


def _comparison(name):
    """The comparison as an operator; with None it is Python's own: x == None is False."""
    return lambda x, other: NotImplemented if other is None else e.compare(name, x, other)


OPERATORS = {
    "__add__": e.add,
    "__radd__": _reflected(e.add),
    "__sub__": e.sub,
    "__rsub__": _reflected(e.sub),
    "__mul__": e.mul,
    "__rmul__": _reflected(e.mul),
    "__truediv__": e.div,
    "__rtruediv__": _reflected(e.div),
    "__pow__": power.pow,
    "__rpow__": _reflected(power.pow),
    "__neg__": e.neg,
    "__abs__": e.abs,
    "__matmul__": linalg.matmul,
    "__rmatmul__": _reflected(linalg.matmul),
    "__getitem__": shape.getitem,
    "__lt__": _comparison("less"),
    "__le__": _comparison("less_equal"),
    "__gt__": _comparison("greater"),
    "__ge__": _comparison("greater_equal"),
    "__eq__": _comparison("equal"),
    "__ne__": _comparison("not_equal"),
    "__and__": _comparison("bitwise_and"),  # of booleans: & | ^ ~ are NumPy's and PyTorch's and, or, xor, not
    "__or__": _comparison("bitwise_or"),
    "__xor__": _comparison("bitwise_xor"),
    "__invert__": lambda x: Tensor(np.invert(x._array)),
    "__hash__": object.__hash__,  # == compares values, but a Tensor is a key by identity
}

METHODS = {
    "exp": e.exp,
    "log": e.log,
    "sqrt": e.sqrt,
    "abs": e.abs,
    "pow": power.pow,
    "clip": e.clip,
    "clamp": e.clip,
    "to": e.to,
    "float": lambda x: e.to(x, np.float32),
    "double": lambda x: e.to(x, np.float64),
    "long": lambda x: e.to(x, np.int64),
    "cpu": lambda x: e.to(x, "cpu"),
    "cuda": lambda x: e.to(x, "cuda"),
    "sum": reduce.sum,
    "mean": reduce.mean,
    "var": reduce.var,
    "std": reduce.std,
    "max": reduce.max,
    "min": reduce.min,
    "argmax": reduce.argmax,
    "argmin": reduce.argmin,
    "logsumexp": reduce.logsumexp,
    "reshape": shape.reshape,
    "view": shape.reshape,
    "flatten": shape.flatten,
    "permute": shape.permute,
    "transpose": shape.transpose,
    "squeeze": shape.squeeze,
    "unsqueeze": shape.unsqueeze,
    "expand": shape.expand,
    "split": shape.split,
    "chunk": shape.chunk,
    "flip": shape.flip,
    "matmul": linalg.matmul,
}

for _name, _function in (OPERATORS | METHODS).items():
    setattr(Tensor, _name, _function)

Tensor.T = property(lambda x: shape.transpose(x), doc="The matrix transpose: the last two axes exchanged.")
