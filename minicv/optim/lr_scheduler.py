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


class ExponentialLR(LRScheduler):
    """Multiply by ``gamma`` at every step: lr = base gamma^t."""

    def __init__(self, optimizer, gamma):
        self.gamma = gamma
        super().__init__(optimizer)

    def lr(self, base):
        return base * self.gamma**self.last_epoch


class _Bounded(LRScheduler):
    """Base class of the schedules that move for ``total_iters`` steps and then stay."""

    def __init__(self, optimizer, total_iters):
        if not total_iters >= 1:
            raise ValueError(sentence(type(self).__name__, "total_iters", "at least 1", total_iters))
        self.total_iters = total_iters
        super().__init__(optimizer)

    def progress(self):
        """How much of the way is behind: 0 to 1."""
        return min(self.last_epoch, self.total_iters) / self.total_iters


class LinearLR(_Bounded):
    """A straight line in ``total_iters`` steps; from a small factor to 1 it is the usual warm-up.

    lr = base (start + (end - start) min(t / T, 1)), with the two factors and T = total_iters.

    Notes
    -----
    Source: P. Goyal et al., "Accurate, Large Minibatch SGD: Training ImageNet in 1 Hour", arXiv:1706.02677, section
    2.2, for the warm-up.
    """

    def __init__(self, optimizer, start_factor=1 / 3, end_factor=1.0, total_iters=5):
        if not 0 < start_factor <= 1 or not 0 <= end_factor <= 1:
            expected = "factors up to 1, the first above 0"
            got = f"{start_factor} and {end_factor}"
            raise ValueError(sentence("LinearLR", "start_factor and end_factor", expected, got))
        self.start_factor, self.end_factor = start_factor, end_factor
        super().__init__(optimizer, total_iters)

    def lr(self, base):
        return base * (self.start_factor + (self.end_factor - self.start_factor) * self.progress())


class PolynomialLR(_Bounded):
    """Down to zero in ``total_iters`` steps: lr = base (1 - min(t / T, 1))^power with T = total_iters.

    Notes
    -----
    Source: L.-C. Chen et al., "DeepLab", TPAMI 2018, section 4.1.1, where it is called "poly", with power 0.9.
    """

    def __init__(self, optimizer, total_iters=5, power=1.0):
        self.power = power
        super().__init__(optimizer, total_iters)

    def lr(self, base):
        return base * (1 - self.progress()) ** self.power


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


class SequentialLR(_Schedule):
    """One schedule after the other: warm-up, and then the rest.

    Parameters
    ----------
    optimizer : Optimizer
    schedulers : list of LRScheduler
        Of that optimiser.
    milestones : list of int
        The step at which each but the first begins, at its own step 0.

    Examples
    --------
    >>> import minicv
    >>> from minicv import optim
    >>> optimizer = optim.SGD([minicv.ones(1, requires_grad=True)], lr=1.0)
    >>> warmup, rest = LinearLR(optimizer, 0.25, total_iters=3), PolynomialLR(optimizer, total_iters=2)
    >>> schedule, rates = SequentialLR(optimizer, [warmup, rest], milestones=[3]), []
    >>> for step in range(6):
    ...     rates += schedule.get_last_lr()
    ...     schedule.step()
    >>> rates
    [0.25, 0.5, 0.75, 1.0, 0.5, 0.0]
    """

    def __init__(self, optimizer, schedulers, milestones):
        super().__init__(optimizer)
        if not all(isinstance(s, LRScheduler) and s.optimizer is optimizer for s in schedulers):
            expected = "schedules of this optimiser that need no measured value"
            got = ", ".join(type(s).__name__ for s in schedulers)
            raise ValueError(sentence("SequentialLR", "schedulers", expected, got))
        if len(milestones) != len(schedulers) - 1 or sorted(milestones) != list(milestones):
            expected = f"{len(schedulers) - 1} rising numbers of steps, one for each schedule but the first"
            raise ValueError(sentence("SequentialLR", "milestones", expected, milestones))
        self.schedulers, self.milestones = list(schedulers), list(milestones)
        self._apply()

    def step(self):
        """Set the learning rates of the next epoch."""
        self.last_epoch += 1
        self._apply()

    def _apply(self):
        number = bisect.bisect_right(self.milestones, self.last_epoch)
        self.schedulers[number].last_epoch = self.last_epoch - [0, *self.milestones][number]
        self.schedulers[number]._apply()

    def state_dict(self):
        """The states of all schedules, and the number of steps."""
        own = super().state_dict()
        return own | {"schedulers": [schedule.state_dict() for schedule in self.schedulers]}

    def load_state_dict(self, state_dict):
        """Go on where ``state_dict`` was taken."""
        for schedule, state in zip(self.schedulers, state_dict["schedulers"]):
            schedule.load_state_dict(state)
        super().load_state_dict({k: v for k, v in state_dict.items() if k != "schedulers"})


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
