"""The kernels that are not convolutions, each through the op that calls it.

A new kernel gets its line in :func:`kernels`; a test finds those that no entry reaches.
"""

import numpy as np

from .entry import Entry, forward, gradient, normal


def _op(name, apply, *shapes, also=(), random=False):
    """Forward, and the gradients of the inputs of these shapes; ``also`` holds arrays that have no gradient."""

    def arrays():
        return [*normal(*shapes), *also]

    return [
        forward("kernels", name, apply, arrays, random),
        gradient("kernels", f"{name}, backward", apply, arrays, range(len(shapes)), random),
    ]


def kernels():
    """Every op, and every one of its directions."""
    return [
        *_pooling(),
        *_normalisation(),
        *_pointwise(),
        *_products(),
        *_losses(),
        *_regions(),
        *_overlaps(),
        *_updates(),
    ]


def _pooling():
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
        *_op("unfold 3 x 3, 4 x 32 x 56 x 56", lambda F, x: F.unfold(x, 3, padding=1), (4, 32, 56, 56)),
    ]  # fmt: skip


def _unpool(side, x, size=2, stride=2):
    pooled, indices = side.max_pool2d(x, size, stride, return_indices=True)
    return side.max_unpool2d(pooled, indices, size, stride)


def _normalisation():
    image, maps = (32, 32, 32, 32), (8, 64, 112, 112)
    return [
        *_op("batch_norm, 32 x 32 x 32 x 32", _batch_norm, image, (32,), (32,)),
        *_op("batch_norm, 8 x 64 x 112 x 112", _batch_norm, maps, (64,), (64,)),
        *_op("batch_norm in eval mode, 8 x 64 x 112 x 112", _batch_norm_eval, maps, (64,), (64,)),
        *_op("layer_norm, 64 x 197 x 384", lambda F, x, w, b: F.layer_norm(x, (384,), w, b),
             (64, 197, 384), (384,), (384,)),
        *_op("local_response_norm, 8 x 96 x 27 x 27", lambda F, x: F.local_response_norm(x, 5), (8, 96, 27, 27)),
    ]  # fmt: skip


def _batch_norm(side, x, weight, bias):
    return side.batch_norm(x, None, None, weight, bias, training=True)


def _batch_norm_eval(side, x, weight, bias):
    mean, variance = side.zeros(len(weight)), side.ones(len(weight))
    return side.batch_norm(x, mean, variance, weight, bias)


def _pointwise():
    maps = (32, 32, 32, 32)

    def op(name, *shapes, **options):
        return _op(f"{name}, 32 x 32 x 32 x 32", *shapes, **options)

    return [
        *op("relu", lambda F, x: F.relu(x), maps),
        *op("leaky_relu", lambda F, x: F.leaky_relu(x), maps),
        *op("elu", lambda F, x: F.elu(x), maps),
        *op("sigmoid", lambda F, x: F.sigmoid(x), maps),
        *op("tanh", lambda F, x: F.tanh(x), maps),
        *op("sum", lambda F, x: x.sum(), maps),
        *op("dropout", lambda F, x: F.dropout(x, 0.5), maps, random=True),
        *op("x + y", lambda F, x, y: x + y, maps, maps),
        *op("where", lambda F, x, y, mask: F.where(mask, x, y), maps, maps, also=[normal(maps)[0] > 0]),
    ]


def _products():
    def biased(side, x, w, b):
        return side.conv2d(x, w, b, padding=1)

    maps = (8, 64, 56, 56), (64, 64, 3, 3), (64,)
    rng = np.random.default_rng(4)
    classes, pixels = rng.integers(0, 1000, 64), rng.integers(0, 21, (8, 64, 64))
    return [
        *_op("linear 8192 to 10, 32", lambda F, x, w, b: F.linear(x, w, b), (32, 8192), (10, 8192), (10,)),
        *_op("linear 4096 to 4096, 8", lambda F, x, w, b: F.linear(x, w, b), (8, 4096), (4096, 4096), (4096,)),
        *_op("matmul 512 x 512 x 512", lambda F, a, b: F.matmul(a, b), (512, 512), (512, 512)),
        gradient("kernels", "bias gradient of conv2d, 8 x 64 x 56 x 56", biased, lambda: normal(*maps), [2]),
        *_op("softmax, 64 x 1000", lambda F, x: F.softmax(x, 1), (64, 1000)),
        *_op("log_softmax, 8 x 21 x 64 x 64", lambda F, x: F.log_softmax(x, 1), (8, 21, 64, 64)),
        *_op("cross_entropy, 64 x 1000", lambda F, x, y: F.cross_entropy(x, y), (64, 1000), also=[classes]),
        *_op("cross_entropy, 8 x 21 x 64 x 64", lambda F, x, y: F.cross_entropy(x, y), (8, 21, 64, 64), also=[pixels]),
    ]  # fmt: skip


def _losses():
    def op(name, apply, count):
        rng = np.random.default_rng(7)
        return _op(f"{name}, {count}", apply, (count,), also=[rng.integers(0, 2, count).astype(np.float32)])

    labels = np.random.default_rng(8).integers(0, 1000, 64)
    return [
        *op("mse_loss", lambda F, x, y: F.mse_loss(x, y), 100000),
        *op("smooth_l1_loss", lambda F, x, y: F.smooth_l1_loss(x, y, beta=1 / 9), 100000),
        *op(
            "binary_cross_entropy_with_logits",
            lambda F, x, y: F.binary_cross_entropy_with_logits(x, y),
            100000,
        ),
        *_op("nll_loss, 64 x 1000", lambda F, x, y: F.nll_loss(x, y), (64, 1000), also=[labels]),
    ]


def _regions():
    many, few = _boxes(512, 800, 2, 2), _boxes(128, 600, 1, 3)
    maps, deep = (2, 256, 50, 50), (1, 512, 38, 50)
    return [
        *_op("roi_pool 7 x 7, 128 of 1 x 512 x 38 x 50",
             lambda F, x, rois: F.roi_pool(x, rois, 7, 1 / 16), deep, also=[few]),
        *_op("roi_align 7 x 7, 512 of 2 x 256 x 50 x 50",
             lambda F, x, rois: F.roi_align(x, rois, 7, 1 / 16, 2), maps, also=[many]),
        *_op("ps_roi_pool 7 x 7, 128 of 1 x 1029 x 38 x 50",
             lambda F, x, rois: F.ps_roi_pool(x, rois, 7, 1 / 16), (1, 21 * 49, 38, 50), also=[few]),
        *_op("ps_roi_align 7 x 7, 128 of 1 x 1029 x 38 x 50",
             lambda F, x, rois: F.ps_roi_align(x, rois, 7, 1 / 16, 2), (1, 21 * 49, 38, 50), also=[few]),
    ]  # fmt: skip


def _overlaps():
    def op(name, apply, *arrays):
        return forward("kernels", name, apply, lambda: arrays, plain=True)

    def nms(side, boxes, scores):
        return side.nms(boxes, scores, 0.5)

    boxes = _boxes(10000, 400, 1, 5)[:, 1:]
    scores = np.random.default_rng(6).random(len(boxes), dtype=np.float32)
    return [
        op("box_iou, 1000 x 1000", lambda F, a, b: F.box_iou(a, b), boxes[:1000], boxes[1000:2000]),
        op("nms of 2000 boxes", nms, boxes[:2000], scores[:2000]),
        op("nms of 10000 boxes", nms, boxes, scores),
    ]


def _boxes(count, size, images, seed):
    """Regions (count, 5) on images of ``size``: batch index, x1, y1, x2, y2."""
    rng = np.random.default_rng(seed)
    corners = np.sort(rng.uniform(0, size, (count, 2, 2)), axis=1).reshape(count, 4)
    return np.column_stack([rng.integers(0, images, count), corners]).astype(np.float32)


def _updates():
    def op(name, **options):
        def build(side):
            values, slope = map(side.tensor, normal((1000, 1000), (1000, 1000)))
            parameter = side.nn.Parameter(values)
            parameter.grad = slope
            optimizer = getattr(side.optim, name)([parameter], lr=1e-3, **options)

            def call():
                optimizer.step()
                return parameter

            return call

        return Entry("kernels", f"{name} step, 1000 x 1000", build)

    return [op("SGD", momentum=0.9), op("Adam"), op("RMSprop")]
