"""Run lengths, their packed form, and polygons drawn onto pixels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from minicv.boxes import rle

masks = arrays(np.bool_, array_shapes(min_dims=2, max_dims=2, max_side=12))
lengths = st.lists(st.integers(0, 2**30), max_size=12)


def by_definition(mask):
    """Lengths of runs, one pixel after the other, down the columns."""
    counts, value = [0], False
    for pixel in mask.T.ravel():
        if pixel != value:
            counts.append(0)
            value = pixel
        counts[-1] += 1
    return counts


@given(mask=masks)
def test_there_and_back(mask):
    coded = rle.encode(mask)
    assert coded["size"] == list(mask.shape)
    assert coded["counts"].tolist() == by_definition(mask)
    assert rle.area(coded) == mask.sum()
    np.testing.assert_array_equal(rle.decode(coded), mask)
    np.testing.assert_array_equal(rle.decode({**coded, "counts": rle.pack(coded["counts"])}), mask)


@given(counts=lengths)
def test_packing(counts):
    assert rle.unpack(rle.pack(counts)).tolist() == counts
    assert rle.unpack(rle.pack(counts).encode()).tolist() == counts


@given(
    x=st.integers(0, 8), y=st.integers(0, 8), w=st.integers(1, 9), h=st.integers(1, 9), reverse=st.booleans()
)
def test_a_rectangle_with_corners_between_pixels(x, y, w, h, reverse):
    corners = [(x, y), (x + w, y), (x + w, y + h), (x, y + h)]
    outline = np.ravel(corners[::-1] if reverse else corners).tolist()
    wanted = np.zeros((10, 12), bool)
    wanted[y : y + h, x : x + w] = True
    np.testing.assert_array_equal(rle.decode(rle.from_polygons([outline], 10, 12)), wanted)


def test_a_triangle_and_a_union():
    triangle = rle.decode(rle.from_polygons([[0, 0, 4, 0, 0, 4]], 4, 4))
    np.testing.assert_array_equal(triangle, np.add.outer(range(4), range(4)) < 3)
    both = rle.decode(rle.from_polygons([[0, 0, 4, 0, 0, 4], [2, 2, 4, 2, 4, 4, 2, 4]], 4, 4))
    assert both.sum() == triangle.sum() + 4 - triangle[2:, 2:].sum()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: rle.encode(np.ones(3)), r"mask must be \(H, W\)"),
        (lambda: rle.decode({"size": [2, 2], "counts": [1, 2]}), "add up to 2 x 2 pixels; got a sum of 3"),
        (lambda: rle.decode({"size": [2, 2], "counts": [6, -2]}), "-2 as the smallest"),
        (lambda: rle.unpack("5X"), "cut short"),
        (lambda: rle.unpack("é"), "damaged"),
        (lambda: rle.unpack("o" * 20 + "0"), "no end"),
        (lambda: rle.from_polygons([[0, 0, 1, 1]], 4, 4), "at least 3 points"),
        (lambda: rle.from_polygons([[0, 0, 1, 1, 2]], 4, 4), "at least 3 points"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()
