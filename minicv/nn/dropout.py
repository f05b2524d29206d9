"""Dropout as a layer."""

from .. import functional as F
from ..errors import ShapeError, sentence
from .functional_layer import FunctionalLayer


class Dropout(FunctionalLayer):
    """In training, each value becomes 0 with probability ``p``, and the others are divided by 1 - p.

    Notes
    -----
    Source: N. Srivastava et al., "Dropout: a simple way to prevent neural networks from overfitting", JMLR 2014.
    """

    def __init__(self, p=0.5):
        if not 0 <= p <= 1:
            raise ShapeError(sentence(type(self).__name__, "p", "a probability, 0 to 1", p))
        super().__init__(p=p)

    def forward(self, x):
        return F.dropout(x, self.p, self.training)


class Dropout2d(Dropout):
    """In training, each channel of each image becomes 0 with probability ``p``; the others are divided by 1 - p.

    Notes
    -----
    Source: J. Tompson et al., "Efficient object localization using convolutional networks", arXiv:1411.4280,
    section 3.2.
    """

    def forward(self, x):
        return F.dropout2d(x, self.p, self.training)
