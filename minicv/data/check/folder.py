"""Folders of images."""

import hashlib
from collections import defaultdict
from functools import partial

from ..image_folder import ENDINGS, class_folders, images_in
from .problem import Problem, image_size


def steps(found):
    """What to do for all parts of the data set."""
    roots = {part: opener.args[0] for part, opener in found.parts.items()}
    paths = [path for root in roots.values() for f in class_folders(root) for path in images_in(f)]
    return [partial(_folders, roots), partial(_twins, roots), *(partial(_image, path) for path in paths)]


def _folders(roots):
    """Classes without images or in one part only, and files that are left out."""
    classes = {part: {f.name for f in class_folders(root)} for part, root in roots.items()}
    for part, root in roots.items():
        for name in sorted(set().union(*classes.values()) - classes[part]):
            others = ", ".join(other for other in classes if name in classes[other])
            yield Problem(root, f"has no folder {name}, which is in {others}")
        for path in sorted(p for p in root.iterdir() if p.is_file() and p.suffix.lower() in ENDINGS):
            yield Problem(path, "lies outside of the classes' folders, and is left out")
        for folder in class_folders(root):
            if not images_in(folder):
                yield Problem(folder, f"holds no image ({', '.join(ENDINGS)})")
            for path in sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith(".")):
                if path.suffix.lower() not in ENDINGS:
                    yield Problem(path, "has not the ending of an image, and is left out")


def _twins(roots):
    """The same file in two classes, or in two parts: one of the labels is wrong, or the test is not honest."""
    same_size = defaultdict(list)
    for part, root in roots.items():
        for folder in class_folders(root):
            for path in images_in(folder):
                same_size[path.stat().st_size].append((path, part, folder.name))
    for candidates in same_size.values():
        first = {}
        for path, part, name in candidates if len(candidates) > 1 else ():
            twin, *place = first.setdefault(_digest(path), (path, part, name))
            if place != [part, name]:
                yield Problem(path, f"is the same file as {twin}")


def _digest(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "md5").digest()


def _image(path):
    problems = []
    image_size(path, problems)
    return problems
