"""Weights in files: safetensors, PyTorch's ``.pth`` without PyTorch, and NumPy's ``.npz``. Nothing is ever executed."""

from .errors import WeightsError
from .weights import load_weights, save_weights

__all__ = ["WeightsError", "load_weights", "save_weights"]
