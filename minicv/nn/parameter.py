"""Parameter: a tensor that a module learns."""

from ..tensor import Tensor


class Parameter(Tensor):
    """A leaf tensor that becomes a parameter of the :class:`Module` it is assigned to.

    Parameters
    ----------
    data : ndarray or Tensor
        The starting value, used without a copy.
    requires_grad : bool
        False freezes the parameter: it keeps its place in the ``state_dict``, but gets no gradient.

    Examples
    --------
    >>> import minicv
    >>> Parameter(minicv.zeros(2))
    Parameter containing:
    tensor([0., 0.], requires_grad=True)
    """

    __slots__ = ()

    def __init__(self, data, requires_grad=True):
        super().__init__(data.data if isinstance(data, Tensor) else data, requires_grad)

    def __repr__(self):
        return f"Parameter containing:\n{super().__repr__()}"
