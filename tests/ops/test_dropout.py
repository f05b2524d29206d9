"""Dropout: which numbers go, what becomes of the others, and its transpose."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicv
import minicv.functional as F
from minicv import kernels
from minicv.kernels.reference.dropout import uniform
from minicv.ops.dropout import Dropout
from minicv.testing import adjoint_check
from minicv.testing.strategies import arrays, shapes


@given(x=arrays(dtype=np.float32), p=st.floats(0, 1))
def test_each_number_is_dropped_or_scaled(x, p):
    y = F.dropout(x, p).numpy()
    assert y.dtype == np.float32
    scale = 0 if p == 1 else 1 / (1 - p)
    kept = y != 0
    np.testing.assert_allclose(y[kept], x[kept] * scale, rtol=1e-6)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.8])
def test_the_share_dropped_and_the_expected_value(p):
    minicv.manual_seed(0)
    y = F.dropout(np.ones(100_000), p).numpy()
    # Both are means of 100,000 draws; the bounds are five standard deviations.
    assert abs((y == 0).mean() - p) < 5 * np.sqrt(p * (1 - p) / 1e5)
    assert abs(y.mean() - 1) < 5 * np.sqrt(p / (1 - p) / 1e5)


def test_the_gradient_passes_where_the_number_passed():
    x = minicv.tensor(np.ones((4, 5)), requires_grad=True)
    y = F.dropout(x, 0.3)
    g = np.arange(20.0).reshape(4, 5)
    y.backward(g)
    np.testing.assert_array_equal(x.grad.numpy(), g * y.numpy())


@given(seed=st.integers(0, 2**63 - 1), p=st.floats(0, 1))
def test_given_the_seed_it_is_its_own_transpose(seed, p):
    assert adjoint_check(Dropout(seed=seed, p=p).forward, Dropout(seed=seed, p=p).backward, (3, 4))


def test_an_infinity_that_is_dropped_is_0_forward_and_backward():
    x = minicv.tensor([np.inf, 1.0], requires_grad=True)
    y = F.dropout(x, 1.0)
    y.backward(minicv.tensor([np.inf, np.inf]))
    assert y.tolist() == x.grad.tolist() == [0, 0]


def test_neighbouring_numbers_and_seeds_are_independent():
    """Of all pairs, one number being dropped says nothing about the other; bounds are five standard deviations."""
    dropped = np.array([kernels.dropout(np.ones(40_000), seed, 0.5) == 0 for seed in (0, 1, 2**62)])
    pairs = [(a[:-lag], a[lag:]) for a in dropped for lag in (1, 2, 3, 16, 64, 1024)]
    pairs += [(dropped[i], dropped[j]) for i, j in ((0, 1), (0, 2), (1, 2))]
    for a, b in pairs:
        assert abs((a == b).mean() - 0.5) < 5 * 0.5 / np.sqrt(len(a))


def test_random_numbers_are_those_of_splitmix64():
    """The first outputs for seed 1234567, as the authors' C code gives them."""
    expected = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert uniform(1234567, 3).tolist() == [(n >> 11) / 2**53 for n in expected]


@given(shape=shapes(min_dims=3, max_dims=4), p=st.floats(0, 0.9))
def test_dropout2d_drops_whole_planes(shape, p):
    x = minicv.testing.distinct_values(shape) + 100
    y = F.dropout2d(x, p).numpy()
    kept = (y != 0).any(axis=(-2, -1), keepdims=True)
    np.testing.assert_allclose(y, np.where(kept, x / (1 - p), 0), rtol=1e-12)


def test_dropout2d_drops_its_share():
    minicv.manual_seed(0)
    y = F.dropout2d(np.ones((100, 100, 1, 2)), 0.3).numpy()
    assert abs((y[..., 0] == 0).mean() - 0.3) < 5 * np.sqrt(0.3 * 0.7 / 1e4)
    assert np.array_equal(F.dropout2d(y, 0.3, training=False).numpy(), y)


def test_the_seed_decides():
    x = np.ones((8, 8))
    draws = []
    for seed in (1, 1, 2):
        minicv.manual_seed(seed)
        draws.append(F.dropout(x).numpy())
    assert np.array_equal(draws[0], draws[1])
    assert not np.array_equal(draws[0], draws[2])
    assert not np.array_equal(draws[2], F.dropout(x).numpy()), "each call draws anew"


def test_predicting_changes_nothing():
    x = minicv.ones(3)
    assert F.dropout(x, 0.5, training=False) is x
    assert F.dropout(x, 0.0) is x
    assert F.dropout(x, 0.5, False) is x


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan")])
def test_p_must_be_a_probability(p):
    with pytest.raises(ValueError, match=r"dropout: p must be a probability in \[0, 1\]; got"):
        F.dropout(minicv.ones(3), p)


def test_dropout2d_needs_planes():
    with pytest.raises(ValueError, match=r"dropout2d: input must be \(C, H, W\) or \(N, C, H, W\); got"):
        F.dropout2d(minicv.ones(2, 3))


def test_integers_are_refused():
    with pytest.raises(TypeError, match="dropout: input must be a floating-point tensor; got int64"):
        F.dropout(minicv.tensor([1, 2]))
