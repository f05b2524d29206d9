"""Which true object each predicted box is to answer for, in training."""

import numpy as np

from ..backend import get_array_module, is_array
from ..errors import ShapeError, sentence


class Matcher:
    """Give each prediction the truth that it overlaps most, if that is enough.

    Parameters
    ----------
    high_threshold : float
        From this quality on, a prediction is matched.
    low_threshold : float
        Below this, it is background; in between it counts as neither.
    allow_low_quality_matches : bool
        Also match each prediction that no other prediction surpasses for some truth, however low the quality; it
        answers for the truth that itself overlaps most. (The rule for anchors in Faster R-CNN, so that every
        object has one. An object that nothing overlaps makes that of all predictions that overlap nothing.)

    Raises
    ------
    ValueError
        The low threshold is above the high one.

    Notes
    -----
    S. Ren, K. He, R. Girshick, J. Sun, "Faster R-CNN", NIPS 2015, section 3.1.2.

    Examples
    --------
    >>> import numpy as np
    >>> quality = np.array([[0.9, 0.6, 0.1, 0.4], [0.0, 0.2, 0.1, 0.45]])  # of 2 truths with 4 predictions
    >>> Matcher(0.7, 0.3)(quality)
    array([ 0, -2, -1, -2])
    >>> Matcher(0.7, 0.3, allow_low_quality_matches=True)(quality)
    array([ 0, -2, -1,  1])
    """

    BELOW_LOW_THRESHOLD = -1
    BETWEEN_THRESHOLDS = -2

    def __init__(self, high_threshold, low_threshold, allow_low_quality_matches=False):
        if not low_threshold <= high_threshold:
            raise ValueError(sentence("Matcher", "low_threshold", f"at most {high_threshold}", low_threshold))
        self.high_threshold, self.low_threshold = high_threshold, low_threshold
        self.allow_low_quality_matches = allow_low_quality_matches

    def __call__(self, match_quality_matrix):
        """Match the predictions.

        Parameters
        ----------
        match_quality_matrix : (M, N) array
            Of M truths with N predictions, such as ``box_iou(truths, predictions)``.

        Returns
        -------
        (N,) array of int64
            For each prediction the number of its truth (of equal ones the first), or -1 for background, or -2 for
            neither. Without truths all are background.

        Raises
        ------
        ShapeError
            The matrix has another number of axes.
        """
        quality = match_quality_matrix if is_array(match_quality_matrix) else np.asarray(match_quality_matrix)
        if quality.ndim != 2:
            raise ShapeError(
                sentence("Matcher", "match_quality_matrix", "(truths, predictions)", f"shape {quality.shape}")
            )
        xp = get_array_module(quality)
        if 0 in quality.shape:
            return xp.full(quality.shape[1], self.BELOW_LOW_THRESHOLD, np.int64)
        nearest, best = quality.argmax(axis=0), quality.max(axis=0)
        matches = xp.where(best < self.high_threshold, self.BETWEEN_THRESHOLDS, nearest)
        matches = xp.where(best < self.low_threshold, self.BELOW_LOW_THRESHOLD, matches)
        if self.allow_low_quality_matches:
            unsurpassed = (quality == quality.max(axis=1, keepdims=True)).any(axis=0)
            matches = xp.where(unsurpassed, nearest, matches)
        return matches
