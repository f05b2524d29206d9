"""Adam, and its variant with decoupled weight decay."""

import numpy as np

from .. import kernels
from .optimizer import Optimizer


class Adam(Optimizer):
    """Gradient descent whose step is about ``lr`` for every number, whatever the size of its gradient.

    m = b1 m + (1 - b1) g and v = b2 v + (1 - b2) g^2 are running means of the gradient and its square. They start at 0,
    so that after t steps they are too small by the factors 1 - b1^t and 1 - b2^t, by which they are divided:
    x = x - lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps).

    Parameters
    ----------
    params : iterable of Tensor or dict
    lr : float
    betas : pair of float
        b1 and b2.
    eps : float
        Keeps the denominator from 0.
    weight_decay : float
        Adds weight_decay * x to the gradient.
    amsgrad : bool
        Divide by the largest v so far, so that steps never grow (Reddi, Kale and Kumar, ICLR 2018, arXiv:1904.09237).

    Notes
    -----
    Source: D. P. Kingma, J. Ba, "Adam: a method for stochastic optimization", ICLR 2015, arXiv:1412.6980, algorithm 1.

    Examples
    --------
    >>> import minicv
    >>> x = minicv.tensor([1.0, -100.0], requires_grad=True)
    >>> optimizer = Adam([x], lr=0.25)
    >>> (x * x).sum().backward()
    >>> optimizer.step()
    >>> x
    tensor([  0.75, -99.75], requires_grad=True)
    """

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0, amsgrad=False):
        super().__init__(
            params, {"lr": lr, "betas": betas, "eps": eps, "weight_decay": weight_decay, "amsgrad": amsgrad}
        )

    def check_options(self, options):
        super().check_options(options)
        self.check_range(options, "eps")
        self.check_range(options, "weight_decay")
        for number, beta in enumerate(options["betas"]):
            self.check_range({f"betas[{number}]": beta}, f"betas[{number}]", below=1)

    def update(self, x, g, state, options):
        if not state:
            names = ["exp_avg", "exp_avg_sq"] + ["max_exp_avg_sq"] * options["amsgrad"]
            state.update(step=0, **{name: np.zeros_like(x) for name in names})
        state["step"] += 1
        memory = (
            state["exp_avg"],
            state["exp_avg_sq"],
            state["max_exp_avg_sq"] if options["amsgrad"] else None,
        )
        numbers = options["lr"], *options["betas"], state["step"], options["eps"]
        kernels.adam_step(x, g, *memory, *numbers, *self.decay(options))

    def decay(self, options):
        """What decays: the share of x that joins the gradient, and that by which x itself is made smaller."""
        return options["weight_decay"], 0.0


class AdamW(Adam):
    """Adam whose weight decay shrinks x directly, by lr * weight_decay, instead of through the gradient.

    In :class:`Adam` the decay is divided by sqrt(v) like the rest of the gradient, and so hardly reaches weights with
    large gradients. Parameters as there.

    Notes
    -----
    Source: I. Loshchilov, F. Hutter, "Decoupled weight decay regularization", ICLR 2019, arXiv:1711.05101, algorithm 2.
    """

    def __init__(self, params, lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=1e-2, amsgrad=False):
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad)

    def decay(self, options):
        return 0.0, options["lr"] * options["weight_decay"]
