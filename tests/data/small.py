"""Data sets in the published formats, written small."""

import json
import pickle

import numpy as np
from PIL import Image

from minicv.boxes import rle
from minicv.data import write_image
from minicv.data.mnist import write_idx

RNG = np.random.default_rng(0)
XML = """<annotation><filename>7.jpg</filename><size><width>6</width><height>4</height><depth>3</depth></size>
<object><name>dog</name><difficult>0</difficult><truncated>1</truncated>
  <bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox>
  <part><name>head</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>2</xmax><ymax>2</ymax></bndbox></part></object>
<object><name>person</name><difficult>1</difficult><occluded>1</occluded>
  <bndbox><ymin>1</ymin><xmin>5</xmin><xmax>6</xmax><ymax>4</ymax></bndbox></object></annotation>"""


def write_mnist(folder, ending=""):
    """Five images to train on, and three."""
    images, labels = RNG.integers(0, 256, (5, 28, 28), np.uint8), np.arange(5, dtype=np.uint8)
    folder.mkdir(parents=True, exist_ok=True)
    for part, n in (("train", 5), ("t10k", 3)):
        write_idx(folder / f"{part}-images-idx3-ubyte{ending}", images[:n])
        write_idx(folder / f"{part}-labels-idx1-ubyte{ending}", labels[:n])
    return images


def cifar_batch(n, classes):
    return RNG.integers(0, 256, (n, 3072), np.uint8), RNG.integers(0, classes, n)


def write_cifar10(folder, protocol=2):
    """Six pickled batches of two images; returns pixels and labels of each."""
    folder.mkdir(parents=True, exist_ok=True)
    batches = [cifar_batch(2, 10) for _ in range(6)]
    for name, (data, labels) in zip([*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"], batches):
        batch = {"batch_label": "one", "labels": labels.tolist(), "data": data, "filenames": ["a", "b"]}
        (folder / name).write_bytes(pickle.dumps(batch, protocol))
    meta = {"num_cases_per_batch": 2, "label_names": list("abcdefghij"), "num_vis": 3072}
    (folder / "batches.meta").write_bytes(pickle.dumps(meta, protocol))
    return batches


def write_voc(root):
    """The folder VOC2012, with one image, a dog and a person in it."""
    folders = (
        "Annotations ImageSets/Main ImageSets/Segmentation JPEGImages SegmentationClass SegmentationObject"
    )
    for folder in folders.split():
        (root / folder).mkdir(parents=True)
    write_image(root / "JPEGImages/7.jpg", np.full((4, 6, 3), 128, np.uint8))
    (root / "Annotations/7.xml").write_text(XML)
    for kind in ("Main", "Segmentation"):
        (root / "ImageSets" / kind / "val.txt").write_text("7\n")
    numbers = np.zeros((4, 6), np.uint8)
    numbers[1:4, :3], numbers[:, 4:], numbers[0, 3] = 1, 2, 255
    classes = np.array([0, 12, 15] + [255] * 253, np.uint8)[numbers]
    for folder, values in (("SegmentationObject", numbers), ("SegmentationClass", classes)):
        write_palette(root / folder / "7.png", values)


def write_palette(path, values):
    """A PNG whose palette indices are the values."""
    picture = Image.frombytes("P", values.shape[::-1], values.tobytes())
    picture.putpalette(bytes(range(256)) * 3)
    picture.save(path)


def coco_content():
    """An annotation file for a.png and b.png: two objects, one of them a crowd, in the first."""
    crowd = np.zeros((4, 6), bool)
    crowd[:2] = True
    coded = rle.encode(crowd)
    both = {"image_id": 20, "category_id": 7}
    square = [[1, 1, 3, 1, 3, 3, 1, 3]]
    points = [2.0, 2.0, 2] + [0] * 48
    return {
        "images": [
            {"id": 20, "file_name": "a.png", "height": 4, "width": 6},
            {"id": 3, "file_name": "b.png", "height": 4, "width": 6},
        ],
        "categories": [{"id": 90, "name": "toothbrush"}, {"id": 7, "name": "train"}],
        "annotations": [
            {"id": 1, "bbox": [1, 1, 2, 2], "area": 4, "iscrowd": 0, "segmentation": square, "keypoints": points}
            | both,
            {"id": 2, "bbox": [0, 0, 6, 2], "area": 12, "iscrowd": 1, "keypoints": [0] * 51, "segmentation": {
                "size": [4, 6], "counts": coded["counts"].tolist()}} | both | {"category_id": 90},
        ],
    }  # fmt: skip


def write_coco(folder, path, **changes):
    """The images into a folder, and the annotations, some of them changed, into a file."""
    folder.mkdir(parents=True, exist_ok=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    for name in ("a", "b"):
        write_image(folder / f"{name}.png", np.full((4, 6, 3), 9, np.uint8))
    path.write_text(json.dumps(coco_content() | changes))


def write_image_folder(root, counts):
    """So many small images for each class."""
    for name, count in counts.items():
        (root / name).mkdir(parents=True)
        for i in range(count):
            write_image(root / name / f"{i}.png", np.full((2, 3, 3), i, np.uint8))
