"""How many objects a set of proposed boxes covers.

Source: J. Hosang, R. Benenson, P. Dollár, B. Schiele, "What Makes for Effective Detection Proposals?", TPAMI 2016,
section 4: average recall is twice the area under recall over the overlap, from one half on.
"""

import numpy as np

from ..boxes import box_iou
from ..errors import ShapeError, sentence
from .metric import Metric, ratio


class ProposalRecall(Metric):
    """Share of the objects that some proposal overlaps enough: :func:`proposal_recall`, some images at a time.

    Parameters
    ----------
    iou_threshold : float

    Examples
    --------
    >>> metric = ProposalRecall(iou_threshold=0.5)
    >>> for proposals, objects in [([[0, 0, 4, 3]], [[0, 0, 4, 4]]), ([[0, 0, 1, 1]], [[5, 5, 9, 9]])]:
    ...     _ = metric.update([proposals], [objects])
    >>> metric.compute()
    0.5
    """

    def __init__(self, iou_threshold=0.5):
        super().__init__()
        self.iou_threshold = iou_threshold

    def start(self):
        return {"found": 0.0, "count": 0}

    def update(self, proposals, truths):
        """Add images; the arguments are those of :func:`proposal_recall`."""
        if len(proposals) != len(truths):
            expected = f"one array for each of {len(truths)} images"
            raise ShapeError(sentence("proposal_recall", "proposals", expected, len(proposals)))
        for proposed, true in zip(proposals, truths):
            if len(true):
                overlap = box_iou(np.asarray(proposed, np.float64), np.asarray(true, np.float64))
                best = overlap.max(0, initial=0.0)
                self.add(found=float(self._credit(best).sum()), count=len(best))
        return self

    def compute(self):
        """Return the share as a float; nan without objects."""
        return float(ratio(self.state["found"], self.state["count"]))

    def _credit(self, overlap):
        """How far an object counts as found, from its overlap with the best proposal."""
        return overlap >= self.iou_threshold


class AverageRecall(ProposalRecall):
    """Mean of the recall over overlaps between 0.5 and 1: :func:`average_recall`, some images at a time.

    Examples
    --------
    >>> AverageRecall().update([[[0, 0, 4, 3]]], [[[0, 0, 4, 4]]]).update([[[0, 0, 1, 1]]], [[[5, 5, 9, 9]]]).compute()
    0.25
    """

    def __init__(self):
        super().__init__()

    def _credit(self, overlap):
        # The part of the thresholds between 0.5 and 1 that the overlap reaches.
        return 2 * np.clip(overlap - 0.5, 0, None)


def proposal_recall(proposals, truths, iou_threshold=0.5):
    """Share of the objects that some proposal overlaps by at least a threshold.

    Parameters
    ----------
    proposals : list of (P_i, 4) array_like
        For each image: (x1, y1, x2, y2) in pixels. For the recall of the first 100, say, give no more.
    truths : list of (R_i, 4) array_like
    iou_threshold : float

    Returns
    -------
    float
        nan without objects.

    Raises
    ------
    ShapeError
        The lists are of different lengths.

    Examples
    --------
    >>> proposals, truths = [[[0, 0, 4, 3]]], [[[0, 0, 4, 4], [9, 9, 10, 10]]]  # overlaps 0.75 and 0
    >>> proposal_recall(proposals, truths), proposal_recall(proposals, truths, iou_threshold=0.8)
    (0.5, 0.0)
    """
    return ProposalRecall(iou_threshold).update(proposals, truths).compute()


def average_recall(proposals, truths):
    """Mean of the recall over overlaps between 0.5 and 1: 2 mean(max(0, o - 0.5)) over the objects' best overlaps o.

    Parameters, result and errors are those of :func:`proposal_recall`.

    Examples
    --------
    >>> average_recall([np.array([[0, 0, 4, 3.0]])], [np.array([[0, 0, 4, 4.0], [9, 9, 10, 10]])])  # 0.75 and 0
    0.25
    """
    return AverageRecall().update(proposals, truths).compute()
