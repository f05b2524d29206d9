"""Checks to use on your own ops: is this gradient right, is this function the transpose of that one.

``import minicv`` leaves this package out; import it by name. Strategies for Hypothesis are in
:mod:`minicv.testing.strategies`.
"""

from .adjoint import AdjointError, adjoint_check
from .arrays import distinct_values, noncontiguous
from .gradcheck import GradientError, KinkError, gradcheck, gradgradcheck
from .memory import live_tensors

__all__ = [
    "AdjointError",
    "GradientError",
    "KinkError",
    "adjoint_check",
    "distinct_values",
    "gradcheck",
    "gradgradcheck",
    "live_tensors",
    "noncontiguous",
]
