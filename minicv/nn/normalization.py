"""Layers that give features a mean of 0 and a variance of 1, or let neighbouring channels compete."""

from .. import functional as F
from ..creation import ones, zeros
from ..errors import check_rank
from ..geometry import pair
from ..tensor import tensor
from .functional_layer import FunctionalLayer
from .module import Module
from .parameter import Parameter


class _BatchNorm(Module):
    """Batch normalisation; a subclass says which ranks of input it takes."""

    optional_state = frozenset({"num_batches_tracked"})  # weights saved before PyTorch 0.4.1 lack it

    def __init__(self, num_features, eps=1e-5, momentum=0.1, affine=True, track_running_stats=True):
        super().__init__()
        (self.num_features,) = pair(type(self).__name__, "num_features", num_features, at_least=1, n=1)
        self.eps, self.momentum = eps, momentum
        self.weight = Parameter(ones(num_features)) if affine else None
        self.bias = Parameter(zeros(num_features)) if affine else None
        self.register_buffer("running_mean", zeros(num_features) if track_running_stats else None)
        self.register_buffer("running_var", ones(num_features) if track_running_stats else None)
        self.register_buffer("num_batches_tracked", tensor(0) if track_running_stats else None)

    def forward(self, x):
        check_rank(type(self).__name__, "input", x.shape, self.ranks, self.layout)
        tracked = self.running_mean is not None
        momentum = self.momentum
        if self.training and tracked:
            self.num_batches_tracked.mutate()[...] += 1
            if momentum is None:  # the plain average over all batches
                momentum = 1 / self.num_batches_tracked.item()
        return F.batch_norm(
            x,
            self.running_mean,
            self.running_var,
            self.weight,
            self.bias,
            training=self.training or not tracked,
            momentum=0.0 if momentum is None else momentum,
            eps=self.eps,
        )

    def extra_repr(self):
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.weight is not None}, "
            f"track_running_stats={self.running_mean is not None}"
        )


class BatchNorm2d(_BatchNorm):
    """Batch normalisation of (N, C, H, W): every channel is normalised over N, H and W.

    Parameters
    ----------
    num_features : int
        C.
    eps : float
        Added to the variance before its square root is divided by.
    momentum : float or None
        Share of the newest batch in the running statistics; None gives the average over all batches.
    affine : bool
        Whether to learn a scale (``weight``) and a shift (``bias``), each of shape (C,).
    track_running_stats : bool
        Whether to keep running statistics, which evaluation uses in place of the batch's own.

    Attributes
    ----------
    weight, bias : Parameter or None
    running_mean, running_var : Tensor or None
        Buffers of shape (C,), updated by every forward pass in training.
    num_batches_tracked : Tensor or None
        Buffer of shape (): number of those passes.

    Notes
    -----
    Source: S. Ioffe, C. Szegedy, "Batch normalization", ICML 2015, arXiv:1502.03167, algorithms 1 and 2.
    """

    ranks, layout = (4,), "(N, C, H, W)"


class BatchNorm1d(_BatchNorm):
    """Batch normalisation of (N, C) or (N, C, L); parameters and attributes as :class:`BatchNorm2d`."""

    ranks, layout = (2, 3), "(N, C) or (N, C, L)"


class LayerNorm(Module):
    """Normalises the last axes of every sample by themselves: no batch, no running statistics.

    Parameters
    ----------
    normalized_shape : int or tuple of int
        The shape of the last axes, over which mean and variance are taken.
    eps : float
        Added to the variance.
    elementwise_affine : bool
        Whether to learn a scale for each entry of ``normalized_shape``.
    bias : bool
        Whether to learn a shift as well.

    Notes
    -----
    Source: J. L. Ba, J. R. Kiros, G. E. Hinton, "Layer normalization", arXiv:1607.06450.
    """

    def __init__(self, normalized_shape, eps=1e-5, elementwise_affine=True, bias=True):
        super().__init__()
        self.normalized_shape = (
            (normalized_shape,) if isinstance(normalized_shape, int) else tuple(normalized_shape)
        )
        self.eps = eps
        self.weight = Parameter(ones(self.normalized_shape)) if elementwise_affine else None
        self.bias = Parameter(zeros(self.normalized_shape)) if elementwise_affine and bias else None

    def forward(self, x):
        return F.layer_norm(x, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self):
        return f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.weight is not None}"


class LocalResponseNorm(FunctionalLayer):
    """Divides every value by a measure of the activity in ``size`` neighbouring channels.

    Parameters
    ----------
    size : int
        Number of channels that compete.
    alpha, beta, k : float
        y = x / (k + alpha / size * (sum of squares of the neighbours)) ** beta.

    Notes
    -----
    Source: A. Krizhevsky, I. Sutskever, G. Hinton, "ImageNet classification with deep convolutional neural
    networks", NIPS 2012, section 3.3 (whose alpha is not divided by the size).
    """

    def __init__(self, size, alpha=1e-4, beta=0.75, k=1.0):
        super().__init__(size=size, alpha=alpha, beta=beta, k=k)

    def forward(self, x):
        return F.local_response_norm(x, **self.settings)
