"""Normalisation: definitions, running statistics, gradients and refusals."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicv
import minicv.functional as F
from minicv.ops.norm import WindowSum
from minicv.testing import adjoint_check, gradcheck, gradgradcheck
from minicv.testing.strategies import arrays, shapes

rng = np.random.default_rng(0)


@given(x=arrays(shapes(min_dims=2).filter(lambda s: np.prod(s) > s[1]), distinct=True))
def test_batch_norm_gives_each_channel_mean_0_and_variance_1(x):
    y = F.batch_norm(x, None, None, training=True, eps=0.0).numpy()
    axes = tuple(a for a in range(x.ndim) if a != 1)
    np.testing.assert_allclose(y.mean(axis=axes), 0, atol=1e-12)
    np.testing.assert_allclose(y.var(axis=axes), 1)


@given(data=st.data())
def test_batch_norm_of_a_channel_by_hand(data):
    x = data.draw(arrays(shapes(min_dims=2).filter(lambda s: np.prod(s) > s[1])))
    scale, shift = data.draw(arrays((2, x.shape[1])))
    y = F.batch_norm(x, None, None, scale, shift, training=True, eps=0.1).numpy()
    for c in range(x.shape[1]):
        one = x[:, c]
        expected = (one - one.mean()) / np.sqrt(one.var() + 0.1) * scale[c] + shift[c]
        np.testing.assert_allclose(y[:, c], expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("make", [np.array, minicv.tensor], ids=["ndarray", "Tensor"])
def test_running_statistics_move_towards_the_batch(make):
    x = rng.standard_normal((4, 3, 2))
    mean, variance = make([1.0, 2.0, 3.0], dtype=np.float64), make([1.0, 1.0, 4.0], dtype=np.float64)
    F.batch_norm(x, mean, variance, training=True, momentum=0.25)
    expected = 0.75 * np.array([1.0, 2.0, 3.0]) + 0.25 * x.mean(axis=(0, 2))
    np.testing.assert_allclose(np.asarray(mean), expected)
    unbiased = x.transpose(1, 0, 2).reshape(3, -1).var(axis=1, ddof=1)
    np.testing.assert_allclose(np.asarray(variance), 0.75 * np.array([1.0, 1.0, 4.0]) + 0.25 * unbiased)


def test_predicting_uses_the_running_statistics_and_leaves_them():
    x, mean, variance = rng.standard_normal((1, 2, 3)), np.array([1.0, -1.0]), np.array([4.0, 0.25])
    y = F.batch_norm(x, mean, variance, np.array([2.0, 3.0]), np.array([5.0, 6.0]), eps=0.0).numpy()
    np.testing.assert_allclose(y[:, 0], (x[:, 0] - 1) / 2 * 2 + 5)
    np.testing.assert_allclose(y[:, 1], (x[:, 1] + 1) / 0.5 * 3 + 6)
    assert mean.tolist() == [1, -1]
    assert variance.tolist() == [4, 0.25]


def test_running_statistics_may_change_between_predicting_and_backward():
    """Predicting keeps no reference to them: training in between must neither be refused nor spoil the gradient."""
    x = minicv.tensor(rng.standard_normal((4, 2)), requires_grad=True)
    weight = minicv.tensor(np.ones(2), requires_grad=True)
    mean, variance = np.zeros(2), np.ones(2)
    y = F.batch_norm(x, mean, variance, weight, eps=0.0)
    F.batch_norm(x.detach() + 10, mean, variance, training=True)
    y.sum().backward()
    np.testing.assert_allclose(x.grad.numpy(), 1)
    np.testing.assert_allclose(weight.grad.numpy(), x.numpy().sum(axis=0))


def test_float32_stays_float32_whatever_the_type_of_the_numbers():
    x = minicv.tensor(rng.standard_normal((4, 2)), dtype=np.float32, requires_grad=True)
    mean, variance = np.zeros(2, "f"), np.ones(2, "f")
    y = F.batch_norm(x, mean, variance, training=True, momentum=np.float64(0.1), eps=np.float64(1e-5))
    y = y + F.batch_norm(x, mean, variance, eps=np.float64(1e-5)) + F.layer_norm(x, 2, eps=np.float64(1e-5))
    y.sum().backward()
    assert y.dtype == x.grad.dtype == mean.dtype == np.float32


def test_an_empty_batch_stays_empty_and_teaches_nothing():
    mean, variance = np.zeros(3), np.ones(3)
    for training in (True, False):
        y = F.batch_norm(np.zeros((0, 3, 2)), mean, variance, np.ones(3), np.ones(3), training=training)
        assert y.shape == (0, 3, 2)
    assert mean.tolist() == [0, 0, 0]
    assert F.layer_norm(np.zeros((0, 3)), 3, np.ones(3)).shape == (0, 3)
    assert F.local_response_norm(np.zeros((0, 3, 2)), 5).shape == (0, 3, 2)


@given(data=st.data())
def test_layer_norm_by_hand(data):
    x = data.draw(arrays(shapes(min_dims=1)))
    last = data.draw(st.integers(1, x.ndim))
    shape = x.shape[-last:]
    scale, shift = data.draw(arrays((2, *shape)))
    y = F.layer_norm(x, shape, scale, shift, eps=0.1).numpy()
    for index in np.ndindex(x.shape[:-last]):
        one = x[index]
        expected = (one - one.mean()) / np.sqrt(one.var() + 0.1) * scale + shift
        np.testing.assert_allclose(y[index], expected, rtol=1e-10, atol=1e-12)


@given(x=arrays(shapes(min_dims=3, max_side=6)), size=st.integers(1, 8))
def test_local_response_norm_by_hand(x, size):
    y = F.local_response_norm(x, size, alpha=0.5, beta=0.75, k=2.0).numpy()
    for c in range(x.shape[1]):
        window = x[:, max(0, c - size // 2) : c + (size - 1) // 2 + 1]
        expected = x[:, c] / (2 + 0.5 / size * (window**2).sum(axis=1)) ** 0.75
        np.testing.assert_allclose(y[:, c], expected, rtol=1e-10)


@given(before=st.integers(0, 6), after=st.integers(0, 6), channels=st.integers(1, 5))
def test_the_transpose_of_a_window_sum_is_the_mirrored_window(before, after, channels):
    def transpose(g):
        leaf = minicv.zeros(2, channels, 3, dtype=np.float64, requires_grad=True)
        WindowSum(before=before, after=after)(leaf).backward(g)
        return leaf.grad

    assert adjoint_check(WindowSum(before=before, after=after).forward, transpose, (2, channels, 3))


OPS = {
    "batch_norm, training": (
        lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True),
        [rng.standard_normal((3, 2, 4)), np.array([0.7, -1.2]), np.array([0.1, 0.2])],
    ),
    "batch_norm, predicting": (
        lambda x, w, b: F.batch_norm(x, np.array([0.5, -0.5]), np.array([2.0, 0.5]), w, b),
        [rng.standard_normal((3, 2, 4)), np.array([0.7, -1.2]), np.array([0.1, 0.2])],
    ),
    "layer_norm": (
        lambda x, w, b: F.layer_norm(x, (2, 4), w, b),
        [rng.standard_normal((3, 2, 4)), rng.standard_normal((2, 4)), rng.standard_normal((2, 4))],
    ),
    "local_response_norm": (
        lambda x: F.local_response_norm(x, 4, alpha=0.5, beta=0.75, k=1.0),
        [rng.standard_normal((2, 5, 3))],
    ),
}


@pytest.mark.parametrize("function, inputs", OPS.values(), ids=OPS)
def test_gradients(function, inputs):
    assert gradcheck(function, inputs)
    assert gradgradcheck(function, inputs)


def test_third_derivatives():
    """Second derivatives flow through 1 / sigma as well, which is an output for that reason."""

    def slope(x):
        with minicv.enable_grad():
            x = x if x.requires_grad else x.detach().requires_grad_()
            y = F.batch_norm(x, None, None, training=True, eps=0.1)
            return minicv.grad((y * y * y).sum(), x, create_graph=True)[0]

    assert gradgradcheck(slope, rng.standard_normal((4, 1)))


X = np.zeros((4, 3, 2, 2))
BAD = [
    (
        lambda: F.batch_norm(np.zeros(3), None, None, training=True),
        ValueError,
        "batch_norm: input must be (N, C, ...)",
    ),
    (
        lambda: F.batch_norm(np.zeros((4, 3), int), None, None),
        TypeError,
        "batch_norm: input must be a floating-point",
    ),
    (
        lambda: F.batch_norm(X[:1, :, :1, :1], None, None, training=True),
        ValueError,
        "batch_norm: input must be more than one value per channel when training=True; got shape (1, 3, 1, 1).",
    ),
    (
        lambda: F.batch_norm(X, None, None),
        ValueError,
        "batch_norm: running_mean and running_var must be given when training=False; got None.",
    ),
    (lambda: F.batch_norm(X, np.zeros(3), None), ValueError, "running_mean and running_var must be given"),
    (
        lambda: F.batch_norm(X, np.zeros(2), np.ones(2)),
        ValueError,
        "batch_norm: running_mean must be (3,) for an input (4, 3, 2, 2); got (2,).",
    ),
    (
        lambda: F.batch_norm(X, np.zeros(3), np.ones(3), np.ones(4)),
        ValueError,
        "batch_norm: weight must be (3,)",
    ),
    (
        lambda: F.batch_norm(X, np.zeros(3), np.ones(3), bias=np.ones((3, 1))),
        ValueError,
        "batch_norm: bias must be (3,) for an input (4, 3, 2, 2); got (3, 1).",
    ),
    (lambda: F.batch_norm(X, np.zeros(3, "f"), np.ones(3)), TypeError, "running_var must be of one dtype"),
    (lambda: F.layer_norm(X, (3, 2)), ValueError, "layer_norm: input must be (..., *normalized_shape) for"),
    (lambda: F.layer_norm(X, ()), ValueError, "layer_norm: input must be (..., *normalized_shape)"),
    (lambda: F.layer_norm(X, 2, np.ones(3)), ValueError, "layer_norm: weight must be (2,)"),
    (
        lambda: F.layer_norm(X, 2, np.ones(2, "f")),
        TypeError,
        "layer_norm: input and weight must be of one dtype",
    ),
    (
        lambda: F.local_response_norm(np.zeros((2, 3)), 5),
        ValueError,
        "local_response_norm: input must be (N, C, ...)",
    ),
    (
        lambda: F.local_response_norm(X, 0),
        ValueError,
        "local_response_norm: size must be an integer of at least 1",
    ),
    (
        lambda: F.local_response_norm(X, 2.5),
        ValueError,
        "local_response_norm: size must be an integer of at least 1",
    ),
]


@pytest.mark.parametrize("call, error, message", BAD)
def test_bad_input(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert message in str(caught.value)
