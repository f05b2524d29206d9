"""The two sides of every comparison behind one face: minicv's names are PyTorch's, so one text runs on both."""

from contextlib import suppress
from functools import cache
from importlib import import_module
from importlib.util import find_spec

import numpy as np

# Where each side keeps its names, in the order of looking. What is not installed is left out.
HOMES = {
    "minicv": ["minicv.functional", "minicv.boxes", "minicv"],
    "torch": ["torch.nn.functional", "torch", "torchvision.ops"],
}


@cache  # else each call that is timed would search anew
def _find(side, name):
    for home in HOMES[side]:
        # A torchvision that was made for another PyTorch raises RuntimeError: it counts as missing.
        with suppress(ImportError, AttributeError, RuntimeError):
            return getattr(import_module(home), name)
    raise AttributeError(f"{side} has no {name}.")


class Side:
    """``side.conv2d``, ``side.nms``, ``side.nn``: a name of either library, wherever that library keeps it."""

    def __init__(self, name):
        self.name = name

    def __getattr__(self, name):
        return _find(self.name, name)

    def array(self, array):
        """What functions of plain arrays take: an array here, a tensor there."""
        return array if self.name == "minicv" else self.tensor(array)

    def model(self, make, seed=0):
        """The model ``make(side)`` with parameters that depend on the seed alone: the same on both sides.

        Weights are normal with the variance of He et al. (2015), eq. 10; biases are small; batch normalisation
        starts as the identity, which is what both sides make it.
        """
        rng = np.random.default_rng(seed)
        model = make(self)
        state = {}
        for name, parameter in model.named_parameters():
            shape = tuple(parameter.shape)
            if len(shape) > 1:
                deviation = np.float32(np.sqrt(2 / np.prod(shape[1:])))
                state[name] = deviation * rng.standard_normal(shape, dtype=np.float32)
            elif name.endswith("bias"):
                state[name] = np.float32(0.1) * rng.standard_normal(shape, dtype=np.float32)
        model.load_state_dict({k: self.tensor(array) for k, array in state.items()}, strict=False)
        return model


@cache
def side(name):
    """The side of that name, imported when it is first asked for."""
    return Side(name)


def available():
    """Names of the sides that can be run here; minicv is the first."""
    return [name for name in HOMES if find_spec(name)]
