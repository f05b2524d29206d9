"""How many keypoints are found, within a distance that depends on the person.

Source: Y. Yang and D. Ramanan, "Articulated Human Detection with Flexible Mixtures of Parts", TPAMI 2013, section 7
(PCK); M. Andriluka et al., "2D Human Pose Estimation: New Benchmark and State of the Art Analysis", CVPR 2014 (PCKh).
"""

import numpy as np

from ..errors import ShapeError, sentence
from .metric import Metric, ratio


class PCK(Metric):
    """Percentage of correct keypoints: :func:`pck`, a batch at a time.

    Parameters
    ----------
    alpha : float
        Part of the person's length within which a keypoint is right.

    Examples
    --------
    >>> metric = PCK(alpha=0.2)
    >>> for offset in (1, 3):
    ...     _ = metric.update([[[5 + offset, 5]]], [[[5, 5, 2]]], size=[10])
    >>> metric.compute()
    (array([50.]), 50.0)
    """

    def __init__(self, alpha=0.5):
        super().__init__()
        self.alpha = alpha

    def start(self):
        return {"right": 0, "count": 0}

    def update(self, predicted, true, size):
        """Add people; the arguments are those of :func:`pck`."""
        predicted, true, size = np.asarray(predicted), np.asarray(true), np.asarray(size)
        if (
            true.ndim != 3
            or true.shape[2] != 3
            or predicted.shape != (*true.shape[:2], 2)
            or size.shape != true.shape[:1]
        ):
            expected, got = (
                "(R, P, 2), (R, P, 3) and (R,)",
                f"{predicted.shape}, {true.shape} and {size.shape}",
            )
            raise ShapeError(sentence("pck", "predicted, true and size", expected, got))
        before = np.shape(self.state["count"])
        if before and before != true.shape[1:2]:
            raise ShapeError(sentence("pck", "true", f"of {before[0]} keypoints, as before", true.shape[1]))
        distance = np.hypot(*(predicted - true[..., :2]).transpose(2, 0, 1))
        counts = true[..., 2] > 0
        right = counts & (distance <= self.alpha * size[:, None])
        return self.add(right=right.sum(0), count=counts.sum(0))

    def compute(self):
        """Return what :func:`pck` returns."""
        right, count = np.atleast_1d(self.state["right"]), np.atleast_1d(self.state["count"])
        return 100 * ratio(right, count), float(100 * ratio(right.sum(), count.sum()))


def pck(predicted, true, size, alpha=0.5):
    """Percentage of correct keypoints: those nearer to the truth than alpha times a length of the person, times 100.

    Parameters
    ----------
    predicted : (R, P, 2) array_like
        x, y in pixels.
    true : (R, P, 3) array_like
        x, y, visibility; keypoints with visibility 0 do not count.
    size : (R,) array_like
        The length, in pixels: the longer side of the person's box for PCK (alpha 0.1 or 0.2). For PCKh see
        :func:`pckh`.
    alpha : float

    Returns
    -------
    per_joint : (P,) ndarray of float64
        nan for a joint that never counts.
    mean : float
        Over all keypoints that count; nan where none does.

    Raises
    ------
    ShapeError
        The shapes are others.

    Examples
    --------
    >>> true = np.array([[[10, 10, 2], [20, 20, 2], [0, 0, 0]]])
    >>> pck(np.array([[[10, 14], [20, 26], [5, 5]]]), true, size=np.array([10.0]))
    (array([100.,   0.,  nan]), 50.0)
    """
    return PCK(alpha).update(predicted, true, size).compute()


class PCKh(PCK):
    """Percentage of correct keypoints, measured by the head: :func:`pckh`, a batch at a time.

    Parameters
    ----------
    alpha : float
        Part of the head's length within which a keypoint is right.

    Examples
    --------
    >>> PCKh().update([[[0, 15], [0, 16]]], [[[0, 0, 2], [0, 0, 2]]], head_boxes=[[0, 0, 30, 40]]).compute()
    (array([100.,   0.]), 50.0)
    """

    #: A head is so much shorter than the diagonal of the box around it (SC_BIAS in MPII's evaluation).
    HEAD = 0.6

    def update(self, predicted, true, head_boxes):
        """Add people; the arguments are those of :func:`pckh`."""
        head_boxes = np.asarray(head_boxes)
        if head_boxes.ndim != 2 or head_boxes.shape[1] != 4:
            raise ShapeError(sentence("pckh", "head_boxes", "(R, 4)", head_boxes.shape))
        return super().update(
            predicted, true, self.HEAD * np.hypot(*(head_boxes[:, 2:] - head_boxes[:, :2]).T)
        )


def pckh(predicted, true, head_boxes, alpha=0.5):
    """PCK with the length of the head, which is 0.6 times the diagonal of the box around it.

    Unlike that of the whole person, it does not depend on the pose. MPII's PCKh@0.5 has alpha 0.5.

    Parameters
    ----------
    predicted, true, alpha
        As in :func:`pck`.
    head_boxes : (R, 4) array_like
        (x1, y1, x2, y2) around each head, in pixels.

    Returns
    -------
    per_joint, mean
        As in :func:`pck`.

    Raises
    ------
    ShapeError
        The shapes are others.

    Examples
    --------
    A box of 30 x 40 pixels has a diagonal of 50, the head a length of 30: keypoints within 15 pixels are right.

    >>> pckh([[[0, 15], [0, 16]]], [[[0, 0, 2], [0, 0, 2]]], head_boxes=[[0, 0, 30, 40]])
    (array([100.,   0.]), 50.0)
    """
    return PCKh(alpha).update(predicted, true, head_boxes).compute()
