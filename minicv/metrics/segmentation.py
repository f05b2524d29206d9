"""Metrics of semantic segmentation, all of them read off the confusion matrix.

With n_ij pixels of class i predicted as class j (truth in the rows):

- pixel accuracy: sum_i n_ii / sum_ij n_ij;
- intersection over union of class i: n_ii / (sum_j n_ij + sum_j n_ji - n_ii);
- mean IoU: its mean over the classes that occur in the truth or in the prediction;
- frequency-weighted IoU: its mean weighted by the number of true pixels of each class.

Source: J. Long, E. Shelhamer, T. Darrell, "Fully Convolutional Networks for Semantic Segmentation", CVPR
2015, section 5.
"""

import numpy as np

from ..errors import DTypeError, ShapeError, check_labels, sentence


def confusion_matrix(truth, prediction, num_classes, ignore_index=None):
    """Count how often each class was predicted as each class.

    Parameters
    ----------
    truth, prediction : ndarray of int
        Labels 0..num_classes-1, of one shape (any shape).
    num_classes : int
    ignore_index : int, optional
        Label of the truth whose pixels do not count (255 in PASCAL VOC).

    Returns
    -------
    (num_classes, num_classes) ndarray of int64
        Truth in the rows, prediction in the columns.

    Examples
    --------
    >>> confusion_matrix(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]), 2)
    array([[1, 1],
           [0, 2]])
    """
    truth, prediction = _counted("confusion_matrix", truth, prediction, ignore_index)
    check_labels(
        "confusion_matrix", "truth", truth, 0, num_classes, "Is a border label (255) to be the ignore_index?"
    )
    check_labels("confusion_matrix", "prediction", prediction, 0, num_classes)
    pairs = truth.astype(np.int64) * num_classes + prediction.astype(np.int64)
    counts = np.bincount(pairs, minlength=num_classes**2)
    return counts.reshape(num_classes, num_classes)


def class_iou(confusion):
    """Intersection over union of each class; nan for a class that occurs in neither truth nor prediction.

    Parameters
    ----------
    confusion : (L, L) ndarray
        As :func:`confusion_matrix` counts it.

    Returns
    -------
    (L,) ndarray of float64

    Examples
    --------
    >>> class_iou(np.array([[1, 1, 0], [0, 2, 0], [0, 0, 0]]))
    array([0.5       , 0.66666667,        nan])
    """
    confusion = np.asarray(confusion)
    if confusion.ndim != 2 or confusion.shape[0] != confusion.shape[1]:
        raise ShapeError(sentence("class_iou", "confusion", "(L, L), truth in the rows", confusion.shape))
    intersection = np.diag(confusion).astype(np.float64)
    union = confusion.sum(axis=0) + confusion.sum(axis=1) - intersection
    return np.divide(intersection, union, out=np.full(len(union), np.nan), where=union > 0)


def mean_iou(truth, prediction, num_classes, ignore_index=None):
    """Mean over classes of intersection over union; parameters as in :func:`confusion_matrix`.

    Classes that occur in neither truth nor prediction are left out; without any class the result is nan.

    Examples
    --------
    >>> mean_iou(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]), num_classes=5)  # (1/2 + 2/3) / 2
    0.5833333333333333
    """
    iou = class_iou(confusion_matrix(truth, prediction, num_classes, ignore_index))
    present = ~np.isnan(iou)
    return float(iou[present].mean()) if present.any() else float("nan")


def frequency_weighted_iou(truth, prediction, num_classes, ignore_index=None):
    """Mean over classes of intersection over union, weighted by their pixels; parameters as in confusion_matrix.

    Examples
    --------
    >>> frequency_weighted_iou(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1]), num_classes=2)  # 3/4 2/3 + 1/4 1/2
    0.625
    """
    confusion = confusion_matrix(truth, prediction, num_classes, ignore_index)
    share = confusion.sum(axis=1) / max(1, confusion.sum())
    return float(np.nansum(share * class_iou(confusion))) if confusion.any() else float("nan")


def pixel_accuracy(truth, prediction, ignore_index=None):
    """Share of pixels whose label is right; nan if no pixel counts. Parameters as in :func:`confusion_matrix`.

    Examples
    --------
    >>> pixel_accuracy(np.array([0, 1, 255]), np.array([0, 0, 0]), ignore_index=255)
    0.5
    """
    truth, prediction = _counted("pixel_accuracy", truth, prediction, ignore_index)
    return float((truth == prediction).mean()) if truth.size else float("nan")


def _counted(op, truth, prediction, ignore_index):
    """Return the labels of the pixels that count, flat, after a check that the two are labels of one shape."""
    truth, prediction = np.asarray(truth), np.asarray(prediction)
    for name, labels in (("truth", truth), ("prediction", prediction)):
        if labels.dtype.kind not in "iu":
            hint = "Scores are turned into labels by argmax over the classes."
            raise DTypeError(sentence(op, name, "integer labels", labels.dtype, hint))
    if truth.shape != prediction.shape:
        expected = f"of the truth's shape {truth.shape}"
        raise ShapeError(sentence(op, "prediction", expected, prediction.shape))
    counted = np.ones(truth.shape, bool) if ignore_index is None else truth != ignore_index
    return truth[counted], prediction[counted]
