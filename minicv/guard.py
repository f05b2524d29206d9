"""Arrays that backward still needs, locked against in-place changes.

An op that saves an array for its backward pass would compute a wrong gradient if that array changed in the
meantime. So a saved NumPy array is made read-only while a graph holds it, and ``Tensor.data`` hands it out as
a :class:`SavedArray`, whose only difference from a plain array is that a write is refused with a sentence
that says what to do. (CuPy arrays have no read-only flag: there only changes made through the Tensor, which
counts them, are noticed.)
"""

import threading

import numpy as np

from .errors import GraphError

_locks = {}  # id of the array that owns the memory -> _Lock
_mutex = (
    threading.RLock()
)  # re-entrant: the garbage collector may release a graph, and so unlock, at any moment


class _Lock:
    """How many saved places hold one piece of memory, and the arrays over it that were made read-only."""

    def __init__(self):
        self.count = 0
        self.arrays = []


def _owner(array):
    """The array that owns the memory: a write through it would change every view as well."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array


def lock(array):
    """Make ``array`` and the owner of its memory read-only; True if there is something to :func:`unlock`."""
    if type(array) is not np.ndarray:
        return False
    owner = _owner(array)
    with _mutex:
        held = _locks.setdefault(id(owner), _Lock())
        held.count += 1
        for each in (
            owner,
            array,
        ):  # the owner first: NumPy lets a view become writable again only after its base
            if each.flags.writeable:
                each.flags.writeable = False
                held.arrays.append(each)
    return True


def unlock(array):
    """Undo one :func:`lock`; the last one makes the memory writable again."""
    with _mutex:
        held = _locks.get(id(_owner(array)))
        if held is None:  # lifted by writable()
            return
        held.count -= 1
        if held.count == 0:
            _lift(array)


def _lift(array):
    for each in _locks.pop(id(_owner(array))).arrays:
        each.flags.writeable = True


def visible(array):
    """The array as ``Tensor.data`` shows it: itself, or a :class:`SavedArray` view while it is locked."""
    if type(array) is np.ndarray and not array.flags.writeable and id(_owner(array)) in _locks:
        return array.view(SavedArray)
    return array


def writable(array):
    """Lift the lock for a change that the Tensor itself counts (an optimiser's step, ``x[i] = v``)."""
    if type(array) is np.ndarray and not array.flags.writeable:
        with _mutex:
            if id(_owner(array)) in _locks:
                _lift(array)
    return array


class SavedArray(np.ndarray):
    """A read-only view of an array that backward needs: reading gives plain arrays, writing a GraphError."""

    def _refuse(self):
        raise GraphError(
            "in-place change refused: backward still needs this array, and would compute a wrong gradient from "
            "the new values. Make a new one instead (y = x + 1 rather than x.data += 1), change a copy "
            "(x.data.copy()), or change it after backward() has run; results that need no gradient are best "
            "computed under minicv.no_grad()."
        )

    def __setitem__(self, index, value):
        if not self.flags.writeable:
            self._refuse()
        super().__setitem__(index, value)

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **kwargs):
        if method == "at" and inputs[0] is self and not self.flags.writeable:
            self._refuse()
        if out is not None:
            if any(isinstance(o, SavedArray) and not o.flags.writeable for o in out):
                self._refuse()
            kwargs["out"] = tuple(_plain(o) for o in out)
        return getattr(ufunc, method)(*(_plain(i) for i in inputs), **kwargs)

    def fill(self, value):
        if not self.flags.writeable:
            self._refuse()
        super().fill(value)

    def __reduce__(self):
        return np.asarray(self).copy().__reduce__()

    def __repr__(self):
        return repr(np.asarray(self))

    __str__ = np.ndarray.__str__


def _plain(value):
    return value.view(np.ndarray) if isinstance(value, SavedArray) else value
