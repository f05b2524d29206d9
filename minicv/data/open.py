"""A data set by its name or its folder: what a user types after ``--data``.

Each format has a function here that looks for its files in a folder and returns what parts the data set has ("train",
"test", ...), with what opens each of them. Nothing but names of files is read to find out.
"""

import inspect
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from pathlib import Path

import numpy as np

from .cifar import CIFAR10, CIFAR100
from .coco import Coco
from .digits import Digits
from .image_folder import ENDINGS, ImageFolder, class_folders
from .meadow import Meadow
from .mnist import MNIST
from .sources import SOURCES
from .subset import Subset
from .voc import VOC

HELD_OUT = ("test", "val", "valid", "validation")  # names of the part that is not trained on
WHOLE = "all"  # name of the only part of a data set that is not divided
ONE_IN = 5  # of which one image in so many is then held out


@dataclass(frozen=True)
class Found:
    """What was found under a name or in a folder.

    Attributes
    ----------
    place : str
        What was asked for.
    form : str
        Name of the format.
    parts : dict of str to callable
        Opens the part of that name; keywords go to the class of the data set.
    """

    place: str
    form: str
    parts: dict

    def part(self, split):
        """The name of the part that is meant by ``split``; see :func:`open_dataset`."""
        if split is None:
            return next(iter(self.parts))
        for name in (split, *HELD_OUT) if split in HELD_OUT else (split,):
            matches = [part for part in self.parts if name in (part, part.rstrip("0123456789"))]
            if len(matches) == 1:
                return matches[0]
        raise FileNotFoundError(
            f"data: {self.place} ({self.form}) has no part {split!r}. There are: {', '.join(self.parts)}."
        )

    def open(self, part, **settings):
        """Open a part; a ValueError says that there is no such setting."""
        try:
            inspect.signature(self.parts[part]).bind(**settings)
        except TypeError as error:
            raise ValueError(f"data: {self.place} ({self.form}): {error}.") from None
        return self.parts[part](**settings)


def open_dataset(place, split="train", **settings):
    """Open a data set by its name or its folder, whose format is recognised by the files in it.

    Parameters
    ----------
    place : str or Path
        "meadow" or "digits"; or a folder with the files of MNIST, CIFAR, PASCAL VOC or COCO as they are published, or
        with one subfolder of images for each class, or ``train`` and ``val`` with such subfolders; or an annotation
        file of COCO.
    split : str or None
        "train", "val", "test", or whatever parts there are. "val" and "test" mean the same where there is only one of
        them. If the files are not divided (all images in one folder), every fifth image of each class is taken for
        "test", drawn with a fixed seed. None is the first part, or all that is there.
    **settings
        Go to the data set's own class: ``size`` of Meadow, ``task`` of VOC.

    Returns
    -------
    sequence of Sample
        With an attribute ``classes``.

    Raises
    ------
    FileNotFoundError
        No such name, folder or part.
    ValueError
        The folder has several data sets, or the data set has no such setting.
    DataError
        A file is damaged.

    Examples
    --------
    >>> open_dataset("digits", "test")[0].image.shape
    (8, 8, 3)
    >>> open_dataset("meadow", size=128)[0].image.shape
    (128, 128, 3)
    """
    found = find(place)
    divide = list(found.parts) == [WHOLE] and split in ("train", *HELD_OUT)
    dataset = found.open(WHOLE if divide else found.part(split), **settings)
    return _share(dataset, split) if divide else dataset


def find(place):
    """Look what data set a name or a folder is.

    Parameters
    ----------
    place : str or Path

    Returns
    -------
    Found

    Raises
    ------
    FileNotFoundError, ValueError
        There is no such name or folder; or the folder is of no known format, or of several.

    Examples
    --------
    >>> sorted(find("meadow").parts)
    ['test', 'train']
    """
    name, path = str(place), Path(place)
    if name in NAMES:
        return Found(name, name, NAMES[name])
    if path.is_file() and path.suffix == ".json":
        return Found(name, "COCO", {WHOLE: partial(Coco, _images_of(path), path)})
    if path.is_file():
        raise ValueError(
            f"data: {name} must be a folder, or an annotation file (.json) of COCO; it is another file."
        )
    if not path.is_dir():
        raise FileNotFoundError(
            f"data: there is no folder {name}, and no data set of that name. {_hint(name)}"
        )
    found = [Found(name, form, parts) for form, look in FORMATS.items() if (parts := look(path))]
    if len(found) > 1:
        several = ", ".join(f.form for f in found)
        raise ValueError(
            f"data: {name} has several data sets ({several}). Put each into a folder of its own."
        )
    if not found and not (parts := _image_folder(path)):
        raise FileNotFoundError(
            f"data: {name} has no files of {', '.join(FORMATS)}, and no subfolders with images either "
            "(one for each class)."
        )
    return found[0] if found else Found(name, "image folder", parts)


def _hint(name):
    if name in SOURCES:
        return f"Run `minicv data fetch {name} --to {name}` first, which makes one."
    near = get_close_matches(name, [*NAMES, *SOURCES], 1)
    return f"Did you mean {near[0]!r}?" if near else f"Names are: {', '.join(NAMES)}."


# Each format: the parts of the data set in a folder; none if it is something else.


def _idx(folder):
    parts = {part: partial(MNIST, folder, train=part == "train") for part in ("train", "test")}
    return {part: opened for part, opened in parts.items() if MNIST.folder(folder, part == "train")}


def _cifar(kind, folder):
    parts = {part: partial(kind, folder, train=part == "train") for part in ("train", "test")}
    return parts if kind.folder(folder) else {}


def _voc(folder):
    places = (folder, *sorted(folder.glob("VOC20??")), *sorted(folder.glob("VOCdevkit/VOC20??")))
    roots = [place for place in places if (place / "ImageSets").is_dir()]
    return {
        path.stem if len(roots) == 1 else f"{root.name}/{path.stem}": partial(VOC, root, image_set=path.stem)
        for root in roots
        for path in sorted(root.glob("ImageSets/[MS]*/*.txt"))
        if "_" not in path.stem  # the lists of one class: cat_train
    }


def _coco(folder):
    files = {}
    for kind in ("captions", "person_keypoints", "instances"):  # the last one counts, if there are several
        for path in sorted([*folder.glob(f"{kind}_*.json"), *folder.glob(f"annotations/{kind}_*.json")]):
            files[path.stem.removeprefix(f"{kind}_")] = path
    files |= {path.parent.name: path for path in sorted(folder.glob("*/_annotations.coco.json"))}
    return {part: partial(Coco, _images_of(path), path) for part, path in files.items()}


def _images_of(path):
    """The folder of the images that an annotation file is about."""
    around = path.parent.parent if path.parent.name == "annotations" else path.parent
    part = path.stem.rpartition("_")[2]
    places = (around / part, around / "images" / part, around / "images")
    return next((place for place in places if place.is_dir()), around)


def _image_folder(folder):
    inside = {f.name: f for f in class_folders(folder)}
    parts = {name: inside[name] for name in ("train", *HELD_OUT) if name in inside}
    if "train" in parts:
        classes = tuple(sorted({f.name for part in parts.values() for f in class_folders(part)}))
        return {name: partial(ImageFolder, part, classes) for name, part in parts.items()}
    holds_images = any(path.suffix.lower() in ENDINGS for f in inside.values() for path in f.rglob("*"))
    return {WHOLE: partial(ImageFolder, folder)} if holds_images else {}


def _share(dataset, split):
    """The images of each class (of all, if they have no classes) that are held out, or the others."""
    labels = np.array(getattr(dataset, "labels", [0] * len(dataset)))
    rng, rank = np.random.default_rng(0), np.empty(len(dataset), int)
    for label in np.unique(labels):
        (members,) = np.nonzero(labels == label)
        rank[members] = rng.permutation(len(members))
    held_out = rank % ONE_IN == ONE_IN - 1
    return Subset(dataset, np.flatnonzero(held_out == (split in HELD_OUT)).tolist())


NAMES = {
    "meadow": {"train": partial(Meadow, seed=0), "test": partial(Meadow, seed=1)},
    "digits": {part: partial(Digits, part) for part in ("train", "test")},
}
FORMATS = {
    "MNIST": _idx,
    "CIFAR-10": partial(_cifar, CIFAR10),
    "CIFAR-100": partial(_cifar, CIFAR100),
    "PASCAL VOC": _voc,
    "COCO": _coco,
}
