"""Data sets: a generated world, scikit-learn's digits, and your own image files.

Everything that holds annotations hands out a `Sample`.
"""

from .batches import Batches
from .digits import digits
from .images import images_to_batch, read_image, write_image
from .meadow import CLASSES, STUFF, THINGS, Meadow
from .sample import JOINTS, SKELETON, Sample

__all__ = [
    "CLASSES",
    "JOINTS",
    "SKELETON",
    "STUFF",
    "THINGS",
    "Batches",
    "Meadow",
    "Sample",
    "digits",
    "images_to_batch",
    "read_image",
    "write_image",
]
