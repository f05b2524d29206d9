"""Metrics of semantic segmentation, all of them read off the confusion matrix.

With n_ij pixels of class i predicted as class j (truth in the rows):

- pixel accuracy: sum_i n_ii / sum_ij n_ij;
- intersection over union of class i: n_ii / (sum_j n_ij + sum_j n_ji - n_ii);
- mean IoU: its mean over the classes that occur in the truth or in the prediction.

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
    truth, prediction = np.asarray(truth), np.asarray(prediction)
    for name, labels in (("truth", truth), ("prediction", prediction)):
        if labels.dtype.kind not in "iu":
            hint = "Scores are turned into labels by argmax over the classes."
            raise DTypeError(sentence("confusion_matrix", name, "of integer labels", labels.dtype, hint))
    if truth.shape != prediction.shape:
        raise ShapeError(
            sentence(
                "confusion_matrix", "prediction", f"of the truth's shape {truth.shape}", prediction.shape
            )
        )
    truth, prediction = truth.ravel().astype(np.int64), prediction.ravel().astype(np.int64)
    if ignore_index is not None:
        counted = truth != ignore_index
        truth, prediction = truth[counted], prediction[counted]
    check_labels(
        "confusion_matrix", "truth", truth, 0, num_classes, "Is a border label (255) to be the ignore_index?"
    )
    check_labels("confusion_matrix", "prediction", prediction, 0, num_classes)
    counts = np.bincount(truth * num_classes + prediction, minlength=num_classes**2)
    return counts.reshape(num_classes, num_classes)


def class_iou(confusion):
    """Intersection over union of each class; nan for a class that occurs in neither truth nor prediction.

    Examples
    --------
    >>> class_iou(np.array([[1, 1, 0], [0, 2, 0], [0, 0, 0]]))
    array([0.5       , 0.66666667,        nan])
    """
    confusion = np.asarray(confusion)
    intersection = np.diag(confusion).astype(np.float64)
    union = confusion.sum(axis=0) + confusion.sum(axis=1) - intersection
    return np.divide(intersection, union, out=np.full(len(union), np.nan), where=union > 0)


def mean_iou(truth, prediction, num_classes, ignore_index=None):
    """Mean over classes of intersection over union; parameters as in :func:`confusion_matrix`.

    Classes that occur in neither truth nor prediction are left out; without any class the result is nan.
    """
    iou = class_iou(confusion_matrix(truth, prediction, num_classes, ignore_index))
    present = ~np.isnan(iou)
    return float(iou[present].mean()) if present.any() else float("nan")


def pixel_accuracy(truth, prediction, ignore_index=None):
    """Share of pixels whose label is right; nan if no pixel counts.

    Examples
    --------
    >>> pixel_accuracy(np.array([0, 1, 255]), np.array([0, 0, 0]), ignore_index=255)
    0.5
    """
    truth, prediction = np.asarray(truth), np.asarray(prediction)
    if truth.shape != prediction.shape:
        raise ShapeError(
            sentence("pixel_accuracy", "prediction", f"of the truth's shape {truth.shape}", prediction.shape)
        )
    counted = np.ones(truth.shape, bool) if ignore_index is None else truth != ignore_index
    return float((truth == prediction)[counted].mean()) if counted.any() else float("nan")
