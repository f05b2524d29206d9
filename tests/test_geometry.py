"""Sizes and windows against what they mean: sets of cells, counted."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from minicv import geometry
from minicv.errors import ShapeError

sizes, kernels, strides, dilations = (st.integers(1, n) for n in (12, 4, 4, 3))
paddings = st.integers(0, 4)


def taps(window, kernel, stride, padding, dilation):
    """The cells that a window reads, some of them outside the image."""
    return [window * stride - padding + i * dilation for i in range(kernel)]


@given(sizes, kernels, strides, paddings, dilations)
def test_conv_size_counts_the_windows_that_fit(size, kernel, stride, padding, dilation):
    fits, window = 0, 0
    while taps(window, kernel, stride, padding, dilation)[-1] < size + padding:
        fits, window = fits + 1, window + 1
    assert max(0, geometry.conv_size(size, kernel, stride, padding, dilation)) == fits


@given(sizes, kernels, strides, paddings, dilations, st.data())
def test_conv_transpose_size_is_an_inverse(size, kernel, stride, padding, dilation, data):
    """The sizes with as many windows are those of all output paddings below the stride, and no others."""
    windows = geometry.conv_size(size, kernel, stride, padding, dilation)
    assume(windows >= 1)
    same = [
        geometry.conv_transpose_size(windows, kernel, stride, padding, extra, dilation)
        for extra in range(stride)
    ]
    assert size in same
    for each in range(1, 30):
        found = geometry.conv_size(each, kernel, stride, padding, dilation)
        assert (found == windows) == (each in same)


@given(sizes, kernels, strides, dilations, st.booleans(), st.data())
def test_pool_windows_are_the_taps(size, kernel, stride, dilation, ceil_mode, data):
    padding = data.draw(st.integers(0, kernel // 2))
    found = geometry.pool_windows(size, kernel, stride, padding, dilation, ceil_mode)
    assert found.shape == (max(0, geometry.pool_size(size, kernel, stride, padding, dilation, ceil_mode)), 3)
    for window, row in enumerate(found):
        assert list(range(*row)) == list(taps(window, kernel, stride, padding, dilation))


@given(sizes, kernels, strides, dilations, st.data())
def test_ceil_mode_adds_at_most_one_window_and_only_one_that_starts_inside(
    size, kernel, stride, dilation, data
):
    padding = data.draw(st.integers(0, kernel // 2))
    whole, partial = (
        geometry.pool_size(size, kernel, stride, padding, dilation, mode) for mode in (False, True)
    )
    assume(whole >= 1)
    next_one = taps(whole, kernel, stride, padding, dilation)
    rest = (size + 2 * padding - geometry.span(kernel, dilation)) % stride
    assert partial == whole + (rest > 0 and next_one[0] < size)


@given(kernels, dilations, st.integers(1, 20))
def test_same_padding_keeps_the_size(kernel, dilation, size):
    before, after = geometry.same_padding(kernel, dilation)
    assert geometry.conv_size(size + before + after, kernel, dilation=dilation) == size
    assert after - before in (0, 1)


@given(sizes, st.integers(1, 15))
def test_adaptive_windows(size, out):
    """They cover the image without a gap, in order, and none is empty."""
    first, stop, step = geometry.adaptive_windows(size, out).T
    assert first[0] == 0 and stop[-1] == size and (step == 1).all()
    assert (stop > first).all() and (np.diff(first) >= 0).all()
    assert (first[1:] <= stop[:-1]).all()
    assert first.tolist() == [int(np.floor(i * size / out)) for i in range(out)]
    assert stop.tolist() == [int(np.ceil((i + 1) * size / out)) for i in range(out)]


@given(sizes, kernels, strides, dilations, st.booleans(), st.data())
def test_reach_promises_every_window_that_reads_a_cell(size, kernel, stride, dilation, ceil_mode, data):
    padding = data.draw(st.integers(0, kernel // 2))
    windows = geometry.pool_windows(size, kernel, stride, padding, dilation, ceil_mode)
    ranges = geometry.reach(windows, size)
    for cell in range(size):
        readers = [w for w, row in enumerate(windows) if cell in range(*row)]
        assert set(readers) <= set(range(*ranges[cell])), (cell, readers, ranges)
        assert (0 <= ranges).all() and (ranges <= len(windows)).all()


def test_reach_of_windows_that_hang_over_the_edge():
    """They read -2, 0, 2, 4; -1, 1, 3, 5; 0, 2, 4, 6."""
    windows = geometry.pool_windows(5, kernel=4, stride=1, padding=2, dilation=2)
    assert windows[:, 0].tolist() == [-2, -1, 0]
    assert geometry.reach(windows, 5).tolist() == [[0, 3], [0, 3], [0, 3], [0, 3], [0, 3]]


def test_reach_is_tight_without_dilation():
    windows = geometry.pool_windows(6, 2, 2)
    assert geometry.reach(windows, 6).tolist() == [[0, 1], [0, 1], [1, 2], [1, 2], [2, 3], [2, 3]]


class TestPair:
    def test_one_for_all_axes_or_one_each(self):
        assert geometry.pair("op", "stride", 2) == (2, 2)
        assert geometry.pair("op", "stride", [1, np.int64(3)]) == (1, 3)
        assert geometry.pair("op", "stride", (5,), n=1) == (5,)
        assert all(type(v) is int for v in geometry.pair("op", "stride", np.int32(2)))

    @pytest.mark.parametrize("value", [2.0, "2", None, True, (1, 2, 3), (1,), (1, 2.0), (True, 1), {1, 2}])
    def test_anything_else_is_refused(self, value):
        with pytest.raises(ShapeError, match=r"^op: stride must be an int or 2 ints; got "):
            geometry.pair("op", "stride", value)

    def test_the_smallest_legal_value(self):
        with pytest.raises(ShapeError, match=r"^op: stride must be at least 1; got \(1, 0\)\.$"):
            geometry.pair("op", "stride", (1, 0), at_least=1)
