"""How often the right class is among the best scores."""

import numpy as np

from ..errors import ShapeError, check_labels, sentence


def accuracy(scores, labels, k=1):
    """Share of samples whose label is among the k highest scores; 1 less the top-k error of ImageNet.

    Parameters
    ----------
    scores : (N, L) ndarray
        Of equal scores, that of the smaller label counts as higher.
    labels : (N,) ndarray of int
    k : int

    Returns
    -------
    float
        nan without samples.

    Examples
    --------
    >>> scores = np.array([[0.1, 0.7, 0.2], [0.5, 0.3, 0.2]])
    >>> accuracy(scores, np.array([2, 0])), accuracy(scores, np.array([2, 0]), k=2)
    (0.5, 1.0)
    """
    scores, labels = np.asarray(scores), np.asarray(labels)
    if scores.ndim != 2 or labels.shape != scores.shape[:1]:
        raise ShapeError(
            sentence("accuracy", "scores and labels", "(N, L) and (N,)", f"{scores.shape}, {labels.shape}")
        )
    if not 1 <= k <= scores.shape[1]:
        raise ShapeError(sentence("accuracy", "k", f"between 1 and the {scores.shape[1]} classes", k))
    check_labels("accuracy", "labels", labels, 0, scores.shape[1])
    if not len(labels):
        return float("nan")
    own = np.take_along_axis(scores, labels[:, None], 1)
    before = np.arange(scores.shape[1]) < labels[:, None]
    ahead = ((scores > own) | (before & (scores == own))).sum(1)
    return float(((ahead < k) & ~np.isnan(own[:, 0])).mean())
