"""What a function on boxes owes its callers: a sentence instead of a wrong number."""

import numpy as np

from ..backend import get_array_module, is_array
from ..errors import DTypeError, ShapeError, sentence


def as_boxes(op, argument, boxes):
    """``boxes`` as an array of shape (R, 4) without NaN; lists become arrays.

    Parameters
    ----------
    op, argument : str
        What the message is to name.
    boxes : (R, 4) array_like

    Raises
    ------
    ShapeError
        The shape is another.
    DTypeError
        What is in it are no numbers.
    ValueError
        A coordinate is NaN.
    """
    boxes = boxes if is_array(boxes) else np.asarray(boxes)
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        hint = "Is column 0 a batch index? Leave it out: boxes[:, 1:]." if boxes.shape[1:] == (5,) else None
        raise ShapeError(sentence(op, argument, "(R, 4)", f"shape {boxes.shape}", hint))
    if boxes.dtype.kind not in "iuf":
        raise DTypeError(sentence(op, argument, "numbers", boxes.dtype))
    bad = (boxes != boxes).any(axis=1)
    if bad.any():
        raise ValueError(sentence(op, argument, "numbers", _first(boxes, bad)))
    return boxes


def as_corners(op, argument, boxes):
    """As :func:`as_boxes`, with finite, ordered corners, and integers made float64 (as NumPy's division does).

    Raises
    ------
    ValueError
        A coordinate is infinite, or x1 > x2, or y1 > y2; and what :func:`as_boxes` raises.
    """
    boxes = as_boxes(op, argument, boxes)
    boxes = boxes if boxes.dtype.kind == "f" else boxes.astype(np.float64)
    infinite = ~get_array_module(boxes).isfinite(boxes).all(axis=1)
    if infinite.any():
        raise ValueError(sentence(op, argument, "finite", _first(boxes, infinite)))
    swapped = (boxes[:, 2:] < boxes[:, :2]).any(axis=1)
    if swapped.any():
        hint = 'Are they (x, y, w, h)? box_convert(boxes, "xywh", "xyxy") makes corners of them.'
        raise ValueError(
            sentence(
                op, argument, "(x1, y1, x2, y2) with x1 <= x2 and y1 <= y2", _first(boxes, swapped), hint
            )
        )
    return boxes


def _first(boxes, found):
    """The first of the rows that were found."""
    row = int(found.argmax())
    return f"{boxes[row].tolist()} in row {row}"
