"""Arrays that border on forbidden memory: an access outside of them ends the process."""

import ctypes
import mmap

import numpy as np

from minicv.kernels.cpu import parallel


def guarded(array, at_end):
    """A copy of the array right before, or right behind, a page of memory that must not be touched."""
    page = mmap.PAGESIZE
    room = max(1, -(-array.nbytes // page)) * page
    whole = np.frombuffer(mmap.mmap(-1, room + 2 * page), np.uint8)
    for edge in (0, room + page):
        status = ctypes.CDLL(None).mprotect(
            ctypes.c_void_p(whole.ctypes.data + edge), ctypes.c_size_t(page), 0
        )
        assert status == 0
    start = page + (room - array.nbytes if at_end else 0)
    copy = whole[start : start + array.nbytes].view(array.dtype).reshape(array.shape)
    copy[...] = array
    copy.flags.writeable = array.flags.writeable
    return copy


_run = parallel.run


def run_guarded(at_end, function, rows, work, *args):
    """Stands in for ``parallel.run``: one range, on arrays that each border on a forbidden page."""
    apart = [guarded(a, at_end) if isinstance(a, np.ndarray) else a for a in args]
    _run(function, rows, 0, *apart)  # no work is not worth sharing; and what it calls is compiled already
    for array, copy in zip(args, apart):
        if isinstance(array, np.ndarray) and array.flags.writeable:
            array[...] = copy
