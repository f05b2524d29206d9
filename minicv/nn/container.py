"""Modules that hold other modules in order."""

from .module import Module


class _Numbered(Module):
    """Modules under the names "0", "1", ..., with the reading half of a list's interface."""

    def append(self, module):
        """Add a module at the end, under the next free number, and return the container."""
        number = len(self)
        while hasattr(self, str(number)):  # a slice of a Sequential keeps its names, and so may start at 2
            number += 1
        self.add_module(str(number), module)
        return self

    def extend(self, modules):
        """Add modules at the end, and return the container."""
        for module in modules:
            self.append(module)
        return self

    def __len__(self):
        return len(self._parts(Module))

    def __iter__(self):
        return iter(self._parts(Module).values())

    def __getitem__(self, index):
        return list(self)[index]

    def __setitem__(self, index, module):
        setattr(self, list(self._parts(Module))[index], module)


class Sequential(_Numbered):
    """Modules applied one after the other: ``Sequential(f, g)(x)`` is g(f(x)).

    Parameters
    ----------
    *modules : Module
        The steps, which get the names "0", "1", ...; or one dict of name to module.

    Examples
    --------
    >>> from minicv import nn
    >>> nn.Sequential(nn.Linear(4, 3), nn.ReLU())
    Sequential(
      (0): Linear(in_features=4, out_features=3, bias=True)
      (1): ReLU()
    )
    """

    def __init__(self, *modules):
        super().__init__()
        named = modules[0] if len(modules) == 1 and isinstance(modules[0], dict) else dict(enumerate(modules))
        for name, module in named.items():
            self.add_module(str(name), module)

    def forward(self, x):
        for module in self:
            x = module(x)
        return x

    def __getitem__(self, index):
        if isinstance(index, slice):  # the steps keep their names, and with them the names of their weights
            return Sequential(dict(list(self._parts(Module).items())[index]))
        return super().__getitem__(index)


class ModuleList(_Numbered):
    """A list of modules whose parameters are found, unlike those in a plain Python list. It has no forward pass.

    Parameters
    ----------
    modules : iterable of Module
    """

    def __init__(self, modules=()):
        super().__init__()
        self.extend(modules)

    def __getitem__(self, index):
        return ModuleList(list(self)[index]) if isinstance(index, slice) else super().__getitem__(index)
