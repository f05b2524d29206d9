"""Classification with localization: how often the class is right, and how well the box around it fits.

Source: O. Russakovsky et al., "ImageNet Large Scale Visual Recognition Challenge", IJCV 2015, section 4.2, and
``eval_localization_flat.m`` of its development kit, in which an overlap of exactly one half is enough.
"""

import numpy as np

from ..boxes import box_iou
from ..errors import DTypeError, ShapeError, sentence
from .metric import Metric, ratio


class LocalizationError(Metric):
    """Share of images of which no guess is right: :func:`localization_error`, a batch at a time.

    Parameters
    ----------
    k : int
        So many guesses count.
    iou_threshold : float
        Overlap from which on a box is right.

    Examples
    --------
    >>> metric = LocalizationError(k=1)
    >>> for overlap in (0.4, 0.8):
    ...     _ = metric.update([[7]], [[[0, 0, 10, 10 * overlap]]], [7], [[0, 0, 10, 10]])
    >>> metric.compute()
    0.5
    """

    def __init__(self, k=5, iou_threshold=0.5):
        super().__init__()
        if k < 1:
            raise ValueError(sentence("localization_error", "k", "at least 1 guess", k))
        self.k, self.iou_threshold = k, iou_threshold

    def start(self):
        return {"wrong": 0, "count": 0}

    def update(self, labels, boxes, true_labels, true_boxes):
        """Add images; the arguments are those of :func:`localization_error`."""
        labels, boxes, true_labels = (np.asarray(a) for a in (labels, boxes, true_labels))
        if labels.ndim != 2 or boxes.shape != (*labels.shape, 4) or true_labels.shape != labels.shape[:1]:
            expected = "(N, G), (N, G, 4) and (N,)"
            got = f"{labels.shape}, {boxes.shape} and {true_labels.shape}"
            raise ShapeError(sentence("localization_error", "labels, boxes and true_labels", expected, got))
        for name, given in (("labels", labels), ("true_labels", true_labels)):
            if given.dtype.kind not in "iu":
                raise DTypeError(sentence("localization_error", name, "integer labels", given.dtype))
        overlaps = _overlaps("localization_error", boxes[:, : self.k], true_boxes)
        right = (labels[:, : self.k] == true_labels[:, None]) & (overlaps >= self.iou_threshold)
        return self.add(wrong=int((~right.any(1)).sum()), count=len(labels))

    def compute(self):
        """Return the share as a float; nan without images."""
        return float(ratio(self.state["wrong"], self.state["count"]))


def localization_error(labels, boxes, true_labels, true_boxes, k=5, iou_threshold=0.5):
    """Share of images of which none of the first k guesses has the right class and a box that fits.

    With the guesses (c_ij, b_ij) of image i, its class C_i and the boxes B_im around its objects of that class:
    (1/N) sum_i min_{j <= k} max(1[c_ij != C_i], min_m 1[IoU(b_ij, B_im) < iou_threshold]).

    Parameters
    ----------
    labels : (N, G) array_like of int
        Guessed classes of each image, the best first.
    boxes : (N, G, 4) array_like
        The box of each guess: (x1, y1, x2, y2) in pixels.
    true_labels : (N,) array_like of int
    true_boxes : (N, 4) array_like, or list of (M_i, 4) array_like
        The box of each image, or its boxes.
    k : int
        How many guesses count: 5 for the top-5 error, 1 for the top-1 error.
    iou_threshold : float

    Returns
    -------
    float
        From 0 (all right) to 1; nan without images.

    Raises
    ------
    ShapeError
        The shapes are others, an image has no true box, or k is less than 1.
    DTypeError
        Labels are no integers.

    Examples
    --------
    The first guess has the right class but overlaps by 0.4, the second by 0.8:

    >>> labels, boxes = [[7, 7]], [[[0, 0, 10, 4], [0, 0, 10, 8]]]
    >>> [localization_error(labels, boxes, [7], [[0, 0, 10, 10]], k) for k in (1, 5)]
    [1.0, 0.0]
    """
    return LocalizationError(k, iou_threshold).update(labels, boxes, true_labels, true_boxes).compute()


class MeanBoxIoU(Metric):
    """Mean overlap of one box an image with the truth: :func:`mean_box_iou`, a batch at a time.

    Examples
    --------
    >>> metric = MeanBoxIoU().update([[0, 0, 10, 8]], [[0, 0, 10, 10]])
    >>> metric.update([[0, 0, 10, 2]], [[0, 0, 10, 10]]).compute()
    0.5
    """

    def start(self):
        return {"overlap": 0.0, "count": 0}

    def update(self, boxes, true_boxes):
        """Add images; the arguments are those of :func:`mean_box_iou`."""
        boxes = np.asarray(boxes)
        if boxes.ndim != 2 or boxes.shape[1] != 4:
            raise ShapeError(sentence("mean_box_iou", "boxes", "(N, 4)", boxes.shape))
        overlaps = _overlaps("mean_box_iou", boxes[:, None], true_boxes)
        return self.add(overlap=float(overlaps.sum()), count=len(boxes))

    def compute(self):
        """Return the mean as a float; nan without images."""
        return float(ratio(self.state["overlap"], self.state["count"]))


def mean_box_iou(boxes, true_boxes):
    """Mean over the images of the overlap of one predicted box with the true one: (1/N) sum_i IoU(b_i, B_i).

    Parameters
    ----------
    boxes : (N, 4) array_like
        (x1, y1, x2, y2) in pixels.
    true_boxes : (N, 4) array_like, or list of (M_i, 4) array_like
        Where an image has several, the one that is overlapped most counts.

    Returns
    -------
    float
        From 0 to 1; nan without images.

    Raises
    ------
    ShapeError
        The shapes are others, or an image has no true box.

    Examples
    --------
    >>> mean_box_iou([[0, 0, 10, 8], [0, 0, 1, 1]], [[0, 0, 10, 10], [5, 5, 6, 6]])
    0.4
    """
    return MeanBoxIoU().update(boxes, true_boxes).compute()


def _overlaps(op, boxes, true_boxes):
    """Overlap of each of the boxes (N, G, 4) with that true box of its image that it overlaps most: (N, G)."""
    if len(true_boxes) != len(boxes):
        raise ShapeError(sentence(op, "true_boxes", f"those of {len(boxes)} images", len(true_boxes)))
    overlaps = np.zeros(boxes.shape[:2])
    for i, (guessed, true) in enumerate(zip(boxes, true_boxes)):
        true = np.atleast_2d(np.asarray(true, np.float64))
        if not true.size:
            raise ShapeError(sentence(op, f"true_boxes[{i}]", "at least one box", true.shape))
        overlaps[i] = box_iou(guessed.astype(np.float64), true).max(1)
    return overlaps
