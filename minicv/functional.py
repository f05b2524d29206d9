"""The flat namespace over :mod:`minicv.ops`, named as torch.nn.functional; usually imported as F.

Examples
--------
>>> import minicv
>>> import minicv.functional as F
>>> F.max_pool2d(minicv.arange(16.0).reshape(1, 1, 4, 4), 2)
tensor([[[[ 5.,  7.],
          [13., 15.]]]])
"""
