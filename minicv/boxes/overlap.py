"""Two boxes at a time: how much they overlap, and non-maximum suppression, which drops all but the best of a crowd."""

import numpy as np

from .. import kernels
from ..backend import get_array_module, is_array
from ..errors import ShapeError, check_same_dtype, sentence
from .check import as_corners


def box_iou(boxes1, boxes2):
    """Intersection over union of every pair of boxes.

    Parameters
    ----------
    boxes1 : (A, 4) array
    boxes2 : (B, 4) array

    Returns
    -------
    (A, B) array
        area(a & b) / (area(a) + area(b) - area(a & b)), from 0 to 1; 0 for two boxes without area (torchvision: NaN).

    Raises
    ------
    ShapeError
        The boxes are not (R, 4).
    DTypeError
        The two have different dtypes.
    ValueError
        A coordinate is NaN or infinite, or corners are in the wrong order.

    Examples
    --------
    >>> import numpy as np
    >>> box_iou(np.array([[0.0, 0.0, 2.0, 2.0]]), np.array([[0.0, 0.0, 2.0, 1.0], [5.0, 5.0, 6.0, 6.0]]))
    array([[0.5, 0. ]])
    """
    return kernels.box_iou(*_pair("box_iou", boxes1, boxes2))


def generalized_box_iou(boxes1, boxes2):
    """IoU less the share of the smallest common box that neither covers: from -1, far apart, to 1.

    Parameters
    ----------
    boxes1 : (A, 4) array
    boxes2 : (B, 4) array

    Returns
    -------
    (A, B) array
        IoU - (area(hull) - area(a | b)) / area(hull).

    Raises
    ------
    ShapeError, DTypeError, ValueError
        As :func:`box_iou`.

    Notes
    -----
    H. Rezatofighi et al., "Generalized Intersection over Union", CVPR 2019, algorithm 1.

    Examples
    --------
    >>> import numpy as np
    >>> generalized_box_iou(np.array([[0.0, 0.0, 1.0, 1.0]]), np.array([[3.0, 0.0, 4.0, 1.0]]))
    array([[-0.5]])
    """
    a, b = _pair("generalized_box_iou", boxes1, boxes2)
    xp = get_array_module(a)
    iou = kernels.box_iou(a, b)
    sizes = [boxes[:, 2:] - boxes[:, :2] for boxes in (a, b)]
    # With u the union and i the intersection, both areas are u + i, and i = iou u.
    union = (sizes[0].prod(axis=1)[:, None] + sizes[1].prod(axis=1)) / (1 + iou)
    corners = xp.minimum(a[:, None, :2], b[:, :2]), xp.maximum(a[:, None, 2:], b[:, 2:])
    hull = (corners[1] - corners[0]).prod(axis=2)
    return iou - xp.where(hull > 0, (hull - union) / xp.where(hull > 0, hull, 1), 0)


def nms(boxes, scores, iou_threshold):
    """Non-maximum suppression: the boxes that stay when each drops the worse ones that it overlaps too much.

    Parameters
    ----------
    boxes : (R, 4) array
    scores : (R,) array
        Boxes with equal scores come in the order of their numbers.
    iou_threshold : float
        From 0 to 1: a box is dropped if its IoU with a better one that stays is larger. An IoU exactly at the
        threshold is not.

    Returns
    -------
    array of int64
        The numbers of those that stay, from the best to the worst.

    Raises
    ------
    ShapeError
        The boxes are not (R, 4), or the scores not (R,).
    ValueError
        A coordinate or score is NaN, corners are in the wrong order, or the threshold is outside 0..1.

    Examples
    --------
    >>> import numpy as np
    >>> boxes = np.array([[0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 2.0, 1.9], [2.0, 0.0, 4.0, 2.0]])
    >>> nms(boxes, np.array([0.5, 0.9, 0.7]), 0.5)
    array([1, 2])
    """
    boxes, scores = _scored("nms", boxes, scores, iou_threshold)
    return _nms(boxes, scores, iou_threshold)


def batched_nms(boxes, scores, idxs, iou_threshold):
    """Non-maximum suppression within each class: a box drops none of another class.

    Parameters
    ----------
    boxes, scores, iou_threshold
        As in :func:`nms`.
    idxs : (R,) array of int
        The class of each box.

    Returns
    -------
    array of int64
        The numbers of those that stay, from the best to the worst of all classes.

    Raises
    ------
    ShapeError
        There is not one class for each box; and what :func:`nms` raises.
    ValueError
        As :func:`nms`.

    Examples
    --------
    >>> import numpy as np
    >>> boxes = np.zeros((3, 4)) + [0.0, 0.0, 1.0, 1.0]
    >>> batched_nms(boxes, np.array([0.5, 0.9, 0.7]), np.array([1, 2, 1]), 0.5)
    array([1, 2])
    """
    boxes, scores = _scored("batched_nms", boxes, scores, iou_threshold)
    idxs = idxs if is_array(idxs) else np.asarray(idxs)
    if idxs.shape != scores.shape:
        raise ShapeError(
            sentence("batched_nms", "idxs", f"{scores.shape}, the class of each box", idxs.shape)
        )
    xp = get_array_module(boxes)
    stays = xp.zeros(len(boxes), bool)
    for label in xp.unique(idxs):
        members = xp.flatnonzero(idxs == label)
        stays[members[_nms(boxes[members], scores[members], iou_threshold)]] = True
    members = xp.flatnonzero(stays)
    return members[xp.argsort(-scores[members], kind="stable")]


def _nms(boxes, scores, threshold):
    order = get_array_module(boxes).argsort(-scores, kind="stable")
    return order[kernels.nms(boxes[order], threshold)]


def _pair(op, boxes1, boxes2):
    boxes1, boxes2 = as_corners(op, "boxes1", boxes1), as_corners(op, "boxes2", boxes2)
    check_same_dtype(op, boxes1=boxes1, boxes2=boxes2)
    return boxes1, boxes2


def _scored(op, boxes, scores, threshold):
    boxes, scores = as_corners(op, "boxes", boxes), scores if is_array(scores) else np.asarray(scores)
    if scores.shape != boxes.shape[:1]:
        raise ShapeError(sentence(op, "scores", f"{boxes.shape[:1]}, one for each box", scores.shape))
    if (scores != scores).any():
        raise ValueError(sentence(op, "scores", "numbers", f"nan in row {int((scores != scores).argmax())}"))
    if not 0 <= threshold <= 1:
        raise ValueError(sentence(op, "iou_threshold", "from 0 to 1", threshold))
    return boxes, scores if scores.dtype.kind == "f" else scores.astype(np.float64)
