"""A data set by name or folder: which format it is, which part is meant, and what is said where that is unclear."""

import numpy as np
import pytest

from minicv.data import CIFAR10, MNIST, VOC, Coco, ImageFolder, Subset, digits, open_dataset
from minicv.data.open import find
from tests.data.small import write_cifar10, write_coco, write_image_folder, write_mnist, write_voc


def test_names_need_no_files():
    scenes = open_dataset("meadow", "train", size=32, length=3)
    assert len(scenes) == 3 and scenes[0].image.shape == (32, 32, 3)
    assert (open_dataset("meadow", "test", size=32)[0].image != scenes[0].image).any()
    held_out = open_dataset("digits", "val")
    images, labels = digits("test")
    assert len(held_out) == 360 and held_out[7].label == labels[7]
    np.testing.assert_allclose(held_out[7].image[..., 1], images[7, 0] * 255, atol=0.5)


def write_all(root):
    """Every format in a folder of its own, with the class that should open it and the lengths of the parts."""
    write_mnist(root / "mnist/MNIST/raw", ".gz")
    write_cifar10(root / "cifar/cifar-10-batches-py")
    write_voc(root / "voc/VOCdevkit/VOC2012")
    write_coco(root / "coco/val2017", root / "coco/annotations/instances_val2017.json")
    write_coco(root / "own/train", root / "own/train/_annotations.coco.json")
    write_image_folder(root / "pets/train", {"cat": 2, "dog": 1})
    write_image_folder(root / "pets/val", {"dog": 2})
    return {
        "mnist": ("MNIST", MNIST, {"train": 5, "test": 3}),
        "cifar": ("CIFAR-10", CIFAR10, {"train": 10, "test": 2}),
        "voc": ("PASCAL VOC", VOC, {"val": 1}),
        "coco": ("COCO", Coco, {"val2017": 2}),
        "own": ("COCO", Coco, {"train": 2}),
        "pets": ("image folder", ImageFolder, {"train": 3, "val": 2}),
    }


def test_folders_are_recognised_by_their_files(tmp_path):
    for folder, (form, kind, lengths) in write_all(tmp_path).items():
        found = find(tmp_path / folder)
        assert found.form == form and list(found.parts) == list(lengths)
        for split, length in lengths.items():
            dataset = open_dataset(tmp_path / folder, split)
            assert type(dataset) is kind and len(dataset) == length
            assert len(dataset.classes) >= 2 and dataset[0].image.dtype == np.uint8
        assert len(open_dataset(tmp_path / folder, None)) == next(iter(lengths.values()))


@pytest.mark.parametrize("split", ["test", "val", "val2017"])
def test_whatever_is_held_out_has_two_names(tmp_path, split):
    write_coco(tmp_path / "val2017", tmp_path / "annotations/instances_val2017.json")
    write_coco(tmp_path / "val2017", tmp_path / "annotations/captions_val2017.json", annotations=[])
    dataset = open_dataset(tmp_path, split)
    assert dataset.path.name == "instances_val2017.json" and dataset[0].image.shape == (4, 6, 3)
    with pytest.raises(FileNotFoundError, match=r"\(COCO\) has no part 'train'\. There are: val2017\."):
        open_dataset(tmp_path, "train")


def test_parts_agree_on_the_classes(tmp_path):
    """A class of which the held-out part has no image must not change the numbers of the others."""
    write_image_folder(tmp_path / "train", {"cat": 2, "dog": 1})
    write_image_folder(tmp_path / "val", {"dog": 2, "emu": 1})
    training, held_out = open_dataset(tmp_path, "train"), open_dataset(tmp_path, "test")
    assert training.classes == held_out.classes == ("cat", "dog", "emu")
    assert training.labels == [0, 0, 1] and held_out.labels == [1, 1, 2]


def test_a_fifth_of_each_class_is_held_out_where_nothing_is_divided(tmp_path):
    write_image_folder(tmp_path, {"cat": 11, "dog": 5})
    training, held_out = open_dataset(tmp_path), open_dataset(tmp_path, "val")
    assert isinstance(training, Subset) and training.classes == ("cat", "dog")
    assert [s.label for s in held_out] == [0, 0, 1] and len(training) == 13
    paths = [s.meta["path"] for part in (training, held_out) for s in part]
    assert len(set(paths)) == 16 == len(open_dataset(tmp_path, None))
    assert [s.meta["path"] for s in open_dataset(tmp_path, "test")] == paths[13:]


def test_an_annotation_file(tmp_path):
    write_coco(tmp_path / "images", tmp_path / "mine.json")
    assert len(open_dataset(tmp_path / "mine.json", None)) == 2
    assert len(open_dataset(tmp_path / "mine.json")) == 2  # of two, none can be held out
    assert open_dataset(tmp_path / "mine.json")[1].image.shape == (4, 6, 3)


def test_both_years_of_voc(tmp_path):
    write_voc(tmp_path / "VOC2007")
    write_voc(tmp_path / "VOC2012")
    assert list(find(tmp_path).parts) == ["VOC2007/val", "VOC2012/val"]
    assert open_dataset(tmp_path, "VOC2007/val").root == tmp_path / "VOC2007"
    with pytest.raises(FileNotFoundError, match=r"no part 'val'\. There are: VOC2007/val, VOC2012/val"):
        open_dataset(tmp_path, "val")


@pytest.mark.parametrize(
    ("place", "error", "message"),
    [
        ("meadows", FileNotFoundError, "no folder meadows, .* Did you mean 'meadow'?"),
        ("mnist", FileNotFoundError, "Run `minicv data fetch mnist --to mnist` first"),
        ("/nowhere/at/all", FileNotFoundError, "Names are: meadow, digits"),
    ],
)
def test_a_place_that_is_not_there(place, error, message, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=message):
        open_dataset(place)


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "cat.jpg").write_bytes(b"")
    with pytest.raises(ValueError, match=r"cat\.jpg must be a folder, or an annotation file"):
        open_dataset(tmp_path / "cat.jpg")


def test_a_folder_that_is_unclear(tmp_path):
    (tmp_path / "notes").mkdir()
    with pytest.raises(FileNotFoundError, match=r"no files of MNIST, .* no subfolders with images"):
        open_dataset(tmp_path)
    write_mnist(tmp_path)
    write_cifar10(tmp_path)
    with pytest.raises(ValueError, match=r"several data sets \(MNIST, CIFAR-10\)"):
        open_dataset(tmp_path)


def test_a_setting_that_the_data_set_does_not_have():
    with pytest.raises(ValueError, match=r"digits.*unexpected keyword argument 'size'"):
        open_dataset("digits", size=32)
