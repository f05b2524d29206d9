"""Who made the first number that is not finite: the op, and the layer that called it."""

from ..hooks import FirstNaN
from ..tensor import no_grad


def blame(model, compute):
    """Compute again, and say in a sentence where the first NaN or infinity came from.

    Parameters
    ----------
    model : Module
    compute : callable
        The forward pass that gave a loss which is not finite.

    Returns
    -------
    str

    Examples
    --------
    >>> import minicv
    >>> from minicv import nn
    >>> class Logarithm(nn.Module):
    ...     def forward(self, x):
    ...         return minicv.log(x)
    >>> model = nn.Sequential(nn.Identity(), Logarithm())
    >>> print(blame(model, lambda: model(minicv.tensor([1.0, 0.0]))).partition(":")[0])
    The first number that is not finite came in 1
    """
    layers = {module: name or type(model).__name__ for name, module in model.named_modules()}
    running = []  # layers, the innermost last
    for module in layers:
        # In the instance, where Python finds it before the method of the class.
        vars(module)["forward"] = _noting(module, running)
    try:
        with no_grad(), FirstNaN():
            compute()
    except FloatingPointError as error:
        layer = f"in {layers[running[-1]]}" if running else "after the last layer"
        return f"The first number that is not finite came {layer}: {error}"
    finally:
        for module in layers:
            del vars(module)["forward"]
    return "Computed again it is finite: was something changed meanwhile?"


def _noting(module, running):
    """The module's forward, which notes when it begins and ends."""
    forward = module.forward

    def noted(*args, **kwargs):
        running.append(module)
        output = forward(*args, **kwargs)
        running.pop()  # not after an error: then the layer stays where it is looked for
        return output

    return noted
