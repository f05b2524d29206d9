"""COCO's average precision: small cases worked out by hand, rules one by one, and pycocotools where it is installed."""

import contextlib
import copy
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from minicv.boxes import rle
from minicv.metrics import CocoAveragePrecision, coco_map

SIDE = 200  # of every image


def truth(box, image=1, category=1, crowd=0, **more):
    return {
        "image_id": image,
        "category_id": category,
        "bbox": box,
        "area": box[2] * box[3],
        "iscrowd": crowd,
        **more,
    }


def found(box, score, image=1, category=1, **more):
    return {"image_id": image, "category_id": category, "bbox": box, "score": score, **more}


def dataset(annotations, images=(1,), categories=(1,)):
    return {
        "images": [{"id": i, "height": SIDE, "width": SIDE} for i in images],
        "categories": [{"id": c, "name": str(c)} for c in categories],
        "annotations": [{"id": i + 1, **a} for i, a in enumerate(annotations)],
    }


A, B = [10, 10, 40, 40], [100, 10, 40, 40]
NOTHING = [150, 150, 40, 40]


def shifted(box, pixels):
    """A box that overlaps ``box`` by (40 - pixels) / (40 + pixels)."""
    return [box[0] + pixels, *box[1:]]


def test_perfect():
    scores = coco_map([found(A, 0.9), found(B, 0.8)], dataset([truth(A), truth(B)]))
    ones = {name: 1.0 for name in ("AP", "AP50", "AP75", "APm", "AR10", "AR100", "ARm")}
    assert scores == pytest.approx(ones | {"APs": -1, "APl": -1, "AR1": 0.5, "ARs": -1, "ARl": -1})
    assert list(scores) == "AP AP50 AP75 APs APm APl AR1 AR10 AR100 ARs ARm ARl".split()


def test_a_false_alarm_in_between():
    """Right, wrong, right: precision is 1 up to recall 1/2, 2/3 after it; 51 of the 101 recalls are up to 1/2."""
    scores = coco_map([found(A, 0.9), found(NOTHING, 0.8), found(B, 0.7)], dataset([truth(A), truth(B)]))
    assert scores["AP"] == pytest.approx((51 + 50 * 2 / 3) / 101, abs=1e-12)
    assert scores["AR100"] == 1


def test_an_overlap_between_thresholds():
    """A shift by 8 of 40 is an overlap of 2/3: right at .50, .55, .60 and .65."""
    scores = coco_map([found(shifted(A, 8), 0.9)], dataset([truth(A)]))
    assert (scores["AP"], scores["AP50"], scores["AP75"]) == pytest.approx((0.4, 1, 0))


def test_an_object_is_found_once():
    scores = coco_map([found(A, 0.9), found(A, 0.8), found(B, 0.7)], dataset([truth(A), truth(B)]))
    assert scores["AP50"] == pytest.approx((51 + 50 * 2 / 3) / 101)


def test_detections_on_a_crowd_do_not_count():
    crowd = [90, 0, 100, 100]
    results = [found(A, 0.5), found(B, 0.9), found([100, 50, 20, 20], 0.8)]
    assert coco_map(results, dataset([truth(A), truth(crowd, crowd=1)]))["AP"] == pytest.approx(1)
    assert coco_map(results, dataset([truth(A), truth(crowd)]))["AP50"] < 1


def test_what_is_of_another_size_does_not_count():
    small, results = (
        [0, 0, 10, 10],
        [found(A, 0.5), found([0, 0, 10, 10], 0.9), found([50, 100, 10, 10], 0.95)],
    )
    scores = coco_map(results, dataset([truth(A), truth(small)]))
    assert scores["APm"] == pytest.approx(1) and scores["APs"] == pytest.approx(0.5) and scores["APl"] == -1


def test_at_most_a_hundred_detections_of_an_image_and_category():
    results = [found(NOTHING, 0.9)] * 99 + [found(A, 0.5), found(B, 0.4)]
    scores = coco_map(results, dataset([truth(A), truth(B)]))
    assert (scores["AR10"], scores["AR100"]) == (0, 0.5)


def test_categories_have_the_same_weight_and_empty_ones_none():
    results = [found(A, 0.9), found(A, 0.9, category=2), found(A, 0.9, category=3)]
    assert coco_map(results, dataset([truth(A), truth(B, category=2)], categories=(1, 2, 3)))[
        "AP"
    ] == pytest.approx(0.5)
    assert set(coco_map([], dataset([])).values()) == {-1.0}
    assert coco_map([], dataset([truth(A)]))["AP"] == 0


def test_masks():
    """Left half of A is found: an overlap of 1/2, right at the first threshold alone."""
    mask = np.zeros((SIDE, SIDE), bool)
    mask[10:50, 10:30] = True
    coded = rle.encode(mask)
    outline = truth(A, segmentation=[[10, 10, 50, 10, 50, 50, 10, 50]])
    for counts in (coded["counts"].tolist(), rle.pack(coded["counts"])):
        result = found(A, 0.9, segmentation={"size": [SIDE, SIDE], "counts": counts})
        assert coco_map([result], dataset([outline]), "segm")["AP"] == pytest.approx(0.1)


def test_keypoints():
    """One keypoint of two is off by d: the similarity is (1 + exp(-d^2 / (2 area (2 sigma)^2))) / 2."""
    points = np.zeros((17, 3))
    points[:2] = [[20, 20, 2], [30, 30, 1]]
    person = truth(A, keypoints=points.ravel().tolist(), num_keypoints=2)
    wanted = 0.72  # right at .50, .55, ... .70
    points[1, 0] += 2 * 0.025 * np.sqrt(-2 * np.log(2 * wanted - 1) * 1600)
    scores = coco_map([found(A, 0.9, keypoints=points.ravel().tolist())], dataset([person]), "keypoints")
    assert scores["AP"] == pytest.approx(0.5)
    assert list(scores) == "AP AP50 AP75 APm APl AR AR50 AR75 ARm ARl".split()


@pytest.mark.parametrize(
    ("results", "iou_type", "message"),
    [
        ([], "box", "iou_type must be 'bbox', 'segm' or 'keypoints'; got 'box'"),
        ([{"image_id": 1, "score": 1}], "bbox", r"results\[0\] must have \['bbox', 'category_id'\]"),
        ([found(A, 0.9)], "segm", r"annotations\[0\] must have \['segmentation'\]"),
        ([found(A, 0.9), found(A, 0.9, image=7)], "bbox", r"results\[1\] is of image 7, which the dataset"),
        ([found(A, float("nan"))], "bbox", "is nan"),
        ([found([1, 2, 3], 0.9)], "bbox", r"results\[0\]\['bbox'\] must be 4 numbers; got \[1, 2, 3\]"),
    ],
)
def test_bad_input(results, iou_type, message):
    with pytest.raises(ValueError, match=message):
        coco_map(results, dataset([truth(A)]), iou_type)


def test_a_dataset_that_lacks_something():
    with pytest.raises(
        ValueError, match=r"dataset must have 'categories'; it has \['annotations', 'images'\]"
    ):
        coco_map([], {"images": [], "annotations": []})
    with pytest.raises(ValueError, match=r"images\[0\] must have \['height', 'width'\]; it has \['id'\]"):
        coco_map([], dataset([]) | {"images": [{"id": 1}]}, "segm")


class Drawn:
    """A random set: objects, some of them crowds, and detections near them, with many ties of scores."""

    def __init__(self, seed, iou_type):
        self.rng, self.iou_type = np.random.default_rng(seed), iou_type
        images, self.annotations, self.results = range(1, self.rng.integers(2, 6)), [], []
        for image in images:
            objects = [self.object(image) for _ in range(self.rng.integers(5))]
            self.annotations += objects
            # More, now and then, than the 1, 10, 20 or 100 that count.
            count = self.rng.choice([0, 3, 8, 25, 120], p=[0.1, 0.35, 0.35, 0.15, 0.05])
            self.results += [self.detection(image, objects) for _ in range(count)]
        self.dataset = dataset(self.annotations, images, (1, 2)) | {"info": {}}

    def box(self):
        corner, size = self.rng.integers(0, 90, 2), self.rng.integers(5, 110, 2)
        return [*map(float, corner), *map(float, size)]

    def object(self, image):
        made = truth(self.box(), image, int(self.rng.integers(1, 3)), int(self.rng.random() < 0.2))
        made["area"] *= self.rng.choice([1.0, 0.6])  # of the object, which need not fill its box
        return made | self.shape(made["bbox"], outline=not made["iscrowd"])

    def detection(self, image, objects):
        near = (
            objects[self.rng.integers(len(objects))]
            if objects and self.rng.random() < 0.8
            else self.object(image)
        )
        box = [max(1.0, n + round(self.rng.normal() * 4)) for n in near["bbox"]]
        category = near["category_id"] if self.rng.random() < 0.8 else 1
        return found(box, round(self.rng.random(), 1), image, category) | self.shape(box, outline=False)

    def shape(self, box, outline):
        x, y, w, h = box
        if self.iou_type == "keypoints":
            points = np.column_stack(
                [self.rng.normal((x + w / 2, y + h / 2), 5, (17, 2)), self.rng.integers(0, 3, 17)]
            )
            points[:, 2] *= self.rng.random() < 0.8
            return {"keypoints": points.ravel().tolist(), "num_keypoints": int((points[:, 2] > 0).sum())}
        if outline:
            return {"segmentation": [[x, y, x + w, y, x + w * self.rng.random(), y + h, x, y + h]]}
        mask = np.zeros((SIDE, SIDE), bool)
        mask[int(y) : int(y + h), int(x) : int(x + w)] = True
        coded = rle.encode(mask)
        return {"segmentation": coded | {"counts": rle.pack(coded["counts"])}}


def parts(drawn, images):
    """The results and the dataset of each image alone."""
    for i in images:
        results, objects = (
            [row for row in rows if row["image_id"] == i] for rows in (drawn.results, drawn.annotations)
        )
        yield results, dataset(objects, [i], (1, 2))


@pytest.mark.parametrize("iou_type", ["bbox", "keypoints"])
@given(seed=st.integers(0, 2**32 - 1), data=st.data())
def test_image_by_image_in_any_order(iou_type, seed, data):
    drawn = Drawn(seed, iou_type)
    images = data.draw(st.permutations([image["id"] for image in drawn.dataset["images"]]))
    first, second = CocoAveragePrecision(iou_type), CocoAveragePrecision(iou_type)
    for n, part in enumerate(parts(drawn, images)):
        (first, second)[n % 2].update(*part)
    assert first.merge(second).compute() == coco_map(drawn.results, drawn.dataset, iou_type)
    first.reset()
    assert set(first.compute().values()) == {-1.0}


def test_an_image_comes_whole():
    metric = (
        CocoAveragePrecision().update([], dataset([truth(A)])).update([found(A, 0.9)], dataset([truth(B)]))
    )
    with pytest.raises(ValueError, match="image 1 came in two updates"):
        metric.compute()


@pytest.mark.parametrize("iou_type", ["bbox", "segm", "keypoints"])
@given(seed=st.integers(0, 2**32 - 1))
def test_as_pycocotools(iou_type, seed):
    pytest.importorskip("pycocotools", reason="pycocotools is the oracle of this test")
    from pycocotools.coco import COCO
    from pycocotools.cocoeval import COCOeval

    drawn = Drawn(seed, iou_type)
    if not drawn.results:
        return
    with contextlib.redirect_stdout(io.StringIO()):
        truths = COCO()
        truths.dataset = copy.deepcopy(drawn.dataset)
        truths.createIndex()
        # Their results format tells the kinds apart by the first key that it finds.
        field = {"bbox": "bbox", "segm": "segmentation", "keypoints": "keypoints"}[iou_type]
        kept = {"image_id", "category_id", "score", field}
        theirs = [{k: v for k, v in r.items() if k in kept} for r in copy.deepcopy(drawn.results)]
        evaluation = COCOeval(truths, truths.loadRes(theirs), iou_type)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    ours = coco_map(drawn.results, drawn.dataset, iou_type)
    np.testing.assert_allclose(list(ours.values()), evaluation.stats, rtol=0, atol=1e-9)
