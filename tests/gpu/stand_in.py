"""A stand-in for CuPy on a machine without a GPU: arrays that NumPy cannot touch, and no more than CuPy can do.

The numbers lie in a NumPy array, and NumPy computes. What is CuPy's is the face: which functions, methods and keywords
there are, what is refused (a NumPy array beside one of the device, an implicit conversion), that results without
axes stay arrays, that nothing warns. Whatever passes here meets the same face there; test_stand_in.py compares the
two where CuPy is installed.

Every crossing between host and device is noted in ``traffic``.
"""

import importlib
import sys
import time
import types
from contextlib import contextmanager

import numpy as np

from tests.kernels.shim import ROOT, RawModule

# What minicv uses of CuPy, with the keywords that CuPy knows.
UFUNCS = """abs absolute add bitwise_and bitwise_or bitwise_xor ceil cos divide equal exp expm1 floor floor_divide
greater greater_equal invert isfinite isinf isnan less less_equal log log1p logical_and logical_not logical_or maximum
minimum multiply negative not_equal power remainder rint sign sin sqrt square subtract tanh true_divide""".split()
FUNCTIONS = {
    "all": "axis keepdims",
    "any": "axis keepdims",
    "argmax": "axis keepdims",
    "argmin": "axis keepdims",
    "argsort": "axis kind",
    "broadcast_to": "",
    "clip": "",
    "concatenate": "axis dtype",
    "copy": "",
    "count_nonzero": "axis",
    "cumsum": "axis dtype",
    "empty_like": "dtype shape",
    "expand_dims": "",
    "flatnonzero": "",
    "flip": "",
    "full_like": "dtype shape",
    "matmul": "dtype",
    "max": "axis keepdims",
    "mean": "axis dtype keepdims",
    "min": "axis keepdims",
    "moveaxis": "",
    "ones_like": "dtype shape",
    "prod": "axis dtype keepdims",
    "ravel": "",
    "repeat": "axis",
    "reshape": "",
    "searchsorted": "side",
    "squeeze": "axis",
    "stack": "axis dtype",
    "sum": "axis dtype keepdims",
    "take": "axis",
    "take_along_axis": "axis",
    "transpose": "",
    "unique": "",
    "where": "",
    "zeros_like": "dtype shape",
}
METHODS = {
    "all": "axis keepdims",
    "any": "axis keepdims",
    "argmax": "axis keepdims",
    "argmin": "axis keepdims",
    "astype": "copy",
    "clip": "min max",
    "copy": "",
    "cumsum": "axis dtype",
    "flatten": "",
    "max": "axis keepdims",
    "mean": "axis dtype keepdims",
    "min": "axis keepdims",
    "prod": "axis dtype keepdims",
    "ravel": "",
    "repeat": "axis",
    "reshape": "",
    "squeeze": "axis",
    "sum": "axis dtype keepdims",
    "swapaxes": "",
    "take": "axis",
    "transpose": "",
    "view": "",
}
CREATION = {"arange": "dtype", "empty": "dtype", "full": "dtype", "ones": "dtype", "zeros": "dtype"}

traffic = []  # ("up" or "down", number of elements) of every crossing, in order


class ndarray:
    """An array of the device."""

    __module__ = "cupy"
    __array_priority__ = 100
    __hash__ = None

    def __init__(self, host, base=None):
        self.host, self.base = host, base

    shape = property(lambda self: self.host.shape)
    dtype = property(lambda self: self.host.dtype)
    ndim = property(lambda self: self.host.ndim)
    size = property(lambda self: self.host.size)
    itemsize = property(lambda self: self.host.itemsize)
    nbytes = property(lambda self: self.host.nbytes)
    strides = property(lambda self: self.host.strides)
    T = property(lambda self: self.transpose())

    @property
    def flags(self):
        ours = self.host.flags
        return types.SimpleNamespace(
            c_contiguous=ours.c_contiguous, f_contiguous=ours.f_contiguous, owndata=self.base is None
        )

    # Down to the host

    def get(self):
        traffic.append(("down", self.size))
        return self.host.copy()

    def item(self):
        if self.size != 1:
            raise ValueError("can only convert an array of size 1 to a Python scalar")
        return self.get().item()

    def tolist(self):
        return self.get().tolist()

    def __bool__(self):
        return bool(self.get())

    def __int__(self):
        return int(self.get())

    def __index__(self):
        return self.get().__index__()

    def __float__(self):
        return float(self.get())

    def __repr__(self):
        return repr(self.get())

    def __array__(self, dtype=None, copy=None):
        raise TypeError(
            "Implicit conversion to a NumPy array is not allowed. "
            "Please use `.get()` to construct a NumPy array explicitly."
        )

    # What NumPy's functions do with it

    def __array_ufunc__(self, ufunc, method, *inputs, out=None, **keywords):
        if ufunc.__name__ not in (*UFUNCS, "matmul") or method not in ("__call__", "at"):
            return NotImplemented
        if method == "at":
            return getattr(module, ufunc.__name__).at(*inputs)
        if out is not None:
            keywords["out"] = out[0]
        return getattr(module, ufunc.__name__)(*inputs, **keywords)

    def __array_function__(self, function, kinds, arguments, keywords):
        if function.__module__ != "numpy" or not hasattr(module, function.__name__):
            return NotImplemented
        return getattr(module, function.__name__)(*arguments, **keywords)

    # Parts

    def __len__(self):
        return len(self.host)

    def __iter__(self):
        return (self[i] for i in range(len(self)))

    def __getitem__(self, index):
        return _up(self.host[_index(self, index)], (self,))

    def __setitem__(self, index, value):
        if isinstance(value, np.ndarray) and value.ndim:
            raise ValueError("non-scalar numpy.ndarray cannot be used for fill")
        with np.errstate(all="ignore"):
            self.host[_index(self, index)] = value.host if isinstance(value, ndarray) else value

    def fill(self, value):
        self[...] = value


def _index(array, index):
    """An index for NumPy. CuPy wraps indices in arrays that are out of range: here that is an error of the caller's."""
    parts = index if isinstance(index, tuple) else (index,)
    traffic.extend(("up", np.size(p)) for p in parts if isinstance(p, (np.ndarray, list)))
    lowered = tuple(p.host if isinstance(p, ndarray) else p for p in parts)
    try:
        np.empty(array.shape, np.bool_)[lowered]
    except IndexError as error:
        if any(isinstance(p, np.ndarray) and p.dtype != bool for p in lowered):
            raise AssertionError(f"CuPy would wrap this index silently: {error}") from None
        raise
    return lowered if isinstance(index, tuple) else lowered[0]


def _down(value):
    """An argument for NumPy, if CuPy's function would take it."""
    if isinstance(value, ndarray):
        return value.host
    if isinstance(value, np.ndarray):
        raise TypeError(f"Unsupported type {type(value)}")
    if isinstance(value, (tuple, list)):
        return type(value)(map(_down, value))
    return value


def _up(result, operands):
    """A result of NumPy's as an array of the device; a view of an operand keeps that alive."""
    for operand in operands:
        if result is operand.host:
            return operand
        if isinstance(result, np.ndarray) and np.may_share_memory(result, operand.host):
            return ndarray(result, operand if operand.base is None else operand.base)
    return ndarray(np.asarray(result))


def _taking(name, function, known):
    """``function`` of NumPy's, taking arrays of the device and the keywords that CuPy knows."""
    known = set(known.split())

    def call(*arguments, **keywords):
        if keywords.keys() - known:
            raise TypeError(f"{name}() got an unexpected keyword argument {min(keywords.keys() - known)!r}")
        lowered = [_down(a) for a in arguments], {k: _down(v) for k, v in keywords.items()}
        with np.errstate(all="ignore"):
            result = function(*lowered[0], **lowered[1])
        every = (*arguments, *keywords.values())
        return _up(result, [a for a in every if isinstance(a, ndarray)])

    call.__name__ = name
    return call


def _ufunc(name):
    call = _taking(name, getattr(np, name), "out dtype casting")

    def at(array, index, value):
        getattr(np, name).at(array.host, _index(array, index), _down(value))

    call.at = at
    return call


def array(value, dtype=None, copy=True, order="K"):
    """CuPy's own way up to the device; of arrays that are there it makes a copy only if it must, or if told to."""
    if isinstance(value, ndarray):
        made = np.array(value.host, dtype=dtype, copy=copy or None, order=order)
        return value if made is value.host else _up(made, (value,))
    if isinstance(value, (tuple, list)) and any(isinstance(v, ndarray) for v in value):
        return module.stack([array(v, dtype) for v in value])
    traffic.append(("up", np.size(value)))
    return ndarray(np.array(value, dtype=dtype, order=order))


def asarray(value, dtype=None, order=None, *, copy=None):
    return array(value, dtype, bool(copy), order or "K")


def ascontiguousarray(value, dtype=None):
    return array(value, dtype, False, "C")


class _Grid:
    """cupy.ogrid."""

    def __getitem__(self, slices):
        return [ndarray(a) for a in np.ogrid[slices]]


class Generator:
    """cupy.random.Generator: other numbers than NumPy's in truth, and fewer methods."""

    def __init__(self, seed):
        self._host = np.random.default_rng(seed)

    def random(self, size=None, dtype=np.float64):
        return ndarray(np.asarray(self._host.random(size, dtype)))

    def standard_normal(self, size=None, dtype=np.float64):
        return ndarray(np.asarray(self._host.standard_normal(size, dtype)))

    def integers(self, low, high=None, size=None, dtype=np.int64):
        return ndarray(np.asarray(self._host.integers(low, high, size, dtype)))


class Event:
    """cupy.cuda.Event, by the clock of the host."""

    def record(self):
        self.seconds = time.perf_counter()

    def synchronize(self):
        pass


def _module():
    """The module that stands for ``cupy``."""
    made = types.ModuleType("cupy")
    made.__version__ = "0 (stand-in)"
    made.ndarray, made.RawModule = ndarray, RawModule
    made.array, made.asarray, made.ascontiguousarray = array, asarray, ascontiguousarray
    made.ogrid = _Grid()
    made.asnumpy = lambda value: value.get() if isinstance(value, ndarray) else np.asarray(value)
    for name in UFUNCS:
        setattr(made, name, _ufunc(name))
    for name, known in (CREATION | FUNCTIONS).items():
        setattr(made, name, _taking(name, getattr(np, name), known + " out"))
    made.random = types.SimpleNamespace(default_rng=Generator, Generator=Generator)
    made.copyto = lambda to, value: to.__setitem__(..., value)
    made.get_default_memory_pool = lambda: types.SimpleNamespace(free_all_blocks=lambda: None)
    runtime = types.SimpleNamespace(
        CUDARuntimeError=type("CUDARuntimeError", (RuntimeError,), {}),
        getDeviceCount=lambda: 1,
        getDeviceProperties=lambda device: {"name": b"stand-in"},
        driverGetVersion=lambda: 0,
        runtimeGetVersion=lambda: 0,
    )
    made.cuda = types.SimpleNamespace(
        runtime=runtime,
        Device=lambda number=0: types.SimpleNamespace(synchronize=lambda: None),
        Event=Event,
        get_elapsed_time=lambda start, stop: 1e3 * (stop.seconds - start.seconds),
    )
    return made


OPERATORS = {
    **dict(
        add="add", sub="subtract", mul="multiply", truediv="divide", floordiv="floor_divide", mod="remainder"
    ),
    **{"pow": "power", "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor", "matmul": "matmul"},
}
COMPARISONS = dict(lt="less", le="less_equal", gt="greater", ge="greater_equal", eq="equal", ne="not_equal")

module = _module()


def _operator(name, reflected=False, in_place=False):
    def call(self, other):
        if getattr(other, "__array_ufunc__", self) is None:
            return NotImplemented  # the other side, a Tensor, knows what to do
        a, b = (other, self) if reflected else (self, other)
        return getattr(module, name)(a, b, **({"out": self} if in_place else {}))

    return call


for _name, _function in OPERATORS.items():
    setattr(ndarray, f"__{_name}__", _operator(_function))
    setattr(ndarray, f"__r{_name}__", _operator(_function, reflected=True))
    setattr(ndarray, f"__i{_name}__", _operator(_function, in_place=True))
for _name, _function in COMPARISONS.items():
    setattr(ndarray, f"__{_name}__", _operator(_function))
ndarray.__neg__ = lambda self: module.negative(self)
ndarray.__invert__ = lambda self: module.invert(self)
ndarray.__abs__ = lambda self: module.absolute(self)
for _name, _known in METHODS.items():
    setattr(ndarray, _name, _taking(_name, getattr(np.ndarray, _name), _known))


def load_leaf():
    """The modules of ``kernels/gpu``, imported a second time with the stand-in: name of a module -> module."""
    package = types.ModuleType("host_kernels")
    package.__path__ = [str(ROOT / "kernels")]
    sys.modules["host_kernels"] = package
    with installed():
        names = sorted(p.stem for p in (ROOT / "kernels" / "gpu").glob("[a-z]*.py"))
        return {name: importlib.import_module(f"host_kernels.gpu.{name}") for name in names}


@contextmanager
def installed():
    """Let ``import cupy`` give the stand-in for the length of a ``with`` block."""
    before = sys.modules.get("cupy")
    sys.modules["cupy"] = module
    try:
        yield module
    finally:
        del sys.modules["cupy"]
        if before is not None:
            sys.modules["cupy"] = before
