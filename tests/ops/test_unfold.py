"""Unfold cuts out windows, fold adds them back: definitions, and each the other's transpose."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minicv.functional as F
from minicv.geometry import conv_size
from minicv.testing import adjoint_check, gradcheck, gradgradcheck
from minicv.testing.strategies import arrays, conv_parameters
from tests.ops.inputs import assert_pure

parameters = conv_parameters(max_size=5)


def geometry(p):
    return p.w_shape[2:], p.dilation, p.padding, p.stride


def windows(p):
    """(OH, OW)."""
    axes = zip(p.x_shape[2:], p.w_shape[2:], p.stride, p.padding, p.dilation)
    return tuple(conv_size(*axis) for axis in axes)


@given(parameters, st.data())
def test_a_column_is_a_window_of_the_padded_image(p, data):
    x, kernel = data.draw(arrays(p.x_shape)), p.w_shape[2:]
    padded = np.pad(x, [(0, 0), (0, 0), *((q, q) for q in p.padding)])
    columns = F.unfold(x, *geometry(p)).numpy()
    assert columns.shape == (len(x), x.shape[1] * np.prod(kernel), np.prod(windows(p)))
    for number, at in enumerate(np.ndindex(windows(p))):
        taps = (
            slice(o * s, o * s + d * (k - 1) + 1, d) for o, s, d, k in zip(at, p.stride, p.dilation, kernel)
        )
        window = padded[(..., *taps)]
        np.testing.assert_array_equal(columns[:, :, number], window.reshape(len(x), -1))


@given(parameters, st.data())
def test_fold_is_the_transpose(p, data):
    size = p.x_shape[2:]
    adjoint_check(lambda x: F.unfold(x, *geometry(p)), lambda c: F.fold(c, size, *geometry(p)), p.x_shape)


@given(parameters, st.data())
def test_convolution_is_one_matrix_product(p, data):
    x, w = data.draw(arrays((2, p.w_shape[1], *p.x_shape[2:]))), data.draw(arrays(p.w_shape))
    kernel, dilation, padding, stride = geometry(p)
    y = w.reshape(len(w), -1) @ F.unfold(x, kernel, dilation, padding, stride).numpy()
    expected = F.conv2d(x, w, None, stride, padding, dilation).numpy()
    np.testing.assert_allclose(y.reshape(expected.shape), expected, atol=1e-12)


@given(parameters)
def test_folding_ones_counts_the_windows_over_each_pixel(p):
    counts = F.fold(F.unfold(np.ones(p.x_shape), *geometry(p)), p.x_shape[2:], *geometry(p)).numpy()
    kernel, dilation, padding, stride = geometry(p)
    expected = np.zeros(p.x_shape[2:])
    for at in np.ndindex(windows(p)):
        for tap in np.ndindex(kernel):
            cell = tuple(o * s - q + t * d for o, s, q, t, d in zip(at, stride, padding, tap, dilation))
            if all(0 <= c < n for c, n in zip(cell, expected.shape)):
                expected[cell] += 1
    np.testing.assert_array_equal(counts, np.broadcast_to(expected, counts.shape))


@settings(max_examples=10)
@given(parameters, st.data())
def test_derivatives(p, data):
    x, size = data.draw(arrays(p.x_shape)), p.x_shape[2:]
    columns = data.draw(arrays(F.unfold(x, *geometry(p)).shape))
    for op, at in [
        (lambda x: F.unfold(x, *geometry(p)), x),
        (lambda c: F.fold(c, size, *geometry(p)), columns),
    ]:
        gradcheck(op, at, draws=1)
        gradgradcheck(op, at, draws=1)


OPS = {
    "unfold": (lambda x: F.unfold(x, (3, 2), stride=2, padding=1), (2, 3, 5, 6)),
    "fold": (lambda x: F.fold(x, (5, 6), (3, 2), stride=2, padding=1), (2, 18, 12)),
}


@pytest.mark.parametrize("op, shape", OPS.values(), ids=OPS)
class TestBoth:
    def arange(self, shape):
        return np.arange(float(np.prod(shape))).reshape(shape)

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_pure(self, op, shape, dtype):
        assert_pure(op, [self.arange(shape).astype(dtype)])

    def test_without_a_batch_axis(self, op, shape):
        x = self.arange(shape)
        np.testing.assert_array_equal(op(x[1]).numpy(), op(x).numpy()[1])

    def test_an_empty_batch(self, op, shape):
        x = self.arange(shape)
        assert op(x[:0]).shape == (0, *op(x).shape[1:])

    def test_integers_stay_integers(self, op, shape):
        x = self.arange(shape)
        whole = op(x.astype(np.int64))
        assert whole.dtype == np.int64
        np.testing.assert_array_equal(whole.numpy(), op(x).numpy())
