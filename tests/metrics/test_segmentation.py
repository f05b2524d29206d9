"""Metrics of semantic segmentation: worked by hand, against scikit-learn, and what must hold for any labels."""

import doctest
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from sklearn import metrics as oracle

from minicv.errors import DTypeError, LabelError, ShapeError
from minicv.metrics import (
    class_accuracy,
    class_iou,
    confusion_matrix,
    frequency_weighted_iou,
    mean_accuracy,
    mean_iou,
    pixel_accuracy,
    segmentation_scores,
)

LABELS = 5

# Two label maps of any one shape, large enough to have absent classes and small enough to have all of them.
pairs = array_shapes(max_dims=3, max_side=5).flatmap(
    lambda shape: st.tuples(
        *[arrays(st.sampled_from([np.uint8, np.int64]), shape, elements=st.integers(0, 4))] * 2
    )
)

#  truth 0 0 0 1 / 0 0 1 1 / 2 2 1 1   prediction 0 0 1 1 / 0 0 1 1 / 2 1 1 0
TRUTH = np.array([[0, 0, 0, 1], [0, 0, 1, 1], [2, 2, 1, 1]])
PREDICTION = np.array([[0, 0, 1, 1], [0, 0, 1, 1], [2, 1, 1, 0]])


def test_a_map_worked_by_hand():
    confusion = confusion_matrix(TRUTH, PREDICTION, 3)
    assert confusion.dtype == np.int64
    assert confusion.tolist() == [[4, 1, 0], [1, 4, 0], [0, 1, 1]]
    assert class_iou(confusion).tolist() == [4 / 6, 4 / 7, 1 / 2]
    assert mean_iou(TRUTH, PREDICTION, 3) == pytest.approx((4 / 6 + 4 / 7 + 1 / 2) / 3)
    assert pixel_accuracy(TRUTH, PREDICTION) == 9 / 12
    assert class_accuracy(confusion).tolist() == [4 / 5, 4 / 5, 1 / 2]
    assert mean_accuracy(TRUTH, PREDICTION, 3) == pytest.approx((4 / 5 + 4 / 5 + 1 / 2) / 3)
    weighted = (5 * 4 / 6 + 5 * 4 / 7 + 2 * 1 / 2) / 12
    assert frequency_weighted_iou(TRUTH, PREDICTION, 3) == pytest.approx(weighted)
    assert segmentation_scores(confusion)["pixel_accuracy"] == 9 / 12


def test_truth_is_in_the_rows():
    assert confusion_matrix(np.array([0]), np.array([2]), 3).tolist() == [[0, 0, 1], [0, 0, 0], [0, 0, 0]]


def test_ignored_pixels_do_not_count_whatever_is_predicted_there():
    truth = TRUTH.copy()
    truth[2] = 255
    assert confusion_matrix(truth, PREDICTION, 3, ignore_index=255).tolist() == [
        [4, 1, 0],
        [0, 3, 0],
        [0, 0, 0],
    ]
    assert pixel_accuracy(truth, PREDICTION, ignore_index=255) == 7 / 8
    wild = PREDICTION.copy()
    wild[2] = 200
    assert mean_iou(truth, wild, 3, ignore_index=255) == pytest.approx((4 / 5 + 3 / 4) / 2)


def test_a_class_that_only_the_prediction_has_counts_as_zero():
    truth, prediction = np.array([0, 0, 0, 0]), np.array([0, 0, 0, 1])
    assert class_iou(confusion_matrix(truth, prediction, 3))[:2].tolist() == [3 / 4, 0]
    assert mean_iou(truth, prediction, 3) == 3 / 8


def test_classes_that_nobody_has_are_left_out():
    assert np.isnan(class_iou(confusion_matrix(TRUTH, PREDICTION, 9))[3:]).all()
    assert mean_iou(TRUTH, PREDICTION, 9) == mean_iou(TRUTH, PREDICTION, 3)


@pytest.mark.parametrize("labels", [np.zeros((0, 4), int), np.full((2, 2), 255)])
def test_without_a_pixel_that_counts_the_result_is_nan(labels):
    assert confusion_matrix(labels, labels, 2, ignore_index=255).tolist() == [[0, 0], [0, 0]]
    assert np.isnan(mean_iou(labels, labels, 2, ignore_index=255))
    assert np.isnan(pixel_accuracy(labels, labels, ignore_index=255))


@given(pairs)
def test_the_numbers_are_those_of_scikit_learn(pair):
    truth, prediction = (labels.ravel() for labels in pair)
    ours = confusion_matrix(*pair, LABELS)
    assert np.array_equal(ours, oracle.confusion_matrix(truth, prediction, labels=range(LABELS)))
    present = np.union1d(truth, prediction)
    expected = oracle.jaccard_score(truth, prediction, labels=present, average=None)
    assert np.allclose(class_iou(ours)[present], expected, rtol=1e-12)
    assert mean_iou(*pair, LABELS) == pytest.approx(expected.mean())
    assert pixel_accuracy(*pair) == pytest.approx(oracle.accuracy_score(truth, prediction))
    recall = oracle.recall_score(truth, prediction, labels=np.unique(truth), average="macro", zero_division=0)
    assert mean_accuracy(*pair, LABELS) == pytest.approx(recall)


@given(pairs)
def test_iou_does_not_ask_which_of_the_two_is_the_truth(pair):
    assert mean_iou(*pair, LABELS) == mean_iou(*pair[::-1], LABELS)
    assert np.array_equal(confusion_matrix(*pair, LABELS), confusion_matrix(*pair[::-1], LABELS).T)


@given(pairs, st.randoms())
def test_the_order_of_the_pixels_does_not_matter(pair, random):
    order = list(range(pair[0].size))
    random.shuffle(order)
    shuffled = [labels.ravel()[order] for labels in pair]
    assert np.array_equal(confusion_matrix(*shuffled, LABELS), confusion_matrix(*pair, LABELS))


@given(pairs, st.permutations(range(LABELS)))
def test_renaming_the_classes_moves_their_numbers(pair, names):
    renamed = [np.array(names)[labels] for labels in pair]
    before, after = confusion_matrix(*pair, LABELS), confusion_matrix(*renamed, LABELS)
    assert np.array_equal(after[np.ix_(names, names)], before)
    assert mean_iou(*renamed, LABELS) == pytest.approx(mean_iou(*pair, LABELS))


@given(pairs, st.integers(0, LABELS - 1))
def test_ignoring_a_label_is_leaving_its_pixels_out(pair, ignored):
    kept = [labels[pair[0] != ignored] for labels in pair]
    assert np.array_equal(confusion_matrix(*pair, LABELS, ignored), confusion_matrix(*kept, LABELS))
    assert pixel_accuracy(*pair, ignored) == pytest.approx(pixel_accuracy(*kept), nan_ok=True)


@given(pairs)
def test_a_perfect_prediction_is_one(pair):
    truth = pair[0]
    assert mean_iou(truth, truth, LABELS) == pixel_accuracy(truth, truth) == 1


@given(pairs)
def test_mean_iou_and_accuracy_are_shares(pair):
    assert 0 <= mean_iou(*pair, LABELS) <= 1 and 0 <= pixel_accuracy(*pair) <= 1
    assert confusion_matrix(*pair, LABELS).sum() == pair[0].size


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: confusion_matrix(np.zeros(3), np.zeros(3, int), 2),
            DTypeError,
            "confusion_matrix: truth must be integer labels; got float64. Scores are turned into labels by argmax",
        ),
        (
            lambda: mean_iou(np.zeros(3, int), np.zeros(3, bool), 2),
            DTypeError,
            "confusion_matrix: prediction must be integer labels; got bool.",
        ),
        (
            lambda: pixel_accuracy(np.zeros(3, int), np.zeros(3, np.float32)),
            DTypeError,
            "pixel_accuracy: prediction must be integer labels; got float32.",
        ),
        (
            lambda: confusion_matrix(np.zeros((2, 3), int), np.zeros((3, 2), int), 2),
            ShapeError,
            "confusion_matrix: prediction must be of the truth's shape (2, 3); got (3, 2).",
        ),
        (
            lambda: pixel_accuracy(np.zeros((2, 3), int), np.zeros(3, int)),
            ShapeError,
            "pixel_accuracy: prediction must be of the truth's shape (2, 3); got (3,).",
        ),
        (
            lambda: confusion_matrix(np.array([0, 255]), np.array([0, 0]), 2),
            LabelError,
            "confusion_matrix: truth must be in 0..1; got 255. Is a border label (255) to be the ignore_index?",
        ),
        (
            lambda: confusion_matrix(np.array([0, -1]), np.array([0, 0]), 2),
            LabelError,
            "confusion_matrix: truth must be in 0..1; got -1.",
        ),
        (
            lambda: confusion_matrix(np.array([0, 1]), np.array([0, 2]), 2),
            LabelError,
            "confusion_matrix: prediction must be in 0..1; got 2.",
        ),
        (
            lambda: class_iou(np.zeros((2, 3), int)),
            ShapeError,
            "class_iou: confusion must be (L, L), truth in the rows; got (2, 3).",
        ),
    ],
)
def test_what_is_no_pair_of_label_maps_is_refused(call, error, message):
    with pytest.raises(error) as caught:
        call()
    assert str(caught.value).startswith(message)


def test_docstring_examples():
    result = doctest.testmod(sys.modules["minicv.metrics.segmentation"])
    assert result.attempted >= 4 and result.failed == 0
