"""Files: weights (safetensors, PyTorch's ``.pth`` without PyTorch, ``.npz``), checkpoints, downloads.

Nothing in a file is ever executed, and no file is ever half written.
"""

from .errors import WeightsError
from .fetch import FetchError, fetch, unpack
from .loading import LoadReport, load_into
from .tree import load_tree, save_tree
from .weights import load_metadata, load_weights, replacing, save_weights

__all__ = [
    "FetchError",
    "LoadReport",
    "WeightsError",
    "fetch",
    "load_into",
    "load_metadata",
    "load_tree",
    "load_weights",
    "replacing",
    "save_tree",
    "save_weights",
    "unpack",
]
