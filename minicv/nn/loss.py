"""Losses as layers: ``loss = nn.CrossEntropyLoss()(scores, labels)``. The formulas stand at the functions they call.

``reduction`` is "mean", "sum" or "none" everywhere. The weights of classes are buffers: they move with the module.
"""

from .. import functional as F
from .functional_layer import FunctionalLayer


class _WeightedLoss(FunctionalLayer):
    """A loss that weighs the classes; ``weight`` is a Tensor of shape (L,) or None."""

    def __init__(self, weight, **settings):
        super().__init__(**settings)
        self.register_buffer("weight", weight)


class CrossEntropyLoss(_WeightedLoss):
    """-log(softmax(input)[target]): see :func:`minicv.functional.cross_entropy`.

    Parameters
    ----------
    weight : Tensor, optional
        A factor for each class, shape (L,).
    ignore_index : int
        Targets of this value do not count.
    reduction : {"mean", "sum", "none"}
    label_smoothing : float
        Share of the target's probability that is spread over all classes.
    """

    def __init__(self, weight=None, ignore_index=-100, reduction="mean", label_smoothing=0.0):
        super().__init__(
            weight, ignore_index=ignore_index, reduction=reduction, label_smoothing=label_smoothing
        )

    def forward(self, input, target):
        return F.cross_entropy(input, target, weight=self.weight, **self.settings)


class NLLLoss(_WeightedLoss):
    """-input[target] for log-probabilities: see :func:`minicv.functional.nll_loss`.

    Parameters as :class:`CrossEntropyLoss`.
    """

    def __init__(self, weight=None, ignore_index=-100, reduction="mean"):
        super().__init__(weight, ignore_index=ignore_index, reduction=reduction)

    def forward(self, input, target):
        return F.nll_loss(input, target, weight=self.weight, **self.settings)


class MultiMarginLoss(_WeightedLoss):
    """Hinge loss of several classes: see :func:`minicv.functional.multi_margin_loss`.

    Parameters
    ----------
    p : {1, 2}
        Power of the violations.
    margin : float
    weight : Tensor, optional
        A factor for each class, shape (L,).
    reduction : {"mean", "sum", "none"}
    """

    def __init__(self, p=1, margin=1.0, weight=None, reduction="mean"):
        super().__init__(weight, p=p, margin=margin, reduction=reduction)

    def forward(self, input, target):
        return F.multi_margin_loss(input, target, weight=self.weight, **self.settings)


class BCEWithLogitsLoss(_WeightedLoss):
    """Cross-entropy of independent yes-or-no scores: see :func:`minicv.functional.binary_cross_entropy_with_logits`.

    Parameters
    ----------
    weight : Tensor, optional
        A factor for each element, of a shape that broadcasts to the input's.
    reduction : {"mean", "sum", "none"}
    pos_weight : Tensor, optional
        A factor for the positive targets, of a shape that broadcasts to the input's.
    """

    def __init__(self, weight=None, reduction="mean", pos_weight=None):
        super().__init__(weight, reduction=reduction)
        self.register_buffer("pos_weight", pos_weight)

    def forward(self, input, target):
        return F.binary_cross_entropy_with_logits(
            input, target, weight=self.weight, pos_weight=self.pos_weight, **self.settings
        )


class MSELoss(FunctionalLayer):
    """(input - target)^2."""

    def __init__(self, reduction="mean"):
        super().__init__(reduction=reduction)

    def forward(self, input, target):
        return F.mse_loss(input, target, **self.settings)


class L1Loss(FunctionalLayer):
    """|input - target|."""

    def __init__(self, reduction="mean"):
        super().__init__(reduction=reduction)

    def forward(self, input, target):
        return F.l1_loss(input, target, **self.settings)


class SmoothL1Loss(FunctionalLayer):
    """Quadratic up to ``beta``, linear beyond: see :func:`minicv.functional.smooth_l1_loss`."""

    def __init__(self, reduction="mean", beta=1.0):
        super().__init__(reduction=reduction, beta=beta)

    def forward(self, input, target):
        return F.smooth_l1_loss(input, target, **self.settings)
