"""PASCAL VOC's average precision of detections.

Detections of a class, from all images, are taken in the order of their scores. One is right if the object that it
overlaps most has an overlap of at least one half and has not been found before; otherwise it is a false alarm. Objects
marked as difficult do not count, nor do detections of them.

Source: M. Everingham et al., "The PASCAL Visual Object Classes (VOC) Challenge", IJCV 2010, section 4.2, and the
development kits of 2007 (eleven points) and 2010 (area).
"""

import numpy as np

from ..boxes import box_iou
from ..errors import ShapeError, check_labels, sentence
from .metric import Metric, ratio


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

    Raises
    ------
    ShapeError
        The two are not (D,).

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


class VOCAveragePrecision(Metric):
    """PASCAL VOC's average precision: :func:`voc_map`, some images at a time.

    Images are matched as they come; what is kept of a detection is its score and whether it was right.

    Parameters
    ----------
    num_classes : int
        Labels are below it.
    iou_threshold : float
    use_07_metric : bool
        See :func:`voc_ap`.

    Examples
    --------
    >>> metric, box = VOCAveragePrecision(num_classes=1), np.array([[0, 0, 4, 4.0]])
    >>> truth = {"boxes": box, "labels": np.array([0])}
    >>> for shift, score in ((0, 0.9), (3, 0.8)):  # the second one is beside the object
    ...     _ = metric.update([truth | {"boxes": box + shift, "scores": np.array([score])}], [truth])
    >>> metric.compute()
    {'ap': array([0.5]), 'map': 0.5}
    """

    def __init__(self, num_classes, iou_threshold=0.5, use_07_metric=False):
        self.num_classes, self.iou_threshold, self.use_07_metric = num_classes, iou_threshold, use_07_metric
        super().__init__()

    def start(self):
        # One array an image: of its detections that count. And how many objects of each class count.
        return {"labels": [], "scores": [], "right": [], "objects": np.zeros(self.num_classes, np.int64)}

    def update(self, detections, truths):
        """Add images; the arguments are those of :func:`voc_map`."""
        if len(detections) != len(truths):
            expected = f"one dict for each of the {len(truths)} images"
            raise ShapeError(sentence("voc_map", "detections", expected, len(detections)))
        for found, truth in zip(detections, truths):
            boxes, labels, scores = self._columns("detections", found, "scores")
            none = np.zeros(len(truth["labels"]), bool)
            true, true_labels, difficult = self._columns("truths", {"difficult": none, **truth}, "difficult")
            right, counts = np.zeros(len(boxes), bool), np.ones(len(boxes), bool)
            for label in np.unique(labels):
                mine, theirs = np.flatnonzero(labels == label), true_labels == label
                mine = mine[np.argsort(-scores[mine], kind="stable")]
                matched = _match(boxes[mine], true[theirs], difficult[theirs], self.iou_threshold)
                right[mine], counts[mine] = matched
            objects = np.bincount(true_labels[difficult == 0], minlength=self.num_classes)
            self.add(labels=[labels[counts]], scores=[scores[counts]], right=[right[counts]], objects=objects)
        return self

    def compute(self):
        """Return what :func:`voc_map` returns."""
        labels, scores, right = (
            np.concatenate([np.zeros(0, dtype), *self.state[name]])
            for name, dtype in (("labels", np.int64), ("scores", np.float64), ("right", bool))
        )
        ap = np.full(self.num_classes, np.nan)
        for label in np.flatnonzero(self.state["objects"]):
            mine = np.flatnonzero(labels == label)
            hits = right[mine[np.argsort(-scores[mine], kind="stable")]]
            tp = np.cumsum(hits)
            recall, precision = tp / self.state["objects"][label], tp / np.arange(1, len(hits) + 1)
            ap[label] = voc_ap(recall, precision, self.use_07_metric)
        present = ~np.isnan(ap)
        return {"ap": ap, "map": float(ratio(ap[present].sum(), present.sum()))}

    def _columns(self, name, image, *more):
        """The boxes (D, 4), labels (D,) and further columns (D,) of an image, checked."""
        columns = [np.asarray(image[key]) for key in ("boxes", "labels", *more)]
        boxes, labels = columns[:2]
        if boxes.shape != (labels.size, 4) or any(column.shape != labels.shape for column in columns[2:]):
            expected = f"(D, 4) and, as {' and '.join(('labels', *more))}, (D,)"
            shapes = " and ".join(str(column.shape) for column in columns)
            raise ShapeError(sentence("voc_map", f"boxes of {name}", expected, shapes))
        check_labels("voc_map", f"labels of {name}", labels, 0, self.num_classes)
        if any(np.isnan(column).any() for column in columns[2:]):
            raise ValueError(sentence("voc_map", f"scores of {name}", "numbers", "nan"))
        # An empty list is an array of float64, which cannot count.
        return boxes.astype(np.float64), labels.astype(np.int64), *columns[2:]


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

    Raises
    ------
    ShapeError
        There are more images in one list than in the other, or the arrays of one do not fit each other.
    LabelError
        A label is not in 0..num_classes-1.

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
    return VOCAveragePrecision(num_classes, iou_threshold, use_07_metric).update(detections, truths).compute()


def _match(boxes, true, difficult, iou_threshold):
    """Of an image's detections of a class, best first: whether each is right, and whether it counts."""
    right, counts = np.zeros(len(boxes), bool), np.ones(len(boxes), bool)
    if not len(boxes) or not len(true):
        return right, counts
    iou = box_iou(boxes, true)
    best = iou.argmax(1)
    free = np.ones(len(true), bool)
    for i in np.flatnonzero(iou.max(1) >= iou_threshold):
        if difficult[best[i]]:
            counts[i] = False
        else:
            right[i], free[best[i]] = free[best[i]], False
    return right, counts
