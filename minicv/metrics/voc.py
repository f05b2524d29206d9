"""PASCAL VOC's average precision of detections.

Detections of a class, from all images, are taken in the order of their scores. One is right if the object that it
overlaps most has an overlap of at least one half and has not been found before; otherwise it is a false alarm. Objects
marked as difficult do not count, nor do detections of them.

Source: M. Everingham et al., "The PASCAL Visual Object Classes (VOC) Challenge", IJCV 2010, section 4.2, and the
development kits of 2007 (eleven points) and 2010 (area).
"""

import numpy as np

from ..boxes import box_iou
from ..errors import ShapeError, sentence


def voc_ap(recall, precision, use_07_metric=False):
    """Average precision: the area under the curve of precision over recall, made to fall.

    Parameters
    ----------
    recall, precision : (D,) array_like
        After each detection, in the order of the scores; recall ascends.
    use_07_metric : bool
        The mean of the falling precision at recall 0, 0.1, ..., 1 instead of the area.

    Returns
    -------
    float

    Examples
    --------
    >>> voc_ap([0.5, 0.5, 1.0], [1.0, 0.5, 2 / 3])
    0.8333333333333333
    """
    recall, precision = np.asarray(recall, np.float64), np.asarray(precision, np.float64)
    if recall.ndim != 1 or recall.shape != precision.shape:
        raise ShapeError(
            sentence(
                "voc_ap", "recall and precision", "(D,), one each", f"{recall.shape} and {precision.shape}"
            )
        )
    falling = np.maximum.accumulate(np.append(precision, 0.0)[::-1])[::-1]
    if use_07_metric:
        return float(falling[np.searchsorted(recall, np.arange(11) / 10 - 1e-12)].mean())
    return float((np.diff(recall, prepend=0.0) * falling[:-1]).sum())


def voc_map(detections, truths, num_classes, iou_threshold=0.5, use_07_metric=False):
    """Average precision of each class, and their mean.

    Parameters
    ----------
    detections : list of dict
        For each image ``boxes`` (D, 4), ``labels`` (D,) int and ``scores`` (D,).
    truths : list of dict
        For each image ``boxes`` (R, 4), ``labels`` (R,) int and, optionally, ``difficult`` (R,) bool.
    num_classes : int
        Labels are below it.
    iou_threshold : float
    use_07_metric : bool
        See :func:`voc_ap`.

    Returns
    -------
    dict
        ``ap``: (num_classes,) array, nan for a class without an object; ``map``: its mean over the others.

    Notes
    -----
    Boxes are (x1, y1, x2, y2) with the area (x2 - x1)(y2 - y1). In the development kit they include the last pixel;
    :class:`minicv.data.VOC` gives them as they are wanted here.

    Examples
    --------
    >>> truths = [{"boxes": np.array([[0, 0, 4, 4.0]]), "labels": np.array([1])}]
    >>> found = [{"boxes": np.array([[0, 0, 4, 3.0]]), "labels": np.array([1]), "scores": np.array([0.9])}]
    >>> voc_map(found, truths, num_classes=2)
    {'ap': array([nan,  1.]), 'map': 1.0}
    """
    if len(detections) != len(truths):
        raise ShapeError(
            sentence(
                "voc_map", "detections", f"one dict for each of the {len(truths)} images", len(detections)
            )
        )
    ap = np.array(
        [_class_ap(detections, truths, k, iou_threshold, use_07_metric) for k in range(num_classes)]
    )
    present = ~np.isnan(ap)
    return {"ap": ap, "map": float(ap[present].mean()) if present.any() else float("nan")}


def _class_ap(detections, truths, label, iou_threshold, use_07_metric):
    scores, right, counted, objects = [], [], [], 0
    for found, truth in zip(detections, truths):
        mine = np.flatnonzero(found["labels"] == label)
        mine = mine[np.argsort(-found["scores"][mine], kind="stable")]
        true = truth["labels"] == label
        difficult = np.asarray(truth.get("difficult", np.zeros(len(true), bool)))[true]
        objects += int((~difficult).sum())
        matched, counts = _match(found["boxes"][mine], truth["boxes"][true], difficult, iou_threshold)
        scores.append(found["scores"][mine])
        right.append(matched)
        counted.append(counts)
    if not objects:
        return np.nan
    order = np.argsort(-np.concatenate(scores), kind="stable")
    right, counted = np.concatenate(right)[order], np.concatenate(counted)[order]
    tp, fp = np.cumsum(right[counted]), np.cumsum(~right[counted])
    return voc_ap(tp / objects, tp / (tp + fp), use_07_metric)


def _match(boxes, true, difficult, iou_threshold):
    """Of an image's detections of a class, best first: whether each is right, and whether it counts."""
    right, counts = np.zeros(len(boxes), bool), np.ones(len(boxes), bool)
    if not len(boxes) or not len(true):
        return right, counts
    iou = box_iou(np.asarray(boxes, np.float64), np.asarray(true, np.float64))
    best = iou.argmax(1)
    free = np.ones(len(true), bool)
    for i in np.flatnonzero(iou.max(1) >= iou_threshold):
        if difficult[best[i]]:
            counts[i] = False
        else:
            right[i], free[best[i]] = free[best[i]], False
    return right, counts
