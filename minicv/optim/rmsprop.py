"""RMSprop."""

import numpy as np

from .. import kernels
from .optimizer import Optimizer


class RMSprop(Optimizer):
    """Gradient descent that divides by the root of the mean square of recent gradients: x = x - lr g / (sqrt(v) + eps).

    Parameters
    ----------
    params : iterable of Tensor or dict
    lr : float
    alpha : float
        v = alpha v + (1 - alpha) g^2.
    eps : float
        Keeps the denominator from 0.
    weight_decay : float
        Adds weight_decay * x to the gradient.
    momentum : float
        Steps accumulate as in :class:`SGD`: b = momentum b + g / (sqrt(v) + eps), x = x - lr b.
    centered : bool
        Divide by the standard deviation of the gradients, sqrt(v - (running mean of g)^2) (Graves 2013,
        arXiv:1308.0850, equation 40).

    Notes
    -----
    Source: T. Tieleman, G. Hinton, "Lecture 6.5: rmsprop", Coursera, Neural Networks for Machine Learning, 2012.
    """

    def __init__(self, params, lr=1e-2, alpha=0.99, eps=1e-8, weight_decay=0, momentum=0, centered=False):
        super().__init__(
            params,
            {
                "lr": lr,
                "alpha": alpha,
                "eps": eps,
                "weight_decay": weight_decay,
                "momentum": momentum,
                "centered": centered,
            },
        )

    def check_options(self, options):
        super().check_options(options)
        for name in ("alpha", "eps", "weight_decay", "momentum"):
            self.check_range(options, name)

    def update(self, x, g, state, options):
        if not state:
            names = ["square_avg"] + ["grad_avg"] * options["centered"]
            names += ["momentum_buffer"] * (options["momentum"] > 0)
            state.update({name: np.zeros_like(x) for name in names})
        memory = state["square_avg"], state.get("grad_avg"), state.get("momentum_buffer")
        numbers = (options[name] for name in ("lr", "alpha", "eps", "weight_decay", "momentum"))
        kernels.rmsprop_step(x, g, *memory, *numbers)
