"""A metric that sees its data in parts says what its function says of the whole."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicv import metrics
from minicv.metrics import Metric

IMAGES = 7


def boxes(rng, *shape):
    corners, sizes = rng.integers(0, 8, (*shape, 2)), rng.integers(1, 8, (*shape, 2))
    return np.concatenate([corners, corners + sizes], axis=-1).astype(np.float64)


def several(rng, most, least=0):
    return [boxes(rng, rng.integers(least, most + 1)) for _ in range(IMAGES)]


def objects(rng, name):
    """For each image a dict of boxes, labels and a third column."""
    return [
        {"boxes": b, "labels": rng.integers(0, 3, len(b)), name: rng.integers(0, 2, len(b))}
        for b in several(rng, 4)
    ]


def people(rng):
    true = np.concatenate([rng.integers(0, 9, (IMAGES, 5, 2)), rng.integers(0, 3, (IMAGES, 5, 1))], axis=2)
    return true[..., :2] + rng.integers(-3, 4, (IMAGES, 5, 2)), true


def maps(rng):
    truth = rng.integers(0, 4, (IMAGES, 3, 3))
    return truth, np.where(rng.random(truth.shape) < 0.5, truth, rng.integers(0, 3, truth.shape))


def guesses(rng):
    near = boxes(rng, IMAGES, 3)
    return rng.integers(0, 2, (IMAGES, 3)), near, rng.integers(0, 2, IMAGES), [b[:2] + 1 for b in near]


# Metric, its function (the options come last), and a random data set: its columns, with a row for each image.
CASES = {
    "accuracy": (
        metrics.Accuracy,
        metrics.accuracy,
        lambda rng: (rng.integers(0, 3, (IMAGES, 4)), rng.integers(0, 4, IMAGES)),
        {"k": 2},
    ),
    "localization": (metrics.LocalizationError, metrics.localization_error, guesses, {"k": 2}),
    "box IoU": (
        metrics.MeanBoxIoU,
        metrics.mean_box_iou,
        lambda rng: (boxes(rng, IMAGES), several(rng, 3, 1)),
        {},
    ),
    "confusion": (metrics.ConfusionMatrix, metrics.confusion_matrix, maps, {"num_classes": 4}),
    "pixels": (metrics.PixelAccuracy, metrics.pixel_accuracy, maps, {"ignore_index": 1}),
    "PCK": (metrics.PCK, metrics.pck, lambda rng: (*people(rng), rng.integers(1, 9, IMAGES)), {"alpha": 0.3}),
    "PCKh": (metrics.PCKh, metrics.pckh, lambda rng: (*people(rng), boxes(rng, IMAGES)), {"alpha": 0.4}),
    "proposals": (
        metrics.ProposalRecall,
        metrics.proposal_recall,
        lambda rng: (several(rng, 5), several(rng, 3)),
        {"iou_threshold": 0.3},
    ),
    "average recall": (
        metrics.AverageRecall,
        metrics.average_recall,
        lambda rng: (several(rng, 5), several(rng, 3)),
        {},
    ),
    "VOC": (
        metrics.VOCAveragePrecision,
        metrics.voc_map,
        lambda rng: (objects(rng, "scores"), objects(rng, "difficult")),
        {"num_classes": 3, "iou_threshold": 0.2},
    ),
}


def test_every_metric_is_tried():
    public = [m for m in vars(metrics).values() if isinstance(m, type) and issubclass(m, Metric)]
    tried = {kind for kind, *_ in CASES.values()} | {Metric}
    assert set(public) - tried == {metrics.SegmentationScores, metrics.CocoAveragePrecision}  # have their own


def same(ours, theirs):
    """Exactly, but for sums of floats, which may come in another order."""
    if isinstance(ours, dict):
        ours, theirs = list(ours.items()), list(theirs.items())
    if isinstance(ours, (list, tuple)):
        return len(ours) == len(theirs) and all(map(same, ours, theirs))
    return ours == theirs if isinstance(ours, str) else np.allclose(ours, theirs, 1e-14, 0, equal_nan=True)


@pytest.mark.parametrize("name", CASES)
@given(seed=st.integers(0, 2**32 - 1), cuts=st.lists(st.integers(0, IMAGES), max_size=3))
def test_batches(name, seed, cuts):
    kind, function, draw, options = CASES[name]
    columns = draw(np.random.default_rng(seed))
    whole = function(*columns, **options)
    ends = [0, *sorted(cuts), IMAGES]
    batches = [[column[a:b] for column in columns] for a, b in pairwise(ends)]
    metric, first, second = (kind(**options) for _ in range(3))
    for batch in batches:
        assert metric.update(*batch) is metric
    assert same(metric.compute(), whole)
    assert same(metric.compute(), whole)  # asking changes nothing

    first.update(*batches[0])
    for batch in batches[1:]:
        second.update(*batch)
    before = second.compute()
    assert same(first.merge(second).compute(), whole)
    first.update(*batches[0])
    assert same(second.compute(), before)  # it shares no memory with what it was merged into

    metric.reset()
    assert same(metric.compute(), kind(**options).compute())
    assert same(metric.update(*columns).compute(), whole)


def test_scores_of_segmentation():
    truth, prediction = maps(np.random.default_rng(0))
    scores = metrics.SegmentationScores(num_classes=5, ignore_index=3)
    for row in zip(truth, prediction):
        scores.update(*row)
    assert scores.compute() == {
        "pixel_accuracy": metrics.pixel_accuracy(truth, prediction, 3),
        "mean_accuracy": metrics.mean_accuracy(truth, prediction, 5, 3),
        "mean_iou": metrics.mean_iou(truth, prediction, 5, 3),
        "frequency_weighted_iou": metrics.frequency_weighted_iou(truth, prediction, 5, 3),
    }
    assert np.isnan(list(metrics.SegmentationScores(2).compute().values())).all()


def test_metrics_of_different_things_are_not_merged():
    with pytest.raises(ValueError, match=r"merge: other must be a Accuracy\(k=1\); got Accuracy\(k=5\)\."):
        metrics.Accuracy().merge(metrics.Accuracy(k=5))
    with pytest.raises(ValueError, match=r"got AverageRecall\(iou_threshold=0\.5\)"):
        metrics.ProposalRecall().merge(metrics.AverageRecall())


def test_people_with_another_number_of_keypoints():
    metric = metrics.PCK().update(np.zeros((1, 1, 2)), np.ones((1, 1, 3)), np.ones(1))
    with pytest.raises(ValueError, match="pck: true must be of 1 keypoints, as before; got 3"):
        metric.update(np.zeros((1, 3, 2)), np.ones((1, 3, 3)), np.ones(1))
