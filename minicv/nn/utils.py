"""Gradient clipping, under PyTorch's names."""

import math

from ..errors import sentence


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
