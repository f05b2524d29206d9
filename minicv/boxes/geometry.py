"""One box at a time: areas, formats, clipping to the image, the box of a mask."""

import numpy as np

from ..backend import get_array_module, is_array
from ..errors import ShapeError, sentence
from .check import as_boxes, as_corners

FORMATS = ("xyxy", "xywh", "cxcywh")


def box_area(boxes):
    """Area of each box: (x2 - x1) (y2 - y1).

    Parameters
    ----------
    boxes : (R, 4) array

    Returns
    -------
    (R,) array

    Raises
    ------
    ShapeError
        The boxes are not (R, 4).
    ValueError
        A coordinate is NaN or infinite, or corners are in the wrong order.

    Examples
    --------
    >>> import numpy as np
    >>> box_area(np.array([[1.0, 2.0, 4.0, 6.0]]))
    array([12.])
    """
    boxes = as_corners("box_area", "boxes", boxes)
    return (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])


def box_convert(boxes, in_fmt, out_fmt):
    """Boxes in another format.

    Parameters
    ----------
    boxes : (R, 4) array
    in_fmt, out_fmt : {"xyxy", "xywh", "cxcywh"}
        Two corners; the first corner, width and height; the centre, width and height.

    Returns
    -------
    (R, 4) array

    Raises
    ------
    ShapeError
        The boxes are not (R, 4).
    ValueError
        A format is unknown, or a coordinate is NaN.

    Examples
    --------
    >>> import numpy as np
    >>> box_convert(np.array([[1.0, 2.0, 4.0, 6.0]]), "xyxy", "cxcywh")
    array([[2.5, 4. , 3. , 4. ]])
    """
    boxes = as_boxes("box_convert", "boxes", boxes)
    for name, given in (("in_fmt", in_fmt), ("out_fmt", out_fmt)):
        if given not in FORMATS:
            raise ValueError(sentence("box_convert", name, f"one of {', '.join(FORMATS)}", repr(given)))
    if in_fmt == out_fmt:
        return boxes.copy()
    first, second = boxes[:, :2], boxes[:, 2:]
    if in_fmt == "xywh":
        first, second = first, first + second
    elif in_fmt == "cxcywh":
        first, second = first - second / 2, first + second / 2
    if out_fmt == "xywh":
        first, second = first, second - first
    elif out_fmt == "cxcywh":
        first, second = (first + second) / 2, second - first
    return get_array_module(boxes).concatenate([first, second], axis=1)


def clip_boxes_to_image(boxes, size):
    """Boxes cut off at the borders of an image; what lies outside has no area then.

    Parameters
    ----------
    boxes : (R, 4) array
    size : (int, int)
        Height and width of the image, in pixels.

    Returns
    -------
    (R, 4) array
        Of the same dtype.

    Raises
    ------
    ShapeError
        The boxes are not (R, 4), or the size is not a pair.
    ValueError
        A coordinate is NaN.

    Examples
    --------
    >>> import numpy as np
    >>> clip_boxes_to_image(np.array([[-1.0, 2.0, 9.0, 6.0]]), (4, 8))
    array([[0., 2., 8., 4.]])
    """
    boxes = as_boxes("clip_boxes_to_image", "boxes", boxes)
    if not isinstance(size, (tuple, list)) or len(size) != 2:
        raise ShapeError(sentence("clip_boxes_to_image", "size", "(height, width)", size))
    clipped = boxes.copy()
    for axis, end in enumerate(reversed(size)):
        clipped[:, axis::2] = clipped[:, axis::2].clip(0, end)
    return clipped


def remove_small_boxes(boxes, min_size):
    """Which boxes are at least ``min_size`` wide and high.

    Parameters
    ----------
    boxes : (R, 4) array
    min_size : float
        In the unit of the boxes.

    Returns
    -------
    array of int64
        Their numbers, in order: ``boxes[remove_small_boxes(boxes, 2)]`` are the boxes.

    Raises
    ------
    ShapeError
        The boxes are not (R, 4).
    ValueError
        A coordinate is NaN.

    Examples
    --------
    >>> import numpy as np
    >>> remove_small_boxes(np.array([[0.0, 0.0, 3.0, 1.0], [0.0, 0.0, 2.0, 2.0]]), 2)
    array([1])
    """
    boxes = as_boxes("remove_small_boxes", "boxes", boxes)
    large = (boxes[:, 2:] - boxes[:, :2] >= min_size).all(axis=1)
    return get_array_module(boxes).flatnonzero(large)


def masks_to_boxes(masks):
    """The smallest box around each mask, from its first to its last pixel in each direction.

    Parameters
    ----------
    masks : (R, H, W) array
        What is not 0 belongs to the mask.

    Returns
    -------
    (R, 4) array of float32
        As in torchvision, x2 and y2 are the last column and row, not the ones after.

    Raises
    ------
    ShapeError
        The masks are not (R, H, W).
    ValueError
        A mask is empty: it has no box.

    Examples
    --------
    >>> import numpy as np
    >>> masks_to_boxes(np.array([[[0, 0, 0, 0], [0, 1, 1, 1]]]))
    array([[1., 1., 3., 1.]], dtype=float32)
    """
    masks = masks if is_array(masks) else np.asarray(masks)
    if masks.ndim != 3:
        raise ShapeError(sentence("masks_to_boxes", "masks", "(R, H, W)", f"shape {masks.shape}"))
    covered = masks != 0
    empty = ~covered.any(axis=(1, 2))
    if empty.any():
        raise ValueError(
            sentence("masks_to_boxes", "masks", "non-empty", f"no pixel in mask {int(empty.argmax())}")
        )
    sides = []
    for axis in (1, 2):  # x: what a column holds; y: what a row holds
        line = covered.any(axis=axis)
        sides += [line.argmax(axis=1), line.shape[1] - 1 - line[:, ::-1].argmax(axis=1)]
    x1, x2, y1, y2 = sides
    return get_array_module(masks).stack([x1, y1, x2, y2], axis=1).astype(np.float32)
