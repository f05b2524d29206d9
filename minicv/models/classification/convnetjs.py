"""The network of the ConvNetJS CIFAR-10 demo: three convolutions, each pooled, and one fully connected layer.

Source: A. Karpathy, "ConvNetJS CIFAR-10 demo", cs.stanford.edu/people/karpathy/convnetjs/demo/cifar10.html.
"""

from ... import functional as F
from ... import nn
from ...tensor import no_grad, tensor


class ConvNetJS(nn.Module):
    """A small network for colour images of 32 x 32 pixels: 22,466 parameters with 10 classes.

    Parameters
    ----------
    num_classes : int

    Examples
    --------
    >>> import minicv
    >>> ConvNetJS()(minicv.zeros(2, 3, 32, 32)).shape
    (2, 10)
    """

    def __init__(self, num_classes=10):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 16, 5, padding=2)
        self.conv2 = nn.Conv2d(16, 20, 5, padding=2)
        self.conv3 = nn.Conv2d(20, 20, 5, padding=2)
        self.fc = nn.Linear(20 * 4 * 4, num_classes)

    def forward(self, x):
        """Scores (N, num_classes) for images (N, 3, 32, 32) in [0, 1]."""
        x = x - 0.5
        for conv in (self.conv1, self.conv2, self.conv3):
            x = F.max_pool2d(F.relu(conv(x)), 2)  # half the size: 16, 8, 4
        return self.fc(x.flatten(1))

    def loss(self, images, labels):
        """Mean cross-entropy of the scores."""
        return F.cross_entropy(self(images), labels)

    def predict(self, images):
        """Labels (N,) for an array of images (N, 3, 32, 32); switches to evaluation."""
        self.eval()
        with no_grad():
            return self(tensor(images, device=self.fc.weight.device)).argmax(1).numpy()
