"""Overlaps of boxes (x1, y1, x2, y2), and which of them stay when those that overlap a better one are dropped."""

import numpy as np


def box_iou(boxes1, boxes2):
    """Intersection over union of every pair: ``area(a & b) / (area(a) + area(b) - area(a & b))``.

    Parameters
    ----------
    boxes1 : (A, 4) array
        Rows x1, y1, x2, y2 with x1 <= x2 and y1 <= y2.
    boxes2 : (B, 4) array

    Returns
    -------
    (A, B) array
        0 for two boxes without area. Each operation is rounded to the boxes' dtype, in the order of the formula.

    Examples
    --------
    >>> import numpy as np
    >>> box_iou(np.array([[0.0, 0.0, 2.0, 2.0]]), np.array([[1.0, 0.0, 3.0, 2.0], [2.0, 0.0, 4.0, 2.0]]))
    array([[0.33333333, 0.        ]])
    """
    a, b = boxes1[:, None], boxes2[None]
    width = np.minimum(a[..., 2], b[..., 2]) - np.maximum(a[..., 0], b[..., 0])
    height = np.minimum(a[..., 3], b[..., 3]) - np.maximum(a[..., 1], b[..., 1])
    intersection = np.maximum(width, 0) * np.maximum(height, 0)
    union = _area(a) + _area(b) - intersection
    return np.divide(intersection, union, out=np.zeros_like(union), where=union > 0)


def nms(boxes, threshold):
    """Non-maximum suppression: which of the boxes stay, if a better one drops those that it overlaps too much.

    Parameters
    ----------
    boxes : (R, 4) array
        From the best to the worst.
    threshold : float
        A box is dropped if its IoU with a better one, which stays itself, is larger. It is rounded to the boxes'
        dtype, so that an IoU exactly at the threshold is not.

    Returns
    -------
    (R,) array of bool

    Examples
    --------
    >>> import numpy as np
    >>> nms(np.array([[0.0, 0.0, 2.0, 2.0], [1.0, 0.0, 3.0, 2.0], [2.0, 0.0, 4.0, 2.0]]), 0.3)
    array([ True, False,  True])
    """
    stays = np.zeros(len(boxes), bool)
    for i in range(len(boxes)):
        stays[i] = not (box_iou(boxes[i : i + 1], boxes[stays]) > boxes.dtype.type(threshold)).any()
    return stays


def _area(boxes):
    return (boxes[..., 2] - boxes[..., 0]) * (boxes[..., 3] - boxes[..., 1])


def cases(rng):
    """Argument sets for the two kernels: (kernel name, arguments)."""
    found = []
    for dtype in (np.float32, np.float64):
        drawn = [
            _drawn(rng, count, whole).astype(dtype) for count, whole in [(9, True), (70, False), (0, True)]
        ]
        drawn.append(np.repeat(drawn[0], 3, axis=0))  # the same box several times
        drawn.append(
            np.array([[k, 0, k + 2, 2] for k in range(40)], dtype)
        )  # a chain: each overlaps the next
        for a in drawn:
            found += [("box_iou", (a, b)) for b in (drawn[0], drawn[1][::-1], np.asfortranarray(drawn[2]))]
            # 1/3 is the IoU of neighbours in the chain, and not above itself.
            found += [("nms", (a, threshold)) for threshold in (0.0, 1 / 3, 0.3, 0.7, 1.0)]
        found.append(("nms", (np.asfortranarray(drawn[1])[::-1], 0.5)))
    return found


def _drawn(rng, count, whole):
    """Boxes with corners anywhere, or on few pixels, where there are ties, and boxes of no size."""
    corners = rng.integers(0, 4, (count, 2, 2)) if whole else rng.uniform(0, 10, (count, 2, 2))
    return np.sort(corners, axis=1).reshape(count, 4)
