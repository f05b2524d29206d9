"""The errors that minicv raises about its arguments, and the sentences they are made of.

Every message has the same order, so that a reader finds the slip at once: the op, the argument, what was
expected, what came, and (where one can be guessed) the likely slip::

    roi_pool: boxes must be (R, 5) [batch index, x1, y1, x2, y2]; got (12, 4). Did you forget the batch index?

The classes derive from ValueError, TypeError, IndexError and RuntimeError, so that code written for NumPy or
PyTorch, which catches those, catches these.
"""


class ShapeError(ValueError):
    """An argument has the wrong rank or shape, or a parameter is out of its legal range."""


class DTypeError(TypeError):
    """An argument has the wrong dtype, or the dtypes of two arguments differ."""


class LabelError(IndexError):
    """A label or an index lies outside the range that it indexes."""


class GraphError(RuntimeError):
    """Backward was asked for something that the recorded graph cannot give."""


class DeviceError(RuntimeError):
    """Tensors of the CPU and of the GPU met in one op."""


def sentence(op, argument, expected, got, hint=None):
    """Compose the standard message: ``op: argument must be expected; got got. hint``.

    Examples
    --------
    >>> sentence("conv2d", "weight", "(K, C, kh, kw)", "(3, 3)")
    'conv2d: weight must be (K, C, kh, kw); got (3, 3).'
    """
    text = f"{op}: {argument} must be {expected}; got {got}."
    return f"{text} {hint}" if hint else text


def check_rank(op, argument, shape, ranks, layout, hint=None):
    """Raise ShapeError unless ``len(shape)`` is in ``ranks``; ``layout`` names the axes: "(N, C, H, W)"."""
    if len(shape) not in ranks:
        raise ShapeError(sentence(op, argument, layout, f"shape {tuple(shape)}", hint))


def check_float(op, argument, dtype):
    """Raise DTypeError unless ``dtype`` is floating point."""
    if dtype.kind != "f":
        hint = "Gradients and averages need real numbers: convert with .float() or .astype('float32')."
        raise DTypeError(sentence(op, argument, "a floating-point tensor", str(dtype), hint))


def check_same_dtype(op, **named):
    """Raise DTypeError unless all the named tensors (None is skipped) have one dtype."""
    if len({t.dtype for t in named.values() if t is not None}) > 1:
        dtypes = {name: t.dtype for name, t in named.items() if t is not None}
        got = ", ".join(f"{name} {dtype}" for name, dtype in dtypes.items())
        hint = "minicv never converts silently: use .to(dtype) on one of them (NumPy arrays are float64 by default)."
        raise DTypeError(sentence(op, " and ".join(dtypes), "of one dtype", got, hint))


def check_labels(op, argument, labels, low, high, hint=None):
    """Raise LabelError unless every entry of the integer array ``labels`` lies in ``low <= label < high``."""
    if labels.size == 0:
        return
    smallest, largest = int(labels.min()), int(labels.max())
    if smallest < low or largest >= high:
        worst = smallest if smallest < low else largest
        raise LabelError(sentence(op, argument, f"in {low}..{high - 1}", worst, hint))
