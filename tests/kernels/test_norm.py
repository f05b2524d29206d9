"""Normalisation keeps its digits: against exact sums, in every leaf, for data that loses them easily."""

from fractions import Fraction

import numpy as np
import pytest

from minicv.kernels import implementation

SPREAD = np.random.default_rng(0).standard_normal((3, 1, 40))

DATA = {
    "far from 0": 1e4 + 1e-3 * SPREAD,
    "the first value far from the rest": np.where(np.arange(120).reshape(SPREAD.shape) == 0, 1e8, SPREAD),
    "float32, far from 0": (1e4 + SPREAD).astype(np.float32),
}


@pytest.mark.parametrize("x", DATA.values(), ids=DATA)
def test_statistics_and_output_are_exact_to_rounding(x, leaf):
    exact = [Fraction(float(v)) for v in x.ravel()]
    mean = sum(exact) / len(exact)
    variance = sum((v - mean) ** 2 for v in exact) / len(exact)
    wanted = np.array([float(v - mean) for v in exact]).reshape(x.shape) / float(variance) ** 0.5

    one = np.ones(1, x.dtype)
    y, found_mean, found_variance = leaf("normalize")(x, one, 0 * one, 0.0)
    assert found_mean.dtype == found_variance.dtype == np.float64
    np.testing.assert_allclose(found_mean, float(mean), rtol=1e-13)
    np.testing.assert_allclose(found_variance, float(variance), rtol=1e-13)
    # In float64 the mean itself is rounded: 1e4 to 2e-12, of a spread of 1e-3.
    np.testing.assert_allclose(y, wanted, rtol=0, atol=2e-9 if x.dtype == np.float64 else 5e-7)


@pytest.mark.parametrize("shape", [(4, 3, 20), (4, 3)])
def test_gradient_where_the_weight_is_0(shape, leaf):
    """y has lost what x was, and the gradient of the weight is there all the same."""
    x, g = np.random.default_rng(0).standard_normal((2, *shape))
    zero = np.zeros(3)
    y, *statistics = leaf("normalize")(x, zero, zero, 0.0)
    gx, gweight, _ = leaf("normalize_grad")(g, x, zero, *statistics, 0.0, False)
    assert not y.any() and not gx.any()
    axes = (0, *range(2, x.ndim))
    normal = (x - x.mean(axis=axes, keepdims=True)) / x.std(axis=axes, keepdims=True)
    np.testing.assert_allclose(gweight, (g * normal).sum(axis=axes), rtol=0, atol=1e-13)


def test_the_reference_is_the_definition():
    x = np.array([[[1.0, 2.0], [0.0, 0.0]], [[3.0, 6.0], [4.0, 4.0]]])
    weight, bias = np.array([2.0, 3.0]), np.array([0.5, -1.0])
    y, mean, variance = implementation("normalize", "reference")(x, weight, bias, 0.5)
    assert mean.tolist() == [3, 2]
    assert variance.tolist() == [3.5, 4]
    np.testing.assert_allclose(y[:, 0], (x[:, 0] - 3) / 2 * 2 + 0.5)
    np.testing.assert_allclose(y[:, 1], (x[:, 1] - 2) / np.sqrt(4.5) * 3 - 1)


def test_the_reference_gradient_is_the_slope():
    """Central differences along a random direction, for x, weight and bias together."""
    rng = np.random.default_rng(0)
    inputs = rng.standard_normal((3, 2, 4)), rng.standard_normal(2), rng.standard_normal(2)
    directions = [rng.standard_normal(a.shape) for a in inputs]
    g = rng.standard_normal(inputs[0].shape)
    normalize = implementation("normalize", "reference")
    step = 1e-6
    up, down = (normalize(*(a + s * d for a, d in zip(inputs, directions)), 0.1)[0] for s in (step, -step))
    x, weight, _ = inputs
    _, *statistics = normalize(*inputs, 0.1)
    grads = implementation("normalize_grad", "reference")(g, x, weight, *statistics, 0.1, False)
    along = sum((gradient * d).sum() for gradient, d in zip(grads, directions))
    np.testing.assert_allclose(along, (g * (up - down)).sum() / (2 * step), rtol=0, atol=1e-8)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_far_from_0_keep_their_digits(dtype, leaf):
    """A mean of 1e4 and a spread of 1: float32 sums would leave three digits."""
    rng = np.random.default_rng(0)
    x, weight, bias = (
        (1e4 + rng.standard_normal((5, 300))).astype(dtype),
        *rng.standard_normal((2, 300)).astype(dtype),
    )
    y, mean, variance = leaf("normalize_rows")(x, weight, bias, 0.0)
    exact = x.astype(np.float64)
    np.testing.assert_allclose(mean, exact.mean(axis=1), rtol=1e-13)
    np.testing.assert_allclose(variance, exact.var(axis=1), rtol=1e-11)
    normal = (exact - exact.mean(axis=1, keepdims=True)) / exact.std(axis=1, keepdims=True)
    np.testing.assert_allclose(y, normal * weight + bias, rtol=0, atol=2e-6 if dtype == np.float32 else 1e-10)
