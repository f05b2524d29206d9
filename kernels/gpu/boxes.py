"""Overlaps of boxes, and non-maximum suppression, on the GPU."""

import cupy
import numpy as np

from .launch import contiguous, launch


def box_iou(boxes1, boxes2):
    """Intersection over union of every pair: see :func:`minicv.kernels.reference.boxes.box_iou`."""
    boxes1, boxes2 = contiguous(boxes1), contiguous(boxes2)
    iou = cupy.empty((len(boxes1), len(boxes2)), boxes1.dtype)
    launch("boxes", "box_iou", iou.dtype, iou.size, boxes1, boxes2, iou, len(boxes2))
    return iou


def nms(boxes, threshold):
    """Which boxes stay: see :func:`minicv.kernels.reference.boxes.nms`.

    Suppression is a chain: whether a box stays depends on better ones, and those on better ones still. All boxes
    are settled together, in rounds, and there are as many rounds as the longest chain has links: some dozens for
    the proposals of a detector.
    """
    boxes = contiguous(boxes)
    count = (len(boxes) + 63) // 64
    words = cupy.empty((len(boxes), count), np.int64)
    state = cupy.zeros(len(boxes), np.int32)
    launch("boxes", "overlaps", boxes.dtype, words.size, boxes, boxes.dtype.type(threshold), words, count)
    while (state == 0).any():
        for _ in range(4):  # a round costs less than the question whether all is settled
            launch("boxes", "settle", boxes.dtype, state.size, words, state, count)
    return state == 1
