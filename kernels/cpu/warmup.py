"""Compiling ahead, so that nobody waits at a first call."""

import warnings
from importlib import import_module

import numpy as np
from numba.core import event

from . import conv, jit, precision


def compile_module(module):
    """Call every kernel of a module on the cases of the reference leaf, which have all dtypes among them.

    Parameters
    ----------
    module : str
        Name of a module that both leaves have.

    Returns
    -------
    int
        How many functions had to be compiled; the others were on disk.

    Examples
    --------
    >>> compile_module("unfold")  # doctest: +SKIP
    2
    """
    jit.notice.said = True  # the caller shows how far it is
    ours, reference = (import_module(f"..{leaf}.{module}", __package__) for leaf in ("cpu", "reference"))
    with event.install_recorder("numba:compile") as compilations, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # some cases divide by 0
        for name, args in reference.cases(np.random.default_rng(0)):
            getattr(ours, name)(*args)
        if ours is conv:
            _convolve_layers()
    return len(compilations.buffer) // 2  # a start and an end each


def _convolve_layers():
    """The ways that pay only on layers larger than the cases: Winograd's forms, and sums over many channels."""
    x, w = np.zeros((2, 64, 32, 32), np.float32), np.zeros((64, 64, 3, 3), np.float32)
    one, before = (1, 1), precision.get_conv_precision()
    for how in ("highest", "high", "medium"):
        precision.set_conv_precision(how)
        conv.conv2d(x, w, None, one, one, one, 1)
        conv.conv_transpose2d(x, w, None, x.shape[2:], one, one, one, 1)
        conv.conv2d_weight(x, x, w.shape[2:], one, one, one, 1)
    precision.set_conv_precision(before)
    conv.conv2d(x, w, None, (2, 2), one, one, 1)
    conv.conv_transpose2d(x, w, None, (64, 64), (2, 2), one, one, 1)
