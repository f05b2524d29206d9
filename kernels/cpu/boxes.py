"""Overlaps of boxes in Numba: one box with many at a time, whose coordinates lie in rows for the sake of vectors.

Non-maximum suppression asks of each box whether one that stays overlaps it, rather than which boxes each drops: it
stops at the first one, and the best boxes are asked first. 0.1 of torchvision's time for 2,000 boxes, on one thread.
"""

import numpy as np

from . import parallel
from .jit import compiled, source

_BLOCK = 128  # overlaps are computed before one looks whether there was any


@compiled
def _iou(x1, y1, x2, y2, area, left, top, right, bottom, other):
    """IoU of two boxes. Comparisons instead of min and max, which would care for NaN."""
    width = (x2 if x2 < right else right) - (x1 if x1 > left else left)
    height = (y2 if y2 < bottom else bottom) - (y1 if y1 > top else top)
    zero = x1 - x1  # in their dtype, which a literal 0 is not
    intersection = (width if width > 0 else zero) * (height if height > 0 else zero)
    union = area + other - intersection
    share = intersection / union
    return share if union > 0 else zero


@compiled
def _box_iou(begin, end, boxes, others, iou):
    left, top, right, bottom = others
    areas = (right - left) * (bottom - top)
    for i in range(begin, end):
        x1, y1, x2, y2 = boxes[i]
        area, row = (x2 - x1) * (y2 - y1), iou[i]
        for j in range(len(row)):
            row[j] = _iou(x1, y1, x2, y2, area, left[j], top[j], right[j], bottom[j], areas[j])


@compiled
def _nms(boxes, threshold, stays):
    kept = np.empty((5, len(boxes)), boxes.dtype)  # the boxes that stay, and their areas
    count = 0
    for i in range(len(boxes)):
        x1, y1, x2, y2 = boxes[i]
        area = (x2 - x1) * (y2 - y1)
        overlaps = 0
        for first in range(0, count, _BLOCK):
            left, top, right, bottom, areas = kept[:, first : min(first + _BLOCK, count)]
            for j in range(len(areas)):
                overlaps += (
                    _iou(x1, y1, x2, y2, area, left[j], top[j], right[j], bottom[j], areas[j]) > threshold
                )
            if overlaps:
                break
        stays[i] = not overlaps
        if not overlaps:
            left, top, right, bottom, areas = kept
            left[count], top[count], right[count], bottom[count], areas[count] = x1, y1, x2, y2, area
            count += 1


def box_iou(boxes1, boxes2):
    """Intersection over union of every pair: see :func:`minicv.kernels.reference.boxes.box_iou`."""
    iou = np.empty((len(boxes1), len(boxes2)), boxes1.dtype)
    boxes, others = source(boxes1, boxes1.shape), source(boxes2.T, boxes2.shape[::-1])
    parallel.run(_box_iou, len(iou), 2 * len(boxes2), boxes, others, iou)
    return iou


def nms(boxes, threshold):
    """Which boxes stay, on one thread: see :func:`minicv.kernels.reference.boxes.nms`."""
    stays = np.empty(len(boxes), bool)
    _nms(source(boxes, boxes.shape), boxes.dtype.type(threshold), stays)
    return stays
