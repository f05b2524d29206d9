"""PASCAL VOC: photographs of 20 classes, with boxes, and for some of them the class and object of every pixel.

Source: M. Everingham et al., "The PASCAL Visual Object Classes Challenge: A Retrospective", IJCV 2015, and the
development kit's documentation.
"""

from pathlib import Path
from xml.etree import ElementTree
from xml.parsers import expat

import numpy as np

from .errors import DataError
from .images import opened, read_image
from .names import read_names
from .sample import Sample

VOC_CLASSES = (
    "background", "aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow",
    "diningtable", "dog", "horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor",
)  # fmt: skip
BORDER = 255  # pixels around an object that belong to no class; the ignore_index of losses and metrics

_FLAGS = ("difficult", "truncated", "occluded")


class VOC:
    """PASCAL VOC 2007 to 2012, from its folders ``Annotations``, ``ImageSets``, ``JPEGImages``, ...

    Parameters
    ----------
    root : str or Path
        ``VOC2012`` (or 2007), ``VOCdevkit``, or the folder around that.
    year : str
    image_set : str
        A list in ``ImageSets``: "train", "val", "trainval" or "test".
    task : {"detection", "segmentation"}
        Which lists to look in: ``Main``, all annotated images, or ``Segmentation``, those with pixel labels.

    Attributes
    ----------
    classes : tuple of str
        Background and the 20 classes; ``labels`` and ``semantic`` of a sample are indices into it.
    names : list of str
        Of the images, as in the list.

    Notes
    -----
    A sample has boxes, labels and, in ``meta``, "difficult", "truncated" and "occluded" (bools). VOC counts pixels
    from 1 and includes the last; here a box around columns 1 to 3 is x1 = 0, x2 = 3. For segmentation ``semantic`` has
    the palette's index of every pixel, 255 around objects, and ``masks`` the pixels of each object.

    Raises
    ------
    FileNotFoundError, DataError
        A file is missing or damaged; the message names it.
    """

    classes = VOC_CLASSES

    def __init__(self, root, year="2012", image_set="train", task="detection"):
        lists = {"detection": "Main", "segmentation": "Segmentation"}
        if task not in lists:
            raise ValueError(f'VOC: task must be "detection" or "segmentation"; got {task!r}.')
        places = [Path(root), Path(root, f"VOC{year}"), Path(root, "VOCdevkit", f"VOC{year}")]
        self.root = next((place for place in places if (place / "ImageSets").is_dir()), None)
        if self.root is None:
            raise FileNotFoundError(f"VOC: none of {', '.join(map(str, places))} has a folder ImageSets.")
        self.task = task
        path = self.root / "ImageSets" / lists[task] / f"{image_set}.txt"
        if not path.is_file():
            present = ", ".join(sorted(p.stem for p in path.parent.glob("*.txt"))) or "none"
            raise FileNotFoundError(f"VOC: there is no list {path}. There are: {present}.")
        self.names = list(read_names(path))

    def __len__(self):
        return len(self.names)

    def __getitem__(self, i):
        name = self.names[i]
        path = self.root / "JPEGImages" / f"{name}.jpg"
        image, pixels, objects = read_image(path), {}, {"boxes": np.zeros((0, 4)), "labels": [], "meta": {}}
        xml = self.root / "Annotations" / f"{name}.xml"
        if xml.is_file():  # those of the test images of 2012 were never published
            objects = read_annotation(xml)
        if self.task == "segmentation":
            pixels["semantic"], numbers = (
                read_palette(self.root / f"Segmentation{kind}" / f"{name}.png", image.shape[:2])
                for kind in ("Class", "Object")
            )
            # Object number k of the picture is the k-th of the list.
            pixels["masks"] = numbers == np.arange(1, len(objects["labels"]) + 1)[:, None, None]
        return Sample(
            image,
            boxes=objects["boxes"].astype(np.float32),
            labels=np.array(objects["labels"], np.int64),
            meta=objects["meta"] | {"path": str(path)},
            **pixels,
        )


def read_annotation(path):
    """Read the objects of an image from VOC's XML.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    dict
        ``boxes`` (R, 4) float64, ``labels`` (R,) int64, ``meta``: R bools for each of "difficult", "truncated" and
        "occluded".

    Raises
    ------
    DataError
        The file is no XML, defines entities, or an object lacks a box, or is of an unknown class; with the line.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp(), "1.xml")
    >>> box = "<xmin>1</xmin><ymin>1</ymin><xmax>3</xmax><ymax>2</ymax>"
    >>> cat = f"<object><name>cat</name><difficult>1</difficult><bndbox>{box}</bndbox></object>"
    >>> _ = path.write_text(f"<annotation>{cat}</annotation>")
    >>> found = read_annotation(path)
    >>> found["boxes"], VOC_CLASSES[found["labels"][0]], found["meta"]["difficult"]
    (array([[0., 0., 3., 2.]]), 'cat', array([ True]))
    """

    def refuse(element, what):
        raise DataError(f"VOC: {path}:{element.get('line')}: {what}.")

    rows = list(objects(parse(path), refuse))
    flags = {flag: np.array([row[flag] for row in rows], bool) for flag in _FLAGS}
    boxes = np.array([row["box"] for row in rows], np.float64).reshape(-1, 4)
    return {"boxes": boxes, "labels": np.array([row["label"] for row in rows], np.int64), "meta": flags}


def parse(path):
    """The XML of an annotation; each element has the line on which it begins as the attribute "line".

    Returns
    -------
    xml.etree.ElementTree.Element

    Raises
    ------
    DataError
        The file is no XML, or defines entities.
    """
    builder, parser = ElementTree.TreeBuilder(), expat.ParserCreate()

    def refuse(*_):  # entities of entities of entities fill any memory
        raise ValueError("it defines entities, which no annotation needs")

    def start(tag, attributes):
        builder.start(tag, attributes | {"line": str(parser.CurrentLineNumber)})

    parser.StartElementHandler, parser.EndElementHandler = start, builder.end
    parser.CharacterDataHandler, parser.StartDoctypeDeclHandler = builder.data, refuse
    try:
        parser.Parse(Path(path).read_bytes(), True)
        return builder.close()
    except (expat.ExpatError, LookupError, ValueError) as error:
        what = str(error).partition(": line")[0]
        raise DataError(
            f"VOC: {path}:{parser.ErrorLineNumber}: it is no XML that can be read ({what})."
        ) from None


def objects(tree, complain):
    """Yield the objects of a parsed annotation.

    Parameters
    ----------
    tree : Element
        From :func:`parse`.
    complain : callable
        ``complain(element, what)`` is called about everything that is wrong. If it returns, the object has None there.

    Yields
    ------
    dict
        ``label``, ``box`` (x1, y1, x2, y2) with pixels counted from 0, ``line``, and the flags.
    """
    for found in tree.findall("object"):
        name = (found.findtext("name") or "").strip()
        label = VOC_CLASSES.index(name) if name in VOC_CLASSES[1:] else None
        if label is None:
            complain(_or(found.find("name"), found), f"{name!r} is none of VOC's classes")
        flags = {flag: (found.findtext(flag) or "0").strip() == "1" for flag in _FLAGS}
        yield {"label": label, "box": _box(found, complain), "line": int(found.get("line"))} | flags


def _box(found, complain):
    box = found.find("bndbox")
    if box is None:
        return complain(found, "an object has no bndbox")
    try:
        x1, y1, x2, y2 = (float(box.findtext(side) or "") for side in ("xmin", "ymin", "xmax", "ymax"))
    except ValueError:
        return complain(box, "a bndbox must have a number for each of xmin, ymin, xmax and ymax")
    if not (x1 <= x2 and y1 <= y2 and np.isfinite([x1, y1, x2, y2]).all()):
        return complain(box, f"a box without area: {x1:g}, {y1:g}, {x2:g}, {y2:g}")
    return x1 - 1, y1 - 1, x2, y2


def _or(element, other):
    return other if element is None else element  # an element without children is false


def read_palette(path, size=None):
    """Palette indices (H, W) of a PNG of that size (if one is given), as int64; or a DataError that says why not."""
    with opened("VOC", path) as file:
        if file.mode != "P":
            raise ValueError(f"it must have a palette, whose indices are the labels; its mode is {file.mode}")
        if size and file.size[::-1] != size:
            raise ValueError(f"it must be as large as its image, {size}; it is {file.size[::-1]}")
        return np.asarray(file, np.int64)
