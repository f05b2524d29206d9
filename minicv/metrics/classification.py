"""How often the right class is among the best scores."""

import numpy as np

from ..errors import ShapeError, check_labels, sentence
from .metric import Metric, ratio


class Accuracy(Metric):
    """Share of samples whose label is among the k highest scores: :func:`accuracy`, a batch at a time.

    Parameters
    ----------
    k : int
        1 for the top-1, 5 for the top-5 accuracy.

    Examples
    --------
    >>> metric = Accuracy(k=1)
    >>> for scores, labels in [([[0.1, 0.9]], [1]), ([[0.8, 0.2], [0.7, 0.3]], [0, 1])]:
    ...     _ = metric.update(scores, labels)
    >>> round(metric.compute(), 3)
    0.667
    """

    def __init__(self, k=1):
        super().__init__()
        self.k = k

    def start(self):
        return {"right": 0, "count": 0}

    def update(self, scores, labels):
        """Add samples: scores (N, L) and labels (N,) of int."""
        scores, labels = np.asarray(scores), np.asarray(labels)
        if scores.ndim != 2 or labels.shape != scores.shape[:1]:
            got = f"{scores.shape}, {labels.shape}"
            raise ShapeError(sentence("accuracy", "scores and labels", "(N, L) and (N,)", got))
        classes = scores.shape[1]
        if not 1 <= self.k <= classes:
            raise ShapeError(sentence("accuracy", "k", f"between 1 and the {classes} classes", self.k))
        check_labels("accuracy", "labels", labels, 0, classes)
        own = np.take_along_axis(scores, labels[:, None], 1)
        before = np.arange(classes) < labels[:, None]
        ahead = ((scores > own) | (before & (scores == own))).sum(1)
        right = (ahead < self.k) & ~np.isnan(own[:, 0])
        return self.add(right=int(right.sum()), count=len(labels))

    def compute(self):
        """Return the share as a float; nan without samples."""
        return float(ratio(self.state["right"], self.state["count"]))


def accuracy(scores, labels, k=1):
    """Share of samples whose label is among the k highest scores; 1 less the top-k error of ImageNet.

    Parameters
    ----------
    scores : (N, L) array_like
        Of equal scores, that of the smaller label counts as higher.
    labels : (N,) array_like of int
    k : int
        1 for the top-1, 5 for the top-5 accuracy.

    Returns
    -------
    float
        (1/N) sum_i 1[label i is among the k labels with the highest scores of sample i]; nan without samples.

    Raises
    ------
    ShapeError
        The shapes are others, or k is not between 1 and L.
    LabelError
        A label is not in 0..L-1.

    Notes
    -----
    O. Russakovsky et al., "ImageNet Large Scale Visual Recognition Challenge", IJCV 2015, section 4.1, whose error
    is 1 less this with k = 5. A sample whose own score is nan counts as wrong.

    Examples
    --------
    >>> scores = np.array([[0.1, 0.7, 0.2], [0.5, 0.3, 0.2]])
    >>> accuracy(scores, np.array([2, 0])), accuracy(scores, np.array([2, 0]), k=2)
    (0.5, 1.0)
    """
    return Accuracy(k).update(scores, labels).compute()
