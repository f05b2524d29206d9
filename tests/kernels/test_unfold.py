"""Unfold against PyTorch, and fold as its transpose."""

import numpy as np
import pytest
from hypothesis import given

from minicv import kernels
from minicv.kernels.reference.unfold import fold, unfold
from tests.kernels.drawn import assert_same_inner_product, rngs, windows


@pytest.mark.torch
@given(windows(), rngs)
def test_reference_is_pytorch(drawn, rng):
    torch = pytest.importorskip("torch")
    size, kernel_size, stride, padding, dilation = drawn
    rest = kernel_size, dilation, padding, stride
    x = rng.standard_normal((2, 3, *size))
    cols = unfold(x, *rest)
    np.testing.assert_array_equal(cols, torch.nn.functional.unfold(torch.tensor(x), *rest))
    folded = torch.nn.functional.fold(torch.tensor(cols), size, *rest)
    np.testing.assert_allclose(fold(cols, size, *rest), folded, atol=1e-12)


@pytest.mark.parametrize("host", ["reference", "cpu"])
@given(drawn=windows(), rng=rngs)
def test_fold_is_the_transpose_of_unfold(host, drawn, rng):
    size, kernel_size, stride, padding, dilation = drawn
    rest = kernel_size, dilation, padding, stride
    x = rng.standard_normal((2, 3, *size))
    with kernels.use(host):
        cols = kernels.unfold(x, *rest)
        y = rng.standard_normal(cols.shape)
        assert_same_inner_product(cols, y, x, kernels.fold(y, size, *rest))


def test_the_rows_are_in_pytorchs_order():
    x = np.arange(8.0).reshape(1, 2, 2, 2)
    np.testing.assert_array_equal(unfold(x, (2, 2), (1, 1), (0, 0), (1, 1))[0, :, 0], np.arange(8))
