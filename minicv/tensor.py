"""Tensor: an array that remembers which function made it.

A Tensor holds ``data`` (a NumPy or CuPy array), ``grad`` (a Tensor of the same shape, once ``backward`` has
run) and ``creator`` (the :class:`minicv.Function` that computed it; None for a leaf, i.e. a tensor that the
user made). Following the creators from a loss back to the leaves is the graph that backward walks;
:mod:`minicv.autograd` walks it.

Arithmetic and the other methods (``x + y``, ``x.sum()``, ``x[1:]``, ...) are ops like any other;
:mod:`minicv.ops.methods` hangs them on this class.
"""

import functools
import threading

import numpy as np

from . import backend, guard
from .errors import DTypeError, GraphError

_mode = threading.local()


def is_grad_enabled():
    """True unless the current thread is inside ``no_grad()``."""
    return getattr(_mode, "grad", True)


class set_grad_enabled:
    """Context manager: record the graph (True) or not (False) in the current thread.

    Examples
    --------
    >>> x = Tensor(np.ones(3), requires_grad=True)
    >>> with set_grad_enabled(False):
    ...     y = x * 2
    >>> y.requires_grad
    False
    """

    def __init__(self, enabled):
        self._enabled = bool(enabled)

    def __enter__(self):
        self._before = is_grad_enabled()
        _mode.grad = self._enabled

    def __exit__(self, *exception):
        _mode.grad = self._before

    def __call__(self, function):
        """As a decorator: ``@minicv.no_grad()`` over a function."""

        @functools.wraps(function)
        def run(*args, **kwargs):
            with set_grad_enabled(self._enabled):
                return function(*args, **kwargs)

        return run


def no_grad():
    """Context manager under which nothing is recorded: for evaluation, and for changing parameters by hand."""
    return set_grad_enabled(False)


def enable_grad():
    """Context manager that switches recording on again inside ``no_grad()``."""
    return set_grad_enabled(True)


def _plain_array(data):
    if not backend.is_array(data) and not isinstance(data, np.generic):
        raise DTypeError(
            f"Tensor: data must be a NumPy or CuPy array; got {type(data).__name__}. "
            "minicv.tensor(...) takes lists and numbers."
        )
    return guard.plain(backend.as_array(data))  # NumPy makes scalars, np.generic, of 0-d results


class Tensor:
    """An n-dimensional array in a graph of computations.

    Parameters
    ----------
    data : ndarray
        Used as it is, without a copy (``minicv.tensor`` copies, and takes lists and numbers too).
    requires_grad : bool
        Whether ``backward`` is to compute the gradient with respect to this tensor. Floating-point tensors
        only.

    Attributes
    ----------
    data : ndarray
        The values. While a graph needs them for backward they are read-only (see :mod:`minicv.guard`).
    grad : Tensor or None
        The gradient, summed over all ``backward`` calls since it was last None.
    creator : Function or None
        What computed this tensor; None for a leaf.

    Examples
    --------
    >>> x = Tensor(np.array([1.0, 2.0, 3.0]), requires_grad=True)
    >>> (x * x).sum().backward()
    >>> x.grad.numpy()
    array([2., 4., 6.])
    """

    __slots__ = (
        "__weakref__",
        "_array",
        "_retains_grad",
        "creator",
        "grad",
        "output_index",
        "requires_grad",
    )
    __array_priority__ = 1000  # so that ndarray + Tensor asks Tensor first
    __array_ufunc__ = None

    def __init__(self, data, requires_grad=False):
        if type(data) is not np.ndarray:
            data = _plain_array(data)
        if requires_grad and data.dtype.kind != "f":
            raise DTypeError(
                f"Tensor: requires_grad=True needs a floating-point array; got {data.dtype}. "
                "Did you write integers? tensor([1., 2.]) rather than tensor([1, 2])."
            )
        self._array = data
        self.requires_grad = requires_grad
        self.grad = None
        self.creator = None
        self.output_index = 0
        self._retains_grad = False

    # What it is

    @property
    def data(self):
        return guard.visible(self._array)

    @data.setter
    def data(self, value):
        if not backend.is_array(value):
            raise DTypeError(f"Tensor.data must be set to an array; got {type(value).__name__}.")
        if value is not self._array:  # as it is after `x.data += 1`
            guard.writable(self._array)
            self._array = guard.plain(value)

    @property
    def shape(self):
        return self._array.shape

    @property
    def dtype(self):
        return self._array.dtype

    @property
    def ndim(self):
        return self._array.ndim

    @property
    def size(self):
        """Number of elements."""
        return self._array.size

    @property
    def device(self):
        """Where the data is: "cpu" or "cuda"."""
        return backend.device_of(self._array)

    @property
    def is_leaf(self):
        """True for a tensor that the user made, rather than a recorded op."""
        return self.creator is None

    def __len__(self):
        if self.ndim == 0:
            raise TypeError("len() of a 0-d Tensor: it is a single number; use .item().")
        return self.shape[0]

    def __iter__(self):
        if self.ndim == 0:
            raise TypeError("a 0-d Tensor cannot be iterated over: it is a single number; use .item().")
        return (self[i] for i in range(len(self)))

    def __repr__(self):
        values = np.array2string(self.numpy(), separator=", ", prefix="tensor(")
        parts = [f"tensor({values}"]
        if self.dtype not in (np.float32, np.int64, np.bool_):
            parts.append(f"dtype={self.dtype}")
        if self.device != "cpu":
            parts.append(f"device={self.device}")
        if self.creator is not None:
            parts.append(f"creator={self.creator.name}")
        elif self.requires_grad:
            parts.append("requires_grad=True")
        return ", ".join(parts) + ")"

    def __bool__(self):
        if self.size != 1:
            raise ValueError(
                f"the truth of a Tensor with {self.size} elements is ambiguous; use (x > 0).numpy().all() or .any()."
            )
        return bool(self._array.item())

    def __float__(self):
        return float(self.item())

    def __int__(self):
        return int(self.item())

    def __array__(self, dtype=None, copy=None):
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    # Its values

    def numpy(self):
        """The values as a NumPy array on the CPU; shares memory with ``data`` when that is there already."""
        return backend.to_device(self.data, "cpu")

    def item(self):
        """The value of a one-element tensor as a Python number."""
        if self.size != 1:
            raise ValueError(
                f"item: the tensor must have one element; got shape {self.shape}. Use .numpy() or .tolist()."
            )
        return self._array.item()

    def tolist(self):
        """The values as nested Python lists."""
        return self.numpy().tolist()

    def detach(self):
        """The same values outside the graph: no gradient flows through the result. Memory is shared."""
        return Tensor(self._array)

    def mutate(self):
        """The array, for a change in place that is counted: a graph that saved the old values refuses backward.

        This is what optimisers use. ``with minicv.no_grad(): x[...] = value`` is the same for users.
        """
        return guard.writable(self._array)

    def __setitem__(self, index, value):
        if is_grad_enabled() and (self.requires_grad or getattr(value, "requires_grad", False)):
            raise GraphError(
                "in-place assignment refused: x[index] = value cannot be recorded for backward. Build a new tensor "
                "with minicv.where(mask, value, x) or minicv.concat([...]), or assign under minicv.no_grad()."
            )
        self.mutate()[index] = value._array if isinstance(value, Tensor) else value

    # Its gradient

    def backward(self, grad=None, retain_graph=False, create_graph=False):
        """Compute the gradient of this tensor with respect to every leaf, and add it to their ``grad``.

        Parameters
        ----------
        grad : Tensor or ndarray, optional
            The gradient of the final objective with respect to this tensor, of its shape (the cotangent).
            Defaults to 1 for a one-element tensor.
        retain_graph : bool
            Keep the saved arrays, so that backward can run again.
        create_graph : bool
            Record the backward pass itself, so that gradients can be differentiated again.

        Raises
        ------
        GraphError
            Nothing here requires a gradient, the tensor is no scalar and ``grad`` is missing, the graph was
            used already, or an array that backward needs was changed in place.
        """
        from .autograd import backward

        backward([self], [grad], retain_graph=retain_graph or create_graph, create_graph=create_graph)

    def retain_grad(self):
        """Keep the gradient of this tensor in ``grad`` even though it is not a leaf."""
        if not self.requires_grad:
            raise GraphError(
                "retain_grad: this tensor does not require a gradient, so it will never get one."
            )
        self._retains_grad = True

    def zero_grad(self):
        """Forget the gradient (set it to None)."""
        self.grad = None

    def requires_grad_(self, requires_grad=True):
        """Set ``requires_grad`` of a leaf, and return the tensor."""
        if self.creator is not None:
            raise GraphError("requires_grad_: only a leaf can be changed; use .detach() to leave the graph.")
        if requires_grad and self.dtype.kind != "f":
            raise DTypeError(f"requires_grad_: a gradient needs a floating-point tensor; got {self.dtype}.")
        self.requires_grad = requires_grad
        return self


def tensor(data, dtype=None, requires_grad=False, device=None):
    """Make a leaf tensor; the data is always copied.

    Parameters
    ----------
    data : array_like
        Numbers, nested lists, a NumPy or CuPy array, or a Tensor.
    dtype : dtype, optional
        Defaults to the array's own dtype; Python floats become float32, Python integers int64.
    requires_grad : bool
    device : {"cpu", "cuda"}, optional
        Defaults to where ``data`` is.

    Returns
    -------
    Tensor

    Examples
    --------
    >>> tensor([1.0, 2.0]).dtype, tensor([1, 2]).dtype, tensor(np.zeros(2)).dtype
    (dtype('float32'), dtype('int64'), dtype('float64'))
    """
    if isinstance(data, Tensor):
        data = data._array
    if not backend.is_array(data) and not isinstance(data, np.generic):
        data = _from_python(data)
        if dtype is None and data.dtype.kind == "f":
            dtype = np.float32
    if data.dtype.kind not in "biuf":
        raise DTypeError(f"tensor: data must be real numbers or booleans; got an array of {data.dtype}.")
    xp = backend.module_of(device) if device is not None else backend.get_array_module(data)
    array = backend.to_device(
        np.asarray(data) if isinstance(data, np.generic) else data, "cpu" if xp is np else "cuda"
    )
    return Tensor(xp.array(array, dtype=dtype, copy=True), requires_grad)


def _from_python(data):
    try:
        array = np.array(data)
    except ValueError:  # ragged
        array = None
    if array is None or array.dtype.kind not in "biuf":
        raise DTypeError(
            "tensor: data must be numbers in a regular nested list, every row as long as the others; "
            f"got {_shortened(repr(data))}."
        )
    return array


def _shortened(text):
    return text if len(text) <= 60 else text[:57] + "..."


def as_tensor(value):
    """``value`` itself if it is a Tensor; an array is wrapped without a copy, numbers are made into one."""
    if isinstance(value, Tensor):
        return value
    return Tensor(value) if backend.is_array(value) else tensor(value)
