"""Everything that is measured, in groups."""

from .layers import layers, other_layers
from .networks import networks, steps
from .ops import kernels

GROUPS = {
    "steps": "a training step: forward, loss, backward, SGD with momentum",
    "layers": "3 x 3 and 1 x 1 layers of ResNet-18 and VGG-16",
    "other layers": "depthwise, strided, dilated, grouped, transposed and first layers",
    "kernels": "what is not a convolution, each through the op that calls it",
    "networks": "one image of 224 x 224, in eval mode under no_grad",
}


def entries():
    """Every entry, in the order of GROUPS."""
    return [*steps(), *layers(), *other_layers(), *kernels(), *networks()]
