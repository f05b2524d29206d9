"""How many keypoints are found, within a distance that depends on the person.

Source: Y. Yang and D. Ramanan, "Articulated Human Detection with Flexible Mixtures of Parts", TPAMI 2013, section 7
(PCK); M. Andriluka et al., "2D Human Pose Estimation: New Benchmark and State of the Art Analysis", CVPR 2014 (PCKh).
"""

import numpy as np

from ..errors import ShapeError, sentence


def pck(predicted, true, size, alpha=0.5):
    """Percentage of correct keypoints: those nearer to the truth than alpha times a length of the person, times 100.

    Parameters
    ----------
    predicted : (R, P, 2) ndarray
        x, y in pixels.
    true : (R, P, 3) ndarray
        x, y, visibility; keypoints with visibility 0 do not count.
    size : (R,) ndarray
        The length, in pixels: the longer side of the person's box for PCK (alpha 0.1 or 0.2), the length of the head
        for PCKh (alpha 0.5).
    alpha : float

    Returns
    -------
    per_joint : (P,) ndarray of float64
        nan for a joint that never counts.
    mean : float
        Over all keypoints that count.

    Examples
    --------
    >>> true = np.array([[[10, 10, 2], [20, 20, 2], [0, 0, 0]]])
    >>> pck(np.array([[[10, 14], [20, 26], [5, 5]]]), true, size=np.array([10.0]))
    (array([100.,   0.,  nan]), 50.0)
    """
    predicted, true, size = np.asarray(predicted), np.asarray(true), np.asarray(size)
    if (
        true.ndim != 3
        or true.shape[2] != 3
        or predicted.shape != (*true.shape[:2], 2)
        or size.shape != true.shape[:1]
    ):
        expected, got = "(R, P, 2), (R, P, 3) and (R,)", f"{predicted.shape}, {true.shape} and {size.shape}"
        raise ShapeError(sentence("pck", "predicted, true and size", expected, got))
    distance = np.hypot(*(predicted - true[..., :2]).transpose(2, 0, 1))
    counts = true[..., 2] > 0
    right = counts & (distance <= alpha * size[:, None])
    total = counts.sum(0)
    per_joint = np.divide(100.0 * right.sum(0), total, out=np.full(len(total), np.nan), where=total > 0)
    return per_joint, float(100 * right.sum() / counts.sum()) if counts.any() else float("nan")
