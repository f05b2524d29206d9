"""Stochastic gradient descent."""

import numpy as np

from .. import kernels
from .optimizer import Optimizer


class SGD(Optimizer):
    """Gradient descent, with momentum: a ball that rolls down the loss.

    v = momentum v + (1 - dampening) g, x = x - lr v; the first step starts with v = g. Nesterov's variant looks ahead,
    to where the momentum is about to take x: x = x - lr (g + momentum v).

    Parameters
    ----------
    params : iterable of Tensor or dict
    lr : float
    momentum : float
        How much of the velocity is kept from step to step; 0.9 is usual.
    dampening : float
        How little of the gradient enters the velocity.
    weight_decay : float
        Adds weight_decay * x to the gradient.
    nesterov : bool

    Notes
    -----
    Source: I. Sutskever et al., "On the importance of initialization and momentum in deep learning", ICML 2013; with
    PyTorch's convention, in which lr multiplies the velocity.

    Examples
    --------
    >>> import minicv
    >>> x = minicv.tensor([1.0], requires_grad=True)
    >>> optimizer = SGD([x], lr=0.1)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x
    tensor([0.8], requires_grad=True)
    """

    def __init__(self, params, lr=1e-3, momentum=0, dampening=0, weight_decay=0, nesterov=False):
        super().__init__(
            params,
            {
                "lr": lr,
                "momentum": momentum,
                "dampening": dampening,
                "weight_decay": weight_decay,
                "nesterov": nesterov,
            },
        )

    def check_options(self, options):
        super().check_options(options)
        self.check_range(options, "momentum")
        self.check_range(options, "weight_decay")
        if options["nesterov"] and not (options["momentum"] > 0 and options["dampening"] == 0):
            got = f"momentum={options['momentum']}, dampening={options['dampening']}"
            raise ValueError(
                f"SGD: nesterov=True needs a momentum greater than 0 and a dampening of 0; got {got}."
            )

    def update(self, x, g, state, options):
        velocity, share = None, 1 - options["dampening"]
        if options["momentum"]:
            velocity = state.get("momentum_buffer")
            if velocity is None:
                velocity, share = state.setdefault("momentum_buffer", np.zeros_like(x)), 1
        decay = options["weight_decay"], options["nesterov"]
        kernels.sgd_step(x, g, velocity, options["lr"], options["momentum"], share, *decay)
