"""LeNet-5: convolution and pooling, twice, then fully connected layers.

Source: Y. LeCun, L. Bottou, Y. Bengio, P. Haffner, "Gradient-Based Learning Applied to Document Recognition",
Proceedings of the IEEE 86(11), 1998, section II.B. Differences from the paper, which are those of every
lecture today: ReLU instead of scaled tanh, max pooling instead of trained sub-sampling, every map of C3 sees
every map of S2, and scores for the cross-entropy instead of radial basis functions.
"""

from ... import functional as F
from ... import nn
from ...tensor import no_grad, tensor


class LeNet5(nn.Module):
    """LeNet-5 for 32 x 32 grey images: 61,706 parameters with 10 classes.

    Parameters
    ----------
    num_classes : int

    Examples
    --------
    >>> import minicv
    >>> LeNet5()(minicv.zeros(2, 1, 32, 32)).shape
    (2, 10)
    """

    def __init__(self, num_classes=10):
        super().__init__()
        self.c1 = nn.Conv2d(1, 6, 5)
        self.c3 = nn.Conv2d(6, 16, 5)
        self.c5 = nn.Linear(16 * 5 * 5, 120)
        self.f6 = nn.Linear(120, 84)
        self.output = nn.Linear(84, num_classes)

    def forward(self, x):
        """Scores (N, num_classes) for images (N, 1, 32, 32) in [0, 1]."""
        x = F.max_pool2d(F.relu(self.c1(x)), 2)  # (N, 6, 14, 14)
        x = F.max_pool2d(F.relu(self.c3(x)), 2)  # (N, 16, 5, 5)
        x = F.relu(self.c5(x.flatten(1)))
        return self.output(F.relu(self.f6(x)))

    def loss(self, images, labels):
        """Mean cross-entropy of the scores."""
        return F.cross_entropy(self(images), labels)

    def predict(self, images):
        """Labels (N,) for an array of images (N, 1, 32, 32); switches to evaluation."""
        self.eval()
        with no_grad():
            return self(tensor(images, device=self.output.weight.device)).argmax(1).numpy()
