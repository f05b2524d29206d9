"""The kernels on regions: the rules of ties and empty bins; gathering and scattering as transposes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicv import kernels
from minicv.kernels.reference import roi_align, roi_pool
from tests.kernels.drawn import assert_same_inner_product, rngs

HOSTS = pytest.mark.parametrize("host", ["reference", "cpu"])
SHAPE, SIZE = (2, 6, 4, 5), (2, 3)


@HOSTS
def test_an_empty_bin_gives_zero_and_no_gradient(host):
    x, images = np.ones((1, 1, 2, 2)), np.array([0])
    rows, cols = np.array([[[0, 1], [2, 2]]]), np.array([[[0, 2], [1, 1]]])
    with kernels.use(host):
        y, indices = kernels.roi_max(x, images, rows, cols)
        back = kernels.roi_place(np.ones_like(y), indices, images, x.shape, rows, cols)
    assert y.tolist() == [[[[1, 0], [0, 0]]]]
    assert indices.tolist() == [[[[0, -1], [-1, -1]]]]
    assert back.tolist() == [[[[1, 0], [0, 0]]]]


@HOSTS
@pytest.mark.parametrize(
    ("values", "index"),
    [
        ([0, 7, 0, 7], 1),
        ([-np.inf] * 4, 0),
        ([1, np.nan, np.inf, np.nan], 1),
        ([np.nan, np.inf, 3, 4], 0),
    ],
)
def test_ties_nan_and_infinities(host, values, index):
    x, whole = np.reshape(np.array(values, np.float32), (1, 1, 2, 2)), np.array([[[0, 2]]])
    with kernels.use(host):
        y, indices = kernels.roi_max(x, np.array([0]), whole, whole)
    assert indices.item() == index
    np.testing.assert_equal(y.item(), x.flat[index])


@HOSTS
@given(rng=rngs)
def test_place_is_the_transpose_of_pick(host, rng):
    x, images = rng.standard_normal(SHAPE), rng.integers(0, 2, 4)
    bins = [roi_pool.drawn_bins(rng, 4, p, n) for p, n in zip(SIZE, SHAPE[2:])]
    indices = kernels.roi_max(x, images, *bins)[1]
    y = rng.standard_normal(indices.shape)
    with kernels.use(host):
        picked = kernels.roi_pick(x, indices, images)
        placed = kernels.roi_place(y, indices, images, SHAPE, *bins)
    assert_same_inner_product(picked, y, x, placed)


@HOSTS
@given(rng=rngs, position_sensitive=st.booleans())
def test_scatter_is_the_transpose_of_gather(host, rng, position_sensitive):
    x, images = rng.standard_normal(SHAPE), rng.integers(0, 2, 4)
    tables = [roi_align._drawn(rng, 4, p, n, np.float64) for p, n in zip(SIZE, SHAPE[2:])]
    with kernels.use(host):
        gathered = kernels.roi_gather(x, images, SIZE, *tables, position_sensitive)
        y = rng.standard_normal(gathered.shape)
        assert_same_inner_product(
            gathered, y, x, kernels.roi_scatter(y, images, SHAPE, *tables, position_sensitive)
        )
