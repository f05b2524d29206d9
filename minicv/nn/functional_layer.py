"""What layers without parameters have in common."""

from .module import Module


class FunctionalLayer(Module):
    """A function of :mod:`minicv.functional` together with its settings.

    The settings are attributes under the names of the function's arguments, so that a subclass calls it with
    ``**self.settings``, and repr can show them.

    Examples
    --------
    >>> from minicv import nn
    >>> nn.MaxPool2d(2).settings
    {'kernel_size': 2, 'stride': 2, 'padding': 0, 'dilation': 1, 'return_indices': False, 'ceil_mode': False}
    """

    def __init__(self, **settings):
        super().__init__()
        self._names = tuple(settings)
        for name, value in settings.items():
            setattr(self, name, value)

    @property
    def settings(self):
        """The settings as they are now: a layer's attributes may be changed."""
        return {name: getattr(self, name) for name in self._names}

    def extra_repr(self):
        return ", ".join(f"{name}={value!r}" for name, value in self.settings.items())
