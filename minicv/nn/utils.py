"""Gradient clipping, under PyTorch's name, and freezing: which parameters learn."""

import math

from ..errors import sentence
from ..patterns import matching


def clip_grad_norm_(parameters, max_norm):
    """Scale all gradients by one factor, so that their common Euclidean norm is at most ``max_norm``.

    Parameters
    ----------
    parameters : iterable of Tensor
        Those without a gradient are passed over.
    max_norm : float

    Returns
    -------
    float
        The norm before.

    Notes
    -----
    Source: R. Pascanu, T. Mikolov, Y. Bengio, "On the difficulty of training recurrent neural networks", ICML 2013,
    algorithm 1.

    Examples
    --------
    >>> import minicv
    >>> x = minicv.tensor([3.0, 4.0], requires_grad=True)
    >>> (x * x / 2).sum().backward()
    >>> clip_grad_norm_([x], max_norm=1.0)
    5.0
    >>> x.grad
    tensor([0.6, 0.8])
    """
    if not max_norm > 0:
        raise ValueError(sentence("clip_grad_norm_", "max_norm", "above 0", max_norm))
    gradients = [p.grad.mutate() for p in parameters if p.grad is not None]
    norm = math.sqrt(sum(float((g * g).sum(dtype="float64")) for g in gradients))
    if norm > max_norm:
        for g in gradients:
            g *= max_norm / norm
    return norm


def freeze(module, patterns="*"):
    """Let parameters get no gradients, so that training leaves them as they are.

    Parameters
    ----------
    module : Module
    patterns : str or list of str
        Their names, or those of the parts that they are in; "*" and "?" stand for any characters.

    Returns
    -------
    list of str
        The names of the parameters that are frozen now.

    Raises
    ------
    ValueError
        A pattern fits no parameter.

    Notes
    -----
    Batch normalisation goes on updating its running statistics in training, frozen or not;
    ``module.bn1.eval()`` stops that, after every ``module.train()``.

    Examples
    --------
    >>> from minicv import nn
    >>> net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 8, 3))
    >>> freeze(net, "0")
    ['0.weight', '0.bias']
    >>> [name for name, p in net.named_parameters() if p.requires_grad]
    ['2.weight', '2.bias']
    """
    return _set_requires_grad("freeze", module, patterns, False)


def thaw(module, patterns="*"):
    """Undo :func:`freeze`: let parameters get gradients again.

    Examples
    --------
    >>> from minicv import nn
    >>> net = nn.Sequential(nn.Linear(4, 8), nn.Linear(8, 2))
    >>> frozen = freeze(net)
    >>> thaw(net, "1.*")
    ['1.weight', '1.bias']
    """
    return _set_requires_grad("thaw", module, patterns, True)


def _set_requires_grad(op, module, patterns, value):
    parameters = dict(module.named_parameters())
    names = matching(op, parameters, patterns)
    for name in names:
        parameters[name].requires_grad_(value)
    return names
