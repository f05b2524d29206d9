"""Depthwise convolution: each channel has one filter of its own, and nothing is summed over channels.

There is no matrix product in it, and little to compute: 9 multiplications for a pixel with 3 x 3 taps. What counts is
how often a pixel is moved. So nothing is copied here, neither to columns nor to padded planes: 16 neighbouring
outputs are a vector, and each tap reads its 16 pixels where they are, the ones beside the image masked out::

    y[h, m : m + 16] = sum over i, j of w[i, j] * x[h s + i - p, m s + j - p : : s]

The masks are those of a column of vectors, which goes down the image with them in registers; the rows above and below
the image are left out. The transpose for stride 1 is such a convolution as well, with the filters turned by 180
degrees; for stride 2 the taps fall into those of even and those of odd pixels. The gradient of the weights goes down
the same columns, with the products of each tap in a vector of sums; the 16 lanes are added up at the end.

What it buys, for 8 images of 64 channels of 56 x 56 to 512 of 7 x 7 and 3 x 3 taps, in time of one core with AVX-512:
0.2 to 0.8 of that of the padded planes in :mod:`.conv_shift` and :mod:`.conv_weight` (the smaller the image, or with a
stride, the less), and 0.2 to 1.2 of PyTorch's.
"""

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from ..reference.unfold import output_size
from . import memory, parallel
from .jit import compiled, source
from .vector import LANES, Code

WIDEST = 7  # columns of taps: each has a mask and, in the weight gradient, a vector of sums


def _inside(code, first, width):
    """The lanes l with 0 <= first + l < width."""
    kind = ir.IntType(32)
    lanes = ir.Constant(ir.VectorType(kind, LANES), list(range(LANES)))
    first, width = (code.every(code.builder.trunc(n, kind)) for n in (first, width))
    return code.builder.icmp_unsigned("<", code.builder.add(lanes, first), width)


def _least(builder, a, b):
    return builder.select(builder.icmp_signed("<", a, b), a, b)


class _Column:
    """16 windows side by side, from column m on: what their taps need to be read.

    ``columns`` and ``stride`` are tuples, of as many numbers as the kernel has columns and as the windows are apart:
    lengths are known when the code is written.
    """

    def __init__(self, code, width, m, left, columns, stride):
        self.code, self.step, builder = code, stride.count, code.builder
        self.firsts, self.masks = [], []
        for j in range(columns.count):
            first = builder.sub(builder.mul(m, code.int(self.step)), builder.sub(left, code.int(j)))
            places = [builder.add(first, code.int(LANES * v)) for v in range(self.step)]
            self.firsts.append(first)
            self.masks.append([_inside(code, place, width) for place in places])

    def taps(self, row):
        """The pixels of the windows in a row of the image, a vector for each column of taps."""
        code, found = self.code, []
        for first, masks in zip(self.firsts, self.masks):
            places = [code.at(code.at(row, first), code.int(LANES * v)) for v in range(self.step)]
            vectors = [code.load_some(place, mask) for place, mask in zip(places, masks)]
            every_other = list(range(0, 2 * LANES, 2))
            found.append(vectors[0] if self.step == 1 else code.pick(*vectors, every_other))
        return found


@intrinsic
def _filter(typing, x, at, size, w, k, turn, rows, columns, stride, corner, bias, y, o, windows, m):
    """Write ``y[o + h OW + m + l]`` for all rows h of the windows and 16 lanes l, as the head of this file says.

    The image of ``size`` begins at ``x[at]`` and the filter at ``w[k]``, backwards if ``turn`` is -1 and not 1.
    ``corner`` is the padding; ``rows`` is the number of taps in a column, and the length of ``columns`` that in a row.
    """

    def generate(context, builder, signature, args):
        code = Code(context, builder, signature)
        x, at, size, w, k, turn, rows, _, _, corner, bias, y, o, windows, m = args
        x, w, y = code.address(0, x, at), code.address(3, w, k), code.address(11, y, o)
        (height, width), (down, left), (tall, wide) = (
            cgutils.unpack_tuple(builder, pair) for pair in (size, corner, windows)
        )
        columns, stride = signature.args[7:9]
        column, step = _Column(code, width, m, left, columns, stride), code.int(stride.count)
        real, start = code.mask(builder.sub(wide, m)), code.every(bias)

        def output(h, carried):
            top = builder.sub(builder.mul(h, step), down)
            above = builder.sub(code.int(0), _least(builder, top, code.int(0)))  # rows of taps
            count = builder.sub(_least(builder, rows, builder.sub(height, top)), above)

            def tap_row(i, sums):
                i = builder.add(i, above)
                row = code.at(x, builder.mul(builder.add(top, i), width))
                weight = builder.mul(builder.mul(i, code.int(columns.count)), turn)
                total = sums[0]
                for j, pixels in enumerate(column.taps(row)):
                    place = code.at(w, builder.add(weight, builder.mul(turn, code.int(j))))
                    total = code.multiply_add(code.every(builder.load(place)), pixels, total)
                return [total]

            (total,) = code.loop(count, [start], tap_row)
            code.store_some(total, code.at(y, builder.add(builder.mul(h, wide), m)), real)
            return carried

        code.loop(tall, [], output)
        return context.get_dummy_value()

    arguments = x, at, size, w, k, turn, rows, columns, stride, corner, bias, y, o, windows, m
    return types.void(*arguments), generate


@intrinsic
def _stamp(typing, y, at, windows, w, k, rows, columns, corner, bias, x, o, size, m):
    """Write ``x[h, 2 m + l] = bias + sum of w[i, j] * y[r, q]`` with 2 r = h + p - i, 2 q = 2 m + l + p - j.

    For all rows h of the image and 32 lanes l. A tap meets every other pixel alone: half of the taps make the pixels of
    even l, a vector, the others those of odd l, and at the end the two are shuffled.
    """

    def generate(context, builder, signature, args):
        code = Code(context, builder, signature)
        y, at, windows, w, k, rows, _, corner, bias, x, o, size, m = args
        y, w, x = code.address(0, y, at), code.address(3, w, k), code.address(9, x, o)
        (tall, wide), (down, left), (height, width) = (
            cgutils.unpack_tuple(builder, pair) for pair in (windows, corner, size)
        )
        columns, one, two = signature.args[6].count, code.int(1), code.int(2)
        halves = [builder.ashr(builder.sub(left, code.int(j - 1)), one) for j in range(columns)]
        firsts = [builder.add(m, half) for half in halves]
        masks = [_inside(code, first, wide) for first in firsts]
        start, left_is_odd = code.every(bias), builder.trunc(left, ir.IntType(1))
        rest = builder.sub(width, builder.mul(m, two))
        real = code.mask(rest), code.mask(builder.sub(rest, code.int(LANES)))

        def pixels(h, carried):
            bottom = builder.add(h, down)
            odd = builder.and_(bottom, one)  # the first of the rows of taps, which meets row ``bottom`` of y
            bottom = builder.ashr(bottom, one)
            beyond = _least(builder, builder.sub(builder.sub(tall, one), bottom), code.int(0))
            skipped = builder.sub(code.int(0), beyond)  # rows of taps that meet what is below y
            own = builder.ashr(builder.add(builder.sub(rows, odd), one), one)
            count = builder.sub(_least(builder, own, builder.add(bottom, one)), skipped)

            def tap_row(i, sums):
                i, sums = builder.add(i, skipped), list(sums)
                row = code.at(y, builder.mul(builder.sub(bottom, i), wide))
                tap = code.at(w, builder.mul(builder.add(builder.mul(i, two), odd), code.int(columns)))
                for j, (first, mask) in enumerate(zip(firsts, masks)):
                    weight = code.every(builder.load(code.at(tap, code.int(j))))
                    sums[j % 2] = code.multiply_add(
                        weight, code.load_some(code.at(row, first), mask), sums[j % 2]
                    )
                return sums

            of_even_taps, of_odd_taps = code.loop(count, [start, start], tap_row)
            even = builder.select(left_is_odd, of_odd_taps, of_even_taps)
            odd = builder.select(left_is_odd, of_even_taps, of_odd_taps)
            place = code.at(x, builder.add(builder.mul(h, width), builder.mul(m, two)))
            for half in range(2):
                lanes = [half * LANES // 2 + lane // 2 + lane % 2 * LANES for lane in range(LANES)]
                code.store_some(
                    code.pick(even, odd, lanes), code.at(place, code.int(half * LANES)), real[half]
                )
            return carried

        code.loop(height, [], pixels)
        return context.get_dummy_value()

    arguments = y, at, windows, w, k, rows, columns, corner, bias, x, o, size, m
    return types.void(*arguments), generate


@intrinsic
def _correlate(typing, x, at, size, y, o, windows, m, i, first, last, columns, stride, corner, sums):
    """``sums[16 j + l] += sum over h of y[h, m + l] * x[h s + i - p, (m + l) s + j - p]`` for first <= h < last."""

    def generate(context, builder, signature, args):
        code = Code(context, builder, signature)
        x, at, size, y, o, windows, m, i, first, last, _, _, corner, sums = args
        x, y, sums = code.address(0, x, at), code.address(3, y, o), code.address(13, sums, code.int(0))
        (_, width), (down, left), (_, wide) = (
            cgutils.unpack_tuple(builder, pair) for pair in (size, corner, windows)
        )
        columns, stride = signature.args[10:12]
        column, real = _Column(code, width, m, left, columns, stride), code.mask(builder.sub(wide, m))
        places = [
            code.at(
                sums,
                builder.mul(
                    code.int(LANES), builder.add(builder.mul(i, code.int(columns.count)), code.int(j))
                ),
            )
            for j in range(columns.count)
        ]

        def window(h, totals):
            h = builder.add(h, first)
            outputs = code.load_some(code.at(y, builder.add(builder.mul(h, wide), m)), real)
            line = builder.add(builder.mul(h, code.int(stride.count)), builder.sub(i, down))
            taps = column.taps(code.at(x, builder.mul(line, width)))
            return [code.multiply_add(outputs, pixels, total) for pixels, total in zip(taps, totals)]

        totals = code.loop(builder.sub(last, first), [code.load(place) for place in places], window)
        for total, place in zip(totals, places):
            code.store(total, place)
        return context.get_dummy_value()

    arguments = x, at, size, y, o, windows, m, i, first, last, columns, stride, corner, sums
    return types.void(*arguments), generate


@compiled
def _convolve(begin, end, x, size, w, turn, rows, columns, stride, corner, biases, y, windows):
    """Convolve planes; plane n C + c has channel c's filter."""
    channels = len(biases)
    taps, area, out = rows * len(columns), size[0] * size[1], windows[0] * windows[1]
    for plane in range(begin, end):
        c = plane % channels
        k = c * taps + (taps - 1 if turn < 0 else 0)
        for m in range(0, windows[1], LANES):
            at, o = plane * area, plane * out
            _filter(x, at, size, w, k, turn, rows, columns, stride, corner, biases[c], y, o, windows, m)


@compiled
def _stamps(begin, end, y, windows, w, rows, columns, corner, biases, x, size):
    """Stamp at every other pixel; plane n C + c has channel c's filter."""
    channels = len(biases)
    taps, out, area = rows * len(columns), windows[0] * windows[1], size[0] * size[1]
    for plane in range(begin, end):
        c = plane % channels
        for m in range(0, (size[1] + 1) // 2, LANES):
            at, o = plane * out, plane * area
            _stamp(y, at, windows, w, c * taps, rows, columns, corner, biases[c], x, o, size, m)


@compiled
def _weights(begin, end, x, size, y, windows, batch, rows, columns, stride, corner, w):
    """Compute the filters of channels."""
    channels, step = len(w) // (rows * len(columns)), len(stride)
    area, out, taps = size[0] * size[1], windows[0] * windows[1], rows * len(columns)
    sums = np.empty(taps * LANES, np.float32)
    for c in range(begin, end):
        sums[:] = 0
        for n in range(batch):
            plane = n * channels + c
            for m in range(0, windows[1], LANES):
                for i in range(rows):
                    # The windows whose tap is in the image.
                    first = max(0, -((i - corner[0]) // step))
                    last = min(windows[0], -((i - corner[0] - size[0]) // step))
                    at, o = plane * area, plane * out
                    if first < last:
                        _correlate(
                            x, at, size, y, o, windows, m, i, first, last, columns, stride, corner, sums
                        )
        for t in range(taps):
            total = np.float32(0)
            for lane in range(LANES):
                total += sums[t * LANES + lane]
            w[c * taps + t] = total


def suits(kernel_size, stride, padding, dilation):
    """Whether there is such a convolution here. Zeros are left out: weights, or results, must be finite."""
    small = kernel_size[1] <= WIDEST and all(p < k for p, k in zip(padding, kernel_size))
    return small and stride in [(1, 1), (2, 2)] and dilation == (1, 1)


def _run(x, w, turn, bias, stride, padding, windows):
    """Convolve with filters that are turned by 180 degrees if ``turn`` is -1."""
    N, C, *size = x.shape
    y = memory.empty((N, C, *windows), np.float32)
    biases = source(np.zeros(C, np.float32) if bias is None else bias, C)
    geometry = w.shape[2], (0,) * w.shape[3], (0,) * stride, padding
    args = source(x, x.size), tuple(size), source(w, w.size), turn, *geometry, biases, y.reshape(-1)
    parallel.run(_convolve, N * C, w[0].size * windows[0] * -(-windows[1] // LANES), *args, tuple(windows))
    return y


def conv2d(x, w, bias, stride, padding, dilation, groups):
    """Convolve: see :func:`minicv.kernels.reference.conv.conv2d`."""
    windows = output_size(x.shape[2:], w.shape[2:], stride, padding, dilation)
    return _run(x, w, 1, bias, stride[0], padding, windows)


def conv_transpose2d(y, w, bias, output_size, stride, padding, dilation, groups):
    """Stamp at every pixel, or every other: see :func:`minicv.kernels.reference.conv.conv_transpose2d`."""
    if stride == (1, 1):
        padding = tuple(k - 1 - p for k, p in zip(w.shape[2:], padding))
        return _run(y, w, -1, bias, 1, padding, output_size)
    (N, C, *windows), taps = y.shape, w.shape[2:]
    x = memory.empty((N, C, *output_size), np.float32)
    biases = source(np.zeros(C, np.float32) if bias is None else bias, C)
    given = source(y, y.size), tuple(windows), source(w, w.size), taps[0], (0,) * taps[1], padding, biases
    work = w[0].size * output_size[0] * -(-output_size[1] // (2 * LANES))
    parallel.run(_stamps, N * C, work, *given, x.reshape(-1), tuple(output_size))
    return x


def conv2d_weight(x, y, kernel_size, stride, padding, dilation, groups):
    """Correlate: see :func:`minicv.kernels.reference.conv.conv2d_weight`."""
    (N, C, *size), windows = x.shape, y.shape[2:]
    w = np.empty((C, 1, *kernel_size), np.float32)
    geometry = kernel_size[0], (0,) * kernel_size[1], (0,) * stride[0], padding
    args = source(x, x.size), tuple(size), source(y, y.size), tuple(windows), N, *geometry, w.reshape(-1)
    work = N * windows[0] * -(-windows[1] // LANES) * kernel_size[0] * kernel_size[1]
    parallel.run(_weights, C, work, *args)
    return w
