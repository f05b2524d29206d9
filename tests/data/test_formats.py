"""The published formats, written small here and read back; and what is said about files that are damaged."""

import gzip
import json
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from minicv.data import CIFAR10, CIFAR100, MNIST, VOC, VOC_CLASSES, Coco, DataError, ImageFolder, write_image
from minicv.data.mnist import read_idx, write_idx
from minicv.data.voc import read_annotation
from tests.data.small import RNG, XML, cifar_batch, write_cifar10, write_coco, write_mnist, write_voc

KINDS = [np.uint8, np.int8, np.int16, np.int32, np.float32, np.float64]


# IDX


@given(
    array=st.sampled_from(KINDS).flatmap(lambda kind: arrays(kind, array_shapes(max_side=4))),
    packed=st.booleans(),
)
def test_idx_there_and_back(array, packed, tmp_path_factory):
    path = tmp_path_factory.mktemp("idx") / ("a.gz" if packed else "a")
    write_idx(path, array)
    assert gzip.decompress(path.read_bytes())[:2] == b"\0\0" if packed else path.read_bytes()[:2] == b"\0\0"
    again = read_idx(path)
    assert again.dtype == array.dtype
    np.testing.assert_array_equal(again, array)


def test_idx_by_hand(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(bytes([0, 0, 0x0B, 2, 0, 0, 0, 1, 0, 0, 0, 2, 1, 0, 255, 255]))
    assert read_idx(path).tolist() == [[256, -1]]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not the IDX format"),
        (b"\0\1\x08\1", "not the IDX format"),
        (b"\0\0\x07\1", "not the IDX format"),
        (b"\0\0\x08\2\0\0\0\1", "ends in its header"),
        (b"\0\0\x08\1\0\0\0\4abc", "12 bytes|4 bytes; it has 3|more than it holds"),
        (b"\0\0\x08\1\0\0\0\2abc", "it has more"),
        (b"\0\0\x08\2\x7f\xff\xff\xff\x7f\xff\xff\xff", "more than it holds"),
        (b"\0\0\x08\1\xff\xff\xff\xff", "more than it holds"),
    ],
)
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_damaged_idx(data, message, pack, tmp_path):
    path = tmp_path / "a"
    path.write_bytes(pack(data))
    with pytest.raises(DataError, match=message):
        read_idx(path)


def test_a_damaged_gzip(tmp_path):
    path = tmp_path / "a.gz"
    write_idx(path, np.arange(50, dtype=np.uint8))
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(DataError, match="damaged"):
        read_idx(path)


@pytest.mark.parametrize("ending", ["", ".gz"])
@pytest.mark.parametrize("folder", ["", "MNIST/raw"])
def test_mnist(tmp_path, ending, folder):
    images = write_mnist(tmp_path / folder, ending)
    digits = MNIST(tmp_path)
    assert (len(digits), len(MNIST(tmp_path, train=False))) == (5, 3)
    np.testing.assert_array_equal(digits[3].image, np.stack([images[3]] * 3, axis=2))
    assert digits[3].label == 3
    write_idx(tmp_path / folder / f"t10k-labels-idx1-ubyte{ending}", np.arange(5, dtype=np.uint8))
    with pytest.raises(DataError, match=r"labels \(5,\)"):
        MNIST(tmp_path, train=False)
    with pytest.raises(FileNotFoundError, match="Download the four files"):
        MNIST(tmp_path / "elsewhere")


# CIFAR


@pytest.mark.parametrize("protocol", [2, 4])
def test_cifar_pickles(tmp_path, protocol):
    ten, hundred = tmp_path / "cifar-10-batches-py", tmp_path / "cifar-100-python"
    hundred.mkdir()

    def write(path, value):
        path.write_bytes(pickle.dumps(value, protocol))

    batches = write_cifar10(ten, protocol)
    small = CIFAR10(tmp_path)
    assert len(small) == 10 and small.classes == tuple("abcdefghij")
    data, labels = batches[1]
    assert small[3].label == labels[1]
    np.testing.assert_array_equal(small[3].image, data[1].reshape(3, 32, 32).transpose(1, 2, 0))
    np.testing.assert_array_equal(CIFAR10(ten, train=False).labels, batches[5][1])

    data, labels = cifar_batch(3, 100)
    write(
        hundred / "test",
        {"data": np.asfortranarray(data), "fine_labels": labels.tolist(), "coarse_labels": [0] * 3},
    )
    write(hundred / "meta", {"fine_label_names": [str(i) for i in range(100)], "coarse_label_names": []})
    np.testing.assert_array_equal(
        CIFAR100(tmp_path, train=False)[2].image[0, 0], data[2].reshape(3, 32, 32)[:, 0, 0]
    )


def test_a_batch_pickled_by_python_2(tmp_path):
    """Strings of bytes, as the published files have them."""
    pixels = RNG.integers(0, 256, 3072, np.uint8).tobytes()
    array = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tU\x01btR"
    dtype = b"cnumpy\ndtype\n(U\x02u1K\x00K\x01tR(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    state = (
        b"(K\x01K\x01M\x00\x0c\x86" + dtype + b"\x89T" + len(pixels).to_bytes(4, "little") + pixels + b"tb"
    )
    batch = b"\x80\x02}(U\x04data" + array + state + b"U\x06labels](K\x07eu."
    (tmp_path / "test_batch").write_bytes(batch)
    (tmp_path / "batches.meta").write_bytes(pickle.dumps({"label_names": list("abcdefghij")}, 2))
    test = CIFAR10(tmp_path, train=False)
    assert test[0].label == 7
    assert test[0].image.transpose(2, 0, 1).tobytes() == pixels


def test_a_hostile_batch_runs_nothing(tmp_path):
    witness = tmp_path / "witness"

    class Hostile:
        def __reduce__(self):
            return open, (str(witness), "w")

    (tmp_path / "test_batch").write_bytes(pickle.dumps({"data": Hostile()}, 2))
    with pytest.raises(DataError, match=r"'io\.open', which a batch of images does not need; it was refused"):
        CIFAR10(tmp_path, train=False)
    assert not witness.exists()


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        ({"data": np.zeros((2, 3071), np.uint8), "labels": [0, 1]}, r"\(2, 3071\)"),
        ({"data": np.zeros((2, 3072), np.uint8), "labels": [0]}, r"labels of shape \(1,\)"),
        ({"data": np.zeros((1, 3072), np.uint8), "labels": [10]}, "a label is 10; there are 10 classes"),
        ({"data": np.zeros((1, 3072)), "labels": [1]}, "where bytes were expected"),
        ({"labels": [1]}, "damaged"),
        ([1], "must hold a dict"),
    ],
)
def test_damaged_batches(tmp_path, batch, message):
    (tmp_path / "test_batch").write_bytes(pickle.dumps(batch, 2))
    (tmp_path / "batches.meta").write_bytes(pickle.dumps({"label_names": list("abcdefghij")}, 2))
    with pytest.raises(DataError, match=message):
        CIFAR10(tmp_path, train=False)


def test_cifar_records_of_bytes(tmp_path):
    folder = tmp_path / "cifar-100-binary"
    folder.mkdir()
    data, labels = cifar_batch(3, 100)
    records = np.concatenate([np.zeros((3, 1), np.uint8), labels[:, None].astype(np.uint8), data], axis=1)
    (folder / "test.bin").write_bytes(records.tobytes())
    (folder / "fine_label_names.txt").write_text("\n".join(map(str, range(100))) + "\n")
    test = CIFAR100(tmp_path, train=False)
    assert [s.label for s in test] == labels.tolist() and test.classes[99] == "99"
    np.testing.assert_array_equal(test[1].image, data[1].reshape(3, 32, 32).transpose(1, 2, 0))
    (folder / "test.bin").write_bytes(records.tobytes()[:-1])
    with pytest.raises(DataError, match="no multiple of 3074"):
        CIFAR100(folder, train=False)
    with pytest.raises(FileNotFoundError, match="cifar-10-batches-py or cifar-10-batches-bin"):
        CIFAR10(tmp_path)


# Folders of images


def test_image_folder(tmp_path):
    for name, color in (("dog/b.png", 10), ("cat/x/a.PNG", 20), ("cat/b.jpg", 30)):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        write_image(tmp_path / name, np.full((2, 3, 3), color, np.uint8))
    (tmp_path / "cat" / "notes.txt").write_text("no image")
    (tmp_path / ".hidden").mkdir()
    pets = ImageFolder(tmp_path)
    assert pets.classes == ("cat", "dog")
    assert [(s.label, int(s.image.mean().round())) for s in pets] == [(0, 30), (0, 20), (1, 10)]
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="empty holds no image"):
        ImageFolder(tmp_path)
    for root, message in ((tmp_path / "nowhere", "no folder"), (tmp_path / "empty", "no subfolder")):
        with pytest.raises(FileNotFoundError, match=message):
            ImageFolder(root)


# PASCAL VOC


@pytest.fixture
def voc(tmp_path):
    """The folder around VOCdevkit, with one image."""
    write_voc(tmp_path / "VOCdevkit" / "VOC2012")
    return tmp_path


@pytest.mark.parametrize("place", ["", "VOCdevkit", "VOCdevkit/VOC2012"])
def test_voc(voc, place):
    (sample,) = VOC(voc / place, image_set="val", task="segmentation")
    assert sample.boxes.tolist() == [[0, 1, 3, 4], [4, 0, 6, 4]]
    assert [VOC_CLASSES[label] for label in sample.labels] == ["dog", "person"]
    assert {flag: sample.meta[flag].tolist() for flag in ("difficult", "truncated", "occluded")} == {
        "difficult": [False, True],
        "truncated": [True, False],
        "occluded": [False, True],
    }
    assert sample.semantic[0].tolist() == [0, 0, 0, 255, 15, 15]
    for mask, (x1, y1, x2, y2) in zip(sample.masks, sample.boxes.astype(int)):
        assert mask.sum() == mask[y1:y2, x1:x2].sum() == (x2 - x1) * (y2 - y1)
    (sample,) = VOC(voc, image_set="val")
    assert sample.semantic is None and sample.masks is None and len(sample.boxes) == 2


def test_voc_without_annotations(voc):
    (voc / "VOCdevkit/VOC2012/Annotations/7.xml").unlink()
    (sample,) = VOC(voc, image_set="val")
    assert sample.boxes.shape == (0, 4)


def test_voc_that_is_not_there(voc):
    with pytest.raises(FileNotFoundError, match="There are: val"):
        VOC(voc, image_set="train")
    with pytest.raises(FileNotFoundError, match="folder ImageSets"):
        VOC(voc, year="2007")
    with pytest.raises(ValueError, match='task must be "detection" or "segmentation"'):
        VOC(voc, task="masks")


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("<name>dog</name>", "<name>wolf</name>", "damaged"),
        ("<xmin>1</xmin><ymin>2</ymin><xmax>3", "<xmin>9</xmin><ymin>2</ymin><xmax>3", "without area"),
        ("<xmin>5</xmin>", "<xmin>nan</xmin>", "without area"),
        ("<xmin>5</xmin>", "", "damaged"),
        ("</annotation>", "", "damaged"),
        ("<annotation>", '<!DOCTYPE a [<!ENTITY b "c">]><annotation>', "defines entities"),
    ],
)
def test_damaged_annotations(before, after, message, tmp_path):
    assert before in XML
    (tmp_path / "a.xml").write_text(XML.replace(before, after, 1))
    with pytest.raises(DataError, match=message):
        read_annotation(tmp_path / "a.xml")


# COCO


@pytest.fixture
def coco(tmp_path):
    """Write an annotation file with two images: a function that takes changes, and returns its path."""

    def write(**changes):
        path = tmp_path / "annotations.json"
        write_coco(tmp_path, path, **changes)
        return path

    return write


def test_coco(coco):
    path = coco()
    photographs = Coco(path.parent, path)
    assert photographs.ids == [3, 20] and photographs.classes == ("train", "toothbrush")
    empty, sample = photographs
    assert empty.boxes.shape == (0, 4) and empty.masks.shape == (0, 4, 6)
    assert sample.boxes.tolist() == [[1, 1, 3, 3], [0, 0, 6, 2]] and sample.labels.tolist() == [0, 1]
    assert sample.masks.sum((1, 2)).tolist() == [4, 12] and sample.masks[0, 1:3, 1:3].all()
    assert sample.keypoints.shape == (2, 17, 3) and sample.keypoints[0, 0].tolist() == [2, 2, 2]
    assert sample.meta["crowd"].tolist() == [False, True] and sample.meta["annotation_ids"] == [1, 2]


def test_coco_captions(coco):
    annotations = [{"id": i, "image_id": 3, "caption": text} for i, text in enumerate([" A cat. ", "A dog."])]
    path = coco(annotations=annotations)
    sample, other = Coco(path.parent, path)
    assert (
        sample.caption == "A cat." and sample.meta["captions"] == ["A cat.", "A dog."] and other.caption == ""
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"images": None}, "not in COCO's format"),
        ({"annotations": [{"id": 1}]}, "not in COCO's format"),
        (
            {"images": [{"id": 3, "file_name": "a.png", "height": 6, "width": 4}]},
            "is 4 x 6 pixels; .* says 6 x 4",
        ),
    ],
)
def test_damaged_coco(coco, changes, message):
    path = coco(**changes)
    with pytest.raises(DataError, match=message):
        list(Coco(path.parent, path))


@pytest.mark.parametrize(
    "change", [{"category_id": 8}, {"bbox": [1, 2, 3]}, {"segmentation": {"size": [4, 6], "counts": [1]}}]
)
def test_damaged_coco_annotations(coco, change):
    path = coco()
    content = json.loads(path.read_text())
    content["annotations"][0] |= change
    path = coco(**content)
    photographs = Coco(path.parent, path)
    with pytest.raises(DataError, match="an annotation of image 20 is damaged"):
        photographs[1]
    assert photographs[0].image.shape == (4, 6, 3)


def test_coco_that_is_not_there(coco, tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no file .*nothing\.json"):
        Coco(tmp_path, tmp_path / "nothing.json")
    path = coco()
    path.write_text("[" * 10**5)
    with pytest.raises(DataError, match="damaged"):
        Coco(tmp_path, path)
