"""Module: a part of a model that owns its parameters and runs its forward pass.

A module finds what it owns by looking at its own attributes: every :class:`Parameter` and every :class:`Module`
among them belongs to it. Only a buffer has to be announced, because it is a plain Tensor. Names are the attributes'
names joined by dots, as in ``layer1.0.conv1.weight``; they are PyTorch's, so that published weights fit.
"""

from collections import namedtuple

import numpy as np

from ..backend import to_device
from ..errors import DTypeError, sentence
from ..tensor import Tensor, no_grad
from .hook import HookHandle
from .parameter import Parameter

IncompatibleKeys = namedtuple("IncompatibleKeys", ["missing_keys", "unexpected_keys"])


class Module:
    """Base class of every layer and model. A subclass assigns its parts in ``__init__`` and uses them in ``forward``.

    Attributes
    ----------
    training : bool
        True after ``train()``, False after ``eval()``; dropout and batch normalisation behave differently in the two.

    Examples
    --------
    >>> import minicv
    >>> from minicv import nn
    >>> class Affine(nn.Module):
    ...     def __init__(self, features):
    ...         super().__init__()
    ...         self.scale = nn.Parameter(minicv.ones(features))
    ...         self.shift = nn.Parameter(minicv.zeros(features))
    ...
    ...     def forward(self, x):
    ...         return x * self.scale + self.shift
    >>> net = nn.Sequential(Affine(2), nn.ReLU())
    >>> net(minicv.tensor([-1.0, 2.0]))
    tensor([0., 2.], creator=ReLU)
    >>> list(net.state_dict())
    ['0.scale', '0.shift']
    """

    # Entries of the state that older weight files lack and that may be missing when they are loaded.
    optional_state = frozenset()

    def __init__(self):
        self.training = True
        self._persistent = {}  # name of every buffer -> whether it belongs to the state_dict
        self._forward_hooks = {}

    # Running it

    def forward(self, *inputs):
        """Compute the outputs from the inputs. To be written by subclasses."""
        raise NotImplementedError(f"{type(self).__name__}: forward is not written yet.")

    def __call__(self, *args, **kwargs):
        output = self.forward(*args, **kwargs)
        for hook in tuple(self._forward_hooks.values()):
            changed = hook(self, args, output)
            output = output if changed is None else changed
        return output

    def register_forward_hook(self, hook):
        """Call ``hook(module, args, output)`` after every forward pass; a result other than None replaces the output.

        Returns
        -------
        HookHandle
            ``handle.remove()`` takes the hook away again; so does the end of ``with handle:``.

        Examples
        --------
        >>> import minicv
        >>> from minicv import nn
        >>> net, features = nn.Sequential(nn.Flatten(), nn.Linear(4, 2)), {}
        >>> with net.get_submodule("0").register_forward_hook(lambda m, x, y: features.update(flat=y)):
        ...     scores = net(minicv.ones(3, 2, 2))
        >>> features["flat"].shape
        (3, 4)
        """
        handle = HookHandle(self._forward_hooks)
        self._forward_hooks[handle] = hook
        return handle

    # Owning parts

    def __setattr__(self, name, value):
        if isinstance(value, (Parameter, Module)):
            self._require_init()
            if "." in name or not name:
                raise ValueError(
                    sentence(
                        type(self).__name__, "the name of a part", "non-empty and without dots", repr(name)
                    )
                )
        self._check_replacement(name, value)
        super().__setattr__(name, value)

    def _check_replacement(self, name, value):
        """Refuse what would silently drop a part from the model, such as an array in the place of a parameter."""
        held = vars(self).get(name)
        if held is None or value is None:
            return
        kind = next((k for k in (Parameter, Module) if isinstance(held, k)), None)
        if kind is None and name in vars(self).get("_persistent", ()):
            kind = Tensor
        if kind is not None and not isinstance(value, kind):
            hint = (
                "To change values in place: with minicv.no_grad(): x[...] = value."
                if kind is not Module
                else None
            )
            expected = f"a {kind.__name__}, as before, or None"
            raise TypeError(sentence(type(self).__name__, name, expected, f"a {type(value).__name__}", hint))

    def _require_init(self):
        if "_persistent" not in vars(self):
            raise AttributeError(
                f"{type(self).__name__}: call super().__init__() in __init__, before parts are assigned."
            )

    def __getattr__(self, name):  # called only for what is not there
        self._require_init()
        parts = ", ".join(
            part for part, value in vars(self).items() if isinstance(value, (Parameter, Module))
        )
        raise AttributeError(
            f"{type(self).__name__} has no attribute {name!r}. Its parts are: {parts or 'none'}."
        )

    def add_module(self, name, module):
        """Assign ``module`` to the attribute ``name``, which may be computed: "block3"."""
        if not isinstance(module, Module):
            raise TypeError(
                sentence(type(self).__name__, f"part {name}", "a Module", f"a {type(module).__name__}")
            )
        setattr(self, name, module)

    def register_buffer(self, name, tensor, persistent=True):
        """Assign a tensor that belongs to the module's state but is not learned, such as a running mean.

        Parameters
        ----------
        name : str
        tensor : Tensor or None
        persistent : bool
            Whether it is part of the ``state_dict``.
        """
        self._require_init()
        if tensor is not None and not isinstance(tensor, Tensor):
            got = f"a {type(tensor).__name__}"
            raise TypeError(
                sentence("register_buffer", name, "a Tensor or None", got, "Wrap it: minicv.tensor(...).")
            )
        setattr(self, name, tensor)
        self._persistent[name] = persistent

    def _parts(self, kind):
        return {name: value for name, value in vars(self).items() if isinstance(value, kind)}

    def _buffers(self):
        return {name: vars(self)[name] for name in self._persistent if vars(self).get(name) is not None}

    # Walking over parts. Shared parts are met once, under their first name.

    def _walk(self, prefix=""):
        """Yield (name, module) for this module and all below it, shared ones under each of their names."""
        yield prefix, self
        for name, child in self._parts(Module).items():
            yield from child._walk(_join(prefix, name))

    def _tensors(self, own, prefix, recurse):
        for path, module in self._walk(prefix) if recurse else [(prefix, self)]:
            for name, tensor in own(module).items():
                yield _join(path, name), tensor

    def named_parameters(self, prefix="", recurse=True):
        """Yield (name, Parameter) of this module and, with ``recurse``, of all below it."""
        return _once(self._tensors(lambda module: module._parts(Parameter), prefix, recurse))

    def named_buffers(self, prefix="", recurse=True):
        """Yield (name, Tensor) of every buffer."""
        return _once(self._tensors(lambda module: module._buffers(), prefix, recurse))

    def named_children(self):
        """Yield (name, module) of the modules directly below this one."""
        return _once(self._parts(Module).items())

    def named_modules(self, prefix=""):
        """Yield (name, module) of this module, whose name is "", and of all below it."""
        return _once(self._walk(prefix))

    def parameters(self, recurse=True):
        """Yield every parameter: what an optimiser is given."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def buffers(self, recurse=True):
        """Yield every buffer."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    def children(self):
        """Yield the modules directly below this one."""
        return (child for _, child in self.named_children())

    def modules(self):
        """Yield this module and all below it."""
        return (module for _, module in self.named_modules())

    def get_submodule(self, target):
        """Return the module that ``named_modules`` calls ``target``: "layer1.0.conv1"; "" is this module itself."""
        named = dict(self._walk())
        if target not in named:
            hint = f"Its modules are: {', '.join(filter(None, named))}."
            raise AttributeError(
                sentence("get_submodule", "target", f"a name from {type(self).__name__}", repr(target), hint)
            )
        return named[target]

    # Changing all of it

    def apply(self, fn):
        """Call ``fn(module)`` on every module, children first, and return this module: for initialisation."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def train(self, mode=True):
        """Switch to training (True) or evaluation (False) behaviour, here and below."""
        self.training = mode
        for child in self.children():
            child.train(mode)
        return self

    def eval(self):
        """Switch to evaluation behaviour: ``train(False)``."""
        return self.train(False)

    def zero_grad(self):
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.zero_grad()

    def requires_grad_(self, requires_grad=True):
        """Let all parameters get gradients, or freeze them (False)."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def to(self, target):
        """Convert the module in place to a floating-point dtype, or move it to a device.

        Parameters
        ----------
        target : dtype or {"cpu", "cuda"}
            A dtype converts what is floating point, and leaves counters and indices alone.
        """
        device = isinstance(target, str) and target in ("cpu", "cuda")
        if not device and not _is_float_dtype(target):
            expected = 'a floating-point dtype or a device ("cpu", "cuda")'
            raise DTypeError(sentence("to", "target", expected, repr(target)))
        with no_grad():
            for tensor in (*self.parameters(), *self.buffers()):
                if device or tensor.dtype.kind == "f":
                    tensor.data = tensor.to(target).data
                    tensor.grad = tensor.grad.to(target) if tensor.grad is not None else None
        return self

    def float(self):
        """Convert to float32."""
        return self.to(np.float32)

    def double(self):
        """Convert to float64, as gradient checks need."""
        return self.to(np.float64)

    # Saving and loading

    def _state(self):
        """(name, tensor) of every entry of the state_dict; what is shared stands there under each of its names."""

        def own(module):
            buffers = module._buffers().items()
            return module._parts(Parameter) | {name: t for name, t in buffers if module._persistent[name]}

        return dict(self._tensors(own, "", recurse=True))

    def state_dict(self, keep_vars=False):
        """Return the parameters and persistent buffers as a dict of name to ndarray.

        The arrays are copies, on the CPU: they keep the state of this moment, and further training does not change
        them. (PyTorch's ``state_dict`` shares memory with the model.)

        Parameters
        ----------
        keep_vars : bool
            Whether to return the model's own Tensors instead.
        """
        state = self._state()
        return state if keep_vars else {name: np.array(tensor.numpy()) for name, tensor in state.items()}

    def load_state_dict(self, state_dict, strict=True):
        """Copy values into the parameters and buffers, converted to their dtypes and devices.

        Parameters
        ----------
        state_dict : dict of str to ndarray or Tensor
        strict : bool
            Whether missing and unexpected names are errors. A wrong shape always is.

        Returns
        -------
        IncompatibleKeys
            The lists ``missing_keys`` and ``unexpected_keys``: all empty when ``strict``.

        Raises
        ------
        RuntimeError
            The state does not fit. The message lists everything that is wrong, and nothing was loaded.
        """
        mine, given = self._state(), {name: _numpy(value) for name, value in state_dict.items()}
        keys = IncompatibleKeys(
            [name for name in mine if name not in given and not self._may_be_missing(name)],
            [name for name in given if name not in mine],
        )
        problems = [
            problem for name in mine if name in given for problem in _misfit(name, mine[name], given[name])
        ]
        if strict:
            problems = [f"missing: {name}" for name in keys.missing_keys] + problems
            problems += [f"unexpected: {name}" for name in keys.unexpected_keys]
        if problems:
            heading = (
                f"load_state_dict: the state does not fit {type(self).__name__}, and nothing was loaded:"
            )
            raise RuntimeError("\n    ".join([heading, *problems]))
        for name in mine.keys() & given.keys():
            mine[name].mutate()[...] = to_device(given[name], mine[name].device)
        return keys

    def _may_be_missing(self, name):
        path, _, last = name.rpartition(".")
        return last in self.get_submodule(path).optional_state

    # Showing it

    def extra_repr(self):
        """The settings of a layer, as its repr shows them between the parentheses."""
        return ""

    def __repr__(self):
        parts = [f"({name}): {child!r}".replace("\n", "\n  ") for name, child in self._parts(Module).items()]
        settings = self.extra_repr()
        if not parts:
            return f"{type(self).__name__}({settings})"
        lines = ([settings] if settings else []) + parts
        return "\n  ".join([f"{type(self).__name__}(", *lines]) + "\n)"


def _join(prefix, name):
    return f"{prefix}.{name}" if prefix else name


def _once(named):
    """Pass on (name, part) pairs, each part the first time only."""
    seen = set()
    for name, part in named:
        if id(part) not in seen:
            seen.add(id(part))
            yield name, part


def _is_float_dtype(target):
    try:
        return np.dtype(target).kind == "f"
    except TypeError:
        return False


def _numpy(value):
    return value.numpy() if isinstance(value, Tensor) else np.asarray(value)


def _misfit(name, mine, given):
    """Yield what keeps the array ``given`` from being copied into the tensor ``mine``."""
    if mine.shape != given.shape:
        yield f"wrong shape: {name} is {mine.shape} in the module, {given.shape} in the state"
    elif not np.can_cast(given.dtype, mine.dtype, "same_kind"):
        yield f"wrong dtype: {name} is {mine.dtype} in the module, {given.dtype} in the state"
