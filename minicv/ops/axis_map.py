"""A thin sparse matrix along one axis of an image: the cells that each output cell reads, and their weights.

Average pooling, interpolation, borders that reflect or repeat, bed of nails: each maps a plane X to A X B^T,
with one such matrix for the rows and one for the columns. The gradient of all of them is the same op with A^T
and B^T.
"""

from functools import cached_property, lru_cache

import numpy as np

from ..backend import get_array_module
from ..geometry import adaptive_windows, pool_windows


class AxisMap:
    """An (out, size) matrix, stored row by row (compressed sparse rows).

    Parameters
    ----------
    size : int
        Number of columns: length of the input axis.
    starts : (out + 1,) array of int64
        Row o owns the entries starts[o]..starts[o + 1].
    index : (nnz,) array of int64
        Column of each entry.
    weight : (nnz,) array of float64

    Examples
    --------
    >>> mean_of_pairs = AxisMap.windows(4, np.array([[0, 2, 1], [2, 4, 1]]), np.array([2, 2]))
    >>> mean_of_pairs.dense()
    array([[0.5, 0.5, 0. , 0. ],
           [0. , 0. , 0.5, 0.5]])
    >>> mean_of_pairs.T.shape
    (4, 2)
    """

    def __init__(self, size, starts, index, weight):
        self.shape = (len(starts) - 1, size)
        self.starts, self.index, self.weight = starts, index, weight
        self._tables = {}

    @classmethod
    def from_entries(cls, shape, row, column, weight):
        """From coordinates; rows are sorted, and the order of entries within a row is kept."""
        order = np.argsort(row, kind="stable")
        starts = np.concatenate([[0], np.cumsum(np.bincount(row, minlength=shape[0]))]).astype(np.int64)
        return cls(shape[1], starts, column[order].astype(np.int64), weight[order].astype(np.float64))

    @classmethod
    def windows(cls, size, windows, divisor):
        """Averages: row o holds 1 / divisor[o] at those cells of ``windows[o]`` = [first, stop, step] that exist."""
        cells = [np.arange(max(first, 0), min(stop, size), step) for first, stop, step in windows]
        row = np.repeat(np.arange(len(windows)), [len(c) for c in cells])
        column = np.concatenate([np.zeros(0, np.int64), *cells])
        return cls.from_entries((len(windows), size), row, column, 1.0 / np.asarray(divisor, np.float64)[row])

    @classmethod
    def pick(cls, size, cells):
        """Each output cell copies one input cell, or is 0 where ``cells`` is -1."""
        cells = np.asarray(cells, np.int64)
        row = np.flatnonzero(cells >= 0)
        return cls.from_entries((len(cells), size), row, cells[row], np.ones(len(row)))

    @cached_property
    def T(self):
        """The transpose: the same entries, sorted by column."""
        out, size = self.shape
        row = np.repeat(np.arange(out), np.diff(self.starts))
        transposed = AxisMap.from_entries((size, out), self.index, row, self.weight)
        transposed.__dict__["T"] = self
        return transposed

    def table(self, like):
        """(index, weight) for the kernel ``resample``, where ``like`` lives and of its dtype.

        Both (entries, out): a column for each output cell, -1 in the index from where it has no more entries.
        """
        xp = get_array_module(like)
        key = (xp, like.dtype.char)
        if key not in self._tables:
            counts = np.diff(self.starts)
            there = np.arange(counts.max(initial=0)) < counts[:, None]
            index, weight = np.full(there.shape, -1, np.int32), np.zeros(there.shape, like.dtype)
            index[there], weight[there] = self.index, self.weight
            self._tables[key] = tuple(xp.asarray(np.ascontiguousarray(table.T)) for table in (index, weight))
        return self._tables[key]

    def dense(self):
        """The matrix itself, for looking at."""
        matrix = np.zeros(self.shape)
        np.add.at(
            matrix, (np.repeat(np.arange(self.shape[0]), np.diff(self.starts)), self.index), self.weight
        )
        return matrix


@lru_cache(maxsize=256)
def nearest(size, out, scale):
    """Nearest neighbour: output cell o copies input cell floor(o scale), in float32 as PyTorch computes it.

    Where the size stays the same or doubles, the scale is 1 or 1/2 whatever factor led there; PyTorch's is.
    """
    if out in (size, 2 * size):
        scale = size / out
    source = np.floor(np.arange(out, dtype=np.float32) * np.float32(scale)).astype(np.int64)
    return AxisMap.pick(size, np.minimum(source, size - 1))


@lru_cache(maxsize=256)
def linear(size, out, scale, align_corners, dtype):
    """Linear interpolation between the two nearest cells.

    With ``align_corners`` the centres of the first and last cells coincide (position o scale); otherwise the
    outer borders of the image do (position (o + 1/2) scale - 1/2, not before the first centre). ``dtype`` is
    that of the images, in which positions are computed. Where the size stays the same, the scale is 1 whatever
    factor led there.
    """
    scale = 1.0 if out == size else scale
    real = np.dtype(dtype).type
    o = np.arange(out, dtype=dtype)
    position = o * real(scale) if align_corners else np.maximum((o + real(0.5)) * real(scale) - real(0.5), 0)
    before = np.minimum(position.astype(np.int64), size - 1)
    after = np.minimum(before + 1, size - 1)
    share = position - before.astype(dtype)
    return AxisMap.from_entries(
        (out, size),
        np.tile(np.arange(out), 2),
        np.concatenate([before, after]),
        np.concatenate([1 - share, share]),
    )


@lru_cache(maxsize=256)
def border(size, before, after, mode):
    """Padding by cells that repeat the edge or reflect the inside; a negative width crops."""
    cells = np.arange(-before, size + after)
    if mode == "reflect":
        cells = np.abs(cells)
        cells = size - 1 - np.abs(size - 1 - cells)
    return AxisMap.pick(size, np.clip(cells, 0, size - 1))


@lru_cache(maxsize=256)
def nails(size, factor):
    """Bed of nails: input cell i goes to output cell i * factor, and nothing else does."""
    cells = np.full(size * factor, -1)
    cells[::factor] = np.arange(size)
    return AxisMap.pick(size, cells)


@lru_cache(maxsize=256)
def average(size, kernel, stride, padding, ceil_mode, count_include_pad, divisor):
    """Sliding means along one axis; ``divisor`` (or None for the number of cells) replaces the count."""
    windows = pool_windows(size, kernel, stride, padding, 1, ceil_mode)
    border = padding if count_include_pad else 0  # cells beyond the padding (ceil_mode) never count
    counts = np.diff(windows[:, :2].clip(-border, size + border))[:, 0]
    return AxisMap.windows(size, windows, counts if divisor is None else np.full(len(windows), divisor))


@lru_cache(maxsize=256)
def adaptive_average(size, out):
    """Means over ``out`` windows that cover the axis."""
    windows = adaptive_windows(size, out)
    return AxisMap.windows(size, windows, windows[:, 1] - windows[:, 0])
