"""Every kernel of the registry on the GPU, timed with CUDA events, beside what the card can do.

A kernel is called with the arguments that an op passes to it, so that OPS is all there is to write down. It is held
against the measured bandwidth of a copy, which moves each byte of the arguments and results once, and against the rate
of cuBLAS's float32 matrix product if it multiplies: the floor is the longer of the two times.
"""

from math import isqrt, prod
from unittest import mock

import numpy as np

import minicv
import minicv.functional as F
from minicv import boxes, kernels, optim

ROOM = 2**26  # numbers in the array that is copied
PRODUCT = 8192  # side of the matrices that are multiplied

# (images, channels, filters, height = width, kernel size, stride, groups)
LAYERS = {
    "64 of 3 x 3 over 32 x 64 x 56 x 56": (32, 64, 64, 56, 3, 1, 1),
    "256 of 3 x 3 over 32 x 256 x 14 x 14": (32, 256, 256, 14, 3, 1, 1),
    "512 of 3 x 3 over 1 x 512 x 14 x 14": (1, 512, 512, 14, 3, 1, 1),
    "128 of 3 x 3, stride 2, over 32 x 128 x 56 x 56": (32, 128, 128, 56, 3, 2, 1),
    "64 of 7 x 7, stride 2, over 32 x 3 x 224 x 224": (32, 3, 64, 224, 7, 2, 1),
    "256 of 1 x 1 over 32 x 64 x 56 x 56": (32, 64, 256, 56, 1, 1, 1),
    "depthwise 3 x 3 over 32 x 256 x 56 x 56": (32, 256, 256, 56, 3, 1, 256),
}


class Draw:
    """Random tensors on the GPU, which ops differentiate by."""

    def __init__(self, cupy, small):
        self.cupy, self.small = cupy, small
        self.rng = cupy.random.default_rng(0)

    def shape(self, *shape):
        """As told; tiny when the program is only tried."""
        return tuple(min(n, 4) for n in shape) if self.small else shape

    def array(self, *shape):
        return self.rng.standard_normal(self.shape(*shape), dtype=np.float32)

    def __call__(self, *shape):
        return minicv.Tensor(self.array(*shape), requires_grad=True)

    def labels(self, classes, *shape):
        host = np.random.default_rng(0).integers(0, classes, self.shape(*shape))
        return minicv.tensor(host % self.shape(classes)[0], device="cuda")

    def boxes(self, images, count, size):
        """Regions of ``images`` images: (R, 5)."""
        rng = np.random.default_rng(0)
        corners = np.sort(rng.uniform(0, size, (self.shape(count)[0], 2, 2)), axis=1).reshape(-1, 4)
        of = rng.integers(0, self.shape(images)[0], (len(corners), 1))
        return minicv.tensor(np.concatenate([of, corners], axis=1).astype(np.float32), device="cuda")


def _unpool(draw):
    y, indices = F.max_pool2d(draw(32, 64, 112, 112), 2, return_indices=True)
    return F.max_unpool2d(y, indices, 2)


def _batch_norm(draw, training):
    x, weight, bias = draw(32, 64, 112, 112), draw(64), draw(64)
    zeros, ones = minicv.zeros_like(weight), minicv.ones_like(weight)
    return F.batch_norm(x, zeros, ones, weight, bias, training)


def _optimize(draw, make):
    x = draw(4096, 4096)
    x.grad = draw(4096, 4096).detach()
    make([x]).step()
    return x


def _second_derivative(draw):
    """The gradient of roi_pool is linear in that of its result; its own gradient picks what roi_pool picked."""
    x = draw(8, 256, 50, 50)
    y = F.roi_pool(x, draw.boxes(8, 1000, 50), 7)
    (gradient,) = minicv.grad(y, x, minicv.ones_like(y).requires_grad_(), create_graph=True)
    return gradient


def _suppress(draw):
    """As a detector does; boxes have no gradient."""
    found, scores = draw.boxes(1, 8192, 1000).data[:, 1:], draw.array(8192)
    boxes.nms(found, scores, 0.7)
    boxes.box_iou(found, found)


# What reaches the kernels that are no convolutions, forward and backward. The first op that reaches one tells its size.
OPS = [
    lambda draw: F.fold(F.unfold(draw(32, 64, 56, 56), 3, padding=1), draw.shape(32, 64, 56, 56)[2:], 3, padding=1),
    lambda draw: F.conv2d(draw(32, 16, 56, 56), draw(16, 16, 1, 1), draw(16)),
    lambda draw: F.linear(draw(4096, 4096), draw(4096, 4096), draw(4096)),
    lambda draw: draw(4096, 4096) @ draw(4096, 4096),
    lambda draw: F.max_pool2d(draw(32, 64, 112, 112), 3, 2, 1),
    _unpool,
    lambda draw: F.interpolate(draw(32, 64, 56, 56), scale_factor=2, mode="bilinear"),
    lambda draw: F.roi_pool(draw(8, 256, 50, 50), draw.boxes(8, 1000, 50), 7),
    _second_derivative,
    lambda draw: F.roi_align(draw(8, 256, 50, 50), draw.boxes(8, 1000, 50), 7),
    lambda draw: _batch_norm(draw, True),
    lambda draw: _batch_norm(draw, False),
    lambda draw: F.layer_norm(draw(16384, 1024), draw.shape(1024), draw(*draw.shape(1024)), draw(1024)),
    lambda draw: minicv.where(draw(64, 64, 112, 112) > 0, draw(64, 64, 112, 112), 0.0),
    lambda draw: minicv.where(draw(64, 64, 112, 112) > 0, draw(64, 64, 112, 112), draw(64, 64, 112, 112)),
    lambda draw: F.dropout(draw(64, 64, 112, 112)),
    *[lambda draw, name=name: getattr(F, name)(draw(64, 64, 112, 112))
      for name in ("relu", "leaky_relu", "elu", "sigmoid", "tanh")],
    lambda draw: _optimize(draw, lambda params: optim.SGD(params, momentum=0.9)),
    lambda draw: _optimize(draw, optim.Adam),
    lambda draw: _optimize(draw, optim.RMSprop),
    lambda draw: F.cross_entropy(draw(16384, 1000), draw.labels(1000, 16384)),
    lambda draw: F.nll_loss(draw(16384, 1000), draw.labels(1000, 16384)),
    lambda draw: F.smooth_l1_loss(draw(16384, 1000), draw(16384, 1000)),
    lambda draw: F.binary_cross_entropy_with_logits(draw(16384, 1000), draw(16384, 1000)),
    lambda draw: F.softmax(draw(16384, 1000), 1),
    lambda draw: F.log_softmax(draw(16384, 1000), 1),
    lambda draw: F.local_response_norm(draw(32, 64, 56, 56), 5),
    _suppress,
]  # fmt: skip


def run(book, small):
    """Measure the ceilings, then every kernel."""
    cupy = book.cupy
    draw = Draw(cupy, small)
    clock = Clock(cupy, small)
    copy, rate = _ceilings(cupy, draw, clock)
    book.add("ceilings", "copy of 256 MB", {"GB/s": copy / 1e9})
    book.add("ceilings", f"float32 product of {PRODUCT} x {PRODUCT} by cuBLAS", {"TFLOP/s": rate / 1e12})
    for name, layer in LAYERS.items():
        for kernel, arguments in _directions(draw, *layer).items():
            x, w, y, flops = arguments[:4]
            call, least = arguments[4], x.nbytes + w.nbytes + y.nbytes

            def measure(call=call, flops=flops, least=least):
                seconds = clock(call)
                floor = max(flops / rate, least / copy)
                return {"ms": 1e3 * seconds, "TFLOP/s": flops / seconds / 1e12, "GB/s": least / seconds / 1e9,
                        "share of the floor": floor / seconds}  # fmt: skip

            book.attempt("kernels", f"{kernel}, {name}", measure)
    calls = _arguments(book, draw)
    for kernel in kernels.registry:
        if kernel in calls:
            book.attempt(
                "kernels",
                kernel,
                lambda kernel=kernel: _row(cupy, clock, kernel, calls.pop(kernel), copy, rate),
            )
        elif kernel not in CONVOLUTIONS:
            book.fail("kernels", f"{kernel}: no op among OPS reaches it")


CONVOLUTIONS = ("conv2d", "conv_transpose2d", "conv2d_weight")


def _arguments(book, draw):
    """The arguments with which OPS call the kernels that are no convolutions: name -> tuple."""
    found = {}

    def noting(name, original):
        def kernel(*args):
            found.setdefault(name, args)
            return original(*args)

        return kernel

    watched = {
        name: noting(name, getattr(kernels, name)) for name in kernels.registry if name not in CONVOLUTIONS
    }
    with mock.patch.multiple(kernels, **watched):
        for number, op in enumerate(OPS):
            try:
                y = op(draw)
                if y is not None:
                    y.backward(minicv.ones_like(y))
            except Exception as error:
                book.fail("kernels", f"OPS[{number}]: {type(error).__name__}: {error}")
    return found


def _ceilings(cupy, draw, clock):
    """Bytes a second of a copy, read and written, and operations a second of a matrix product."""
    a = draw.array(ROOM)
    b, m = cupy.empty_like(a), draw.array(PRODUCT, PRODUCT)
    return (
        2 * a.nbytes / clock(lambda: cupy.copyto(b, a)),
        2 * m.size * len(m) / clock(lambda: cupy.matmul(m, m)),
    )


def _directions(draw, N, C, K, size, kernel, stride, groups):
    """The three convolutions of a layer: name -> x, w, y, operations, call."""
    x = draw.array(N, C, size, size)
    C, groups = x.shape[1], (x.shape[1] if groups > 1 else 1)
    w = draw.rng.standard_normal(
        (C if groups > 1 else draw.shape(K)[0], C // groups, kernel, kernel), dtype=np.float32
    )
    where = (stride, stride), (kernel // 2, kernel // 2), (1, 1), groups
    y = kernels.conv2d(x, w, None, *where)
    flops = 2 * y.size * prod(w.shape[1:])
    return {
        "conv2d": (x, w, y, flops, lambda: kernels.conv2d(x, w, None, *where)),
        "conv_transpose2d": (
            x,
            w,
            y,
            flops,
            lambda: kernels.conv_transpose2d(y, w, None, x.shape[2:], *where),
        ),
        "conv2d_weight": (x, w, y, flops, lambda: kernels.conv2d_weight(x, y, w.shape[2:], *where)),
    }


def _row(cupy, clock, kernel, args, copy, rate):
    """Time one kernel; its floor is set by its bytes, or, of a matrix product, by its operations."""
    call = getattr(kernels, kernel)
    results = call(*args)
    if kernel in kernels.in_place:  # then everything is written but the gradient
        results = args[0], *args[2:]
    least = _bytes(cupy, args) + _bytes(cupy, results)
    floor = least / copy
    if kernel in ("linear", "linear_input", "linear_weight", "matmul"):
        floor = max(floor, 2 * isqrt(args[0].size * args[1].size * results.size) / rate)  # (n m) (m p) (n p)
    seconds = clock(lambda: call(*args))
    return {"ms": 1e3 * seconds, "GB/s": least / seconds / 1e9, "share of the floor": floor / seconds}


def _bytes(cupy, value):
    """Bytes of the arrays among the arguments or results."""
    if isinstance(value, (tuple, list)):
        return sum(_bytes(cupy, part) for part in value)
    return value.nbytes if isinstance(value, cupy.ndarray) else 0


class Clock:
    """Median seconds a call, by CUDA events around several calls that queue up."""

    def __init__(self, cupy, small):
        self.cupy, self.small = cupy, small

    def __call__(self, call):
        for _ in range(0 if self.small else 3):
            call()  # compiles, and fills the memory pool
        once = self._between_events(call, 1)
        if self.small:
            return once
        repeats = max(1, min(200, round(0.01 / once)))
        return float(np.median([self._between_events(call, repeats) for _ in range(5)]))

    def _between_events(self, call, repeats):
        start, stop = self.cupy.cuda.Event(), self.cupy.cuda.Event()
        start.record()
        for _ in range(repeats):
            call()
        stop.record()
        stop.synchronize()
        return max(1e-9, 1e-3 * self.cupy.cuda.get_elapsed_time(start, stop) / repeats)
