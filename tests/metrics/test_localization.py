"""The error of classification with localization: worked by hand, and against its definition in plain loops."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicv.metrics import localization_error, mean_box_iou

TRUE = [0, 0, 10, 10]
HALF, LESS = [0, 0, 10, 5], [0, 0, 10, 4.99]  # overlaps of exactly 1/2, and of not quite


def test_by_hand():
    """Right at once; right class, box too small, then right; wrong class with the right box."""
    labels = [[3, 0], [3, 3], [0, 1]]
    boxes = [[TRUE, TRUE], [LESS, HALF], [TRUE, TRUE]]
    truth = [3, 3, 3], [TRUE] * 3
    assert localization_error(labels, boxes, *truth) == pytest.approx(1 / 3)
    assert localization_error(labels, boxes, *truth, k=1) == pytest.approx(2 / 3)
    assert localization_error(labels, boxes, *truth, k=1, iou_threshold=0.4) == pytest.approx(1 / 3)
    assert mean_box_iou([TRUE, HALF, LESS], [TRUE] * 3) == pytest.approx((1 + 0.5 + 0.499) / 3)


def test_class_and_box_must_be_right_in_the_same_guess():
    assert localization_error([[3, 0]], [[LESS, TRUE]], [3], [TRUE]) == 1


def test_any_object_of_the_class_will_do():
    several = [[[50, 50, 60, 60], TRUE]]
    assert localization_error([[3]], [[HALF]], [3], several) == 0
    assert mean_box_iou([HALF], several) == 0.5


def test_without_images():
    nothing = np.zeros((0, 4))
    assert np.isnan(localization_error(np.zeros((0, 5), int), np.zeros((0, 5, 4)), np.zeros(0, int), nothing))
    assert np.isnan(mean_box_iou(nothing, nothing))


def iou(a, b):
    """The definition."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    common = max(0, width) * max(0, height)
    return common / (sum((c[2] - c[0]) * (c[3] - c[1]) for c in (a, b)) - common)


@given(seed=st.integers(0, 2**32 - 1), k=st.integers(1, 6))
def test_the_definition(seed, k):
    rng = np.random.default_rng(seed)
    corners = rng.integers(0, 3, (8, 5, 2))
    boxes = np.concatenate([corners, corners + rng.integers(1, 4, (8, 5, 2))], axis=2)
    labels, true_labels, true = rng.integers(0, 3, (8, 4)), rng.integers(0, 3, 8), boxes[:, 4]
    wrong = 0
    for i in range(8):
        errors = [
            max(labels[i, j] != true_labels[i], iou(boxes[i, j], true[i]) < 0.5) for j in range(min(k, 4))
        ]
        wrong += min(errors)
    assert localization_error(labels, boxes[:, :4], true_labels, true, k) == wrong / 8
    assert mean_box_iou(boxes[:, 0], true) == pytest.approx(
        np.mean([iou(*pair) for pair in zip(boxes[:, 0], true)])
    )


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (
            lambda: localization_error([3], [TRUE], [3], [TRUE]),
            ValueError,
            r"labels, boxes and true_labels must be \(N, G\), \(N, G, 4\) and \(N,\); got \(1,\), \(1, 4\)",
        ),
        (
            lambda: localization_error([[3.0]], [[TRUE]], [3], [TRUE]),
            TypeError,
            "labels must be integer labels",
        ),
        (lambda: localization_error([[3]], [[TRUE]], [3], []), ValueError, "those of 1 images; got 0"),
        (
            lambda: localization_error([[3]], [[TRUE]], [3], [[]]),
            ValueError,
            r"true_boxes\[0\] must be at least one box",
        ),
        (lambda: localization_error([[3]], [[TRUE]], [3], [TRUE], k=0), ValueError, "k must be at least 1"),
        (lambda: mean_box_iou(TRUE, [TRUE]), ValueError, r"mean_box_iou: boxes must be \(N, 4\); got \(4,\)"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
