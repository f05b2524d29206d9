"""The kernels that are not convolutions, each through the op that calls it.

A new kernel gets its line in :func:`kernels`; a test finds those that no entry reaches.
"""

from .entry import forward, gradient, normal


def _op(name, apply, *shapes, backward=None):
    """Forward, and the gradients of all inputs that are floats (or of those numbered in ``backward``)."""

    def arrays():
        return normal(*shapes)

    backward = range(len(shapes)) if backward is None else backward
    entries = [forward("kernels", name, apply, arrays)]
    if backward:
        entries.append(gradient("kernels", f"{name}, backward", apply, arrays, backward))
    return entries


def _unpool(side, x, factor=2):
    pooled, indices = side.max_pool2d(x, factor, return_indices=True)
    return side.max_unpool2d(pooled, indices, factor)


def _batch_norm(side, x, weight, bias):
    return side.batch_norm(x, None, None, weight, bias, training=True)


def kernels():
    return [
        *_op("max_pool2d 2 x 2, 64 x 6 x 28 x 28", lambda F, x: F.max_pool2d(x, 2), (64, 6, 28, 28)),
        *_op("max_pool2d 2 x 2, 4 x 128 x 56 x 56", lambda F, x: F.max_pool2d(x, 2), (4, 128, 56, 56)),
        *_op("max_pool2d 3 x 3, 8 x 64 x 112 x 112", lambda F, x: F.max_pool2d(x, 3, 2, 1), (8, 64, 112, 112)),
        *_op("max_pool2d and max_unpool2d, 8 x 64 x 32 x 32", _unpool, (8, 64, 32, 32)),
        *_op("avg_pool2d 2 x 2, 8 x 64 x 56 x 56", lambda F, x: F.avg_pool2d(x, 2), (8, 64, 56, 56)),
        *_op("adaptive_avg_pool2d 1, 8 x 512 x 7 x 7", lambda F, x: F.adaptive_avg_pool2d(x, 1), (8, 512, 7, 7)),
        *_op("interpolate bilinear x 2, 8 x 64 x 32 x 32",
             lambda F, x: F.interpolate(x, scale_factor=2, mode="bilinear"), (8, 64, 32, 32)),
        *_op("interpolate bilinear x 8, 1 x 21 x 64 x 64",
             lambda F, x: F.interpolate(x, scale_factor=8, mode="bilinear"), (1, 21, 64, 64)),
        *_op("batch_norm, 32 x 32 x 32 x 32", _batch_norm, (32, 32, 32, 32), (32,), (32,)),
        *_op("batch_norm, 8 x 64 x 112 x 112", _batch_norm, (8, 64, 112, 112), (64,), (64,)),
        *_op("layer_norm, 64 x 197 x 384", lambda F, x, w, b: F.layer_norm(x, (384,), w, b),
             (64, 197, 384), (384,), (384,)),
        *_op("unfold 3 x 3, 4 x 32 x 56 x 56", lambda F, x: F.unfold(x, 3, padding=1), (4, 32, 56, 56)),
    ]  # fmt: skip
