"""Differentiable functions, one file per idea. Importing this package gives Tensor its operators and methods.

What users call is gathered in :mod:`minicv.functional`.
"""

from . import methods as methods
