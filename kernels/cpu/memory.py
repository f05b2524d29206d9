"""Large arrays out of memory that was used before.

The operating system hands out fresh memory page by page, at the first touch of each, and clears it. Where a
training step makes and drops the same arrays again and again that is a tenth of its time and more. So the
memory of a large array is kept when the array dies, and the next one that it suits gets it, warm in the cache
as it is. What is kept stays within bounds: arrays in use and memory in store together are at most half as much
again as was ever in use at once.

The array looks at the memory through a :class:`_Loan`, which lives as long as anything that does so: the array,
its slices, whatever they are called and wherever they are.
"""

import threading
from math import prod

import numpy as np

_SMALL = 2**18  # bytes; below that the C library's own allocator does well
_PAGE = 2**16  # sizes are rounded up to this, so that blocks fit more often
_LINE = 64  # bytes of a cache line, where arrays begin
_WASTE = 1.25  # a block suits an array that needs no less than that part of it
_SPARE = 1.5  # times what was ever in use at once: in use and in store, at most


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
        """The smallest block that suits, or a new one; for that, old ones may have to go."""
        with self.lock:
            suits = [(b.size, -i) for i, b in enumerate(self.blocks) if size <= b.size <= _WASTE * size]
            block = self.blocks.pop(-min(suits)[1]) if suits else None
            if block is not None:
                self.in_store -= block.size
                size = block.size
            self.in_use += size
            self.most_in_use = max(self.most_in_use, self.in_use)
            while self.blocks and self.in_use + self.in_store > _SPARE * self.most_in_use:
                self.in_store -= self.blocks.pop(0).size
        return np.empty(size, np.uint8).view(_Block) if block is None else block

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
