"""Networks that label every pixel of an image."""

from .small_fcn import SmallFCN, SmallUnpoolNet
