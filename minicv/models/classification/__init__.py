"""Networks that give an image one label."""

from .convnetjs import ConvNetJS
from .lenet import LeNet5
