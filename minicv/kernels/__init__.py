"""Kernels: the hot loops, each in three implementations of one meaning, and the choice between them.

``kernels.conv2d(x, w, b, ...)`` looks at its first array: a CuPy array goes to the leaf ``gpu``, a NumPy array
to the host leaf, which is ``cpu`` (Numba) unless :func:`use` says ``reference``. The leaves are imported when
they are first called, so that ``import minicv`` loads neither a compiler nor CuPy.

The leaves are the folders of ``kernels/`` at the top of the repository; their signatures and meaning are
described in ``kernels/reference``. Adding a kernel takes one function in each leaf and one line in
:data:`registry`.
"""

import gc
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, partial
from importlib import import_module
from pathlib import Path

import numpy as np

# In a wheel the leaves lie beside this file. In a source checkout they lie in the top-level folder; it is
# added only then, because in site-packages the same relative path would be somebody else's package called
# "kernels".
if not (Path(__file__).parent / "reference").is_dir():
    __path__.append(str(Path(__file__).resolve().parents[2] / "kernels"))

#: Name of every kernel -> the module that holds it, in each leaf.
registry = {
    "unfold": "unfold",
    "fold": "unfold",
    "conv2d": "conv",
    "conv_transpose2d": "conv",
    "conv2d_weight": "conv",
    "channel_sum": "channel_sum",
    "linear": "linear",
    "linear_input": "linear",
    "linear_weight": "linear",
    "matmul": "linear",
    "sgd_step": "optim",
    "adam_step": "optim",
    "rmsprop_step": "optim",
    "softmax": "softmax",
    "softmax_grad": "softmax",
    "log_softmax": "softmax",
    "log_softmax_grad": "softmax",
    "cross_entropy": "softmax",
    "cross_entropy_grad": "softmax",
    "nll_loss": "nll",
    "nll_loss_grad": "nll",
    "distance_loss": "loss",
    "distance_loss_grad": "loss",
    "logistic_loss": "loss",
    "logistic_loss_grad": "loss",
    "window_max": "max_pool",
    "pick": "max_pool",
    "place": "max_pool",
    "last_writes": "max_pool",
    "resample": "resample",
    "roi_max": "roi_pool",
    "roi_pick": "roi_pool",
    "roi_place": "roi_pool",
    "roi_gather": "roi_align",
    "roi_scatter": "roi_align",
    "box_iou": "boxes",
    "nms": "boxes",
    "normalize": "norm",
    "normalize_grad": "norm",
    "scale_shift": "norm",
    "local_response_norm": "response_norm",
    "local_response_norm_grad": "response_norm",
    "normalize_rows": "norm_rows",
    "normalize_rows_grad": "norm_rows",
    "total": "total",
    "select": "mask",
    "masked": "mask",
    "dropout": "dropout",
    "relu": "activation",
    "relu_grad": "activation",
    "leaky_relu": "activation",
    "leaky_relu_grad": "activation",
    "elu": "activation",
    "elu_grad": "activation",
    "sigmoid": "activation",
    "sigmoid_grad": "activation",
    "tanh": "activation",
    "tanh_grad": "activation",
}

#: The kernels that change their arguments instead of returning something; all others leave them as they are.
in_place = frozenset({"sgd_step", "adam_step", "rmsprop_step"})

# What the cpu leaf is compiled for. Other arrays (float16, small integers, objects) take the reference leaf,
# which takes anything that NumPy does.
_COMPILED = frozenset(map(np.dtype, (np.float32, np.float64, np.int64)))

# From this many numbers on other cores are woken for NumPy's functions: below, one is done before they begin.
_MANY = 2**17

# The chosen host leaf and its watcher: per thread, and per task of an event loop.
_host = ContextVar("host leaf", default=("cpu", None))


@contextmanager
def use(leaf, watch=None):
    """Choose the leaf that computes on NumPy arrays, in this thread, for the length of a ``with`` block.

    Parameters
    ----------
    leaf : {"cpu", "reference"}
    watch : callable, optional
        Called with a :class:`~minicv.kernels.reference.step.Step` after every step of the kernels that have
        steps to show; for the reference leaf only.

    Examples
    --------
    >>> import numpy as np
    >>> from minicv import kernels
    >>> x, w = np.ones((1, 1, 2, 2)), np.ones((1, 1, 2, 2))
    >>> steps = []
    >>> with kernels.use("reference", watch=steps.append):
    ...     kernels.conv2d(x, w, None, (1, 1), (0, 0), (1, 1), 1).item()
    4.0
    >>> steps[0].write
    [('y', (0, 0, 0, 0), 4.0)]
    """
    if leaf not in ("cpu", "reference"):
        raise ValueError(f"kernels.use: leaf must be 'cpu' or 'reference'; got {leaf!r}.")
    if watch is not None and leaf != "reference":
        raise ValueError("kernels.use: only the leaf 'reference' can be watched; the others show no steps.")
    before = _host.set((leaf, watch))
    try:
        yield
    finally:
        _host.reset(before)


@cache
def _module(path):
    """Import a module of a leaf, with the garbage collector at rest.

    The first one brings all of Numba, whose objects stay. To look through them again and again, as they become more,
    takes a fifth of the time.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        return import_module(f"{__name__}.{path}")
    finally:
        if not gc.get_freeze_count():  # what somebody has frozen stays so
            gc.freeze()
            gc.unfreeze()  # which puts all that is there among the old objects, that are seldom looked through
        if collects:
            gc.enable()


def get_num_threads():
    """Return how many threads a kernel of the cpu leaf uses, the caller's own included."""
    return _module("cpu.parallel").get_num_threads()


def set_num_threads(n):
    """Set how many threads a kernel of the cpu leaf uses, the caller's own included; results stay the same.

    Parameters
    ----------
    n : int
        At least 1, which makes everything serial. At first it is the number of cores that the process may use.
    """
    _module("cpu.parallel").set_num_threads(n)


def get_conv_precision():
    """Return how exact the convolutions of the cpu leaf are: see :func:`set_conv_precision`."""
    return _module("cpu.precision").get_conv_precision()


def set_conv_precision(precision):
    """Set how exact float32 convolutions with 3 x 3 filters and stride 1 or 2 are in the cpu leaf.

    In the spirit of torch.set_float32_matmul_precision. Where channels are many, "high" takes about half the
    time of "highest", and "medium" up to a third less.

    Parameters
    ----------
    precision : {"highest", "high", "medium"}
        "highest" adds every output up as it is defined. "high", the default, may use Winograd's tiles of
        2 x 2 outputs: as exact on the whole, but the error of an output relates to the largest pixel under its
        filter, even where the filter is 0. "medium" may use tiles of 4 x 4 for stride 1, with an error near 1e-5 of the
        largest output. Inf and NaN come out the same on each level.

    Raises
    ------
    ValueError
        For another word.

    Examples
    --------
    >>> import minicv
    >>> minicv.set_conv_precision("medium")
    >>> minicv.get_conv_precision()
    'medium'
    >>> minicv.set_conv_precision("high")
    """
    _module("cpu.precision").set_conv_precision(precision)


@cache
def implementation(name, leaf):
    """Return the function that implements the kernel ``name`` in ``leaf``, importing the leaf if need be."""
    return getattr(_module(f"{leaf}.{registry[name]}"), name)


def _select(name, array):
    """Return the implementation of the kernel ``name`` for this array."""
    if not isinstance(array, np.ndarray):
        if type(array).__module__.partition(".")[0] == "cupy":
            return implementation(name, "gpu")
        raise TypeError(
            f"kernels.{name}: the first argument must be a NumPy or CuPy array; got {type(array).__name__}."
        )
    leaf, watch = _host.get()
    if array.dtype not in _COMPILED:
        leaf = "reference"
    function = implementation(name, leaf)
    if watch is not None and "watch" in function.__code__.co_varnames:
        return partial(function, watch=watch)
    return function


def elementwise(function, *arrays):
    """Apply one of NumPy's functions of single numbers; where there are many of them, on all cores.

    Parameters
    ----------
    function : callable
        ``np.add``, ``np.exp``, ...: broadcasts its arguments, takes ``out``, and keeps their dtype.
    *arrays : array

    Returns
    -------
    array
        ``function(*arrays)``, bit for bit.

    Examples
    --------
    >>> import numpy as np
    >>> from minicv import kernels
    >>> kernels.elementwise(np.add, np.array([1.0, 2.0]), np.array(0.5))
    array([1.5, 2.5])
    """
    for array in arrays:
        if array.size >= _MANY and isinstance(array, np.ndarray) and _host.get()[0] == "cpu":
            return _module("cpu.ufuncs").elementwise(function, *arrays)
    return function(*arrays)


def _kernel(name):
    """Build the function that callers see under the kernel's name."""

    def kernel(array, *args):
        return _select(name, array)(array, *args)

    kernel.__name__ = kernel.__qualname__ = name
    kernel.__doc__ = (
        f"Kernel ``{name}``: see ``minicv.kernels.reference.{registry[name]}.{name}`` for its meaning."
    )
    return kernel


globals().update({name: _kernel(name) for name in registry})
