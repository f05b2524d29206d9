"""Arithmetic and functions of single numbers, with NumPy's broadcasting.

The gradient of an operand that was broadcast is summed over the axes along which it was repeated
(``sum_to``): broadcast and sum are transposes of each other.
"""

import numbers

import numpy as np

from .. import kernels
from ..backend import as_array, get_array_module, is_array
from ..errors import DTypeError, ShapeError, check_float, check_same_dtype, sentence
from ..function import Function
from ..tensor import Tensor, as_tensor
from .reduce import sum_to


def operands(op, *values):
    """Make tensors of one dtype of an op's operands; Python numbers adopt the dtype of the tensors."""
    like = values[0] if type(values[0]) is Tensor else _first_tensor(values)
    tensors = [v if type(v) is Tensor else _adopt(op, v, like) for v in values]
    for other in tensors:
        if other._array.dtype != like._array.dtype:
            check_same_dtype(op, **{f"operand {i}": t for i, t in enumerate(tensors)})
    check_broadcast(op, *tensors)
    return tensors


def _first_tensor(values):
    """The first tensor among the values, or what becomes one first: an array rather than a number."""
    tensors = [v for v in values if isinstance(v, Tensor)]
    return as_tensor((tensors or [v for v in values if is_array(v)] or values)[0])


def check_broadcast(op, *tensors):
    """Raise ShapeError unless the shapes of the tensors broadcast."""
    shapes = {t._array.shape for t in tensors}
    if len(shapes - {()}) < 2:  # one shape, and perhaps numbers: nothing to find out
        return
    try:
        np.broadcast_shapes(*shapes)
    except ValueError:
        got = " and ".join(str(t.shape) for t in tensors)
        hint = "Axes are aligned from the right; x.unsqueeze(axis) inserts one of length 1 to repeat along."
        raise ShapeError(
            sentence(op, "operands", "of shapes that broadcast (equal, or 1, axis by axis)", got, hint)
        ) from None


def _adopt(op, value, like):
    if not isinstance(value, (numbers.Number, np.generic)):
        return as_tensor(value)
    dtype = like.dtype
    if dtype.kind in "iub" and isinstance(value, (float, np.floating)):
        hint = "minicv never converts silently: use x.float() for a real-valued result."
        raise DTypeError(sentence(op, "number", f"an integer beside a tensor of {dtype}", value, hint))
    return Tensor(get_array_module(like._array).asarray(value, dtype=dtype))


class Masked(Function):
    """x where ``mask`` holds, 0 elsewhere: a linear map that is its own transpose."""

    def forward(self, x):
        return kernels.masked(x, self.mask)

    def backward(self, g):
        return Masked(mask=self.mask)(g)


class Binary(Function):
    """An op of two operands that broadcast: backward gives the gradients before the sums over repeated axes."""

    def backward(self, g):
        gradients = self.partials(g)
        return tuple(
            sum_to(p(), e.shape) if e.requires_grad else None
            for p, e in zip(gradients, self.edges, strict=True)
        )


class Add(Binary):
    def forward(self, a, b):
        return kernels.elementwise(np.add, a, b)

    def partials(self, g):
        return lambda: g, lambda: g


class Sub(Binary):
    def forward(self, a, b):
        return kernels.elementwise(np.subtract, a, b)

    def partials(self, g):
        return lambda: g, lambda: -g


class Mul(Binary):
    def forward(self, a, b):
        self.save(a, b)
        return kernels.elementwise(np.multiply, a, b)

    def partials(self, g):
        a, b = self.saved
        return lambda: g * b, lambda: g * a


class Div(Binary):
    def forward(self, a, b):
        self.save(a, b)
        return kernels.elementwise(np.divide, a, b)

    def partials(self, g):
        a, b = self.saved
        return lambda: g / b, lambda: -g * a / (b * b)


class Maximum(Binary):
    """The larger of a and b; where they are equal each gets half of the gradient, as in PyTorch."""

    choose, wins_or_ties = np.maximum, np.greater_equal

    def forward(self, a, b):
        self.save(a, b)
        return kernels.elementwise(self.choose, a, b)

    def partials(self, g):
        a, b = (t._array for t in self.saved)
        shared = where(Tensor(as_array(a == b)), 0.5 * g, g)
        return (
            lambda: Masked(mask=self.wins_or_ties(a, b))(shared),
            lambda: Masked(mask=self.wins_or_ties(b, a))(shared),
        )


class Minimum(Maximum):
    """The smaller of a and b."""

    choose, wins_or_ties = np.minimum, np.less_equal


class Where(Function):
    """a where ``mask`` holds, b elsewhere."""

    def forward(self, a, b):
        return kernels.select(a, b, self.mask)

    def backward(self, g):
        a, b = self.edges
        return (
            sum_to(Masked(mask=self.mask)(g), a.shape) if a.requires_grad else None,
            sum_to(Masked(mask=~self.mask)(g), b.shape) if b.requires_grad else None,
        )


class Neg(Function):
    def forward(self, x):
        return kernels.elementwise(np.negative, x)

    def backward(self, g):
        return -g


class Exp(Function):
    def forward(self, x):
        y = kernels.elementwise(np.exp, x)
        self.save(y)
        return y

    def backward(self, g):
        (y,) = self.saved
        return g * y


class Log(Function):
    def forward(self, x):
        self.save(x)
        with np.errstate(
            divide="ignore", invalid="ignore"
        ):  # log(0) = -inf and log(-1) = nan, as in PyTorch, without a warning
            return kernels.elementwise(np.log, x)

    def backward(self, g):
        (x,) = self.saved
        return g / x


class Sqrt(Function):
    def forward(self, x):
        with np.errstate(invalid="ignore"):
            y = kernels.elementwise(np.sqrt, x)
        self.save(y)
        return y

    def backward(self, g):
        (y,) = self.saved
        return g / (2 * y)


class Abs(Function):
    """|x|, with gradient 0 at 0."""

    def forward(self, x):
        self.save(x)
        return kernels.elementwise(np.abs, x)

    def backward(self, g):
        (x,) = self.saved
        return g * Tensor(kernels.elementwise(np.sign, x._array))


class Clip(Function):
    """x limited to [low, high]; the gradient passes where low <= x <= high."""

    def forward(self, x):
        self.save(x)
        return np.clip(x, self.low, self.high)

    def backward(self, g):
        x = self.saved[0]._array
        inside = np.ones_like(x, dtype=bool)
        if self.low is not None:
            inside &= x >= self.low
        if self.high is not None:
            inside &= x <= self.high
        return Masked(mask=inside)(g)


class Cast(Function):
    """The same numbers in another floating-point dtype; the gradient is cast back."""

    def forward(self, x):
        self.before = x.dtype
        return x.astype(self.dtype)

    def backward(self, g):
        return Cast(dtype=self.before)(g)


class ToDevice(Function):
    """The same numbers on another device; the gradient travels back."""

    def forward(self, x):
        from ..backend import device_of, to_device

        self.before = device_of(x)
        return to_device(x, self.device)

    def backward(self, g):
        return ToDevice(device=self.before)(g)


def add(a, b):
    """a + b, element by element."""
    return Add()(*operands("add", a, b))


def sub(a, b):
    """a - b, element by element."""
    return Sub()(*operands("sub", a, b))


def mul(a, b):
    """a * b, element by element."""
    return Mul()(*operands("mul", a, b))


def div(a, b):
    """a / b, element by element. Floating point only; division by zero gives inf or nan, as in PyTorch."""
    a, b = operands("div", a, b)
    check_float("div", "operands", a.dtype)
    with np.errstate(divide="ignore", invalid="ignore"):
        return Div()(a, b)


def maximum(a, b):
    """The larger of a and b, element by element; where they are equal each gets half of the gradient."""
    return Maximum()(*operands("maximum", a, b))


def minimum(a, b):
    """The smaller of a and b, element by element; where they are equal each gets half of the gradient."""
    return Minimum()(*operands("minimum", a, b))


def where(condition, a, b):
    """Take a where ``condition`` (boolean) holds and b elsewhere.

    Examples
    --------
    >>> import minicv
    >>> x = minicv.tensor([-1.0, 2.0])
    >>> minicv.where(x > 0, x, 0.0)
    tensor([0., 2.])
    """
    condition = as_tensor(condition)
    if condition.dtype != bool:
        raise DTypeError(
            sentence("where", "condition", "boolean", condition.dtype, "Write a comparison, such as x > 0.")
        )
    a, b = operands("where", a, b)
    check_broadcast("where", condition, a, b)
    return Where(mask=condition._array)(a, b)


def neg(x):
    """-x."""
    return Neg()(as_tensor(x))


def exp(x):
    """e to the power x, element by element."""
    return Exp()(_real("exp", x))


def log(x):
    """Natural logarithm, element by element: -inf at 0, nan below."""
    return Log()(_real("log", x))


def sqrt(x):
    """Square root, element by element. The gradient at 0 is infinite: 1 / (2 sqrt(x))."""
    return Sqrt()(_real("sqrt", x))


def abs(x):
    """Absolute value; its gradient at 0 is 0."""
    return Abs()(as_tensor(x))


def clip(x, min=None, max=None):
    """Limit x to the numbers [``min``, ``max``]; either may be None. No gradient passes outside the interval."""
    if min is None and max is None:
        raise ValueError("clip: at least one of min and max must be given.")
    x = as_tensor(x)
    low, high = (None if n is None else _bound(n, x) for n in (min, max))
    return Clip(low=low, high=high)(x)


def _bound(value, x):
    if not isinstance(value, (numbers.Number, np.generic)):
        hint = "Tensors as bounds: minicv.maximum(minicv.minimum(x, high), low)."
        raise DTypeError(sentence("clip", "min and max", "numbers", type(value).__name__, hint))
    return _adopt("clip", value, x)._array


def _real(op, x):
    x = as_tensor(x)
    check_float(op, "input", x.dtype)
    return x


def compare(name, a, b):
    """A comparison or logical connection, by the name of NumPy's function: "less", "bitwise_and". No gradient."""
    a, b = operands(name, a, b)
    return as_tensor(getattr(np, name)(a._array, b._array))


def to(x, target):
    """Convert to a dtype ("float32", numpy.float64, ...) or move to a device ("cpu", "cuda"), with gradient."""
    x = as_tensor(x)
    if isinstance(target, str) and target in ("cpu", "cuda"):
        return x if x.device == target else ToDevice(device=target)(x)
    try:
        dtype = np.dtype(target)
    except TypeError:
        raise DTypeError(
            f'to: the target must be a dtype or a device ("cpu", "cuda"); got {target!r}.'
        ) from None
    return x if x.dtype == dtype else Cast(dtype=dtype)(x)
