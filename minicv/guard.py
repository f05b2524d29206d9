"""Arrays that backward still needs, locked against in-place changes.

An op that saves an array for its backward pass would compute a wrong gradient if that array changed in the
meantime. So a saved NumPy array is made read-only while a graph holds it, and ``Tensor.data`` hands it out as
a :class:`SavedArray`, whose only difference from a plain array is that a write is refused with a sentence
that says what to do. A change made through the Tensor itself (an optimiser's step) is let through and noted:
the graphs that saved the old values refuse to run backward.

What is locked is the memory, not one array: x, x.detach() and x[0] are views of the same numbers.
What goes unnoticed is a write through a NumPy view that was taken, writable, before the op ran. (CuPy arrays
have no read-only flag: there only changes made through a Tensor are noticed.)
"""

import threading

import numpy as np

from .errors import GraphError

_locks = {}  # id of the array that owns the memory -> Lock
# Re-entrant, because the garbage collector may release a graph, and so unlock, at any moment.
_mutex = threading.RLock()


class Lock:
    """A piece of memory that graphs hold on to.

    Attributes
    ----------
    changed : bool
        Whether the memory was written to all the same, through a Tensor.
    """

    __slots__ = ("arrays", "changed", "count", "key")

    def __init__(self, key):
        self.key = key
        self.count = 0  # how many saved places hold it
        self.arrays = []  # those that were made read-only
        self.changed = False


def _owner(array):
    """The array that owns the memory, or the first view of memory that is no such array's own: a buffer, say."""
    while type(array.base) is type(array):
        array = array.base
    return array


def lock(array):
    """Make ``array`` and the owner of its memory read-only; return the Lock, to be given to :func:`unlock`."""
    owner = array if array.base is None else _owner(array)
    key = id(owner)
    with _mutex:
        held = _locks.get(key)
        if held is None:
            held = _locks[key] = Lock(key)
        held.count += 1
        # The owner first: NumPy lets a view become writable again only after its base.
        _close(owner, held)
        if array is not owner:
            _close(array, held)
    return held


def _close(array, held):
    """Make an array read-only, and note that it was not."""
    if getattr(array.flags, "writeable", False):
        array.setflags(write=False)
        held.arrays.append(array)


def unlock(held):
    """Undo one :func:`lock`; the last one makes the memory writable again."""
    with _mutex:
        held.count -= 1
        if held.count == 0:
            _lift(held)


def _lift(held):
    for each in held.arrays:
        each.setflags(write=True)
    held.arrays.clear()
    if _locks.get(held.key) is held:
        del _locks[held.key]


def visible(array):
    """The array as ``Tensor.data`` shows it: itself, or a :class:`SavedArray` view while it is locked."""
    if isinstance(array, np.ndarray) and not array.flags.writeable and id(_owner(array)) in _locks:
        return array.view(SavedArray)
    return array


def writable(array):
    """Return the array, ready for a change that is made through its Tensor; graphs that saved it will refuse."""
    with _mutex:
        held = _locks.get(id(_owner(array)))
        if held is not None:
            held.changed = True
            _lift(held)
    if not getattr(array.flags, "writeable", True):
        raise GraphError(
            "in-place change refused: this tensor is a read-only view. It was broadcast, or taken from a tensor that "
            "backward needed at the time. Change that tensor, or a copy."
        )
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
            kwargs["out"] = tuple(plain(o) for o in out)
        return getattr(ufunc, method)(*(plain(i) for i in inputs), **kwargs)

    def fill(self, value):
        if not self.flags.writeable:
            self._refuse()
        super().fill(value)

    def __reduce__(self):
        return np.asarray(self).copy().__reduce__()

    def __repr__(self):
        return repr(np.asarray(self))

    __str__ = np.ndarray.__str__


def plain(value):
    """A SavedArray as a plain (still read-only) array; anything else as it is."""
    return value.view(np.ndarray) if isinstance(value, SavedArray) else value
