"""Pooling and unpooling: values, ties, the scatter that is the transpose of the gather, derivatives."""

from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minicv
import minicv.functional as F
from minicv import kernels
from minicv.geometry import adaptive_windows, pool_size
from minicv.ops.pool import Pick, Place
from minicv.testing import adjoint_check, gradcheck, gradgradcheck
from minicv.testing.strategies import arrays, pool_parameters
from tests.ops.inputs import assert_pure, pull_back

inf, nan = np.inf, np.nan


def window_cells(size, kernel, stride, padding, dilation, ceil_mode):
    """For each output cell of one axis the cells it reads, clipped to the image."""
    count = pool_size(size, kernel, stride, padding, dilation, ceil_mode)
    taps = [[o * stride - padding + i * dilation for i in range(kernel)] for o in range(count)]
    return [[cell for cell in window if 0 <= cell < size] for window in taps]


def over_windows(function, x, rows, cols):
    """``function`` of each window, a list of the (value, index) under it in raster order."""
    y = [
        [
            function([(plane[h, v], h * plane.shape[1] + v) for h in hs for v in vs])
            for hs in rows
            for vs in cols
        ]
        for plane in x.reshape(-1, *x.shape[2:])
    ]
    return np.reshape(y, (*x.shape[:2], len(rows), len(cols), -1))


def axes_of(p):
    return zip(p.x_shape[2:], p.kernel_size, p.stride, p.padding, p.dilation, [p.ceil_mode] * 2)


@given(pool_parameters(), st.data())
def test_max_pool2d_takes_the_first_maximum(p, data):
    x = data.draw(arrays(p.x_shape, np.int64)).astype(float) % 4  # many ties
    rows, cols = (window_cells(*axis) for axis in axes_of(p))
    expected = over_windows(
        lambda w: max(w, key=lambda cell: (cell[0], -cell[1]), default=(0, -1)), x, rows, cols
    )
    rest = (p.kernel_size, p.stride, p.padding, p.dilation, p.ceil_mode)
    y, indices = F.max_pool2d(x, *rest, return_indices=True)
    np.testing.assert_array_equal(y.numpy(), expected[..., 0])
    np.testing.assert_array_equal(indices.numpy(), expected[..., 1])
    assert indices.dtype == np.int64 and y.shape[2:] == tuple(pool_size(*axis) for axis in axes_of(p))
    np.testing.assert_array_equal(F.max_pool2d(x, *rest).numpy(), y.numpy())


@given(pool_parameters(), st.booleans(), st.sampled_from([None, 5]), st.data())
def test_avg_pool2d_is_the_mean(p, count_include_pad, divisor, data):
    """Over the padded image of zeros; its cells count unless told otherwise, those beyond it never do."""
    x, (ph, pw) = data.draw(arrays(p.x_shape)), p.padding
    padded = np.pad(x, [(0, 0), (0, 0), (ph, ph), (pw, pw)])
    counted = np.pad(np.ones_like(x), [(0, 0), (0, 0), (ph, ph), (pw, pw)], constant_values=count_include_pad)
    rest = (p.kernel_size, p.stride, p.padding, p.ceil_mode)
    found = F.avg_pool2d(x, *rest, count_include_pad, divisor).numpy()
    for at in np.ndindex(found.shape[2:]):
        window = (..., *(slice(o * s, o * s + k) for o, s, k in zip(at, p.stride, p.kernel_size)))
        share = divisor or counted[window].sum(axis=(2, 3))
        np.testing.assert_allclose(found[(..., *at)], padded[window].sum(axis=(2, 3)) / share, atol=1e-12)


@given(st.integers(1, 8), st.integers(1, 8), st.integers(1, 9), st.integers(1, 9), st.data())
def test_adaptive_pooling_covers_the_image(H, W, OH, OW, data):
    x = data.draw(arrays((2, 3, H, W), distinct=True))
    rows, cols = ([range(*w) for w in adaptive_windows(n, o)] for n, o in ((H, OH), (W, OW)))
    expected = over_windows(lambda w: max(w), x, rows, cols)
    y, indices = F.adaptive_max_pool2d(x, (OH, OW), return_indices=True)
    np.testing.assert_array_equal(y.numpy(), expected[..., 0])
    np.testing.assert_array_equal(indices.numpy(), expected[..., 1])
    means = over_windows(lambda w: np.mean([value for value, _ in w]), x, rows, cols)[..., 0]
    np.testing.assert_allclose(F.adaptive_avg_pool2d(x, (OH, OW)).numpy(), means, atol=1e-12)


def test_adaptive_sizes():
    x = np.arange(24.0).reshape(1, 1, 4, 6)
    assert F.adaptive_avg_pool2d(x, 1).tolist() == [[[[11.5]]]]  # global average pooling
    assert F.adaptive_avg_pool2d(x, (None, 2)).shape == (1, 1, 4, 2)
    assert F.adaptive_max_pool2d(x, (2, None)).tolist() == [
        [[[6, 7, 8, 9, 10, 11], [18, 19, 20, 21, 22, 23]]]
    ]


# Rules of the maximum


def pooled(values, **rest):
    """One window over a row of values, and where the gradient goes."""
    x = minicv.tensor(np.array([[[values]]], float), requires_grad=True)
    y, indices = F.max_pool2d(x, (1, len(values)), **rest, return_indices=True)
    y.sum().backward()
    return y.item(), indices.item(), x.grad.numpy().ravel().tolist()


def test_the_first_of_equal_maxima_gets_the_whole_gradient():
    assert pooled([1, 4, 4, 4]) == (4, 1, [0, 1, 0, 0])


def test_minus_infinity_is_a_value_like_others():
    assert pooled([-inf, -inf]) == (-inf, 0, [1, 0])


def test_the_first_nan_wins():
    value, index, gradient = pooled([inf, nan, 7, nan])
    assert np.isnan(value) and (index, gradient) == (1, [0, 1, 0, 0])


def test_the_padding_never_wins():
    """Padding with 0, a common slip, would show here."""
    x = -np.arange(1.0, 5.0).reshape(1, 1, 2, 2)
    y, indices = F.max_pool2d(x, 2, stride=2, padding=1, return_indices=True)
    assert y.tolist() == [[[[-1, -2], [-3, -4]]]] and indices.tolist() == [[[[0, 1], [2, 3]]]]


def test_a_window_that_sees_nothing_gives_zero_and_no_gradient():
    """Kernel 2, dilation 3, padding 1 on two cells: the taps are -1 and 2."""
    x = minicv.tensor(np.array([[[[5.0, 6.0]]]]), requires_grad=True)
    y, indices = F.max_pool2d(x, (1, 2), padding=(0, 1), dilation=(1, 3), return_indices=True)
    assert (y.item(), indices.item()) == (0, -1)
    y.sum().backward()
    assert x.grad.tolist() == [[[[0, 0]]]]


# A gather and its transpose


@given(pool_parameters(), st.data())
def test_the_gradient_of_max_pooling_adds_where_windows_overlap(p, data):
    x = minicv.tensor(data.draw(arrays(p.x_shape, distinct=True)), requires_grad=True)
    rest = (p.kernel_size, p.stride, p.padding, p.dilation, p.ceil_mode)
    y, indices = F.max_pool2d(x, *rest, return_indices=True)
    g = data.draw(arrays(y.shape))
    y.backward(g)
    expected = np.zeros((*x.shape[:2], x.shape[2] * x.shape[3]))
    for n, c, oh, ow in np.ndindex(y.shape):
        if indices.numpy()[n, c, oh, ow] >= 0:
            expected[n, c, indices.numpy()[n, c, oh, ow]] += g[n, c, oh, ow]
    np.testing.assert_allclose(x.grad.numpy(), expected.reshape(x.shape), atol=1e-12)


@given(st.integers(0, 2**32 - 1))
def test_pick_and_place_are_transposes(seed):
    """Whatever the indices: repeated, missing (-1), in any order."""
    indices = np.random.default_rng(seed).integers(-1, 20, (2, 3, 3, 6), np.int32)
    ranges = np.array([[0, 3]] * 4), np.array([[0, 6]] * 5)
    pick, place = Pick(indices=indices, ranges=ranges), Place(indices=indices, size=(4, 5), ranges=ranges)
    adjoint_check(pick.forward, place.forward, (2, 3, 4, 5))


@given(pool_parameters(), st.data())
def test_the_ranges_promised_to_place_hold(p, data):
    """A GPU looks nowhere else for what points at a cell: see kernels/reference/max_pool.py."""
    x = minicv.tensor(data.draw(arrays(p.x_shape, distinct=True)), requires_grad=True)
    rest = (p.kernel_size, p.stride, p.padding, p.dilation, p.ceil_mode)
    y, indices = F.max_pool2d(x, *rest, return_indices=True)
    with mock.patch.object(kernels, "place", wraps=kernels.place) as place:
        y.backward(np.ones(y.shape))
    rows, cols = place.call_args.args[3]
    for (_, _, oh, ow), index in np.ndenumerate(indices.numpy()):
        if index >= 0:
            h, w = divmod(index, x.shape[3])
            assert rows[h][0] <= oh < rows[h][1] and cols[w][0] <= ow < cols[w][1]


@settings(max_examples=10)
@given(pool_parameters(max_size=5), st.data())
def test_derivatives_of_max_pool2d(p, data):
    x = data.draw(arrays(p.x_shape, distinct=True))
    rest = (p.kernel_size, p.stride, p.padding, p.dilation, p.ceil_mode)
    gradcheck(lambda x: F.max_pool2d(x, *rest), x, draws=1)
    gradgradcheck(lambda x: F.max_pool2d(x, *rest), x, draws=1)


@settings(max_examples=10)
@given(pool_parameters(max_size=5), st.booleans(), st.data())
def test_derivatives_of_avg_pool2d(p, count_include_pad, data):
    x = data.draw(arrays(p.x_shape))
    rest = (p.kernel_size, p.stride, p.padding, p.ceil_mode, count_include_pad)
    gradcheck(lambda x: F.avg_pool2d(x, *rest), x, draws=1)
    gradgradcheck(lambda x: F.avg_pool2d(x, *rest), x, draws=1)


@pytest.mark.parametrize("name", ["adaptive_avg_pool2d", "adaptive_max_pool2d"])
@settings(max_examples=10)
@given(out=st.integers(1, 7), data=st.data())
def test_derivatives_of_adaptive_pooling(name, out, data):
    x = data.draw(arrays((2, 2, 5, 4), distinct=True))
    gradcheck(lambda x: getattr(F, name)(x, (out, 3)), x, draws=1)
    gradgradcheck(lambda x: getattr(F, name)(x, (out, 3)), x, draws=1)


# Unpooling


@given(pool_parameters(), st.data())
def test_pooling_what_was_unpooled_gives_it_back(p, data):
    """Windows that do not overlap, positive values: max_pool2d(max_unpool2d(y)) = y, to the original size."""
    stride = tuple(map(max, p.kernel_size, p.stride))
    x = data.draw(arrays(p.x_shape, distinct=True))
    rest = (p.kernel_size, stride, p.padding)
    y, indices = F.max_pool2d(x, *rest, return_indices=True)
    values = np.abs(data.draw(arrays(y.shape))) + 1
    unpooled = F.max_unpool2d(values, indices, *rest, output_size=x.shape)
    assert unpooled.shape == x.shape and np.count_nonzero(unpooled.numpy()) == values.size
    again, where = F.max_pool2d(unpooled, *rest, return_indices=True)
    np.testing.assert_array_equal(again.numpy(), values)
    np.testing.assert_array_equal(where.numpy(), indices.numpy())


def test_where_windows_overlap_the_last_write_stays_and_alone_gets_the_gradient():
    """3 x 3 windows at stride 1 over one peak: all four name the same cell."""
    x = np.zeros((1, 1, 4, 4))
    x[0, 0, 1, 1] = 1
    _, indices = F.max_pool2d(x, 3, stride=1, return_indices=True)
    assert indices.tolist() == [[[[5, 5], [5, 5]]]]
    y = minicv.tensor(np.array([[[[1.0, 2.0], [3.0, 4.0]]]]), requires_grad=True)
    unpooled = F.max_unpool2d(y, indices, 3, stride=1)
    assert unpooled.numpy()[0, 0, 1, 1] == 4 and unpooled.numpy().sum() == 4
    unpooled.backward(np.full((1, 1, 4, 4), 7.0))
    assert y.grad.tolist() == [[[[0, 0], [0, 7]]]]


@settings(max_examples=10)
@given(pool_parameters(max_size=5), st.data())
def test_derivatives_of_max_unpool2d(p, data):
    """Overlapping windows among them."""
    x = data.draw(arrays(p.x_shape, distinct=True))
    rest = (p.kernel_size, p.stride, p.padding)
    y, indices = F.max_pool2d(x, *rest, return_indices=True)
    values = data.draw(arrays(y.shape))

    def unpool(y):
        return F.max_unpool2d(y, indices, *rest, output_size=x.shape[2:])

    gradcheck(unpool, values, draws=1)
    gradgradcheck(unpool, values, draws=1)
    adjoint_check(unpool, pull_back(unpool, y.shape), y.shape)


@pytest.mark.parametrize("size", [None, (4, 6), (5, 6), (5, 7), (1, 1, 5, 7)])
def test_output_size_of_unpooling(size):
    """Which of the sizes that pool to 2 x 3 is meant."""
    indices = minicv.tensor(np.arange(6).reshape(1, 1, 2, 3))
    got = F.max_unpool2d(np.ones((1, 1, 2, 3)), indices, 2, output_size=size).numpy()
    expected = np.zeros((size or (4, 6))[-2:])
    expected.flat[:6] = 1
    np.testing.assert_array_equal(got[0, 0], expected)


# What every op owes


OPS = {
    "max_pool2d": lambda x: F.max_pool2d(x, 3, 2, 1),
    "avg_pool2d": lambda x: F.avg_pool2d(x, 3, 2, 1),
    "adaptive_max_pool2d": lambda x: F.adaptive_max_pool2d(x, (3, 2)),
    "adaptive_avg_pool2d": lambda x: F.adaptive_avg_pool2d(x, (3, 2)),
    "max_unpool2d": lambda x: F.max_unpool2d(x, np.broadcast_to(np.arange(30).reshape(5, 6), x.shape), 2),
}


@pytest.mark.parametrize("op", OPS.values(), ids=OPS)
class TestEveryPooling:
    x = np.random.default_rng(0).permuted(np.arange(180.0)).reshape(2, 3, 5, 6)

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_pure(self, op, dtype):
        assert_pure(op, [self.x.astype(dtype)])

    def test_a_single_image(self, op):
        np.testing.assert_array_equal(op(self.x[1]).numpy(), op(self.x).numpy()[1])

    def test_an_empty_batch(self, op):
        assert op(self.x[:0]).shape == (0, *op(self.x).shape[1:])


@pytest.mark.parametrize("name", ["max_pool2d", "adaptive_max_pool2d", "max_unpool2d"])
def test_integers_stay_integers(name):
    x = TestEveryPooling.x
    whole = OPS[name](x.astype(np.int64))
    assert whole.dtype == np.int64
    np.testing.assert_array_equal(whole.numpy(), OPS[name](x).numpy())
