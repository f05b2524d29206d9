"""COCO's average precision and recall, of boxes, masks and keypoints.

Detections of an image and a category are taken in the order of their scores, each to the best object that is
still free. Over all images, precision is then a curve over recall, made to fall, and read at 101 places; its
mean, over ten thresholds of overlap and all categories, is AP.

Source: cocodataset.org, "Detection Evaluate"; cocoapi, PythonAPI/pycocotools/cocoeval.py, whose rules are
followed to the last tie.
"""

import numpy as np

from ..errors import sentence
from .coco_tables import objects_of, ranked_detections
from .metric import Metric
from .similarity import box_overlap, keypoint_similarity, mask_overlap

THRESHOLDS = np.linspace(0.5, 0.95, 10)
RECALLS = np.linspace(0, 1, 101)
# Areas in pixels, and how many detections of an image and category count.
AREAS = {"all": (0, 1e10), "small": (0, 32**2), "medium": (32**2, 96**2), "large": (96**2, 1e10)}
LIMITS = {"bbox": (1, 10, 100), "segm": (1, 10, 100), "keypoints": (20,)}


def coco_map(results, dataset, iou_type="bbox"):
    """Average precision and recall, by COCO's rules.

    Parameters
    ----------
    results : list of dict
        COCO's results format: ``image_id``, ``category_id``, ``score`` and, by ``iou_type``, ``bbox`` (x, y,
        width, height), ``segmentation`` (run lengths) or ``keypoints`` (x1, y1, v1, ...).
    dataset : dict
        COCO's annotation file: ``images``, ``categories``, ``annotations``.
    iou_type : {"bbox", "segm", "keypoints"}

    Returns
    -------
    dict of str to float
        AP (mean over overlaps .50, .55, ..., .95), AP50, AP75, APs, APm, APl (by area of the object: below
        32^2, up to 96^2, above), AR1, AR10, AR100 (with so many detections of an image and category), ARs,
        ARm, ARl. For keypoints AP, AP50, AP75, APm, APl, AR, AR50, AR75, ARm, ARl. -1 where there is no object.

    Raises
    ------
    ValueError
        An entry lacks something, or names an image that the dataset does not have.

    Examples
    --------
    >>> image = {"id": 1, "height": 50, "width": 50}
    >>> truth = {"id": 1, "image_id": 1, "category_id": 3, "bbox": [5, 5, 20, 20], "area": 400, "iscrowd": 0}
    >>> dataset = {"images": [image], "categories": [{"id": 3, "name": "cat"}], "annotations": [truth]}
    >>> found = {"image_id": 1, "category_id": 3, "score": 0.9, "bbox": [5, 5, 20, 16]}
    >>> scores = coco_map([found], dataset)  # overlap 0.8: right at 7 of 10 thresholds
    >>> [round(scores[name], 3) for name in ("AP", "AP75", "APm")]
    [0.7, 1.0, -1.0]
    """
    return CocoAveragePrecision(iou_type).update(results, dataset).compute()


class CocoAveragePrecision(Metric):
    """COCO's average precision and recall: :func:`coco_map`, some images at a time.

    Images are matched as they come; what is kept of a detection is its score and, for each area and threshold,
    whether it was right. So neither boxes nor masks of a whole data set need be in memory.

    Parameters
    ----------
    iou_type : {"bbox", "segm", "keypoints"}

    Notes
    -----
    An image comes with all its results and annotations in one update. The order of the images changes nothing.

    Examples
    --------
    >>> metric = CocoAveragePrecision("bbox")
    >>> for i, height in ((1, 20), (2, 16)):  # overlaps of 1 and 0.8
    ...     truth = {"id": i, "image_id": i, "category_id": 3, "bbox": [5, 5, 20, 20], "area": 400, "iscrowd": 0}
    ...     found = {"image_id": i, "category_id": 3, "score": 0.9, "bbox": [5, 5, 20, height]}
    ...     part = {"images": [{"id": i}], "categories": [{"id": 3}], "annotations": [truth]}
    ...     _ = metric.update([found], part)
    >>> scores = metric.compute()
    >>> scores["AP50"], round(scores["AR100"], 2)
    (1.0, 0.85)
    """

    def __init__(self, iou_type="bbox"):
        super().__init__()
        if iou_type not in LIMITS:
            expected = "'bbox', 'segm' or 'keypoints'"
            raise ValueError(sentence("coco_map", "iou_type", expected, repr(iou_type)))
        self.iou_type = iou_type

    @property
    def areas(self):
        """The (smallest, largest) area of each size, by name."""
        return {name: AREAS[name] for name in AREAS if self.iou_type != "keypoints" or name != "small"}

    def start(self):
        return {"images": [], "found": [], "objects": []}

    def update(self, results, dataset):
        """Add images: their results, and the part of the annotation file that is about them.

        Parameters
        ----------
        results : list of dict
        dataset : dict
            ``images`` and ``annotations`` of these images, and ``categories``; see :func:`coco_map`.
        """
        return self.add(**self._matched(results, dataset))

    def compute(self):
        """Return what :func:`coco_map` returns.

        Raises
        ------
        ValueError
            An image came in two updates.
        """
        # Without any image, as with one that nothing is in.
        state = self.state if self.state["images"] else self._matched([], NOTHING)
        images, times = np.unique(np.concatenate(state["images"]), return_counts=True)
        if (times > 1).any():
            raise ValueError(
                f"coco_map: image {images[times.argmax()]} came in two updates; it must be in one."
            )
        found, objects = _joined(state["found"]), _joined(state["objects"])
        # By category and score. Of equal scores those of the image with the smaller id come first.
        order = np.lexsort((found["rank"], found["image"], -found["score"], found["category"]))
        found = {name: column[order] for name, column in found.items()}
        categories = np.unique(objects["category"])
        limits = LIMITS[self.iou_type]
        precision = np.full((len(self.areas), len(categories), len(THRESHOLDS)), np.nan)
        recall = np.full((len(limits), *precision.shape), np.nan)
        for k, category in enumerate(categories):
            counts = objects["counts"][objects["category"] == category].sum(0)
            rows = slice(*np.searchsorted(found["category"], [category, category + 1]))
            rank = found["rank"][rows]
            for a in np.flatnonzero(counts):
                hit, counted = found["hit"][rows, a].T, found["counts"][rows, a].T
                precision[a, k], recall[:, a, k] = _curve(hit, counted, rank, counts[a], limits)
        return _summary(precision, recall, list(self.areas), limits)

    def _matched(self, results, dataset):
        """What images add to the state: columns of the detections and of the objects, matched to each other."""
        objects = objects_of(dataset, self.iou_type)
        found = ranked_detections(results, dataset, self.iou_type, LIMITS[self.iou_type][-1])
        low, high = np.array(list(self.areas.values())).T[:, :, None]
        objects.ignored = objects.ignore | (objects.area < low) | (objects.area > high)
        found.outside = (found.area < low) | (found.area > high)
        hit, ignored = _match_all(found, objects, self.iou_type)
        columns = {name: getattr(found, name) for name in ("category", "image", "rank", "score")}
        return {
            "images": [np.unique(np.array([image["id"] for image in dataset["images"]], np.int64))],
            "found": [columns | {"hit": hit, "counts": ~ignored}],
            "objects": [{"category": objects.category, "counts": ~objects.ignored.T}],
        }


NOTHING = {"images": [], "categories": [], "annotations": []}


def _joined(parts):
    """The columns of several tables, one below the other."""
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _match_all(found, objects, iou_type):
    """Match every image and category.

    Returns
    -------
    hit, ignored : (D, areas, thresholds) arrays of bool
        Whether a detection has an object, and whether it does not count.
    """
    shape = len(found.score), len(objects.ignored), len(THRESHOLDS)
    hit, ignored = np.zeros(shape, bool), np.repeat(found.outside.T[..., None], shape[-1], axis=-1)
    for of_found, of_objects in found.groups_shared_with(objects):
        overlap = _overlap(iou_type, found, of_found, objects, of_objects)
        free = np.ones((*shape[1:], overlap.shape[1]), bool)
        for i in np.flatnonzero(overlap.max(1) >= THRESHOLDS[0]):
            d = of_found.start + i
            ignore = objects.ignored[:, of_objects]
            hit[d], of_ignored = _take(overlap[i], free, ignore, objects.crowd[of_objects])
            ignored[d] = np.where(hit[d], of_ignored, ignored[d])
    return hit, ignored


def _take(overlap, free, ignore, crowd):
    """Give one detection the best object that is free, for each area and threshold, and mark it as taken.

    Objects that count come before ignored ones; of equal overlaps the last one wins; a crowd stays free.
    """
    possible = free & (overlap >= np.minimum(THRESHOLDS, 1 - 1e-10)[:, None])
    counting = possible & ~ignore[:, None]
    first = counting.any(-1)
    possible = np.where(first[..., None], counting, possible)
    best = overlap.size - 1 - np.where(possible, overlap, -1.0)[..., ::-1].argmax(-1)
    hit = possible.any(-1)
    areas, thresholds = np.nonzero(hit)
    taken = best[areas, thresholds]
    free[areas, thresholds, taken] = crowd[taken]
    return hit, ignore[np.arange(len(ignore))[:, None], best]


def _overlap(iou_type, found, of_found, objects, of_objects):
    ours, theirs, crowd = found.shape[of_found], objects.shape[of_objects], objects.crowd[of_objects]
    if iou_type == "bbox":
        return box_overlap(ours, theirs, crowd)
    if iou_type == "segm":
        return mask_overlap(ours, theirs, crowd)
    return keypoint_similarity(ours, theirs, objects.area[of_objects], objects.box[of_objects])


def _curve(hit, counts, rank, count, limits):
    """Mean of the precision over RECALLS, and the final recall for each limit, by threshold.

    Parameters
    ----------
    hit, counts : (thresholds, D) ndarray of bool
        Of a category's detections in the order of their scores: whether each has an object, and whether it counts.
    rank : (D,) ndarray
        Its place in its image.
    count : int
        Number of objects.
    limits : tuple of int
    """
    right = hit & counts
    recall = [(right & (rank < limit)).sum(1) / count for limit in limits]
    tp, fp = np.cumsum(right, axis=1), np.cumsum(counts & ~right, axis=1)
    precision = tp / (tp + fp + np.spacing(1))
    falling = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    means = np.zeros(len(THRESHOLDS))
    for t, curve in enumerate(falling):
        at = np.searchsorted(tp[t] / count, RECALLS, side="left")
        means[t] = np.append(curve, 0.0)[at].mean()
    return means, recall


def _summary(precision, recall, areas, limits):
    """The numbers by name. precision is (areas, categories, thresholds), recall has one such table a limit."""

    def mean(table):
        present = table[~np.isnan(table)]
        return float(present.mean()) if present.size else -1.0

    sizes = [(name[0], areas.index(name)) for name in areas[1:]]
    last = recall[-1]
    numbers = {"AP": mean(precision[0]), "AP50": mean(precision[0, :, 0]), "AP75": mean(precision[0, :, 5])}
    numbers |= {f"AP{size}": mean(precision[a]) for size, a in sizes}
    if len(limits) == 1:
        numbers |= {"AR": mean(last[0]), "AR50": mean(last[0, :, 0]), "AR75": mean(last[0, :, 5])}
    else:
        numbers |= {f"AR{limit}": mean(table[0]) for limit, table in zip(limits, recall)}
    return numbers | {f"AR{size}": mean(last[a]) for size, a in sizes}
