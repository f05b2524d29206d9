"""Products at the edges of the tiles, in slices, and with bits that do not depend on threads."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicv.kernels.cpu import blas, linear, parallel
from tests.kernels.drawn import rngs

sizes = st.integers(1, 30) | st.sampled_from([47, 48, 49, 64, 65, 127, 128, 129, 260])


def check(N, C, K, rng):
    """Small integers, whose sums are exact in any order."""
    x, w, g = (rng.integers(-4, 5, shape).astype(np.float32) for shape in ((N, C), (K, C), (N, K)))
    bias = rng.integers(-4, 5, K).astype(np.float32)
    np.testing.assert_array_equal(linear.linear(x, w, bias), x @ w.T + bias)
    np.testing.assert_array_equal(linear.linear(x, w, None), x @ w.T)
    np.testing.assert_array_equal(linear._add_rows(g, w), g @ w)
    np.testing.assert_array_equal(linear.linear_weight(g, x), g.T @ x)


@given(N=sizes, C=sizes, K=sizes, rng=rngs)
def test_every_size_of_tile(N, C, K, rng):
    check(N, C, K, rng)


@given(batch=st.sampled_from([(), (3,), (1,), (2, 3)]), n=sizes, m=sizes, p=sizes, rng=rngs)
def test_slices_of_a_product(batch, n, m, p, rng):
    a, b = (rng.integers(-4, 5, shape).astype(np.float64) for shape in ((*batch, n, m), (m, p)))
    np.testing.assert_array_equal(blas.matmul(a, b), a @ b)
    np.testing.assert_array_equal(blas.matmul(b.T, np.swapaxes(a, -1, -2)), b.T @ np.swapaxes(a, -1, -2))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_large_products_have_the_same_bits_for_any_number_of_threads(dtype):
    rng = np.random.default_rng(0)
    x, w, g = (rng.standard_normal(shape).astype(dtype) for shape in ((70, 5000), (130, 5000), (70, 130)))
    before, results = parallel.get_num_threads(), []
    try:
        for threads in (1, 2, 3):
            parallel.set_num_threads(threads)
            products = linear.linear(x, w, None), linear.linear_input(g, w), linear.linear_weight(g, x)
            results.append([product.tobytes() for product in products])
    finally:
        parallel.set_num_threads(before)
    assert results[0] == results[1] == results[2]
