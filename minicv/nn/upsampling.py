"""Layers that change the shape of feature maps without learning."""

from .. import functional as F
from .functional_layer import FunctionalLayer


class Upsample(FunctionalLayer):
    """Enlarges (N, C, H, W) to ``size`` or by ``scale_factor``: see :func:`minicv.functional.interpolate`.

    Parameters
    ----------
    size : int or pair of int, optional
    scale_factor : float or pair of float, optional
        One of the two must be given.
    mode : {"nearest", "bilinear"}
    align_corners : bool, optional
        With "bilinear", whether the corner pixels of input and output coincide, rather than the corners of the images.
    """

    def __init__(self, size=None, scale_factor=None, mode="nearest", align_corners=None):
        super().__init__(size=size, scale_factor=scale_factor, mode=mode, align_corners=align_corners)

    def forward(self, x):
        return F.interpolate(x, **self.settings)


class Flatten(FunctionalLayer):
    """Joins the axes from ``start_dim`` to ``end_dim``: by default (N, C, H, W) becomes (N, C*H*W)."""

    def __init__(self, start_dim=1, end_dim=-1):
        super().__init__(start_dim=start_dim, end_dim=end_dim)

    def forward(self, x):
        return x.flatten(self.start_dim, self.end_dim)
