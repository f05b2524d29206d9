"""Max pooling: the rules of ties, NaN and empty windows; picking and placing as transposes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicv import kernels
from minicv.geometry import pool_windows
from minicv.kernels.reference import max_pool
from tests.kernels.drawn import assert_same_inner_product, rngs, windows

WHOLE = np.array([[0, 3, 1]])


def pooled(values, host):
    """Maximum and index of one 3 x 3 window."""
    with kernels.use(host):
        y, indices = kernels.window_max(np.reshape(np.array(values, np.float32), (1, 1, 3, 3)), WHOLE, WHOLE)
    return y.item(), indices.item()


@pytest.mark.parametrize("host", ["reference", "cpu"])
class TestRules:
    inf, nan = np.inf, np.nan

    def test_the_first_of_equal_maxima(self, host):
        assert pooled([0, 0, 7, 0, 7, 0, 7, 0, 0], host) == (7, 2)

    def test_nothing_but_minus_infinity(self, host):
        assert pooled([-self.inf] * 9, host) == (-self.inf, 0)

    def test_the_first_nan_beats_infinity(self, host):
        value, index = pooled([1, self.inf, 3, self.nan, 5, self.nan, 7, self.inf, 9], host)
        assert np.isnan(value) and index == 3

    def test_a_nan_at_the_start_stays(self, host):
        value, index = pooled([self.nan, self.inf, 3, 4, 5, 6, 7, 8, 9], host)
        assert np.isnan(value) and index == 0

    def test_an_empty_window(self, host):
        x = np.ones((1, 1, 2, 2))
        with kernels.use(host):
            y, indices = kernels.window_max(
                x, np.array([[0, 2, 1], [2, 2, 1]]), np.array([[0, 1, 1], [1, 1, 1]])
            )
        assert y.tolist() == [[[[1, 0], [0, 0]]]]
        assert indices.tolist() == [[[[0, -1], [-1, -1]]]]


@pytest.mark.torch
@given(rngs, st.integers(1, 3), st.integers(1, 3), st.integers(1, 2), st.data())
def test_reference_is_pytorch(rng, kernel, stride, dilation, data):
    torch = pytest.importorskip("torch")
    padding = data.draw(st.integers(0, kernel // 2))
    size = data.draw(st.tuples(st.integers(5, 9), st.integers(5, 9)))
    x = rng.permutation(2 * 3 * size[0] * size[1]).reshape(2, 3, *size).astype(float)
    rows, cols = (max_pool._windows(n, kernel, stride, padding, dilation) for n in size)
    y, indices = max_pool.window_max(x, rows, cols)
    ty, tindices = torch.nn.functional.max_pool2d(
        torch.tensor(x), kernel, stride, padding, dilation, return_indices=True
    )
    np.testing.assert_array_equal(y, ty)
    np.testing.assert_array_equal(indices, tindices)


@pytest.mark.parametrize("host", ["reference", "cpu"])
@given(rng=rngs)
def test_place_is_the_transpose_of_pick(host, rng):
    x = rng.standard_normal((2, 3, 4, 5))
    indices = rng.integers(-1, 20, (2, 3, 3, 6), np.int32)
    y = rng.standard_normal(indices.shape)
    everywhere = np.tile([0, 3], (4, 1)), np.tile([0, 6], (5, 1))
    with kernels.use(host):
        assert_same_inner_product(
            kernels.pick(x, indices), y, x, kernels.place(y, indices, (4, 5), everywhere)
        )


@given(rngs)
def test_last_writes_place_what_assignment_leaves(rng):
    """With the overwritten indices dropped, adding is the same as assigning in raster order."""
    indices = rng.integers(-1, 6, (2, 2, 9))
    y = rng.standard_normal(indices.shape)
    assigned = np.zeros((2, 2, 6))
    for n, c, k in np.ndindex(indices.shape):
        if indices[n, c, k] >= 0:
            assigned[n, c, indices[n, c, k]] = y[n, c, k]
    kept = max_pool.last_writes(indices, (2, 3))
    np.testing.assert_array_equal(max_pool.place(y, kept, (2, 3)).reshape(2, 2, 6), assigned)


def test_watching():
    x = np.array([[[[1.0, 5.0], [5.0, 2.0]]]])
    steps = []
    rows, cols = np.array([[0, 2, 1]]), np.array([[0, 2, 1]])
    y, indices = max_pool.window_max(x, rows, cols, watch=steps.append)
    (step,) = steps
    assert step.read == [("x", (0, 0, *at), x[0, 0][at]) for at in np.ndindex(2, 2)]
    assert step.write == [("y", (0, 0, 0, 0), 5.0), ("indices", (0, 0, 0, 0), 1)]
    steps.clear()
    max_pool.place(y, indices, (2, 2), watch=steps.append)
    assert steps[0].read == [("y", (0, 0, 0, 0), 5.0)] and steps[0].write == [("x", (0, 0, 0, 1), 5.0)]
    steps.clear()
    max_pool.pick(x, indices, watch=steps.append)
    assert steps[0].read == [("x", (0, 0, 0, 1), 5.0)] and steps[0].write == [("y", (0, 0, 0, 0), 5.0)]


@given(windows(), st.integers(1, 50), rngs)
def test_vectors_of_windows_follow_the_rules(window, width, rng):
    """Float32 windows one or two columns apart are compared sixteen at a time."""
    (height, _), kernel, (down, across), padding, dilation = window
    width = max(width, dilation[1] * (kernel[1] - 1) + 1)
    rows = pool_windows(height, kernel[0], down, padding[0], dilation[0])
    cols = pool_windows(width, kernel[1], min(across, 2), padding[1], dilation[1])
    x = rng.choice(np.array([np.nan, -np.inf, np.inf, 0, 1], np.float32), (2, 1, height, width))
    for found, wanted in zip(kernels.window_max(x, rows, cols), max_pool.window_max(x, rows, cols)):
        np.testing.assert_array_equal(found, wanted)
