"""A pickle read as data.

A pickle is a program for a small stack machine, and Python's own machine imports and calls whatever the
program names: to unpickle a stranger's file is to run it. This machine knows only the instructions that
build plain values, and leaves it to its caller what a name may stand for. Every length that a pickle states
is checked against what is really there (by :mod:`pickletools`) before memory is taken for it.

A few lines of pickle can describe a tuple of tuples of tuples ... whose text or hash would take for ever to
compute. So names and keys must be of a simple type before anything is computed with them.
"""

import pickletools

from .errors import WeightsError

_KEYS = (str, int)  # of dicts

# Instructions that put their argument, or a constant, on the stack.
_LITERALS = frozenset(
    "INT BININT BININT1 BININT2 LONG1 LONG4 BINFLOAT UNICODE BINUNICODE SHORT_BINUNICODE BINUNICODE8 "
    "BINSTRING SHORT_BINSTRING BINBYTES SHORT_BINBYTES BINBYTES8".split()
)
_CONSTANTS = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_TUPLE": tuple,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
}
# What comes of a stack that does not fit; the warning, of a string's escapes, where warnings are errors.
_DAMAGES = (
    ValueError,
    TypeError,
    IndexError,
    KeyError,
    AttributeError,
    OverflowError,
    DeprecationWarning,
)
_NOTHING = frozenset(["PROTO", "FRAME", "STOP"])


def load(file, find, persistent):
    """Build the value that the pickle at the file's position describes, and leave the file behind it.

    Parameters
    ----------
    file : binary file
    find : callable
        ``find("module.name")`` gives the function that stands for a name; it raises for names it refuses.
    persistent : callable
        Gives the value of a persistent id: what the pickle refers to outside itself.

    Returns
    -------
    object
        Of dicts, lists, tuples, numbers, strings, and what ``find`` and ``persistent`` gave.

    Raises
    ------
    WeightsError
        An instruction that is not among those above, or a stack that does not fit it.

    Examples
    --------
    >>> import io, pickle
    >>> load(io.BytesIO(pickle.dumps({"a": [1, (2.5, None)]})), find=None, persistent=None)
    {'a': [1, (2.5, None)]}
    """
    machine = _Machine(find, persistent)
    try:
        for instruction, argument, _ in pickletools.genops(_Rest(file)):
            machine.step(instruction.name, argument)
        (value,) = machine.stack
    except WeightsError:
        raise
    except _DAMAGES as error:
        raise WeightsError(f"its pickle is damaged ({error})") from None
    return value


class _Rest:
    """The rest of a file, which is never asked for more than it has: ``read(n)`` takes memory for n bytes first."""

    def __init__(self, file):
        self.file, self.tell, self.readline = file, file.tell, file.readline
        at = file.tell()
        self.end = file.seek(0, 2)
        file.seek(at)

    def read(self, length):
        return self.file.read(min(length, self.end - self.tell()))


class _Machine:
    def __init__(self, find, persistent):
        self.find, self.persistent = find, persistent
        self.stack, self.marks, self.memo = [], [], {}  # a mark is a height of the stack

    def step(self, name, argument):
        """Carry out one instruction."""
        if name in _LITERALS:
            self.stack.append(argument)
        elif name in _CONSTANTS:
            self.stack.append(_CONSTANTS[name]())
        elif name not in _NOTHING:
            handler = getattr(self, f"_{name.lower()}", None)
            if handler is None:
                raise WeightsError(f"its pickle uses {name}, which no file of weights needs")
            handler(argument)

    def _mark(self, _):
        self.marks.append(len(self.stack))

    def _items(self):
        """Take everything above the last mark from the stack."""
        at = self.marks.pop()
        items = self.stack[at:]
        del self.stack[at:]
        return items

    def _top(self, kind):
        if not isinstance(self.stack[-1], kind):
            raise WeightsError(f"its pickle is damaged (a {kind.__name__} was expected on the stack)")
        return self.stack[-1]

    # Containers

    def _tuple(self, _):
        self.stack.append(tuple(self._items()))

    def _tuple1(self, _):
        self.stack[-1:] = [(self.stack[-1],)]

    def _tuple2(self, _):
        self.stack[-2:] = [(self.stack[-2], self.stack[-1])]

    def _tuple3(self, _):
        self.stack[-3:] = [(self.stack[-3], self.stack[-2], self.stack[-1])]

    def _append(self, _):
        item = self.stack.pop()
        self._top(list).append(item)

    def _appends(self, _):
        items = self._items()
        self._top(list).extend(items)

    def _setitem(self, _):
        pair = self.stack[-2:]
        del self.stack[-2:]
        self._update(pair)

    def _setitems(self, _):
        self._update(self._items())

    def _update(self, items):
        target = self._top(dict)
        for key, value in zip(items[::2], items[1::2], strict=True):
            _check_type(key, _KEYS)
            target[key] = value

    # The memo, by which a value is used twice

    def _binput(self, index):
        self.memo[index] = self.stack[-1]

    _long_binput = _binput

    def _memoize(self, _):
        self.memo[len(self.memo)] = self.stack[-1]

    def _binget(self, index):
        self.stack.append(self.memo[index])

    _long_binget = _binget

    # What is outside the pickle

    def _global(self, argument):
        self.stack.append(self.find(argument.replace(" ", ".")))

    def _stack_global(self, _):
        module, name = self.stack[-2:]
        _check_type(module, str)
        _check_type(name, str)
        self.stack[-2:] = [self.find(f"{module}.{name}")]

    def _reduce(self, _):
        function, arguments = self.stack[-2:]
        self.stack[-2:] = [function(*arguments)]

    def _build(self, _):
        """Give an object its state. That of a dict are attributes of no consequence."""
        state = self.stack.pop()
        if not isinstance(self.stack[-1], dict):
            self.stack[-1].set_state(state)

    def _binpersid(self, _):
        self.stack.append(self.persistent(self.stack.pop()))


def _check_type(value, kind):
    if not isinstance(value, kind):
        raise WeightsError(
            f"its pickle is damaged, or made to do harm (a {type(value).__name__} as a name or key)"
        )
