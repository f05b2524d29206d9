"""Metrics of semantic segmentation, all of them read off the confusion matrix.

With n_ij pixels of class i predicted as class j (truth in the rows) and t_i = sum_j n_ij pixels of class i:

- pixel accuracy: sum_i n_ii / sum_i t_i;
- accuracy of class i: n_ii / t_i; mean accuracy: its mean over the classes that occur in the truth;
- intersection over union of class i: n_ii / (t_i + sum_j n_ji - n_ii);
- mean IoU: its mean over the classes that occur in the truth or in the prediction;
- frequency-weighted IoU: its mean weighted by the t_i.

Source: J. Long, E. Shelhamer, T. Darrell, "Fully Convolutional Networks for Semantic Segmentation", CVPR
2015, section 5, which takes the means over all classes; a class that does not occur has no number to take.
"""

import numpy as np

from ..errors import DTypeError, ShapeError, check_labels, sentence
from .metric import Metric, ratio


class ConfusionMatrix(Metric):
    """How often each class was predicted as each class: :func:`confusion_matrix`, a batch at a time.

    Parameters
    ----------
    num_classes : int
    ignore_index : int, optional
        Label of the truth whose pixels do not count (255 in PASCAL VOC).

    Examples
    --------
    >>> counts = ConfusionMatrix(num_classes=2)
    >>> counts.update(np.array([0, 0]), np.array([0, 1])).update(np.array([[1]]), np.array([[1]])).compute()
    array([[1, 1],
           [0, 1]])
    """

    def __init__(self, num_classes, ignore_index=None):
        self.num_classes, self.ignore_index = num_classes, ignore_index
        super().__init__()

    def start(self):
        return {"counts": np.zeros((self.num_classes, self.num_classes), np.int64)}

    def update(self, truth, prediction):
        """Add label maps of one shape (any shape)."""
        op, classes = "confusion_matrix", self.num_classes
        truth, prediction = _counted(op, truth, prediction, self.ignore_index)
        check_labels(op, "truth", truth, 0, classes, "Is a border label (255) to be the ignore_index?")
        check_labels(op, "prediction", prediction, 0, classes)
        pairs = truth.astype(np.int64) * classes + prediction.astype(np.int64)
        return self.add(counts=np.bincount(pairs, minlength=classes**2).reshape(classes, classes))

    def compute(self):
        """Return the (num_classes, num_classes) matrix of int64, truth in the rows."""
        return self.state["counts"].copy()


class SegmentationScores(ConfusionMatrix):
    """The numbers of semantic segmentation: :func:`segmentation_scores`, a batch at a time.

    Parameters are those of :class:`ConfusionMatrix`.

    Examples
    --------
    >>> scores = SegmentationScores(num_classes=2).update(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1])).compute()
    >>> [f"{name} {score:.3f}" for name, score in scores.items()][:3]
    ['pixel_accuracy 0.750', 'mean_accuracy 0.833', 'mean_iou 0.583']
    """

    def compute(self):
        """Return a dict of floats by name."""
        return segmentation_scores(self.state["counts"])


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

    Raises
    ------
    DTypeError
        Labels are no integers.
    ShapeError
        The two have different shapes.
    LabelError
        A label that counts is not in 0..num_classes-1.

    Examples
    --------
    >>> confusion_matrix(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]), 2)
    array([[1, 1],
           [0, 2]])
    """
    return ConfusionMatrix(num_classes, ignore_index).update(truth, prediction).compute()


def class_accuracy(confusion):
    """Share of each class's pixels that are labelled so; nan for a class that does not occur in the truth.

    Parameters
    ----------
    confusion : (L, L) ndarray
        As :func:`confusion_matrix` counts it.

    Returns
    -------
    (L,) ndarray of float64

    Examples
    --------
    >>> class_accuracy(np.array([[1, 1, 0], [0, 2, 0], [0, 0, 0]]))
    array([0.5, 1. , nan])
    """
    confusion = _square("class_accuracy", confusion)
    return ratio(np.diag(confusion), confusion.sum(1))


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
    confusion = _square("class_iou", confusion)
    intersection = np.diag(confusion)
    return ratio(intersection, confusion.sum(0) + confusion.sum(1) - intersection)


def segmentation_scores(confusion):
    """The four numbers of semantic segmentation that are usual, of a confusion matrix.

    Parameters
    ----------
    confusion : (L, L) ndarray
        As :func:`confusion_matrix` counts it.

    Returns
    -------
    dict of str to float
        pixel_accuracy, mean_accuracy, mean_iou, frequency_weighted_iou: see above. All nan where no pixel counts.

    Examples
    --------
    >>> segmentation_scores(np.array([[3, 1], [0, 4]]))["pixel_accuracy"]
    0.875
    """
    confusion = _square("segmentation_scores", confusion)
    iou, true = class_iou(confusion), confusion.sum(1)
    return {
        "pixel_accuracy": float(ratio(np.trace(confusion), confusion.sum())),
        "mean_accuracy": _mean(class_accuracy(confusion)),
        "mean_iou": _mean(iou),
        "frequency_weighted_iou": float(ratio((true * iou)[true > 0].sum(), true.sum())),
    }


def mean_iou(truth, prediction, num_classes, ignore_index=None):
    """Mean over classes of intersection over union; parameters as in :func:`confusion_matrix`.

    Classes that occur in neither truth nor prediction are left out; without any class the result is nan.

    Examples
    --------
    >>> mean_iou(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]), num_classes=5)  # (1/2 + 2/3) / 2
    0.5833333333333333
    """
    return _scores(truth, prediction, num_classes, ignore_index)["mean_iou"]


def mean_accuracy(truth, prediction, num_classes, ignore_index=None):
    """Mean over classes of the share of their pixels that are right; parameters as in :func:`confusion_matrix`.

    Classes that do not occur in the truth are left out; without any class the result is nan.

    Examples
    --------
    >>> mean_accuracy(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1]), num_classes=5)  # (1/2 + 1) / 2
    0.75
    """
    return _scores(truth, prediction, num_classes, ignore_index)["mean_accuracy"]


def frequency_weighted_iou(truth, prediction, num_classes, ignore_index=None):
    """Mean over classes of intersection over union, weighted by their pixels; parameters as in confusion_matrix.

    Examples
    --------
    >>> frequency_weighted_iou(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1]), num_classes=2)  # 3/4 2/3 + 1/4 1/2
    0.625
    """
    return _scores(truth, prediction, num_classes, ignore_index)["frequency_weighted_iou"]


def _scores(truth, prediction, num_classes, ignore_index):
    return SegmentationScores(num_classes, ignore_index).update(truth, prediction).compute()


def _mean(numbers):
    """Mean of the numbers that are not nan."""
    present = ~np.isnan(numbers)
    return float(ratio(numbers[present].sum(), present.sum()))


def _square(op, confusion):
    confusion = np.asarray(confusion)
    if confusion.ndim != 2 or confusion.shape[0] != confusion.shape[1]:
        raise ShapeError(sentence(op, "confusion", "(L, L), truth in the rows", confusion.shape))
    return confusion


class PixelAccuracy(Metric):
    """Share of pixels whose label is right: :func:`pixel_accuracy`, a batch at a time.

    Parameters
    ----------
    ignore_index : int, optional
        Label of the truth whose pixels do not count.

    Examples
    --------
    >>> PixelAccuracy().update(np.array([[0, 1]]), np.array([[0, 0]])).update(np.array([5]), np.array([5])).compute()
    0.6666666666666666
    """

    def __init__(self, ignore_index=None):
        super().__init__()
        self.ignore_index = ignore_index

    def start(self):
        return {"right": 0, "count": 0}

    def update(self, truth, prediction):
        """Add label maps of one shape (any shape)."""
        truth, prediction = _counted("pixel_accuracy", truth, prediction, self.ignore_index)
        return self.add(right=int((truth == prediction).sum()), count=truth.size)

    def compute(self):
        """Return the share as a float; nan if no pixel counts."""
        return float(ratio(self.state["right"], self.state["count"]))


def pixel_accuracy(truth, prediction, ignore_index=None):
    """Share of pixels whose label is right; nan if no pixel counts. Parameters as in :func:`confusion_matrix`.

    How many classes there are need not be known.

    Examples
    --------
    >>> pixel_accuracy(np.array([0, 1, 255]), np.array([0, 0, 0]), ignore_index=255)
    0.5
    """
    return PixelAccuracy(ignore_index).update(truth, prediction).compute()


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
