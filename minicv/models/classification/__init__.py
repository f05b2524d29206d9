"""Networks that give an image one label."""

from .lenet import LeNet5
