"""Activations and softmax: their definitions, kinks, extremes, gradients and refusals."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicv
import minicv.functional as F
from minicv.testing import gradcheck, gradgradcheck
from minicv.testing.strategies import arrays, shapes

SMOOTH = {
    "sigmoid": (F.sigmoid, lambda x: 1 / (1 + math.exp(-x))),
    "tanh": (F.tanh, math.tanh),
    "relu": (F.relu, lambda x: max(x, 0.0)),
    "leaky_relu": (F.leaky_relu, lambda x: x if x > 0 else 0.01 * x),
    "steep leaky_relu": (lambda x: F.leaky_relu(x, -1.5), lambda x: x if x > 0 else -1.5 * x),
    "elu": (F.elu, lambda x: x if x > 0 else math.exp(x) - 1),
    "elu, alpha": (lambda x: F.elu(x, 0.4), lambda x: x if x > 0 else 0.4 * (math.exp(x) - 1)),
}
every_one = pytest.mark.parametrize("function, definition", SMOOTH.values(), ids=SMOOTH)


@every_one
@given(x=arrays(shapes(min_side=0), distinct=True))
def test_definition(function, definition, x):
    expected = np.vectorize(definition, otypes=[float])(x)
    np.testing.assert_allclose(function(x).numpy(), expected, rtol=1e-14, atol=1e-15)


@every_one
def test_gradients(function, definition):
    x = minicv.testing.distinct_values((3, 4), gap=0.3)
    assert gradcheck(function, x)
    assert gradgradcheck(function, x)


@every_one
def test_float32_stays_float32(function, definition):
    x = minicv.tensor([-1.0, 0.0, 2.0], requires_grad=True)
    y = function(x)
    y.sum().backward()
    assert y.dtype == x.grad.dtype == np.float32


@pytest.mark.parametrize(
    "function, slope",
    [(F.relu, 0), (F.leaky_relu, 0.01), (lambda x: F.elu(x, 0.4), 0.4), (lambda x: F.prelu(x, [0.2]), 0.2)],
    ids=["relu", "leaky_relu", "elu", "prelu"],
)
def test_the_gradient_at_the_kink_is_that_of_the_left_side(function, slope):
    x = minicv.tensor([0.0, 1.0], requires_grad=True)
    function(x).sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), [slope, 1], rtol=1e-6)


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu", "sigmoid", "tanh"])
def test_nan_stays_visible_forward_and_backward(name):
    x = minicv.tensor([np.nan, 1.0], requires_grad=True)
    y = getattr(F, name)(x)
    (y * y).sum().backward()
    assert np.isnan(y.numpy()).tolist() == np.isnan(x.grad.numpy()).tolist() == [True, False]


def test_an_infinite_gradient_does_not_pass_where_relu_is_off():
    x = minicv.tensor([-1.0, 0.0, 2.0], requires_grad=True)
    F.relu(x).backward(minicv.tensor([np.inf] * 3))
    np.testing.assert_array_equal(x.grad.numpy(), [0, 0, np.inf])


def test_prelu_without_channels():
    x, w = minicv.ones(2, 0, 3), minicv.tensor(np.ones(0, np.float32), requires_grad=True)
    y = F.prelu(x, w)
    y.sum().backward()
    assert y.shape == (2, 0, 3)
    assert w.grad.shape == (0,)


def test_large_scores_do_not_overflow():
    x = minicv.tensor([-1e4, -100.0, 100.0, 1e4], dtype=np.float64)
    np.testing.assert_allclose(F.sigmoid(x).numpy(), [0, math.exp(-100), 1, 1])
    np.testing.assert_allclose(F.elu(x).numpy(), [-1, -1, 100, 1e4])


@given(shape=shapes(min_dims=2, max_side=4), one=st.booleans())
def test_prelu_has_a_slope_for_each_channel(shape, one):
    x = minicv.testing.distinct_values(shape)
    slopes = np.linspace(-0.5, 1.5, 1 if one else shape[1])
    y = F.prelu(x, slopes).numpy()
    for channel in range(shape[1]):
        here, slope = x[:, channel], slopes[0 if one else channel]
        np.testing.assert_array_equal(y[:, channel], np.where(here > 0, here, slope * here))
    assert gradcheck(F.prelu, [x, slopes], draws=1)


def test_prelu_second_derivatives():
    assert gradgradcheck(F.prelu, [minicv.testing.distinct_values((2, 3, 2)), np.array([0.1, 0.2, 0.3])])


@given(data=st.data())
def test_softmax_is_exponentials_over_their_sum(data):
    x = data.draw(arrays(shapes(min_dims=1)))
    dim = data.draw(st.integers(-x.ndim, x.ndim - 1))
    expected = np.exp(x) / np.exp(x).sum(axis=dim, keepdims=True)
    np.testing.assert_allclose(F.softmax(x, dim).numpy(), expected, rtol=1e-12)
    np.testing.assert_allclose(F.log_softmax(x, dim).numpy(), np.log(expected), rtol=1e-10, atol=1e-12)
    for function in (F.softmax, F.log_softmax):
        assert gradcheck(lambda t, f=function: f(t, dim), x, draws=1)


@pytest.mark.parametrize("function", [F.softmax, F.log_softmax])
def test_softmax_second_derivatives(function):
    assert gradgradcheck(lambda x: function(x, 1), np.random.default_rng(0).standard_normal((2, 4, 3)))


def test_the_jacobian_of_softmax_is_diag_p_minus_p_p_transposed():
    x = np.array([0.3, -1.0, 2.0])
    p = F.softmax(x, 0).numpy()
    for i in range(3):
        leaf = minicv.tensor(x, requires_grad=True)
        F.softmax(leaf, 0)[i].backward()
        np.testing.assert_allclose(leaf.grad.numpy(), p[i] * (np.eye(3)[i] - p), rtol=1e-12)


def test_softmax_of_large_scores_and_of_minus_infinity():
    x = np.array([[1e30, 1e30, -1e30], [0, -np.inf, 0]], np.float32)
    np.testing.assert_array_equal(F.softmax(x, 1).numpy(), [[0.5, 0.5, 0], [0.5, 0, 0.5]])
    np.testing.assert_allclose(F.log_softmax(x, 1).numpy()[:, 1], [-math.log(2), -np.inf], rtol=1e-6)
    assert np.isnan(F.softmax(np.full((1, 2), -np.inf), 1).numpy()).all()
    assert F.softmax(np.zeros((0, 3)), 1).shape == (0, 3)
    assert F.log_softmax(np.zeros((3, 0)), 1).shape == (3, 0)


BAD = [
    (
        lambda: F.relu(minicv.tensor([1, 2])),
        TypeError,
        "relu: input must be a floating-point tensor; got int64.",
    ),
    (lambda: F.sigmoid(minicv.tensor([True])), TypeError, "sigmoid: input must be a floating-point tensor"),
    (lambda: F.softmax(np.zeros((2, 3)), 2), ValueError, "softmax: axis must be in -2..1"),
    (lambda: F.log_softmax(np.zeros((2, 3)), -3), ValueError, "log_softmax: axis must be in -2..1"),
    (
        lambda: F.softmax(np.zeros((2, 3)), (0, 1)),
        TypeError,
        "softmax: dim must be an integer; got (0, 1). It is",
    ),
    (
        lambda: F.softmax(np.zeros((2, 3)), None),
        TypeError,
        "softmax: dim must be an integer; got None. It is",
    ),
    (
        lambda: F.prelu(np.zeros((2, 3, 4, 4)), np.zeros(4)),
        ValueError,
        "prelu: weight must be (3,) or (1,) for an input (2, 3, 4, 4); got (4,).",
    ),
    (lambda: F.prelu(np.zeros(5), np.zeros(5)), ValueError, "prelu: weight must be (1,) or (1,)"),
    (
        lambda: F.prelu(np.zeros((2, 3)), np.zeros((1, 3))),
        ValueError,
        "prelu: weight must be (C,) or (1,); got shape",
    ),
    (
        lambda: F.prelu(np.zeros((2, 3)), np.zeros(3, "f")),
        TypeError,
        "prelu: input and weight must be of one dtype",
    ),
]


@pytest.mark.parametrize("call, error, message", BAD)
def test_bad_input(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)
