"""How well detections fit the objects of an image: overlap of boxes or of masks, similarity of keypoints.

COCO's definitions (cocodataset.org, "Detection Evaluate" and "Keypoint Evaluate"; cocoapi,
PythonAPI/pycocotools/cocoeval.py). Beside a crowd, which a detection may cover in part, the overlap is
counted relative to the detection's own area.
"""

import numpy as np

from ..boxes import rle

#: How precisely people mark each of COCO's 17 keypoints: its standard deviation, relative to the object's size.
SIGMAS = np.array(
    [0.26, 0.25, 0.25, 0.35, 0.35, 0.79, 0.79, 0.72, 0.72, 0.62, 0.62, 1.07, 1.07, 0.87, 0.87, 0.89, 0.89]
) / 10  # fmt: skip


def box_overlap(detected, true, crowd):
    """Intersection over union of boxes.

    Parameters
    ----------
    detected, true : (D, 4) and (G, 4) ndarray
        Boxes x, y, width, height.
    crowd : (G,) ndarray of bool

    Returns
    -------
    (D, G) ndarray of float64

    Examples
    --------
    >>> box_overlap(np.array([[0.0, 0, 2, 2]]), np.array([[1.0, 0, 2, 2], [1, 0, 2, 2]]), np.array([False, True]))
    array([[0.33333333, 0.5       ]])
    """
    low = np.maximum(detected[:, None, :2], true[None, :, :2])
    high = np.minimum((detected[:, :2] + detected[:, 2:])[:, None], (true[:, :2] + true[:, 2:])[None])
    sides = np.clip(high - low, 0, None)
    common = sides[..., 0] * sides[..., 1]
    return _over_union(common, detected[:, 2] * detected[:, 3], true[:, 2] * true[:, 3], crowd)


def mask_overlap(detected, true, crowd):
    """Intersection over union of masks.

    Parameters
    ----------
    detected, true : list of dict
        Run lengths, as :mod:`minicv.boxes.rle` has them.
    crowd : (G,) ndarray of bool

    Returns
    -------
    (D, G) ndarray of float64

    Examples
    --------
    >>> left, all_of_it = (rle.encode(np.array([row, row])) for row in ([1, 1, 0, 0], [1, 1, 1, 1]))
    >>> mask_overlap([left], [all_of_it, all_of_it], np.array([False, True]))
    array([[0.5, 1. ]])
    """
    ours, theirs = list(map(_runs, detected)), list(map(_runs, true))
    common = np.zeros((len(ours), len(theirs)))
    for i, (starts, ends, _) in enumerate(ours):
        for j, (_, _, covered) in enumerate(theirs):
            # How much of the other mask lies before each end of a run, less how much before its start.
            common[i, j] = np.interp(ends, *covered).sum() - np.interp(starts, *covered).sum()
    areas = [np.array([(ends - starts).sum() for starts, ends, _ in runs]) for runs in (ours, theirs)]
    return _over_union(common, *areas, crowd)


def _runs(coded):
    """Starts and ends of a mask's runs, and (positions, how many of its pixels lie before each)."""
    counts = rle.counts_of(coded)
    edges = np.concatenate([[0], np.cumsum(counts)])
    inside = counts.copy()
    inside[::2] = 0
    covered = np.concatenate([[0], np.cumsum(inside)])
    n = len(counts) // 2  # runs of ones
    return edges[1 : 2 * n : 2], edges[2 : 2 * n + 1 : 2], (edges, covered)


def _over_union(common, detected, true, crowd):
    union = np.where(crowd, detected[:, None], detected[:, None] + true - common)
    return np.divide(common, union, out=np.zeros_like(common), where=common > 0)


def keypoint_similarity(detected, true, areas, boxes):
    """Object keypoint similarity: the mean over an object's marked keypoints of exp(-d^2 / (2 area (2 sigma)^2)).

    d is the distance between the detected and the true keypoint in pixels. Where none is marked, it is that
    to the object's box, doubled in size.

    Parameters
    ----------
    detected, true : (D, 17, 3) and (G, 17, 3) ndarray
        Keypoints x, y, v; the true ones count where v > 0.
    areas : (G,) ndarray
        Of the objects, in pixels.
    boxes : (G, 4) ndarray
        x, y, width, height.

    Returns
    -------
    (D, G) ndarray of float64

    Examples
    --------
    One keypoint is marked, and one is found two standard deviations (of 2 sigma sqrt(area) = 2 pixels) away:

    >>> true = np.zeros((1, 17, 3))
    >>> true[0, 0, 2] = 2
    >>> found = true + [4.0, 0.0, 0.0]
    >>> area = (1 / SIGMAS[:1]) ** 2
    >>> keypoint_similarity(found, true, area, np.zeros((1, 4))), np.exp(-2)
    (array([[0.13533528]]), np.float64(0.1353352832366127))
    """
    similarity = np.zeros((len(detected), len(true)))
    for j, (points, area, box) in enumerate(zip(true, areas, boxes)):
        marked = points[:, 2] > 0
        if marked.any():
            offset = detected[:, marked, :2] - points[marked, :2]
        else:
            marked[:] = True
            low, high = box[:2] - box[2:], box[:2] + 2 * box[2:]
            places = detected[..., :2]
            offset = np.maximum(0, low - places) + np.maximum(0, places - high)
        squared = (offset**2).sum(-1) / (2 * SIGMAS[marked]) ** 2 / (area + np.spacing(1)) / 2
        similarity[:, j] = np.exp(-squared).mean(-1)
    return similarity
