"""Dropout: which numbers go, what becomes of the others, and its transpose."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import minicv
import minicv.functional as F
from minicv.ops.dropout import Dropout
from minicv.testing import adjoint_check
from minicv.testing.strategies import arrays


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


@given(mask=arrays(shape=(3, 4)))
def test_given_the_mask_it_is_its_own_transpose(mask):
    assert adjoint_check(Dropout(mask=mask).forward, Dropout(mask=mask).backward, (3, 4))


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


def test_integers_are_refused():
    with pytest.raises(TypeError, match="dropout: input must be a floating-point tensor; got int64"):
        F.dropout(minicv.tensor([1, 2]))
