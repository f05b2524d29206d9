"""Convolution and its two transposes: the definition, the adjoint identities, derivatives of both orders."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minicv
import minicv.functional as F
from minicv.geometry import conv_size
from minicv.testing import adjoint_check, gradcheck, gradgradcheck
from minicv.testing.strategies import arrays, conv_parameters
from tests.kernels.formula import by_the_formula
from tests.ops.inputs import assert_pure


@st.composite
def convolutions(draw, spatial=2):
    """Arrays x, w, y of one convolution, and its parameters."""
    p = draw(conv_parameters(spatial=spatial, max_channels=2, max_size=5))
    axes = zip(p.x_shape[2:], p.w_shape[2:], p.stride, p.padding, p.dilation)
    y_shape = (p.x_shape[0], p.w_shape[0], *(conv_size(*axis) for axis in axes))
    x, w, y = (draw(arrays(shape)) for shape in (p.x_shape, p.w_shape, y_shape))
    rest = {"stride": p.stride, "padding": p.padding, "dilation": p.dilation, "groups": p.groups}
    return x, w, y, rest


def output_padding(x, y, w, rest):
    """What conv_transpose2d must add to come back to the size of x."""
    spatial = zip(x.shape[2:], w.shape[2:], rest["stride"], rest["padding"], rest["dilation"])
    return tuple((n + 2 * p - d * (k - 1) - 1) % s for n, k, s, p, d in spatial)


@given(convolutions())
def test_conv2d_is_the_formula(drawn):
    x, w, _, rest = drawn
    bias = np.arange(1.0, len(w) + 1)
    expected = by_the_formula(x, w, **rest)
    np.testing.assert_allclose(F.conv2d(x, w, **rest).numpy(), expected, atol=1e-12)
    with_bias = F.conv2d(x, w, bias, **rest).numpy()
    np.testing.assert_allclose(with_bias, expected + bias[:, None, None], atol=1e-12)


@given(convolutions(spatial=1))
def test_conv1d_is_the_formula(drawn):
    x, w, _, rest = drawn
    two = {
        name: value if name == "groups" else (int("padding" not in name), *value)
        for name, value in rest.items()
    }
    expected = by_the_formula(x[:, :, None], w[:, :, None], **two)[:, :, 0]
    np.testing.assert_allclose(F.conv1d(x, w, **rest).numpy(), expected, atol=1e-12)


# The trio: <conv2d(x, w), y> = <x, conv_transpose2d(y, w)> = <w, conv2d_weight(x, y)>


@pytest.mark.parametrize("spatial", [1, 2])
@given(data=st.data())
def test_conv_transpose_is_the_transpose_and_gives_the_shape_back(spatial, data):
    x, w, y, rest = data.draw(convolutions(spatial))
    extra = output_padding(x, y, w, rest)
    conv, conv_transpose = getattr(F, f"conv{spatial}d"), getattr(F, f"conv_transpose{spatial}d")
    assert conv_transpose(y, w, output_padding=extra, **rest).shape == x.shape
    adjoint_check(
        lambda x: conv(x, w, **rest), lambda y: conv_transpose(y, w, output_padding=extra, **rest), x.shape
    )


@given(convolutions())
def test_conv2d_weight_is_the_transpose_in_the_filters(drawn):
    x, w, _, rest = drawn
    adjoint_check(lambda w: F.conv2d(x, w, **rest), lambda y: F.conv2d_weight(x, w.shape, y, **rest), w.shape)


@given(convolutions())
def test_the_gradients_are_the_other_two(drawn):
    x, w, y, rest = drawn
    tx, tw = minicv.tensor(x, requires_grad=True), minicv.tensor(w, requires_grad=True)
    F.conv2d(tx, tw, **rest).backward(y)
    extra = output_padding(x, y, w, rest)
    np.testing.assert_allclose(
        tx.grad.numpy(), F.conv_transpose2d(y, w, output_padding=extra, **rest).numpy(), atol=1e-12
    )
    np.testing.assert_allclose(tw.grad.numpy(), F.conv2d_weight(x, w.shape, y, **rest).numpy(), atol=1e-12)


# Derivatives, of all inputs at once


@settings(max_examples=10)
@given(convolutions())
def test_derivatives_of_conv2d(drawn):
    x, w, _, rest = drawn
    inputs = [x, w, np.ones(len(w))]
    gradcheck(lambda *t: F.conv2d(*t, **rest), inputs, draws=1)
    gradgradcheck(lambda *t: F.conv2d(*t, **rest), inputs, draws=1)


@settings(max_examples=10)
@given(convolutions())
def test_derivatives_of_conv_transpose2d(drawn):
    x, w, y, rest = drawn
    inputs, extra = [y, w, np.ones(x.shape[1])], output_padding(x, y, w, rest)
    gradcheck(lambda *t: F.conv_transpose2d(*t, output_padding=extra, **rest), inputs, draws=1)
    gradgradcheck(lambda *t: F.conv_transpose2d(*t, output_padding=extra, **rest), inputs, draws=1)


@settings(max_examples=10)
@given(convolutions())
def test_derivatives_of_conv2d_weight(drawn):
    x, w, y, rest = drawn
    gradcheck(lambda x, y: F.conv2d_weight(x, w.shape, y, **rest), [x, y], draws=1)
    gradgradcheck(lambda x, y: F.conv2d_weight(x, w.shape, y, **rest), [x, y], draws=1)


@pytest.mark.parametrize("name", ["conv1d", "conv_transpose1d"])
@settings(max_examples=10)
@given(data=st.data())
def test_derivatives_in_one_dimension(name, data):
    x, w, y, rest = data.draw(convolutions(spatial=1))
    inputs = [x if name == "conv1d" else y, w]
    if name == "conv_transpose1d":
        rest["output_padding"] = output_padding(x, y, w, rest)
    gradcheck(lambda *t: getattr(F, name)(*t, **rest), inputs, draws=1)
    gradgradcheck(lambda *t: getattr(F, name)(*t, **rest), inputs, draws=1)


# Parameters with a meaning of their own


@given(conv_parameters(max_channels=2, max_size=5), st.data())
def test_same_padding_keeps_the_size_and_puts_the_odd_cell_right_and_below(p, data):
    x, w = data.draw(arrays(p.x_shape)), data.draw(arrays(p.w_shape))
    rest = {"dilation": p.dilation, "groups": p.groups}
    missing = [d * (k - 1) for d, k in zip(p.dilation, w.shape[2:])]
    padded = np.pad(x, [(0, 0), (0, 0), *((n // 2, n - n // 2) for n in missing)])
    same = F.conv2d(x, w, padding="same", **rest)
    assert same.shape[2:] == x.shape[2:]
    np.testing.assert_allclose(same.numpy(), F.conv2d(padded, w, padding="valid", **rest).numpy(), atol=1e-12)
    np.testing.assert_allclose(same.numpy(), F.conv2d(padded, w, padding=0, **rest).numpy(), atol=1e-12)


def test_groups_do_not_see_each_other():
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((2, 4, 5, 5)), rng.standard_normal((6, 2, 3, 3))
    halves = [F.conv2d(x[:, 2 * g : 2 * g + 2], w[3 * g : 3 * g + 3]).numpy() for g in range(2)]
    np.testing.assert_allclose(F.conv2d(x, w, groups=2).numpy(), np.concatenate(halves, axis=1), atol=1e-12)


def test_an_output_padding_beyond_the_stride_is_room_for_windows_of_zeros():
    """Stride 1, dilation 3: the transposed convolution onto 8 cells of an image with 4 windows, of which y has 2."""
    y, w = np.array([[[2.0, 3.0]]]), np.array([[[1.0, 10.0]]])
    got = F.conv_transpose1d(y, w, dilation=3, output_padding=2)
    assert got.tolist() == [[[2, 3, 0, 20, 30, 0, 0]]]
    gradcheck(lambda y, w: F.conv_transpose1d(y, w, dilation=3, output_padding=2), [y, w])


@pytest.mark.parametrize(
    "name, channels", [("conv1d", 3), ("conv2d", 3), ("conv_transpose1d", 2), ("conv_transpose2d", 2)]
)
class TestEveryConvolution:
    def arguments(self, name, channels, dtype=np.float64):
        """A batch of two, and a weight of the shape (2, 3, ...): K x C, or C x K for the transposed ones."""
        axes = int(name[-2])
        rng = np.random.default_rng(0)
        x = rng.integers(-4, 5, (2, channels, *(6, 5)[:axes])).astype(dtype)
        return x, rng.integers(-4, 5, (2, 3, *(3, 2)[:axes])).astype(dtype)

    def test_a_single_image(self, name, channels):
        x, w = self.arguments(name, channels)
        both = getattr(F, name)(x, w, stride=2)
        np.testing.assert_array_equal(getattr(F, name)(x[1], w, stride=2).numpy(), both.numpy()[1])

    def test_an_empty_batch(self, name, channels):
        x, w = self.arguments(name, channels)
        w = minicv.tensor(w, requires_grad=True)
        y = getattr(F, name)(x[:0], w)
        assert y.shape == (0, *getattr(F, name)(x, w).shape[1:])
        y.backward(np.zeros(y.shape))
        assert not w.grad.numpy().any()

    def test_integers_stay_integers(self, name, channels):
        whole = getattr(F, name)(*self.arguments(name, channels, np.int64))
        assert whole.dtype == np.int64
        np.testing.assert_array_equal(
            whole.numpy(), getattr(F, name)(*self.arguments(name, channels)).numpy()
        )

    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_pure(self, name, channels, dtype):
        assert_pure(lambda *t: getattr(F, name)(*t, stride=2), self.arguments(name, channels, dtype))


def test_conv2d_weight_is_pure_and_takes_an_empty_batch():
    rng = np.random.default_rng(0)
    x, y = rng.integers(-4, 5, (2, 3, 6, 5)).astype(float), rng.integers(-4, 5, (2, 4, 4, 4)).astype(float)
    assert_pure(lambda x, y: F.conv2d_weight(x, (4, 3, 3, 2), y), (x, y))
    assert not F.conv2d_weight(x[:0], (4, 3, 3, 2), y[:0]).numpy().any()


def test_no_gradient_is_computed_that_nobody_asked_for():
    x, w = minicv.ones(1, 1, 3, 3), minicv.tensor(np.ones((2, 1, 2, 2), np.float32), requires_grad=True)
    y = F.conv2d(x, w)
    gx, gw = y.creator.backward(minicv.ones(1, 2, 2, 2))
    assert gx is None and gw.shape == w.shape
