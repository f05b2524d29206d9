"""PASCAL VOC: lists, images, annotations and label pictures."""

from functools import partial

import numpy as np

from ..names import read_names
from ..voc import BORDER, VOC_CLASSES, objects, parse, read_palette
from .problem import Problem, attempt, image_size


def steps(found):
    """One step for the lists of each year, and one for each image."""
    roots = dict.fromkeys(opener.args[0] for opener in found.parts.values())
    todo, problems = [], []
    for root in roots:
        lists = {
            path: attempt(problems, path, read_names, path) or ()
            for path in sorted(root.glob("ImageSets/[MS]*/*.txt"))
            if "_" not in path.stem
        }
        segmented = {
            name for path, names in lists.items() if path.parent.name == "Segmentation" for name in names
        }
        # Annotations of the later test images were never published.
        annotated = {name for path, names in lists.items() if path.stem != "test" for name in names}
        todo.append(partial(_lists, lists))
        for name in sorted({name for names in lists.values() for name in names}):
            todo.append(partial(_image, root, name, name in segmented, name in annotated))
    return [problems.copy, *todo]


def _lists(lists):
    for path, names in lists.items():
        if not names:
            yield Problem(path, "is empty")
        seen = set()
        for number, line in enumerate(path.read_text("utf-8", "replace").splitlines(), 1):
            for name in line.split():
                if name in seen:
                    yield Problem(path, f"names {name} again", number)
                seen.add(name)


def _image(root, name, segmented, annotated):
    path, xml, problems = root / "JPEGImages" / f"{name}.jpg", root / "Annotations" / f"{name}.xml", []
    size, found = image_size(path, problems), []
    if annotated or xml.is_file():
        tree = attempt(problems, xml, parse, xml)
        if tree is not None:
            found = _annotation(xml, tree, size, problems)
    if segmented:
        _pixels(root, f"{name}.png", size, found, problems)
    return problems


def _annotation(path, tree, size, problems):
    """The objects of an annotation; what is wrong with them, and with the size it states, joins the problems."""

    def complain(element, what):
        problems.append(Problem(path, what, int(element.get("line"))))

    stated = tree.find("size")
    if stated is not None and size is not None:
        said = tuple((stated.findtext(side) or "").strip() for side in ("height", "width"))
        if said != tuple(map(str, size)):
            complain(stated, f"says {' x '.join(said)} pixels; the image has {size[0]} x {size[1]}")
    found = list(objects(tree, complain))
    for row in found:
        if row["box"] and size and not _inside(row["box"], size):
            x1, y1, x2, y2 = row["box"]
            what = f"a box ({x1 + 1:g}, {y1 + 1:g}, {x2:g}, {y2:g}) reaches out of the {size[0]} x {size[1]} pixels"
            problems.append(Problem(path, what, row["line"]))
    return found


def _inside(box, size):
    x1, y1, x2, y2 = box
    return 0 <= x1 and 0 <= y1 and x2 <= size[1] and y2 <= size[0]


def _pixels(root, name, size, found, problems):
    """The classes and the objects of all pixels, by themselves and beside each other."""
    pictures = {}
    for folder, most in (("SegmentationClass", len(VOC_CLASSES) - 1), ("SegmentationObject", len(found))):
        path = root / folder / name
        values = attempt(problems, path, read_palette, path, size)
        if values is None:
            continue
        pictures[folder] = values
        for value in np.unique(values[(values > most) & (values != BORDER)]).tolist():
            of = f"the classes end at {most}" if folder.endswith("Class") else f"there are {most} objects"
            problems.append(Problem(path, f"has pixels of palette index {value}; {of}"))
    if len(pictures) == 2 and len({values.shape for values in pictures.values()}) == 1:
        classes, numbers = pictures.values()
        for number, row in enumerate(found, 1):
            others = set(np.unique(classes[numbers == number]).tolist()) - {row["label"], BORDER}
            if others and row["label"]:
                names = ", ".join(VOC_CLASSES[i] if i < len(VOC_CLASSES) else str(i) for i in sorted(others))
                what = f"object {number} ({VOC_CLASSES[row['label']]}) has pixels of class {names}"
                problems.append(Problem(root / "SegmentationClass" / name, what))
