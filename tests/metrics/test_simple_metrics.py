"""Accuracy, keypoints, proposals and weighted IoU, against their definitions in plain loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from minicv.errors import LabelError
from minicv.metrics import (
    accuracy,
    average_recall,
    class_iou,
    confusion_matrix,
    frequency_weighted_iou,
    pck,
    pckh,
    proposal_recall,
)

# A few values only, so that there are ties.
tables = st.tuples(st.integers(1, 6), st.integers(1, 5)).flatmap(
    lambda s: arrays(np.int64, s, elements=st.integers(0, 3))
)


@given(scores=tables, data=st.data())
def test_accuracy(scores, data):
    N, L = scores.shape
    labels, k = data.draw(arrays(np.int64, N, elements=st.integers(0, L - 1))), data.draw(st.integers(1, L))
    best = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    assert accuracy(scores, labels, k) == np.mean([label in row for label, row in zip(labels, best)])


def test_accuracy_of_nan_and_of_nothing():
    assert accuracy(np.array([[np.nan, np.nan]]), np.array([0])) == 0
    assert np.isnan(accuracy(np.zeros((0, 3)), np.zeros(0, int)))


@given(seed=st.integers(0, 2**32 - 1))
def test_pck(seed):
    rng = np.random.default_rng(seed)
    true = np.concatenate([rng.uniform(0, 20, (4, 3, 2)), rng.integers(0, 3, (4, 3, 1))], axis=2)
    predicted, size = true[..., :2] + rng.normal(0, 4, (4, 3, 2)), rng.uniform(5, 15, 4)
    per_joint, mean = pck(predicted, true, size, alpha=0.4)
    right, total = np.zeros(3), np.zeros(3)
    for r in range(4):
        for p in range(3):
            if true[r, p, 2]:
                total[p] += 1
                right[p] += np.linalg.norm(predicted[r, p] - true[r, p, :2]) <= 0.4 * size[r]
    with np.errstate(invalid="ignore"):
        np.testing.assert_allclose(per_joint, 100 * right / total)
    np.testing.assert_allclose(mean, 100 * right.sum() / total.sum() if total.any() else np.nan)


def test_pckh_by_hand():
    """A head in a box of 6 x 8 is 0.6 times 10 = 6 pixels long: 3 pixels are half of it, and not too many."""
    true = np.array([[[0, 0, 2], [10, 10, 1], [20, 20, 0]]])
    predicted = np.array([[[0, 3], [10, 13.1], [20, 20]]])
    per_joint, mean = pckh(predicted, true, head_boxes=[[5, 5, 11, 13]])
    np.testing.assert_array_equal(per_joint, [100, 0, np.nan])
    assert mean == 50
    assert pckh(predicted, true, [[5, 5, 11, 13]], alpha=0.52)[1] == 100
    assert pck(predicted, true, size=np.array([6.0]), alpha=0.5)[1] == 50


def test_proposals():
    """Best overlaps of three objects: 0.8, 0.5 and none; a fourth image has no object."""
    true = [np.float32([[0, 0, 10, 10], [20, 0, 30, 10]]), np.float32([[0, 0, 5, 5]]), np.zeros((0, 4))]
    proposals = [np.float32([[0, 0, 10, 8], [20, 0, 30, 5], [0, 0, 1, 1]]), np.zeros((0, 4)), np.ones((2, 4))]
    assert proposal_recall(proposals, true) == pytest.approx(2 / 3)
    assert proposal_recall(proposals, true, iou_threshold=0.7) == pytest.approx(1 / 3)
    assert average_recall(proposals, true) == pytest.approx(2 * 0.3 / 3)
    steps = [proposal_recall(proposals, true, t) for t in np.linspace(0.5, 1, 501)]
    assert average_recall(proposals, true) == pytest.approx(np.mean(steps), abs=2e-3)
    assert np.isnan(average_recall([np.zeros((0, 4))], [np.zeros((0, 4))]))


@given(
    truth=arrays(np.int64, 12, elements=st.integers(0, 3)),
    prediction=arrays(np.int64, 12, elements=st.integers(0, 3)),
)
def test_frequency_weighted_iou(truth, prediction):
    iou = class_iou(confusion_matrix(truth, prediction, 4))
    wanted = sum(iou[k] * np.mean(truth == k) for k in range(4) if (truth == k).any())
    assert frequency_weighted_iou(truth, prediction, 4) == pytest.approx(wanted)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: accuracy(np.zeros(3), np.zeros(3, int)), r"scores and labels must be \(N, L\) and \(N,\)"),
        (
            lambda: accuracy(np.zeros((1, 3)), np.zeros(1, int), k=4),
            "k must be between 1 and the 3 classes; got 4",
        ),
        (
            lambda: pck(np.zeros((1, 2, 3)), np.zeros((1, 2, 3)), np.ones(1)),
            r"predicted, true and size must be",
        ),
        (lambda: pckh(np.zeros((1, 2, 2)), np.zeros((1, 2, 3)), np.ones(4)), r"head_boxes must be \(R, 4\)"),
        (lambda: proposal_recall([], [np.zeros((0, 4))]), "one array for each of 1 images; got 0"),
    ],
)
def test_bad_input(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_a_label_out_of_range():
    with pytest.raises(LabelError, match=r"labels must be in 0\.\.2; got 3"):
        accuracy(np.zeros((1, 3)), np.array([3]))
