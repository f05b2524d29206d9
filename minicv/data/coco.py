"""COCO: photographs with objects (boxes, masks), people's keypoints, or captions, indexed by one JSON file.

Source: cocodataset.org, "Data format".
"""

import json
from array import array
from collections import defaultdict
from pathlib import Path

import numpy as np

from ..boxes import rle
from .errors import DataError
from .images import read_image
from .sample import Sample

_FAR = 2**24  # up to here float32 has every integer


class Coco:
    """Images of a folder with the annotations of a file in COCO's format.

    Parameters
    ----------
    root : str or Path
        Folder of the images.
    annotations : str or Path
        ``instances_*.json``, ``person_keypoints_*.json`` or ``captions_*.json``.

    Attributes
    ----------
    dataset : dict
        The file as it is: what :func:`minicv.metrics.coco_map` compares with. See :func:`read_json`.
    ids : list of int
        Of the images, ascending.
    classes : tuple of str
        Names of the categories; label i is ``classes[i]``, COCO's number ``category_ids[i]``.
    category_ids : list of int
        They have gaps in COCO: 80 categories are numbered from 1 to 90.
    skeleton : tuple of (int, int)
        Pairs of keypoints that a bone connects, counted from 0; empty in a file without keypoints.

    Notes
    -----
    A sample has boxes, labels, masks and, where the file has them, keypoints (R, 17, 3); ``meta`` has "image_id",
    "path", "annotation_ids", "area", "crowd" (bools: a region with many objects) and "captions". Pixels and masks are
    read when a sample is asked for.

    Raises
    ------
    FileNotFoundError, DataError
        A file is missing or damaged.

    Examples
    --------
    >>> import tempfile
    >>> from minicv.data import write_image
    >>> root = Path(tempfile.mkdtemp())
    >>> write_image(root / "1.png", np.zeros((40, 60, 3), np.uint8))
    >>> dog = {"id": 5, "image_id": 1, "category_id": 18, "bbox": [10, 20, 30, 10], "area": 300, "iscrowd": 0}
    >>> images = [{"id": 1, "file_name": "1.png", "height": 40, "width": 60}]
    >>> dataset = {"images": images, "categories": [{"id": 18, "name": "dog"}], "annotations": [dog]}
    >>> _ = (root / "instances.json").write_text(json.dumps(dataset))
    >>> sample = Coco(root, root / "instances.json")[0]
    >>> sample, sample.boxes
    (Sample(40 x 60, 1 instances: ''), array([[10., 20., 40., 30.]], dtype=float32))
    """

    def __init__(self, root, annotations):
        self.root, self.path = Path(root), Path(annotations)
        if not self.path.is_file():
            raise FileNotFoundError(f"Coco: there is no file {self.path}.")
        self.dataset = read_json(self.path)
        try:
            self._images = {image["id"]: image for image in self.dataset["images"]}
            self._annotations = defaultdict(list)
            for annotation in self.dataset["annotations"]:
                self._annotations[annotation["image_id"]].append(annotation)
            categories = self.dataset.get("categories", [])
            names = {c["id"]: c["name"] for c in categories}
            self.skeleton = next((read_skeleton(c) for c in categories if "skeleton" in c), ())
            _check_types((*self._images, *self._annotations, *names), int)
            _check_types((image[key] for image in self._images.values() for key in ("height", "width")), int)
            _check_types((*names.values(), *(image["file_name"] for image in self._images.values())), str)
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"Coco: {self.path} is damaged, or not in COCO's format ({error!r}).") from None
        self.ids = sorted(self._images)
        self.category_ids = sorted(names)
        self.classes = tuple(names[i] for i in self.category_ids)

    def __len__(self):
        return len(self.ids)

    def __getitem__(self, i):
        info = self._images[self.ids[i]]
        path = self.root / info["file_name"]
        image = read_image(path)
        if image.shape[:2] != (info["height"], info["width"]):
            raise DataError(
                f"Coco: {path} is {image.shape[0]} x {image.shape[1]} pixels; {self.path} says "
                f"{info['height']} x {info['width']}."
            )
        found = self._annotations.get(info["id"], [])
        meta = {"image_id": info["id"], "path": str(path)}
        try:
            meta["captions"] = [a["caption"].strip() for a in found if "caption" in a]
            fields = self._objects([a for a in found if "bbox" in a], image.shape[:2], meta)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
            raise DataError(
                f"Coco: {self.path}: an annotation of image {info['id']} is damaged ({error})."
            ) from None
        return Sample(image, caption=next(iter(meta["captions"]), ""), meta=meta, **fields)

    def _objects(self, annotations, size, meta):
        """Fields of a sample that describe its objects; what has no field of its own goes into ``meta``."""
        boxes = np.array([read_box(a) for a in annotations], np.float32).reshape(-1, 4)
        labels = [self.category_ids.index(a["category_id"]) for a in annotations]
        meta["annotation_ids"] = [a["id"] for a in annotations]
        meta["area"] = np.array([a["area"] for a in annotations], np.float64)
        meta["crowd"] = np.array([a.get("iscrowd", 0) for a in annotations], bool)
        fields = {"boxes": boxes, "labels": np.array(labels, np.int64)}
        if all("segmentation" in a for a in annotations):
            masks = [rle.decode(rle.from_coco(a["segmentation"], *size)) for a in annotations]
            fields["masks"] = np.array(masks, bool).reshape(-1, *size)
        if annotations and all("keypoints" in a for a in annotations):
            fields["keypoints"] = np.array([read_keypoints(a) for a in annotations], np.float32)
        return fields


def _check_types(values, kind):
    for value in values:
        if type(value) is not kind:
            raise TypeError(f"{value!r} where a {kind.__name__} is expected")


def read_json(path):
    """Read an annotation file.

    Returns
    -------
    dict
        As it is in the file, but for polygons: each is an ``array.array`` of float64, which takes a quarter of the
        memory of a list. With them, COCO's hundred thousand training images take 0.8 GiB.

    Raises
    ------
    DataError
        The file is damaged, or something else.
    """
    try:
        content = json.loads(Path(path).read_bytes(), object_hook=_compact)
    except (ValueError, RecursionError) as error:
        raise DataError(f"Coco: {path} is damaged, or not in COCO's format ({error}).") from None
    if not isinstance(content, dict):
        raise DataError(f"Coco: {path} is not in COCO's format: it must hold an object with names.")
    return content


def _compact(record):
    polygons = record.get("segmentation")
    if isinstance(polygons, list):
        try:
            record["segmentation"] = [array("d", polygon) for polygon in polygons]
        except (TypeError, ValueError, OverflowError):
            pass  # who draws it will say what is wrong
    return record


def read_box(annotation):
    """The box (x1, y1, x2, y2) of an annotation, float32; a ValueError where it is not four numbers."""
    box = _coordinates(annotation["bbox"])
    if box.shape != (4,):
        raise ValueError(f"a bbox must be four numbers (x, y, width, height); it is {annotation['bbox']}")
    box[2:] += box[:2]
    return box


def read_keypoints(annotation):
    """The keypoints (P, 3) of an annotation, float32; a ValueError where they are not numbers by threes."""
    points = _coordinates(annotation["keypoints"])
    if points.ndim != 1 or points.size % 3:
        raise ValueError("keypoints must be three numbers each: x, y and visibility")
    return points.reshape(-1, 3)


def read_skeleton(category):
    """Pairs of keypoints of a category, counted from 0; a ValueError where they are none of its keypoints.

    Examples
    --------
    >>> read_skeleton({"keypoints": ["nose", "tail"], "skeleton": [[1, 2]]})
    ((0, 1),)
    """
    bones, count = category["skeleton"], len(category.get("keypoints") or ())
    for bone in bones if isinstance(bones, list) else [bones]:
        if not isinstance(bone, list) or [type(i) is int and 0 < i <= count for i in bone] != [True, True]:
            raise ValueError(f"a skeleton must be pairs of keypoints from 1 to {count}; one is {bone!r:.60}")
    return tuple((a - 1, b - 1) for a, b in bones)


def _coordinates(numbers):
    """Numbers of an image's size, as float32."""
    numbers = np.array(numbers, np.float64)
    if not (np.abs(numbers) < _FAR).all():
        raise ValueError("a coordinate is no number, or far outside of any image")
    return numbers.astype(np.float32)
