"""Weights in files: safetensors, PyTorch's ``.pth`` without PyTorch, and NumPy's ``.npz``. Nothing is ever executed."""

from .errors import WeightsError
from .tree import load_tree, save_tree
from .weights import load_weights, save_weights

__all__ = ["WeightsError", "load_tree", "load_weights", "save_tree", "save_weights"]
