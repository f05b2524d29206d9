"""Learning-rate schedules: each ``step()``, usually once per epoch, changes ``group["lr"]`` of an optimiser."""

import bisect
import math

from ..errors import sentence
from .optimizer import Optimizer


class _Schedule:
    """What the schedules share: their optimiser, and saving and loading of everything else."""

    def __init__(self, optimizer):
        name = type(self).__name__
        if not isinstance(optimizer, Optimizer):
            raise TypeError(sentence(name, "optimizer", "an Optimizer", type(optimizer).__name__))
        self.optimizer = optimizer
        self.last_epoch = 0

    def get_last_lr(self):
        """The learning rate of every group, as it is now."""
        return [group["lr"] for group in self.optimizer.param_groups]

    def state_dict(self):
        """Everything that the schedule remembers, except the optimiser."""
        return {name: value for name, value in vars(self).items() if name != "optimizer"}

    def load_state_dict(self, state_dict):
        """Go on where ``state_dict`` was taken. The learning rates themselves come with the optimiser's state."""
        vars(self).update(state_dict)


class LRScheduler(_Schedule):
    """Base class of the schedules that are a formula: a subclass writes ``lr``.

    Parameters
    ----------
    optimizer : Optimizer

    Attributes
    ----------
    last_epoch : int
        Number of steps so far.
    base_lrs : list of float
        The learning rate that each group started with.

    Examples
    --------
    >>> import minicv
    >>> from minicv import optim
    >>> class Warmup(LRScheduler):
    ...     def lr(self, base):
    ...         return base * min(1, (self.last_epoch + 1) / 4)
    >>> optimizer = optim.SGD([minicv.ones(1, requires_grad=True)], lr=0.5)
    >>> schedule = Warmup(optimizer)
    >>> for epoch in range(2):
    ...     schedule.step()
    >>> schedule.get_last_lr()
    [0.375]
    """

    def __init__(self, optimizer):
        super().__init__(optimizer)
        # Kept in the group too, so that an optimiser that was loaded from a state_dict still knows where it started.
        self.base_lrs = [group.setdefault("initial_lr", group["lr"]) for group in optimizer.param_groups]
        self._apply()

    def lr(self, base):
        """The learning rate, after ``last_epoch`` steps, of a group that started with ``base``. Subclasses write it."""
        raise NotImplementedError(f"{type(self).__name__}: lr is not written yet.")

    def step(self):
        """Set the learning rates of the next epoch."""
        self.last_epoch += 1
        self._apply()

    def _apply(self):
        for group, base in zip(self.optimizer.param_groups, self.base_lrs):
            group["lr"] = self.lr(base)


class StepLR(LRScheduler):
    """Multiply by ``gamma`` every ``step_size`` steps: lr = base gamma^floor(t / step_size)."""

    def __init__(self, optimizer, step_size, gamma=0.1):
        if not step_size >= 1:
            raise ValueError(sentence("StepLR", "step_size", "at least 1", step_size))
        self.step_size, self.gamma = step_size, gamma
        super().__init__(optimizer)

    def lr(self, base):
        return base * self.gamma ** (self.last_epoch // self.step_size)


class MultiStepLR(LRScheduler):
    """Multiply by ``gamma`` at each of the steps ``milestones``: lr = base gamma^(number of milestones reached)."""

    def __init__(self, optimizer, milestones, gamma=0.1):
        self.milestones, self.gamma = sorted(milestones), gamma
        super().__init__(optimizer)

    def lr(self, base):
        return base * self.gamma ** bisect.bisect_right(self.milestones, self.last_epoch)


class CosineAnnealingLR(LRScheduler):
    """Half a wave in ``T_max`` steps: lr = eta_min + (base - eta_min) (1 + cos(pi t / T_max)) / 2; then up again.

    Notes
    -----
    Source: I. Loshchilov, F. Hutter, "SGDR: stochastic gradient descent with warm restarts", ICLR 2017,
    arXiv:1608.03983, equation 5.
    """

    def __init__(self, optimizer, T_max, eta_min=0.0):
        if not T_max >= 1:
            raise ValueError(sentence("CosineAnnealingLR", "T_max", "at least 1", T_max))
        self.T_max, self.eta_min = T_max, eta_min
        super().__init__(optimizer)

    def lr(self, base):
        wave = (1 + math.cos(math.pi * self.last_epoch / self.T_max)) / 2
        return self.eta_min + (base - self.eta_min) * wave


class ReduceLROnPlateau(_Schedule):
    """Multiply by ``factor`` when a measured value has stopped improving.

    Parameters
    ----------
    optimizer : Optimizer
    mode : {"min", "max"}
        Whether smaller (a loss) or larger (an accuracy) is better.
    factor : float
        Less than 1.
    patience : int
        Number of steps without improvement that are tolerated.
    threshold : float
        How much better than the best value is an improvement.
    threshold_mode : {"rel", "abs"}
        Whether ``threshold`` is a share of the best value or a difference.
    cooldown : int
        Number of steps after a reduction in which nothing is counted.
    min_lr : float or list of float
        A lower bound of the learning rate, for all groups or each.
    eps : float
        Changes smaller than this are not made.

    Examples
    --------
    >>> import minicv
    >>> from minicv import optim
    >>> optimizer = optim.SGD([minicv.ones(1, requires_grad=True)], lr=1.0)
    >>> schedule = ReduceLROnPlateau(optimizer, factor=0.5, patience=1)
    >>> for loss in [3.0, 2.0, 2.0, 2.0]:
    ...     schedule.step(loss)
    >>> schedule.get_last_lr()
    [0.5]
    """

    def __init__(
        self,
        optimizer,
        mode="min",
        factor=0.1,
        patience=10,
        threshold=1e-4,
        threshold_mode="rel",
        cooldown=0,
        min_lr=0,
        eps=1e-8,
    ):
        name = type(self).__name__
        if mode not in ("min", "max"):
            raise ValueError(sentence(name, "mode", '"min" or "max"', repr(mode)))
        if threshold_mode not in ("rel", "abs"):
            raise ValueError(sentence(name, "threshold_mode", '"rel" or "abs"', repr(threshold_mode)))
        if not 0 <= factor < 1:
            raise ValueError(sentence(name, "factor", "at least 0 and less than 1", factor))
        super().__init__(optimizer)
        self.min_lrs = (
            [min_lr] * len(optimizer.param_groups) if isinstance(min_lr, (int, float)) else list(min_lr)
        )
        if len(self.min_lrs) != len(optimizer.param_groups):
            expected = f"a number or {len(optimizer.param_groups)} numbers, one for each group"
            raise ValueError(sentence(name, "min_lr", expected, min_lr))
        self.mode, self.factor, self.patience, self.cooldown, self.eps = mode, factor, patience, cooldown, eps
        self.threshold, self.threshold_mode = threshold, threshold_mode
        self.best = math.inf if mode == "min" else -math.inf
        self.num_bad_epochs = 0
        self.cooldown_counter = 0

    def step(self, metrics):
        """Note the newest value (a number or a one-element Tensor), and reduce the learning rates if it is time."""
        value = float(metrics)
        self.last_epoch += 1
        if self._is_better(value):
            self.best, self.num_bad_epochs = value, 0
        else:
            self.num_bad_epochs += 1
        if self.cooldown_counter > 0:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0

    def _is_better(self, value):
        sign = 1 if self.mode == "max" else -1
        margin = self.threshold * (self.best if self.threshold_mode == "rel" else 1)
        bound = self.best + sign * margin if math.isfinite(self.best) else self.best
        return sign * value > sign * bound

    def _reduce(self):
        for group, smallest in zip(self.optimizer.param_groups, self.min_lrs):
            reduced = max(group["lr"] * self.factor, smallest)
            if group["lr"] - reduced > self.eps:
                group["lr"] = reduced
