"""What is alive."""

import gc

from ..tensor import Tensor


def live_tensors():
    """Return the number of Tensors in memory, garbage that awaits its collection included.

    A training loop that holds on to old graphs shows here: the number grows from step to step.

    Examples
    --------
    >>> import minicv
    >>> before = live_tensors()
    >>> x = minicv.ones(3)
    >>> live_tensors() - before
    1
    """
    return sum(issubclass(type(thing), Tensor) for thing in gc.get_objects())
