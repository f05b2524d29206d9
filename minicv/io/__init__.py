"""Files: weights (safetensors, PyTorch's ``.pth`` without PyTorch, ``.npz``), checkpoints, downloads.

Nothing in a file is ever executed, and no file is ever half written.
"""

from .errors import WeightsError
from .fetch import FetchError, fetch, unpack
from .loading import LoadReport, load_into
from .published import PUBLISHED, Published, fetch_weights, published_weights, weights_folder
from .tree import load_tree, save_tree
from .weights import load_metadata, load_weights, replacing, save_weights

__all__ = [
    "PUBLISHED",
    "FetchError",
    "LoadReport",
    "Published",
    "WeightsError",
    "fetch",
    "fetch_weights",
    "load_into",
    "load_metadata",
    "load_tree",
    "load_weights",
    "published_weights",
    "replacing",
    "save_tree",
    "save_weights",
    "unpack",
    "weights_folder",
]
