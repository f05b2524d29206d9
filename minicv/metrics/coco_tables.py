"""COCO's lists of dicts as columns of arrays, sorted by category and image, so that a group is a slice."""

import numpy as np

from ..boxes import rle
from .similarity import SIGMAS


class Table:
    """Rows sorted by (category, image); every column is an attribute.

    Attributes
    ----------
    category, image : (R,) ndarray of int64
        Their ids.
    group : (R,) ndarray
        A number for each pair of category and image; ascending.
    area : (R,) ndarray
        In pixels.
    shape : ndarray or list
        What is compared: boxes (R, 4), run lengths, or keypoints (R, P, 3).
    """

    def __init__(self, **columns):
        vars(self).update(columns)

    def groups_shared_with(self, other):
        """Yield, for every image and category that both tables have, the two slices of rows."""
        shared = np.intersect1d(self.group, other.group)
        bounds = [np.searchsorted(t.group, shared, side) for t in (self, other) for side in ("left", "right")]
        for a, b, c, d in zip(*bounds):
            yield slice(a, b), slice(c, d)


def objects_of(dataset, iou_type):
    """Table of a dataset's annotations, with ``crowd``, ``ignore`` and, for keypoints, ``box``."""
    for part in ("images", "categories", "annotations"):
        if part not in dataset:
            raise ValueError(f"coco_map: dataset must have {part!r}; it has {sorted(dataset)}.")
    _check(dataset["images"], {"id"} | ({"height", "width"} if iou_type == "segm" else set()), "images")
    _check(dataset["categories"], {"id"}, "categories")
    annotations = dataset["annotations"]
    needed = {"image_id", "category_id", "area", "bbox", _FIELD[iou_type]}
    _check(annotations, needed | ({"num_keypoints"} if iou_type == "keypoints" else set()), "annotations")
    columns, order = _sorted(annotations, dataset)
    annotations = [annotations[i] for i in order]
    crowd = np.array([bool(a.get("iscrowd", 0)) for a in annotations], bool)
    ignore = crowd
    if iou_type == "keypoints":
        ignore = crowd | np.array([a["num_keypoints"] == 0 for a in annotations], bool)
    area = np.array([a["area"] for a in annotations], np.float64)
    box = _boxes(annotations)
    if iou_type == "segm":
        sizes = {image["id"]: (image["height"], image["width"]) for image in dataset["images"]}
        shape = [rle.from_coco(a["segmentation"], *sizes[a["image_id"]]) for a in annotations]
    else:
        shape = box if iou_type == "bbox" else _keypoints(annotations)
    return Table(**columns, crowd=crowd, ignore=ignore, area=area, box=box, shape=shape)


def ranked_detections(results, dataset, iou_type, limit):
    """Table of detections with ``score`` and ``rank`` in the image and category; ranks end before ``limit``."""
    _check(results, {"image_id", "category_id", "score", _FIELD[iou_type]}, "results")
    known = {image["id"] for image in dataset["images"]}
    for number, result in enumerate(results):
        if result["image_id"] not in known:
            raise ValueError(
                f"coco_map: results[{number}] is of image {result['image_id']!r}, which the dataset does not have."
            )
    score = np.array([r["score"] for r in results], np.float64)
    if np.isnan(score).any():
        raise ValueError(f"coco_map: results[{int(np.isnan(score).argmax())}]['score'] is nan.")
    columns, order = _sorted(results, dataset, -score)
    rank = np.arange(len(order)) - np.searchsorted(columns["group"], columns["group"])
    columns |= {"rank": rank, "score": score[order]}
    kept = rank < limit
    columns = {name: column[kept] for name, column in columns.items()}
    results = [results[i] for i in order[kept]]
    if iou_type == "bbox":
        shape = _boxes(results)
        area = shape[:, 2] * shape[:, 3]
    elif iou_type == "segm":
        shape = [r["segmentation"] for r in results]
        area = np.array([rle.area(coded) for coded in shape], np.float64)
    else:
        shape = _keypoints(results)
        low, high = shape[..., :2].min(1, initial=np.inf), shape[..., :2].max(1, initial=-np.inf)
        area = (high - low).prod(-1)
    return Table(**columns, area=area, shape=shape)


# What the rows are compared by, and how many numbers there are in a field.
_FIELD = {"bbox": "bbox", "segm": "segmentation", "keypoints": "keypoints"}
_LENGTH = {"bbox": 4, "keypoints": 3 * len(SIGMAS)}


def _check(rows, fields, name):
    """Raise ValueError for the first row that lacks a field, or has one of another length."""
    lengths = {field: length for field, length in _LENGTH.items() if field in fields}
    for number, row in enumerate(rows):
        missing = fields - row.keys()
        if missing:
            raise ValueError(f"coco_map: {name}[{number}] must have {sorted(missing)}; it has {sorted(row)}.")
        for field, length in lengths.items():
            if len(row[field]) != length:
                expected = f"{length} numbers; got {row[field]}"
                raise ValueError(f"coco_map: {name}[{number}][{field!r}] must be {expected}.")


def _sorted(rows, dataset, *keys):
    """The columns that every table has, sorted by group and keys, and which row of the input each row is.

    Rows of a category or an image that the dataset does not list are left out.
    """
    categories = np.unique(np.array([c["id"] for c in dataset["categories"]], np.int64))
    images = np.unique(np.array([i["id"] for i in dataset["images"]], np.int64))
    category = np.array([row["category_id"] for row in rows], np.int64)
    image = np.array([row["image_id"] for row in rows], np.int64)
    listed = np.flatnonzero(np.isin(category, categories) & np.isin(image, images))
    group = np.searchsorted(categories, category) * len(images) + np.searchsorted(images, image)
    order = listed[np.lexsort((*(key[listed] for key in keys), group[listed]))]
    return {"category": category[order], "image": image[order], "group": group[order]}, order


def _boxes(rows):
    return np.array([row["bbox"] for row in rows], np.float64).reshape(len(rows), 4)


def _keypoints(rows):
    points = np.array([row["keypoints"] for row in rows], np.float64)
    return points.reshape(len(rows), len(SIGMAS), 3)
