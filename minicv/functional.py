"""The flat namespace over :mod:`minicv.ops`, named as torch.nn.functional and torchvision.ops; usually imported as F.

Examples
--------
>>> import minicv
>>> import minicv.functional as F
>>> F.max_pool2d(minicv.arange(16.0).reshape(1, 1, 4, 4), 2)
tensor([[[[ 5.,  7.],
          [13., 15.]]]])
"""

from .ops.activation import elu, leaky_relu, prelu, relu, sigmoid, tanh
from .ops.conv import conv1d, conv2d, conv2d_weight, conv_transpose1d, conv_transpose2d
from .ops.dropout import dropout, dropout2d
from .ops.embedding import embedding
from .ops.linalg import linear
from .ops.loss_binary import binary_cross_entropy_with_logits
from .ops.loss_classification import (
    cross_entropy,
    multi_margin_loss,
    nll_loss,
)
from .ops.loss_regression import l1_loss, l2_distance_loss, mse_loss, smooth_l1_loss
from .ops.matrix import conv_matrix
from .ops.norm import batch_norm, layer_norm, local_response_norm
from .ops.pool import adaptive_avg_pool2d, adaptive_max_pool2d, avg_pool2d, max_pool2d, max_unpool2d
from .ops.resize import bed_of_nails, interpolate, pad
from .ops.roi_align import ps_roi_align, ps_roi_pool, roi_align
from .ops.roi_pool import roi_pool, spatial_pyramid_pool
from .ops.softmax import log_softmax, softmax
from .ops.unfold import fold, unfold
