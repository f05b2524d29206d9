"""minicv: a deep-learning framework for computer-vision lectures, from scratch in NumPy.

The engine is in :mod:`minicv.tensor`, :mod:`minicv.function` and :mod:`minicv.autograd`; the ops are in
:mod:`minicv.ops` and are called through :mod:`minicv.functional`; layers are in :mod:`minicv.nn`.
"""

from . import functional, hooks, nn, ops, optim
from .autograd import backward, grad
from .backend import manual_seed
from .creation import arange, full, ones, ones_like, rand, randn, zeros, zeros_like
from .errors import DTypeError, GraphError, LabelError, ShapeError
from .function import Function
from .graph import graph
from .kernels import get_conv_precision, get_num_threads, set_conv_precision, set_num_threads
from .ops.elementwise import abs, clip, exp, log, maximum, minimum, sqrt, where
from .ops.linalg import matmul
from .ops.reduce import argmax, argmin, logsumexp, max, mean, min, std, sum, var
from .ops.shape import chunk, concat, flatten, permute, reshape, split, squeeze, stack, unsqueeze
from .tensor import Tensor, as_tensor, enable_grad, is_grad_enabled, no_grad, set_grad_enabled, tensor
from .trace import Trace, trace
from .version import __version__

cat = concat  # PyTorch's name
