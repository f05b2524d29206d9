"""Data sets: a generated world, scikit-learn's digits, the published formats, and your own image files.

Everything that holds annotations hands out a `Sample`.
"""

from .batches import Batches
from .cifar import CIFAR10, CIFAR100
from .coco import Coco
from .collate import Batch, collate
from .digits import Digits, digits
from .errors import DataError
from .image_folder import ImageFolder
from .images import images_to_batch, read_image, write_image
from .loader import DataLoader, LoadError
from .meadow import CLASSES, STUFF, THINGS, Meadow
from .mnist import MNIST
from .open import open_dataset
from .sample import JOINTS, SKELETON, Sample
from .subset import Subset
from .voc import VOC, VOC_CLASSES

__all__ = [
    "CIFAR10",
    "CIFAR100",
    "CLASSES",
    "JOINTS",
    "MNIST",
    "SKELETON",
    "STUFF",
    "THINGS",
    "VOC",
    "VOC_CLASSES",
    "Batch",
    "Batches",
    "Coco",
    "DataError",
    "DataLoader",
    "Digits",
    "ImageFolder",
    "LoadError",
    "Meadow",
    "Sample",
    "Subset",
    "collate",
    "digits",
    "images_to_batch",
    "open_dataset",
    "read_image",
    "write_image",
]
