"""Matching: thresholds, the best for every truth, and nothing to match."""

import numpy as np
import pytest

from minicv.boxes import Matcher
from minicv.errors import ShapeError

QUALITY = np.array([[0.9, 0.7, 0.3, 0.299, 0.0], [0.1, 0.7, 0.2, 0.0, 0.6]])


def test_thresholds_belong_to_the_upper_side():
    assert Matcher(0.7, 0.3)(QUALITY).tolist() == [0, 0, -2, -1, -2]
    assert Matcher(0.5, 0.5)(QUALITY).tolist() == [0, 0, -1, -1, 1]


def test_every_truth_keeps_its_best():
    quality = np.array([[0.9, 0.4, 0.2, 0.2], [0.1, 0.25, 0.25, 0.0]])
    assert Matcher(0.7, 0.3)(quality).tolist() == [0, -2, -1, -1]
    # Both 0.25 are the best of truth 1; prediction 1 itself overlaps truth 0 more.
    assert Matcher(0.7, 0.3, allow_low_quality_matches=True)(quality).tolist() == [0, 0, 1, -1]


@pytest.mark.parametrize("allow", [False, True])
def test_no_truth_and_no_prediction(allow):
    assert Matcher(0.7, 0.3, allow)(np.zeros((0, 3))).tolist() == [-1, -1, -1]
    assert Matcher(0.7, 0.3, allow)(np.zeros((3, 0))).shape == (0,)


def test_bad_input():
    with pytest.raises(
        ShapeError, match=r"Matcher: match_quality_matrix must be \(truths, predictions\); got shape \(3,\)"
    ):
        Matcher(0.7, 0.3)(np.zeros(3))
    with pytest.raises(ValueError, match=r"Matcher: low_threshold must be at most 0.3; got 0.7"):
        Matcher(0.3, 0.7)
