"""What is wrong with a data set: everything is found, each in its file and line, and nothing is where nothing is."""

import pickle
import re

import numpy as np
import pytest

from minicv.data import Coco, DataError, write_image
from minicv.data.check import Problem, check_dataset
from minicv.data.mnist import write_idx
from tests.data.small import (
    XML,
    cifar_batch,
    coco_content,
    write_cifar10,
    write_coco,
    write_image_folder,
    write_mnist,
    write_palette,
    write_voc,
)


def problems(root):
    """The problems as text, paths without the root."""
    return [str(p).replace(f"{root}/", "") for batch in check_dataset(root) for p in batch]


def found(root, *expected):
    """Exactly the expected problems are found, in whatever order; each is given as a pattern."""
    got = problems(root)
    assert len(got) == len(expected), got
    for pattern in expected:
        assert any(re.search(pattern, text) for text in got), (pattern, got)


def test_nothing_is_wrong_with_what_is_right(tmp_path):
    write_mnist(tmp_path / "mnist", ".gz")
    write_cifar10(tmp_path / "cifar")
    write_voc(tmp_path / "voc")
    write_coco(tmp_path / "coco/val", tmp_path / "coco/annotations/instances_val.json")
    write_image_folder(tmp_path / "pets/train", {"cat": 2, "dog": 1})
    write_image(tmp_path / "pets/train/dog/0.png", np.full((3, 3, 3), 7, np.uint8))
    for folder in ("mnist", "cifar", "voc", "coco", "pets"):
        assert problems(tmp_path / folder) == [], folder


def test_a_problem_names_the_line_if_it_has_one():
    assert str(Problem("a.xml", "no", 3)) == "a.xml:3: no" and str(Problem("a.png", "no")) == "a.png: no"


def test_names_have_no_files():
    with pytest.raises(ValueError, match="no files of its own"):
        check_dataset("meadow")


# Image folders


def test_an_image_folder(tmp_path):
    write_image_folder(tmp_path / "train", {"cat": 2, "dog": 3})
    write_image_folder(tmp_path / "val", {"cat": 1, "emu": 0})
    (tmp_path / "val/cat/0.png").write_bytes((tmp_path / "train/dog/2.png").read_bytes())
    (tmp_path / "train/dog/1.png").write_bytes((tmp_path / "train/dog/1.png").read_bytes()[:50])
    (tmp_path / "train/dog/0.png").write_bytes(b"GIF, but not quite")
    (tmp_path / "train/cat/notes.txt").write_text("two cats")
    write_image(tmp_path / "val/stray.png", np.zeros((2, 2, 3), np.uint8))
    found(
        tmp_path,
        r"^val: has no folder dog, which is in train$",
        r"^train: has no folder emu, which is in val$",
        r"^val/emu: holds no image",
        r"^val/cat/0\.png: is the same file as .*train/dog/2\.png$",
        r"^train/dog/1\.png: is damaged or not readable as an image: ",
        r"^train/dog/0\.png: is not an image that Pillow can read$",
        r"^train/cat/notes\.txt: has not the ending of an image, and is left out$",
        r"^val/stray\.png: lies outside of the classes' folders, and is left out$",
    )


# MNIST


def test_mnist(tmp_path):
    write_mnist(tmp_path)
    write_idx(tmp_path / "train-labels-idx1-ubyte", np.array([0, 10, 2, 99, 4], np.uint8))
    write_idx(tmp_path / "t10k-labels-idx1-ubyte", np.zeros(4, np.uint8))
    found(
        tmp_path,
        r"^train-labels-idx1-ubyte: image 1: its label is 10; it must be from 0 to 9$",
        r"^train-labels-idx1-ubyte: image 3: its label is 99",
        r": the images are \(3, 28, 28\) uint8 and the labels \(4,\)",
    )
    images = tmp_path / "train-images-idx3-ubyte"
    images.write_bytes(images.read_bytes()[:-1])
    (tmp_path / "train-labels-idx1-ubyte").unlink()
    (tmp_path / "t10k-labels-idx1-ubyte").write_bytes(b"\0\0\x08\1\0\0\0\7abc")
    found(
        tmp_path,
        r"^train-images-idx3-ubyte: is damaged: its header says 3920 bytes; it has 3919$",
        r"^train-labels-idx1-ubyte: is not there$",
        r"^t10k-labels-idx1-ubyte: is damaged: its header says",
    )


# CIFAR


def test_cifar(tmp_path):
    write_cifar10(tmp_path)
    data, _ = cifar_batch(3, 10)
    (tmp_path / "data_batch_2").write_bytes(pickle.dumps({"data": data, "labels": [1, 10, -1]}, 2))
    (tmp_path / "data_batch_3").write_bytes(b"\x80\x02}")
    (tmp_path / "data_batch_4").write_bytes(pickle.dumps({"data": data, "labels": [1, 2]}, 2))
    (tmp_path / "data_batch_5").unlink()
    (tmp_path / "batches.meta").write_bytes(pickle.dumps({"label_names": list("abc")}, 2))
    found(
        tmp_path,
        r"names 3 classes; there must be 10",
        r"^data_batch_2: image 1: its label is 10; it must be from 0 to 9",
        r"^data_batch_2: image 2: its label is -1",
        r"^data_batch_2: has 3 images; the other files have 2",
        r"^data_batch_3: its pickle is damaged",
        r"^data_batch_4: pixels of shape \(3, 3072\) and labels of shape \(2,\)",
        r"^data_batch_5: is not there",
    )


def test_cifar_records_of_bytes(tmp_path):
    (tmp_path / "fine_label_names.txt").write_text("\n".join(map(str, range(100))))
    records = np.zeros((2, 3074), np.uint8)
    records[:, 1] = 99, 100
    (tmp_path / "test.bin").write_bytes(records.tobytes())
    (tmp_path / "train.bin").write_bytes(records.tobytes()[:-1])
    found(
        tmp_path,
        r"^test\.bin: image 1: its label is 100; it must be from 0 to 99",
        r"^train\.bin: has 6147 bytes, which is no multiple of 3074",
    )


# PASCAL VOC


@pytest.mark.parametrize(
    ("before", "after", "line", "what"),
    [
        ("<name>dog<", "<name>wolf<", 2, "'wolf' is none of VOC's classes"),
        ("<name>person<", "<name>background<", 5, "'background' is none of VOC's classes"),
        ("<width>6<", "<width>60<", 1, "says 4 x 60 pixels; the image has 4 x 6"),
        ("<ymax>4</ymax></bndbox></object>", "<ymax>5</ymax></bndbox></object>", 5, r"\(5, 1, 6, 5\) reaches out"),
        ("<xmin>1</xmin><ymin>2</ymin><xmax>3<", "<xmin>4</xmin><ymin>2</ymin><xmax>3<", 3, "without area"),
        ("<xmin>5</xmin>", "", 6, "a number for each of xmin"),
        ("<bndbox><ymin>1", "<box><ymin>1", 6, "mismatched tag"),
        ("</annotation>", "", 6, "no element found"),
    ],
)  # fmt: skip
def test_a_line_of_an_annotation(tmp_path, before, after, line, what):
    write_voc(tmp_path)
    assert XML.count(before) >= 1
    (tmp_path / "Annotations/7.xml").write_text(XML.replace(before, after, 1))
    texts = [text for text in problems(tmp_path) if text.startswith("Annotations")]
    assert len(texts) == 1 and re.search(rf"^Annotations/7\.xml:{line}: .*{what}", texts[0]), texts


def test_all_that_is_wrong_with_an_annotation(tmp_path):
    write_voc(tmp_path)
    (tmp_path / "Annotations/7.xml").write_text(
        "<annotation>\n<size><width>1</width></size>\n<object>\n<name>wolf</name>\n</object>\n"
        "<object><name>dog</name>\n<bndbox><xmin>0</xmin><ymin>1</ymin><xmax>2</xmax><ymax>2</ymax></bndbox>\n"
        "</object></annotation>"
    )
    found(
        tmp_path,
        r"7\.xml:2: says  x 1 pixels",
        r"7\.xml:4: 'wolf'",
        r"7\.xml:3: an object has no bndbox",
        r"7\.xml:6: a box \(0, 1, 2, 2\) reaches out of the 4 x 6 pixels",
        r"^SegmentationClass/7\.png: object 2 \(dog\) has pixels of class person",
    )


def test_lists_and_pictures_of_labels(tmp_path):
    write_voc(tmp_path)
    (tmp_path / "ImageSets/Main/val.txt").write_text("7\n8\n7\n")
    (tmp_path / "ImageSets/Main/test.txt").write_text("9\n")
    (tmp_path / "ImageSets/Main/train.txt").write_text("")
    write_image(
        tmp_path / "JPEGImages/9.jpg", np.zeros((4, 6, 3), np.uint8)
    )  # a test image needs no annotation
    write_palette(tmp_path / "SegmentationClass/7.png", np.full((4, 6), 30, np.uint8))
    write_palette(tmp_path / "SegmentationObject/7.png", np.full((4, 5), 3, np.uint8))
    found(
        tmp_path,
        r"^ImageSets/Main/val\.txt:3: names 7 again",
        r"^ImageSets/Main/train\.txt: is empty",
        r"^JPEGImages/8\.jpg: is not there",
        r"^Annotations/8\.xml: is not there",
        r"^SegmentationClass/7\.png: has pixels of palette index 30; the classes end at 20",
        r"^SegmentationObject/7\.png: is damaged .*must be as large as its image, \(4, 6\); it is \(4, 5\)",
    )
    write_palette(tmp_path / "SegmentationObject/7.png", np.full((4, 6), 3, np.uint8))
    assert any(
        "7.png: has pixels of palette index 3; there are 2 objects" in text for text in problems(tmp_path)
    )
    write_image(tmp_path / "SegmentationClass/7.png", np.zeros((4, 6, 3), np.uint8))
    (tmp_path / "SegmentationObject/7.png").write_bytes(b"")
    texts = "\n".join(problems(tmp_path))
    assert "it must have a palette, whose indices are the labels; its mode is RGB" in texts
    assert "SegmentationObject/7.png: is not an image that Pillow can read" in texts


# COCO


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"bbox": [1, 2, 3]}, r"its bbox is damaged \(a bbox must be four numbers"),
        ({"bbox": [1, 1, float("nan"), 2]}, "a coordinate is no number"),
        ({"bbox": [1, 1, 0, 2]}, r"its bbox \[1, 1, 0, 2\] has no area"),
        ({"bbox": [1, 1, 9, 2]}, "reaches out of the 4 x 6 pixels"),
        ({"bbox": "all"}, "its bbox is damaged"),
        ({"category_id": 8}, "there is no category 8"),
        ({"category_id": [7]}, r"there is no category \[7\]"),
        ({"area": -1}, "its area is -1; the image has 24 pixels"),
        ({"area": None}, "its area is damaged"),
        ({"iscrowd": 2}, "iscrowd must be 0 or 1"),
        ({"segmentation": []}, "no polygons"),
        ({"segmentation": [[1, 1, 2, 2]]}, "at least 3 points"),
        ({"segmentation": [["a", 1, 2, 2]]}, "its segmentation is damaged"),
        ({"segmentation": [[1, 1, 99, 1, 3, 3]]}, "a polygon reaches out"),
        ({"segmentation": {"size": [4, 6], "counts": [23]}}, "its segmentation is damaged .*add up to 4 x 6"),
        ({"segmentation": {"size": [6, 4], "counts": [12, 12]}}, "that of the image"),
        ({"segmentation": {"size": [4, 6], "counts": [24]}}, "its mask has no pixels"),
        ({"segmentation": {"size": [4, 6], "counts": "x"}}, "cut short or damaged"),
        ({"segmentation": {"counts": []}}, "its segmentation is damaged"),
        ({"segmentation": 7}, "its segmentation is damaged"),
        ({"keypoints": [1, 1, 2] * 16}, "it has 16 keypoints; its category has 17"),
        ({"keypoints": [1, 1, 3] + [0] * 48}, "visibility is none of 0, 1 and 2"),
        ({"keypoints": [99, 1, 2] + [0] * 48}, "a keypoint lies outside"),
        ({"keypoints": [1, 1] * 8}, "its keypoints is damaged"),
        ({"num_keypoints": 3}, "num_keypoints is 3; 1 are labelled"),
        ({"image_id": 4}, "there is no image 4"),
        ({"id": "one"}, r"annotations\[0\]: its id must be a whole number; it is 'one'"),
        ({"id": 2}, r"annotations\[1\]: the id 2 is another one's, too"),
    ],
)
def test_a_record_of_coco(tmp_path, change, what):
    content = coco_content()
    content["categories"][1]["keypoints"] = [str(i) for i in range(17)]
    content["annotations"][0] |= change
    write_coco(tmp_path, tmp_path / "instances_val.json", **content)
    (text,) = problems(tmp_path)
    assert text.startswith("instances_val.json: annotation") and re.search(what, text), text


@pytest.mark.parametrize("skeleton", [[[1, 3]], [[0, 1]], [[1]], [1], 7, None, [["1", 2]], [[True, 2]]])
def test_a_skeleton_of_bones_that_are_not_there(tmp_path, skeleton):
    content = coco_content()
    content["categories"][0] |= {"keypoints": ["nose", "tail"], "skeleton": skeleton}
    content["annotations"] = []
    write_coco(tmp_path, tmp_path / "instances_val.json", **content)
    found(tmp_path, r"category 90: a skeleton must be pairs of keypoints from 1 to 2")
    with pytest.raises(DataError, match="from 1 to 2"):
        Coco(tmp_path, tmp_path / "instances_val.json")


def test_all_that_is_wrong_with_a_file_of_coco(tmp_path):
    content = coco_content()
    content["annotations"][1] |= {"bbox": [0, 0, 0, 0], "area": "much"}
    content["annotations"].append(7)
    content["images"] += [
        {"id": 20, "file_name": "c.png", "height": 4, "width": 6},
        {"id": 21, "file_name": "c.png", "height": 4, "width": 0},
        {"id": 22, "file_name": "../c.png", "height": 4, "width": 6},
        {"id": 23, "file_name": "a.png", "height": 6, "width": 4},
        {"id": 24, "file_name": "d.png", "height": 6, "width": 4},
    ]
    content["categories"].append({"id": 8, "name": "train"})
    write_coco(tmp_path, tmp_path / "instances_val.json", **content)
    found(
        tmp_path,
        r"annotation 2 .*has no area",
        r"annotation 2 \(image 20, a\.png\): its area is damaged",
        r"annotations\[2\]: its id must be a whole number; it is None",
        r"annotations\[2\]: its image_id must be",
        r"images\[2\]: the id 20 is another one's, too",
        r"images\[3\]: its width must be a whole number above 0; it is 0",
        r"image 22: its file \.\./c\.png is outside of the folder",
        r"images 20 and 23 have the same file",
        r"^a\.png: is 4 x 6 pixels; .* says 6 x 4",
        r"^d\.png: is not there",
        r"categories 7 and 8 have the same name",
    )


def test_a_file_that_is_no_annotation_file(tmp_path):
    write_coco(tmp_path, tmp_path / "captions_val.json", categories=[], images={}, annotations=[])
    found(tmp_path, r"^captions_val\.json: has no list 'images'")
    (tmp_path / "captions_val.json").write_text('{"images": [],\n "annotations": [}')
    found(
        tmp_path,
        r"^captions_val\.json: is damaged, or not in COCO's format \(Expecting value: line 2 column 18",
        r"has no list 'images'",
        r"has no list 'annotations'",
    )


def test_captions(tmp_path):
    captions = [{"id": i, "image_id": 3, "caption": text} for i, text in enumerate(["A cat.", " ", None])]
    write_coco(tmp_path, tmp_path / "captions_val.json", annotations=captions)
    found(tmp_path, r"annotation 1 .* its caption is empty", r"annotation 2 .* its caption is empty")
