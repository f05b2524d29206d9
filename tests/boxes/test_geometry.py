"""Areas, formats, clipping, masks: worked out by hand, and there and back again."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicv import boxes as B
from minicv.errors import DTypeError, ShapeError
from minicv.testing.strategies import arrays

BOXES = np.array([[1.0, 2, 4, 6], [0, 0, 0, 5]])
FORMATS = st.sampled_from(["xyxy", "xywh", "cxcywh"])


def test_area():
    assert B.box_area(BOXES).tolist() == [12, 0]


@pytest.mark.parametrize(
    "fmt, expected", [("xywh", [1, 2, 3, 4]), ("cxcywh", [2.5, 4, 3, 4]), ("xyxy", [1, 2, 4, 6])]
)
def test_formats(fmt, expected):
    assert B.box_convert(BOXES, "xyxy", fmt)[0].tolist() == expected
    assert B.box_convert(np.array([expected]), fmt, "xyxy").tolist() == BOXES[:1].tolist()


@given(arrays((5, 4)), FORMATS, FORMATS, FORMATS)
def test_formats_there_and_back(boxes, first, second, third):
    there = B.box_convert(B.box_convert(boxes, first, second), second, third)
    np.testing.assert_allclose(there, B.box_convert(boxes, first, third), atol=1e-12)
    assert B.box_convert(boxes, first, first) is not boxes


def test_clipping():
    clipped = B.clip_boxes_to_image(
        np.array([[-3, -1, 12, 4], [2, 9, 3, 11], [1, 2, 3, 4]], np.float32), (8, 10)
    )
    assert clipped.tolist() == [[0, 0, 10, 4], [2, 8, 3, 8], [1, 2, 3, 4]] and clipped.dtype == np.float32


def test_small_boxes():
    sizes = np.array([[2, 2], [1.9, 5], [5, 1.9], [-3, 3], [3, 2]])
    boxes = np.concatenate([np.ones((5, 2)), 1 + sizes], axis=1)
    assert B.remove_small_boxes(boxes, 2).tolist() == [0, 4]


def test_masks():
    masks = np.zeros((2, 5, 7), bool)
    masks[0, 1, 2] = masks[0, 3, 6] = masks[1, 4, 0] = True
    found = B.masks_to_boxes(masks)
    assert found.tolist() == [[2, 1, 6, 3], [0, 4, 0, 4]] and found.dtype == np.float32
    assert B.masks_to_boxes(masks[:0]).shape == (0, 4)


@pytest.mark.parametrize(
    ("function", "args", "error", "said"),
    [
        (B.box_area, [np.zeros((2, 5))], ShapeError, "must be (R, 4); got shape (2, 5). Is column 0"),
        (B.box_area, [np.zeros(4)], ShapeError, "boxes must be (R, 4); got shape (4,)."),
        (B.box_area, [[[0, 0, np.nan, 1]]], ValueError, "boxes must be numbers; got [0.0, 0.0, nan, 1.0] in row 0."),
        (B.box_area, [[[0, 0, 1, 1], [0, 0, np.inf, 1]]], ValueError, "be finite; got [0.0, 0.0, inf, 1.0] in row 1."),
        (B.box_area, [[[5, 5, 2, 9]]], ValueError, "y1 <= y2; got [5.0, 5.0, 2.0, 9.0] in row 0. Are they"),
        (B.box_area, [np.zeros((1, 4), complex)], DTypeError, "boxes must be numbers; got complex128."),
        (B.box_convert, [BOXES, "xyxy", "yxyx"], ValueError, "out_fmt must be one of xyxy, xywh, cxcywh; got 'yxyx'."),
        (B.box_convert, [BOXES, "xyhw", "xyxy"], ValueError, "in_fmt must be one of"),
        (B.box_convert, [BOXES[:, :3], "xyxy", "xywh"], ShapeError, "boxes must be (R, 4)"),
        (B.clip_boxes_to_image, [BOXES, 8], ShapeError, "size must be (height, width); got 8."),
        (B.clip_boxes_to_image, [BOXES * np.nan, (8, 8)], ValueError, "boxes must be numbers"),
        (B.remove_small_boxes, [BOXES[0], 1], ShapeError, "boxes must be (R, 4)"),
        (B.masks_to_boxes, [np.zeros((4, 4))], ShapeError, "masks must be (R, H, W); got shape (4, 4)."),
        (B.masks_to_boxes, [np.zeros((2, 4, 4))], ValueError, "masks must be non-empty; got no pixel in mask 0."),
    ],
)  # fmt: skip
def test_bad_input(function, args, error, said):
    with pytest.raises(error) as raised:
        function(*args)
    assert str(raised.value).startswith(f"{function.__name__}: ") and said in str(raised.value)
