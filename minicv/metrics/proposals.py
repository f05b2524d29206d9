"""How many objects a set of proposed boxes covers.

Source: J. Hosang, R. Benenson, P. Dollár, B. Schiele, "What Makes for Effective Detection Proposals?", TPAMI 2016,
section 4: average recall is twice the area under recall over the overlap, from one half on.
"""

import numpy as np

from ..boxes import box_iou
from ..errors import ShapeError, sentence


def proposal_recall(proposals, truths, iou_threshold=0.5):
    """Share of the objects that some proposal overlaps by at least a threshold.

    Parameters
    ----------
    proposals : list of (P_i, 4) ndarray
        For each image.
    truths : list of (R_i, 4) ndarray
    iou_threshold : float

    Returns
    -------
    float
        nan without objects.
    """
    best = _best_overlaps(proposals, truths)
    return float((best >= iou_threshold).mean()) if best.size else float("nan")


def average_recall(proposals, truths):
    """Mean of the recall over overlaps between 0.5 and 1: 2 mean(max(0, o - 0.5)) over the objects' best overlaps o.

    Parameters and result are those of :func:`proposal_recall`.

    Examples
    --------
    >>> average_recall([np.array([[0, 0, 4, 3.0]])], [np.array([[0, 0, 4, 4.0], [9, 9, 10, 10]])])  # 0.75 and 0
    0.25
    """
    best = _best_overlaps(proposals, truths)
    return float(2 * np.clip(best - 0.5, 0, None).mean()) if best.size else float("nan")


def _best_overlaps(proposals, truths):
    """For each object of all images the overlap with its best proposal."""
    if len(proposals) != len(truths):
        raise ShapeError(
            sentence(
                "proposal_recall", "proposals", f"one array for each of {len(truths)} images", len(proposals)
            )
        )
    best = [
        box_iou(np.asarray(found, np.float64), np.asarray(true, np.float64)).max(0, initial=0.0)
        for found, true in zip(proposals, truths)
        if len(true)
    ]
    return np.concatenate([np.zeros(0), *best])
