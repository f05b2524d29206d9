"""Rearranging numbers without computing with them: linear maps, whose gradients are their transposes.

reshape and its inverse, transpose and its inverse permutation, indexing (a gather) and adding at an index
(the scatter), concatenation and splitting, padding with zeros and cropping.
"""

import math
import operator

import numpy as np

from ..errors import LabelError, ShapeError, check_same_dtype, sentence
from ..function import Function
from ..tensor import Tensor, as_tensor
from .reduce import broadcast_to, normalize_axes


class Reshape(Function):
    def forward(self, x):
        self.before = x.shape
        return x.reshape(self.shape)

    def backward(self, g):
        return reshape(g, self.before)


class Transpose(Function):
    """Axes in a new order; the transpose is the inverse permutation."""

    def forward(self, x):
        return x.transpose(self.axes)

    def backward(self, g):
        return Transpose(axes=tuple(np.argsort(self.axes)))(g)


class GetItem(Function):
    """y = x[index]; the transpose adds y into zeros at the same index."""

    def forward(self, x):
        self.shape = x.shape
        return x[self.index]

    def backward(self, g):
        return AddAt(index=self.index, shape=self.shape)(g)


class AddAt(Function):
    """x = zeros(shape); x[index] += y, an entry named twice receiving both. The transpose of GetItem."""

    def forward(self, y):
        x = np.zeros_like(y, shape=self.shape)
        if _is_basic(self.index):
            x[self.index] = y
        else:
            np.add.at(x, self.index, y)
        return x

    def backward(self, g):
        return GetItem(index=self.index)(g)


class Concat(Function):
    """Tensors one behind the other along an axis; the transpose cuts them apart again."""

    def forward(self, *xs):
        return np.concatenate(xs, axis=self.axis)

    def backward(self, g):
        return tuple(split(g, [edge.shape[self.axis] for edge in self.edges], self.axis))


def reshape(x, *shape):
    """The same numbers, in row-major order, in another shape; one entry may be -1 and is then worked out.

    Examples
    --------
    >>> import minicv
    >>> minicv.arange(6).reshape(2, -1)
    tensor([[0, 1, 2],
            [3, 4, 5]])
    """
    x, shape = as_tensor(x), _ints(shape)
    known = math.prod([n for n in shape if n != -1])
    if shape.count(-1) > 1 or any(n < -1 for n in shape):
        raise ShapeError(sentence("reshape", "shape", "non-negative with at most one -1", shape))
    if -1 in shape and known and x.size % known == 0:
        shape = tuple(x.size // known if n == -1 else n for n in shape)
    elif -1 in shape or known != x.size:
        raise ShapeError(
            sentence("reshape", "shape", f"one of {x.size} elements, as the input {x.shape} has", shape)
        )
    return x if shape == x.shape else Reshape(shape=shape)(x)


def _ints(args):
    """Accept both f(2, 3) and f((2, 3))."""
    if len(args) == 1 and isinstance(args[0], (tuple, list)):
        args = args[0]
    return tuple(operator.index(a) for a in args)


def flatten(x, start_axis=0, end_axis=-1):
    """Join axes ``start_axis`` to ``end_axis`` into one; ``flatten(x, 1)`` makes (N, C, H, W) into (N, C*H*W)."""
    x = as_tensor(x)
    if x.ndim == 0:
        return reshape(x, 1)
    (start,) = normalize_axes("flatten", start_axis, x.ndim)
    (end,) = normalize_axes("flatten", end_axis, x.ndim)
    if start > end:
        raise ShapeError(sentence("flatten", "start_axis", f"at most end_axis ({end})", start))
    joined = math.prod(x.shape[start : end + 1])
    return reshape(x, x.shape[:start] + (joined,) + x.shape[end + 1 :])


def permute(x, *axes):
    """The axes in a new order: ``permute(x, 0, 2, 3, 1)`` makes (N, C, H, W) into (N, H, W, C)."""
    x, axes = as_tensor(x), _ints(axes)
    counted = tuple(a + x.ndim if a < 0 else a for a in axes)
    if sorted(counted) != list(range(x.ndim)):
        raise ShapeError(sentence("permute", "axes", f"a permutation of 0..{x.ndim - 1}", axes))
    return Transpose(axes=counted)(x)


def transpose(x, axis0=-2, axis1=-1):
    """Exchange two axes (the last two by default: the matrix transpose)."""
    x = as_tensor(x)
    (a,), (b,) = normalize_axes("transpose", axis0, x.ndim), normalize_axes("transpose", axis1, x.ndim)
    axes = list(range(x.ndim))
    axes[a], axes[b] = b, a
    return Transpose(axes=tuple(axes))(x)


def squeeze(x, axis=None):
    """Remove axes of length 1: all, or those in ``axis`` (an axis of another length is left, as in PyTorch)."""
    x = as_tensor(x)
    axes = normalize_axes("squeeze", axis, x.ndim)
    return reshape(x, tuple(n for a, n in enumerate(x.shape) if not (n == 1 and a in axes)))


def unsqueeze(x, axis):
    """Insert an axis of length 1 before position ``axis``."""
    x = as_tensor(x)
    (axis,) = normalize_axes("unsqueeze", axis, x.ndim + 1)
    return reshape(x, x.shape[:axis] + (1,) + x.shape[axis:])


def expand(x, *shape):
    """Repeat along axes of length 1 up to ``shape`` (-1 keeps a length): PyTorch's name for ``broadcast_to``."""
    x, shape = as_tensor(x), _ints(shape)
    offset = len(shape) - x.ndim
    return broadcast_to(
        x, tuple(x.shape[a - offset] if n == -1 and a >= offset else n for a, n in enumerate(shape))
    )


def concat(tensors, axis=0):
    """Join tensors along an existing axis; all other axes must agree.

    Examples
    --------
    >>> import minicv
    >>> minicv.concat([minicv.ones(1, 2), minicv.zeros(2, 2)]).shape
    (3, 2)
    """
    tensors = _sequence("concat", tensors)
    (axis,) = normalize_axes("concat", axis, tensors[0].ndim)
    rest = {t.shape[:axis] + t.shape[axis + 1 :] for t in tensors}
    if len({t.ndim for t in tensors}) > 1 or len(rest) > 1:
        shapes = ", ".join(str(t.shape) for t in tensors)
        raise ShapeError(sentence("concat", "tensors", f"of equal shape but for axis {axis}", shapes))
    return Concat(axis=axis)(*tensors)


def stack(tensors, axis=0):
    """Join tensors of one shape along a new axis."""
    tensors = _sequence("stack", tensors)
    if len({t.shape for t in tensors}) > 1:
        raise ShapeError(
            sentence("stack", "tensors", "of one shape", ", ".join(str(t.shape) for t in tensors))
        )
    return concat(
        [unsqueeze(t, axis) for t in tensors], normalize_axes("stack", axis, tensors[0].ndim + 1)[0]
    )


def _sequence(op, tensors):
    tensors = [as_tensor(t) for t in tensors]
    if not tensors:
        raise ShapeError(sentence(op, "tensors", "a sequence of at least one tensor", "an empty one"))
    check_same_dtype(op, **{f"tensors[{i}]": t for i, t in enumerate(tensors)})
    return tensors


def split(x, size, axis=0):
    """Cut a tensor along an axis, into pieces of length ``size`` or of the lengths in the list ``size``.

    Returns
    -------
    list of Tensor
    """
    x = as_tensor(x)
    (axis,) = normalize_axes("split", axis, x.ndim)
    length = x.shape[axis]
    if isinstance(size, (int, np.integer)):
        if size < 1:
            raise ShapeError(sentence("split", "size", "at least 1", size))
        size = [min(size, length - start) for start in range(0, length, size)] or [0]
    if sum(size) != length or any(n < 0 for n in size):
        raise ShapeError(
            sentence(
                "split", "size", f"lengths that add up to {length}, the length of axis {axis}", list(size)
            )
        )
    ends = np.cumsum(size)
    before = (slice(None),) * axis
    return [getitem(x, (*before, slice(int(end) - n, int(end)))) for end, n in zip(ends, size, strict=True)]


def chunk(x, chunks, axis=0):
    """Cut a tensor along an axis into ``chunks`` pieces of length ceil(length / chunks), the last shorter."""
    x = as_tensor(x)
    (a,) = normalize_axes("chunk", axis, x.ndim)
    if chunks < 1:
        raise ShapeError(sentence("chunk", "chunks", "at least 1", chunks))
    return split(x, max(1, -(-x.shape[a] // chunks)), a)


def flip(x, axis):
    """Reverse the order along one or several axes; its own transpose."""
    x = as_tensor(x)
    axes = normalize_axes("flip", axis, x.ndim)
    return getitem(x, tuple(slice(None, None, -1) if a in axes else slice(None) for a in range(x.ndim)))


def getitem(x, index):
    """``x[index]``: numbers, slices, None, ``...``, boolean masks and integer arrays, as NumPy defines them.

    The gradient is added back at the index, so an entry that is taken twice receives both.
    """
    x = as_tensor(x)
    index = _arrays(index)
    try:
        return GetItem(index=index)(x)
    except IndexError as error:
        raise LabelError(f"getitem: the index must fit a tensor of shape {x.shape}; {error}.") from None


def _arrays(index):
    """An index with its Tensors and lists replaced by arrays."""
    if isinstance(index, tuple):
        return tuple(_arrays(i) for i in index)
    if isinstance(index, Tensor):
        return index._array
    return np.asarray(index) if isinstance(index, list) else index


def _is_basic(index):
    """True when an index names no element twice: only numbers, slices, None and ``...``."""
    parts = index if isinstance(index, tuple) else (index,)
    return all(
        part is None or part is Ellipsis or isinstance(part, (int, np.integer, slice)) for part in parts
    )
