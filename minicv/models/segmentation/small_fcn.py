"""A fully convolutional network, small enough to train in a lecture, with two ways up.

Down: convolutions and max pooling, so that a score sees its surroundings. Up: the resolution comes back,
either by transposed convolution (FCN) or by max unpooling at the remembered positions (SegNet), and what the
way down knew at that resolution is added on (the skip).

Sources: J. Long, E. Shelhamer, T. Darrell, "Fully Convolutional Networks for Semantic Segmentation", CVPR
2015, sections 3.3 and 4.2; V. Badrinarayanan, A. Kendall, R. Cipolla, "SegNet", TPAMI 2017, section 3. Width
and depth are ours.
"""

from ... import functional as F
from ... import nn
from ...errors import ShapeError, sentence
from ...tensor import no_grad, tensor


class ConvBlock(nn.Sequential):
    """3 x 3 convolution, batch normalisation, ReLU; the size stays."""

    def __init__(self, in_channels, out_channels):
        super().__init__(
            nn.Conv2d(in_channels, out_channels, 3, padding=1, bias=False),
            nn.BatchNorm2d(out_channels),
            nn.ReLU(),
        )


class TransposedUp(nn.Module):
    """Twice the size by transposed convolution: a trained 4 x 4 filter, stamped at stride 2.

    (4 is a multiple of 2, so that every pixel gets the same number of stamps: no checkerboard.)
    """

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.up = nn.ConvTranspose2d(in_channels, out_channels, 4, stride=2, padding=1)

    def forward(self, x, indices, size):
        """``x`` at the size (H, W) of the level above; the indices are not needed."""
        return self.up(x)


class UnpoolUp(nn.Module):
    """Twice the size by max unpooling: values go back to where the maxima were, and a convolution spreads them.

    After unpooling, three of four values are 0; the trained filters make the sparse map dense.
    """

    def __init__(self, in_channels, out_channels):
        super().__init__()
        self.reduce = nn.Conv2d(in_channels, out_channels, 1)
        self.densify = nn.Conv2d(out_channels, out_channels, 3, padding=1)

    def forward(self, x, indices, size):
        """``x`` at the size (H, W) of the level above, from the positions ``indices``."""
        return self.densify(F.max_unpool2d(self.reduce(x), indices, 2, output_size=size))


class SmallFCN(nn.Module):
    """Two levels down, two levels up by transposed convolution, a skip at each level.

    Parameters
    ----------
    num_classes : int
    widths : (int, int, int)
        Channels at full, half and quarter resolution.

    Attributes
    ----------
    Up : type
        The module that doubles the size; :class:`SmallUnpoolNet` replaces it.

    Examples
    --------
    >>> import minicv
    >>> SmallFCN(num_classes=8)(minicv.zeros(1, 3, 32, 48)).shape
    (1, 8, 32, 48)
    """

    Up = TransposedUp

    def __init__(self, num_classes, widths=(12, 32, 64)):
        super().__init__()
        full, half, quarter = widths
        self.level1 = ConvBlock(3, full)
        self.level2 = nn.Sequential(ConvBlock(full, half), ConvBlock(half, half))
        self.level3 = nn.Sequential(ConvBlock(half, quarter), ConvBlock(quarter, quarter))
        self.up2 = self.Up(quarter, half)
        self.fuse2 = ConvBlock(half, half)
        self.up1 = self.Up(half, full)
        self.fuse1 = ConvBlock(full, full)
        self.score = nn.Conv2d(full, num_classes, 1)

    def forward(self, x):
        """Scores (N, num_classes, H, W) for images (N, 3, H, W) in [0, 1]; H and W are multiples of 4."""
        if x.ndim != 4 or x.shape[1] != 3 or x.shape[2] % 4 or x.shape[3] % 4:
            expected = "(N, 3, H, W), H and W multiples of 4, for they are halved twice"
            raise ShapeError(sentence(type(self).__name__, "images", expected, f"shape {x.shape}"))
        full = self.level1(x - 0.5)
        pooled, indices1 = F.max_pool2d(full, 2, return_indices=True)
        half = self.level2(pooled)
        pooled, indices2 = F.max_pool2d(half, 2, return_indices=True)
        quarter = self.level3(pooled)
        half = self.fuse2(self.up2(quarter, indices2, half.shape[2:]) + half)
        full = self.fuse1(self.up1(half, indices1, full.shape[2:]) + full)
        return self.score(full)

    def loss(self, images, labels, weight=None):
        """Mean cross-entropy over the pixels; labels (N, H, W), ``weight`` (num_classes,) for rare classes.

        Pixels of label 255 do not count: PASCAL VOC has such borders, and so do batches of images of several sizes.
        """
        return F.cross_entropy(self(images), labels, weight=weight, ignore_index=255)

    def predict(self, images):
        """Label maps (N, H, W) for an array of images (N, 3, H, W) in [0, 1]; switches to evaluation."""
        self.eval()
        with no_grad():
            return self(tensor(images, device=self.score.weight.device)).argmax(1).numpy()


class SmallUnpoolNet(SmallFCN):
    """The same network with max unpooling on the way up.

    Examples
    --------
    >>> import minicv
    >>> SmallUnpoolNet(num_classes=8)(minicv.zeros(1, 3, 32, 48)).shape
    (1, 8, 32, 48)
    """

    Up = UnpoolUp
