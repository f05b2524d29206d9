"""The models that can be trained by name. A new model is a line here; a new kind of answer is a task beside it."""

from collections.abc import Callable
from dataclasses import dataclass

from ..models.classification import ConvNetJS, LeNet5
from ..models.segmentation import SmallFCN, SmallUnpoolNet
from .classification import Classification
from .segmentation import Segmentation


@dataclass(frozen=True)
class Recipe:
    """How a model is made and trained.

    Attributes
    ----------
    make : callable
        ``make(num_classes)`` returns the model.
    task : object
        What it is for: see :class:`~minicv.tasks.classification.Classification`.
    defaults : dict
        Settings that differ from those of :class:`~minicv.tasks.Config`.
    side : int, optional
        The only side of an image that the model takes.
    """

    make: Callable
    task: object
    defaults: dict
    side: int | None = None


_SEGMENTATION = {"size": 64, "epochs": 10, "batch_size": 8, "lr": 4e-3, "augment": ("crop", "flip")}

MODELS = {
    "lenet": Recipe(
        LeNet5, Classification(grey=True), {"size": 32, "lr": 4e-3, "augment": ("shift",)}, side=32
    ),
    "convnetjs": Recipe(
        ConvNetJS, Classification(), {"size": 32, "lr": 2e-3, "augment": ("shift", "flip")}, side=32
    ),
    "small_fcn": Recipe(SmallFCN, Segmentation(stride=4), _SEGMENTATION),
    "small_unpool_net": Recipe(SmallUnpoolNet, Segmentation(stride=4), _SEGMENTATION),
}
