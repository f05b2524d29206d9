"""The thin matrices along one axis: each against the dense matrix that its definition gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicv.geometry import adaptive_windows, pool_windows
from minicv.ops import axis_map
from minicv.ops.axis_map import AxisMap

sizes = st.integers(1, 9)


def by_rows(size, rows):
    """Dense matrix from {column: weight} for each row."""
    matrix = np.zeros((len(rows), size))
    for o, row in enumerate(rows):
        for column, weight in row.items():
            matrix[o, column] += weight
    return matrix


@given(sizes, sizes, st.integers(0, 2**32 - 1))
def test_entries_and_transpose(out, size, seed):
    """Entries may come in any order and repeat; the transpose has them all, and is its own inverse."""
    rng = np.random.default_rng(seed)
    row, column, weight = rng.integers(0, out, 12), rng.integers(0, size, 12), rng.standard_normal(12)
    dense = np.zeros((out, size))
    np.add.at(dense, (row, column), weight)
    matrix = AxisMap.from_entries((out, size), row, column, weight)
    assert matrix.shape == (out, size) and matrix.T.shape == (size, out)
    np.testing.assert_allclose(matrix.dense(), dense, atol=1e-15)
    np.testing.assert_allclose(matrix.T.dense(), dense.T, atol=1e-15)
    assert matrix.T.T is matrix


def test_table_has_the_dtype_of_the_image_and_is_made_once():
    matrix = axis_map.nails(3, 2)
    index, weight = matrix.table(np.zeros(1, np.float32))
    assert index.tolist() == [[0, -1, 1, -1, 2, -1]] and weight.tolist() == [[1, 0, 1, 0, 1, 0]]
    assert index.dtype == np.int32 and weight.dtype == np.float32
    assert matrix.table(np.zeros(1, np.float64))[1].dtype == np.float64
    assert matrix.table(np.ones(9, np.float32))[1] is weight


@given(sizes, st.integers(1, 3), st.integers(1, 3), st.booleans(), st.data())
def test_average_without_the_padding(size, kernel, stride, ceil_mode, data):
    padding = data.draw(st.integers(0, kernel // 2))
    windows = pool_windows(size, kernel, stride, padding, 1, ceil_mode)
    windows = [[cell for cell in range(*w) if 0 <= cell < size] for w in windows]
    found = axis_map.average(size, kernel, stride, padding, ceil_mode, False, None).dense()
    np.testing.assert_allclose(found, by_rows(size, [{c: 1 / len(w) for c in w} for w in windows]))
    fixed = axis_map.average(size, kernel, stride, padding, ceil_mode, False, 5).dense()
    np.testing.assert_allclose(fixed, by_rows(size, [{c: 1 / 5 for c in w} for w in windows]))


def test_average_with_the_padding_counts_its_cells_but_none_beyond():
    """Five cells, windows of 3 at stride 2, padded by one: -1..1, 1..3, 3..5. A sixth cell would be beyond."""
    found = axis_map.average(5, 3, 2, 1, False, True, None).dense()
    np.testing.assert_allclose(
        found, by_rows(5, [{0: 1 / 3, 1: 1 / 3}, dict.fromkeys((1, 2, 3), 1 / 3), {3: 1 / 3, 4: 1 / 3}])
    )
    last = axis_map.average(4, 3, 2, 1, True, True, None).dense()[-1]
    assert last.tolist() == [0, 0, 0, 0.5]  # the window 3..5 holds cell 3 and one cell of padding


@given(sizes, sizes)
def test_adaptive_average(size, out):
    rows = [
        {c: 1 / (stop - first) for c in range(first, stop)} for first, stop, _ in adaptive_windows(size, out)
    ]
    np.testing.assert_allclose(axis_map.adaptive_average(size, out).dense(), by_rows(size, rows))


@given(sizes, st.integers(1, 4))
def test_nails(size, factor):
    rows = [{o // factor: 1} if o % factor == 0 else {} for o in range(size * factor)]
    np.testing.assert_array_equal(axis_map.nails(size, factor).dense(), by_rows(size, rows))


@given(sizes, sizes)
def test_nearest(size, out):
    rows = [{o * size // out: 1} for o in range(out)]
    np.testing.assert_array_equal(axis_map.nearest(size, out, size / out).dense(), by_rows(size, rows))


@given(sizes, sizes, st.booleans())
def test_linear_rows_sum_to_one_and_interpolate_the_position(size, out, align_corners):
    """A ramp is reproduced: the weighted column number is the position that is asked for."""
    scale = (size - 1) / max(out - 1, 1) if align_corners else size / out
    matrix = axis_map.linear(size, out, scale, align_corners, "d").dense()
    o = np.arange(out)
    position = o * scale if align_corners else np.clip((o + 0.5) * scale - 0.5, 0, size - 1)
    np.testing.assert_allclose(matrix.sum(axis=1), 1)
    np.testing.assert_allclose(matrix @ np.arange(size), np.minimum(position, size - 1), atol=1e-12)
    assert (matrix >= 0).all() and ((matrix > 0).sum(axis=1) <= 2).all()


@pytest.mark.parametrize("mode", ["reflect", "edge"])
@given(size=sizes, data=st.data())
def test_border_is_what_numpy_pads(mode, size, data):
    before, after = data.draw(st.tuples(*[st.integers(0, size - 1)] * 2))
    cells = np.pad(np.arange(size), (before, after), mode=mode)
    found = axis_map.border(size, before, after, {"edge": "replicate"}.get(mode, mode)).dense()
    np.testing.assert_array_equal(found, by_rows(size, [{c: 1} for c in cells]))


def test_border_crops():
    assert (axis_map.border(4, -1, 1, "replicate").dense() @ np.arange(4)).tolist() == [1, 2, 3, 3]


def test_pick_leaves_out():
    assert AxisMap.pick(3, [2, -1, 0, 2]).dense().tolist() == [[0, 0, 1], [0, 0, 0], [1, 0, 0], [0, 0, 1]]
