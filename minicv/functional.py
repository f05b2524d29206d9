"""The flat namespace over :mod:`minicv.ops`, named as torch.nn.functional; usually imported as F.

Examples
--------
>>> import minicv
>>> import minicv.functional as F
>>> F.max_pool2d(minicv.arange(16.0).reshape(1, 1, 4, 4), 2)
tensor([[[[ 5.,  7.],
          [13., 15.]]]])
"""

from .ops.conv import conv1d, conv2d, conv2d_weight, conv_transpose1d, conv_transpose2d
from .ops.linalg import linear
from .ops.matrix import conv_matrix
from .ops.pool import adaptive_avg_pool2d, adaptive_max_pool2d, avg_pool2d, max_pool2d, max_unpool2d
from .ops.resize import bed_of_nails, interpolate, pad
from .ops.unfold import fold, unfold
