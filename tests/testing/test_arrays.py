"""The arrays, strategies and counts that tests are made with."""

import gc

import numpy as np
import pytest
from hypothesis import find, given, settings
from hypothesis import strategies as st

import minicv
from minicv.testing import distinct_values, live_tensors, noncontiguous, strategies


@given(strategies.shapes(min_side=0), st.integers(0, 2**32 - 1))
def test_distinct_values_are_evenly_spaced_and_keep_clear_of_zero(shape, seed):
    x = distinct_values(shape, seed)
    assert x.shape == shape and x.dtype == np.float64
    assert np.allclose(np.diff(np.sort(x, axis=None)), 0.1)
    assert (np.abs(x) > 0.02).all()


def test_distinct_values_are_shuffled_by_the_seed():
    x = distinct_values((4, 50), 0)
    assert abs(np.corrcoef(np.arange(200), x.ravel())[0, 1]) < 0.2
    assert (x == distinct_values((4, 50), 0)).all() and not (x == distinct_values((4, 50), 1)).all()
    rng = np.random.default_rng(0)
    assert not (distinct_values((9,), rng) == distinct_values((9,), rng)).all()


@pytest.mark.parametrize("dtype", ["float32", "float64", "int64", "uint8", "bool"])
@given(shape=strategies.shapes(min_side=0))
def test_noncontiguous_is_equal_and_elsewhere(dtype, shape):
    x = np.random.default_rng(0).integers(0, 2, shape).astype(dtype)
    y = noncontiguous(x)
    assert y.dtype == x.dtype and y.shape == x.shape and (y == x).all()
    if x.size > 1:
        assert not y.flags.c_contiguous and not y.flags.f_contiguous
        assert all(stride < 0 for stride in y.strides)


def test_between_the_cells_stands_nan():
    y = noncontiguous(np.ones(3))
    assert np.isnan(y.base[::2]).all() and np.isfinite(y.base[1::2]).all()


def test_live_tensors_counts_what_is_held():
    gc.collect()  # what earlier tests left
    before = live_tensors()
    x = minicv.ones(2, requires_grad=True)
    y = x * 2
    assert live_tensors() == before + 2
    del y
    assert live_tensors() == before + 1


def test_live_tensors_counts_garbage_too():
    gc.collect()
    before = live_tensors()
    gc.disable()
    try:
        cycle = [minicv.ones(2)]
        cycle.append(cycle)
        del cycle
        assert live_tensors() == before + 1
    finally:
        gc.enable()
    gc.collect()
    assert live_tensors() == before


@given(strategies.conv_parameters() | strategies.conv_parameters(spatial=1))
@settings(max_examples=200)
def test_drawn_convolutions_have_an_output(p):
    spatial = len(p.stride)
    assert len(p.x_shape) == len(p.w_shape) == spatial + 2
    assert len(p.padding) == len(p.dilation) == spatial
    assert p.x_shape[1] == p.groups * p.w_shape[1] and p.w_shape[0] % p.groups == 0
    for n, k, s, q, d in zip(p.x_shape[2:], p.w_shape[2:], p.stride, p.padding, p.dilation):
        assert (n + 2 * q - d * (k - 1) - 1) // s + 1 >= 1


@given(strategies.pool_parameters())
@settings(max_examples=200)
def test_drawn_poolings_have_an_output_and_a_cell_in_every_window(p):
    for n, k, q, d in zip(p.x_shape[2:], p.kernel_size, p.padding, p.dilation):
        assert q <= k // 2 and n + 2 * q >= d * (k - 1) + 1


@pytest.mark.parametrize(
    "wanted",
    [
        lambda p: p.stride[0] > p.w_shape[2],
        lambda p: p.groups > 1 and p.w_shape[1] > 1,
        lambda p: p.x_shape[2:] == (1, 1),
        lambda p: p.padding[0] >= p.w_shape[2],
        lambda p: p.dilation[0] > 1 and p.w_shape[2] > 1 and p.stride[1] > 1,
    ],
)
def test_the_awkward_convolutions_are_drawn(wanted):
    assert wanted(find(strategies.conv_parameters(), wanted))


@given(
    strategies.arrays(distinct=True),
    strategies.arrays(shape=(2, 3), dtype=np.int64),
    strategies.arrays(dtype=bool),
)
def test_drawn_arrays_are_as_asked(distinct, integers, booleans):
    assert len(np.unique(distinct)) == distinct.size and distinct.dtype == np.float64
    assert (
        integers.shape == (2, 3) and integers.dtype == np.int64 and ((integers >= 0) & (integers < 10)).all()
    )
    assert booleans.dtype == bool


def test_drawn_arrays_come_in_both_layouts():
    for contiguous in (True, False):
        found = find(strategies.arrays(shape=(2, 3)), lambda a, c=contiguous: a.flags.c_contiguous == c)
        assert found.flags.c_contiguous == contiguous


@given(strategies.broadcastable_shapes(3))
def test_drawn_shapes_broadcast(found):
    assert len(found) == 3
    np.broadcast_shapes(*found)
