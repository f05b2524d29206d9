"""PASCAL VOC's average precision, against its definition one detection at a time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicv.metrics import voc_ap, voc_map

A, B, FAR = [0, 0, 10, 10], [20, 0, 30, 10], [50, 50, 60, 60]


def found(boxes, scores, label=0):
    return {"boxes": np.float64(boxes), "labels": np.full(len(scores), label), "scores": np.float64(scores)}


def truth(boxes, label=0, **more):
    return {"boxes": np.float64(boxes).reshape(-1, 4), "labels": np.full(len(boxes), label), **more}


def test_by_hand():
    """Right, wrong, right of two objects: area 1/2 1 + 1/2 2/3; at 6 of 11 points 1, at 5 of them 2/3."""
    detections, truths = [found([A, FAR, B], [0.9, 0.8, 0.7])], [truth([A, B])]
    assert voc_map(detections, truths, 1)["map"] == pytest.approx(5 / 6)
    assert voc_map(detections, truths, 1, use_07_metric=True)["map"] == pytest.approx((6 + 5 * 2 / 3) / 11)
    assert voc_map(detections, truths, 1, iou_threshold=1.0)["map"] == pytest.approx(5 / 6)


def test_difficult_objects_do_not_count():
    truths = [truth([A, B], difficult=np.array([False, True]))]
    assert voc_map([found([B, B, A], [0.9, 0.8, 0.7])], truths, 1)["map"] == 1
    assert np.isnan(voc_map([found([B], [0.9])], [truth([B], difficult=np.array([True]))], 1)["map"])


def test_an_object_is_found_once_and_only_by_the_best_overlap():
    assert voc_map([found([A, A], [0.9, 0.8])], [truth([A])], 1)["ap"][0] == 1
    assert voc_map([found([A, A, B], [0.9, 0.8, 0.7])], [truth([A, B])], 1)["ap"][0] == pytest.approx(5 / 6)
    # The second one overlaps A by more than the threshold, but B more; B is taken.
    near = [6, 0, 16, 10]
    detections = [found([near, near], [0.9, 0.8])]
    assert voc_map(detections, [truth([A, near])], 1, iou_threshold=0.2)["ap"][0] == pytest.approx(0.5)


def test_classes_and_images_are_kept_apart():
    detections = [found([A], [0.9]), found([A], [0.8], label=1)]
    truths = [truth([A], label=1), truth([A], label=1)]
    result = voc_map(detections, truths, 3)
    np.testing.assert_array_equal(result["ap"], [np.nan, 0.5, np.nan])
    assert result["map"] == 0.5


def ap_by_definition(recall, precision, eleven):
    """The highest precision at that recall or beyond: at eleven recalls, or in small steps."""
    points = np.arange(11) / 10 if eleven else (np.arange(20000) + 0.5) / 20000
    best = [max((p for r, p in zip(recall, precision) if r >= x - 1e-12), default=0.0) for x in points]
    return np.mean(best)


@given(right=st.lists(st.booleans(), max_size=8), missed=st.integers(0, 3), eleven=st.booleans())
def test_the_curve(right, missed, eleven):
    objects = max(1, sum(right) + missed)
    tp = np.cumsum(right)
    recall, precision = tp / objects, tp / np.arange(1, len(right) + 1)
    wanted = ap_by_definition(recall, precision, eleven)
    assert voc_ap(recall, precision, use_07_metric=eleven) == pytest.approx(wanted, abs=2e-4)


def by_the_kit(detections, truths, label):
    """Recall and precision of a class as VOCevaldet.m of the development kit counts them, in plain loops."""
    ranked = [(score, i, box) for i, d in enumerate(detections)
              for score, box, of in zip(d["scores"], d["boxes"], d["labels"]) if of == label]  # fmt: skip
    taken, hits = set(), []
    for _, i, box in sorted(ranked, key=lambda found: -found[0]):  # which keeps the order of equal scores
        best, most = None, -1.0
        for j, (true, of) in enumerate(zip(truths[i]["boxes"], truths[i]["labels"])):
            sides = np.minimum(box[2:], true[2:]) - np.maximum(box[:2], true[:2])
            common = max(0, sides[0]) * max(0, sides[1])
            overlap = common / (np.prod(box[2:] - box[:2]) + np.prod(true[2:] - true[:2]) - common)
            if of == label and overlap > most:
                best, most = j, overlap
        if most < 0.5:
            hits.append(False)
        elif not truths[i]["difficult"][best]:
            hits.append((i, best) not in taken)
            taken.add((i, best))
    count = sum(((t["labels"] == label) & ~t["difficult"]).sum() for t in truths)
    tp = np.cumsum(hits)
    return tp / count if count else None, tp / np.arange(1, len(hits) + 1)


@given(seed=st.integers(0, 2**32 - 1), eleven=st.booleans())
def test_as_the_development_kit(seed, eleven):
    rng = np.random.default_rng(seed)

    def image(n):
        corners, labels = rng.integers(0, 6, (n, 2)), rng.integers(0, 3, n)
        boxes = np.concatenate([corners, corners + rng.integers(3, 9, (n, 2))], axis=1)
        return {"boxes": boxes.astype(float), "labels": labels}

    truths = [image(4) | {"difficult": rng.random(4) < 0.3} for _ in range(5)]
    detections = [image(12) | {"scores": rng.integers(0, 4, 12) / 4} for _ in truths]
    curves = [by_the_kit(detections, truths, label) for label in range(3)]
    wanted = [np.nan if curve[0] is None else voc_ap(*curve, eleven) for curve in curves]
    ours = voc_map(detections, truths, 3, use_07_metric=eleven)
    np.testing.assert_allclose(ours["ap"], wanted, rtol=1e-12)


def test_bad_input():
    with pytest.raises(
        ValueError, match="voc_map: detections must be one dict for each of the 2 images; got 1"
    ):
        voc_map([found([A], [1])], [truth([A])] * 2, 1)
    with pytest.raises(ValueError, match=r"voc_ap: recall and precision must be \(D,\)"):
        voc_ap([0.1], [0.1, 0.2])
    with pytest.raises(
        ValueError, match=r"boxes of detections must be \(D, 4\).*got \(1, 4\) and \(1,\) and \(2,\)"
    ):
        voc_map([found([A], [1]) | {"scores": np.ones(2)}], [truth([A])], 1)
    with pytest.raises(IndexError, match=r"labels of truths must be in 0\.\.0; got 1"):
        voc_map([found([A], [1])], [truth([A], label=1)], 1)
    with pytest.raises(ValueError, match="scores of detections must be numbers; got nan"):
        voc_map([found([A], [np.nan])], [truth([A])], 1)
