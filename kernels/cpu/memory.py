"""Large arrays out of memory that was used before.

The operating system hands out fresh memory page by page, at the first touch of each, and clears it. Where a
training step makes and drops the same arrays again and again that is a tenth of its time and more. So the
memory of a large array is kept when the array dies, and the next one of that size gets it, warm in the cache
as it is. What is kept never makes the process larger than it was at its largest: arrays in use and memory in
store together stay below the most that was ever in use at once.

The array looks at the memory through a :class:`_Loan`, which lives as long as anything that does so: the array,
its slices, whatever they are called and wherever they are.
"""

import threading
from math import prod

import numpy as np

_SMALL = 2**18  # bytes; below that the C library's own allocator does well
_PAGE = 2**16  # sizes are rounded up to this, so that blocks fit more often
_LINE = 64  # bytes of a cache line, where arrays begin


class _Block(np.ndarray):
    """Memory that is lent out, as bytes; a type of its own for the reason that _Loan gives."""


class _Loan(np.ndarray):
    """A block in use. When nothing looks at it any more, it returns to the store.

    A view of a view looks past it at the array that owns the memory, but not past arrays of another type than
    its own. Neither a loan nor its block is a plain array, so plain arrays look at the loan.
    """

    def __del__(self):
        _store.put(self.base)


class _Store:
    """Blocks that nobody uses, the most recent last, and the account of all blocks."""

    def __init__(self):
        self.lock = threading.RLock()  # re-entrant: the garbage collector may end a loan at any moment
        self.blocks = []
        self.in_use = self.most_in_use = self.in_store = 0

    def get(self, size):
        with self.lock:
            self.in_use += size
            self.most_in_use = max(self.most_in_use, self.in_use)
            for i in reversed(range(len(self.blocks))):
                if self.blocks[i].size == size:
                    self.in_store -= size
                    return self.blocks.pop(i)
            while self.blocks and self.in_use + self.in_store > self.most_in_use:
                self.in_store -= self.blocks.pop(0).size
        return np.empty(size, np.uint8).view(_Block)

    def put(self, block):
        with self.lock:
            self.in_use -= block.size
            self.in_store += block.size
            self.blocks.append(block)


_store = _Store()


def empty(shape, dtype):
    """Return an array like ``numpy.empty``; a large one in memory that was used before, if there is some.

    Examples
    --------
    >>> a = empty((1000, 1000), np.float32)
    >>> where = a.ctypes.data
    >>> view = a[:10]
    >>> del a
    >>> empty((1000, 1000), np.float32).ctypes.data == where  # the view still looks at the memory
    False
    >>> del view
    >>> empty((1000, 1000), np.float32).ctypes.data == where
    True
    """
    dtype = np.dtype(dtype)
    size = prod(shape) * dtype.itemsize
    if size < _SMALL:
        return np.empty(shape, dtype)
    block = _store.get(-(-(size + _LINE) // _PAGE) * _PAGE)
    return np.ndarray(shape, dtype, block.view(_Loan), -block.ctypes.data % _LINE)
