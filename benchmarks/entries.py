"""Everything that is measured, in groups."""

from .entry import Entry
from .layers import layers, other_layers
from .networks import STEPS, networks, steps
from .ops import kernels

GROUPS = {
    "steps": "training steps: forward, loss, backward, SGD with momentum",
    "layers": "3 x 3 and 1 x 1 layers of ResNet-18 and VGG-16",
    "other layers": "depthwise, strided, dilated, grouped, transposed",
    "kernels": "what is not a convolution, through its op",
    "networks": "one image of 224 x 224, in eval mode under no_grad",
    "startup": "a fresh process with NumPy, compiled kernels on disk",
    "memory": "what a training step needs at its peak, in MB",
}


def entries():
    """Every entry, in the order of GROUPS. The last two groups are measured in fresh processes alone."""
    return [
        *(*steps(), *layers(), *other_layers(), *kernels(), *networks()),
        *(Entry("startup", name) for name in ("import", "import and first conv2d")),
        *(Entry("memory", f"memory of {step}") for step in STEPS),
    ]
