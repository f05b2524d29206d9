"""COCO: the records of the annotation file, and the images they are about."""

from collections import defaultdict
from functools import partial
from pathlib import PurePath

import numpy as np

from ...boxes import rle
from ..coco import read_box, read_json, read_keypoints, read_skeleton
from .problem import Problem, attempt, image_size

_SLACK = 1.0  # pixels by which a box or a corner may reach out of the image: COCO's own are rounded

_NUMBER = "a whole number", lambda value: type(value) is int
_LENGTH = "a whole number above 0", lambda value: type(value) is int and value > 0
_WORDS = "some words", lambda value: isinstance(value, str) and bool(value.strip())
_RECORDS = {
    "images": {"id": _NUMBER, "file_name": _WORDS, "height": _LENGTH, "width": _LENGTH},
    "categories": {"id": _NUMBER, "name": _WORDS},
    "annotations": {"id": _NUMBER, "image_id": _NUMBER},
}


def steps(found):
    """For each annotation file: one step for its records, and one for each image."""
    todo = []
    for opener in found.parts.values():
        root, path = opener.args
        problems = []
        content = attempt(problems, path, read_json, path)
        records = _records(path, content or {}, problems)
        todo.append(problems.copy)
        annotations = defaultdict(list)
        for annotation in records["annotations"].values():
            annotations[annotation["image_id"]].append(annotation)
        for number, info in records["images"].items():
            todo.append(partial(_image, root, path, info, annotations.get(number, ()), records["categories"]))
    return todo


def _records(path, content, problems):
    """The records of each kind by their ids; those that lack something, or an id that is free, join the problems."""
    good = {kind: {} for kind in _RECORDS}
    for kind, fields in _RECORDS.items():
        entries = content.get(kind, [] if kind == "categories" else None)
        if not isinstance(entries, list):
            problems.append(Problem(path, f"has no list {kind!r}"))
            continue
        for place, record in enumerate(entries):
            values = record if isinstance(record, dict) else {}
            wrong = [
                f"{kind}[{place}]: its {name} must be {expected}; it is {_short(values.get(name))}"
                for name, (expected, fits) in fields.items()
                if not fits(values.get(name))
            ]
            if not wrong and record["id"] in good[kind]:
                wrong = [f"{kind}[{place}]: the id {record['id']} is another one's, too"]
            if not wrong:
                good[kind][record["id"]] = record
            problems += [Problem(path, what) for what in wrong]
    for number, annotation in good["annotations"].items():
        if annotation["image_id"] not in good["images"]:
            what = f"annotation {number}: there is no image {annotation['image_id']}"
            problems.append(Problem(path, what))
    for number, category in good["categories"].items():
        try:
            read_skeleton({"skeleton": []} | category)
        except (ValueError, TypeError) as error:
            problems.append(Problem(path, f"category {number}: {error}"))
    for first, second in _doubles(good["images"], "file_name"):
        problems.append(Problem(path, f"images {first} and {second} have the same file"))
    for first, second in _doubles(good["categories"], "name"):
        problems.append(Problem(path, f"categories {first} and {second} have the same name"))
    return good


def _doubles(records, name):
    first = {}
    for number, record in records.items():
        other = first.setdefault(record[name], number)
        if other != number:
            yield other, number


def _image(root, path, info, annotations, categories):
    problems = []
    if PurePath(info["file_name"]).is_absolute() or ".." in PurePath(info["file_name"]).parts:
        return [Problem(path, f"image {info['id']}: its file {info['file_name']} is outside of the folder")]
    file = root / info["file_name"]
    size, stated = image_size(file, problems), (info["height"], info["width"])
    if size and size != stated:
        what = f"is {size[0]} x {size[1]} pixels; {path} says {stated[0]} x {stated[1]}"
        problems.append(Problem(file, what))
    for annotation in annotations:
        place = f"annotation {annotation['id']} (image {info['id']}, {info['file_name']})"
        for what in _annotation(annotation, stated, categories):
            problems.append(Problem(path, f"{place}: {what}"))
    return problems


def _annotation(annotation, size, categories):
    """Yield what is wrong with an annotation of an image of that size."""
    if "caption" in annotation:
        if not _WORDS[1](annotation["caption"]):
            yield "its caption is empty"
        if "bbox" not in annotation:
            return
    category = (
        categories.get(annotation["category_id"]) if _NUMBER[1](annotation.get("category_id")) else None
    )
    if category is None:
        yield f"there is no category {_short(annotation.get('category_id'))}"
    if annotation.get("iscrowd", 0) not in (0, 1):
        yield f"iscrowd must be 0 or 1; it is {_short(annotation['iscrowd'])}"
    for name, look in {"bbox": _box, "area": _area, "segmentation": _mask, "keypoints": _keypoints}.items():
        if name in annotation:
            try:
                yield from look(annotation, size, category or {})
            except (ValueError, TypeError, KeyError, OverflowError) as error:
                yield f"its {name} is damaged ({str(error) or type(error).__name__})"
        elif name in ("bbox", "area"):
            yield f"it has no {name}"


def _box(annotation, size, _):
    x1, y1, x2, y2 = read_box(annotation)
    if x2 <= x1 or y2 <= y1:
        yield f"its bbox {annotation['bbox']} has no area"
    if not _inside(np.array([[x1, y1], [x2, y2]]), size):
        yield f"its bbox {annotation['bbox']} reaches out of the {size[0]} x {size[1]} pixels"


def _area(annotation, size, _):
    if not 0 < float(annotation["area"]) <= size[0] * size[1]:
        yield f"its area is {_short(annotation['area'])}; the image has {size[0] * size[1]} pixels"


def _mask(annotation, size, _):
    mask = annotation["segmentation"]
    if not isinstance(mask, list):
        if rle.area(rle.from_coco(mask, *size)) == 0:
            yield "its mask has no pixels"
        return
    if not mask:
        yield "its segmentation has no polygons"
    for polygon in mask:
        if not _inside(rle.corners_of(polygon, *size), size):
            yield f"a polygon reaches out of the {size[0]} x {size[1]} pixels"


def _keypoints(annotation, size, category):
    points = read_keypoints(annotation)
    names, seen = category.get("keypoints"), points[:, 2] > 0
    if names is not None and len(points) != len(names):
        yield f"it has {len(points)} keypoints; its category has {len(names)}"
    if not np.isin(points[:, 2], (0, 1, 2)).all():
        yield "a keypoint's visibility is none of 0, 1 and 2"
    if annotation.get("num_keypoints", seen.sum()) != seen.sum():
        yield f"num_keypoints is {_short(annotation['num_keypoints'])}; {seen.sum()} are labelled"
    if not _inside(points[seen, :2], size):
        yield f"a keypoint lies outside of the {size[0]} x {size[1]} pixels"


def _inside(points, size):
    return bool((points >= -_SLACK).all() and (points <= np.array(size[::-1]) + _SLACK).all())


def _short(value):
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
