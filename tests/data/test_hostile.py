"""Data sets made to do harm, or damaged in ways that fuzzing found: one kind of error, in bounded time and memory."""

import gzip
import json
import pickle
import struct
import tracemalloc
from io import BytesIO

import numpy as np
import pytest
from PIL import Image

from minicv.boxes import rle
from minicv.data import CIFAR10, CIFAR100, VOC, Coco, DataError, read_image
from minicv.data.mnist import read_idx
from minicv.data.voc import read_annotation
from tests.data.small import coco_content, write_cifar10, write_coco, write_palette, write_voc
from tests.io.torch_writer import LAUGHS, call, literal, mapping


def test_postscript_is_not_run(tmp_path):
    """Pillow would give it to Ghostscript."""
    path = tmp_path / "cat.png"
    Image.new("RGB", (2, 2)).save(path, "EPS")
    with pytest.raises(DataError, match="not an image that Pillow can read"):
        read_image(path)


def test_an_image_that_claims_to_be_huge(tmp_path):
    path = tmp_path / "a.ppm"
    path.write_bytes(b"P6 30000 30000 255\n")
    with pytest.raises(DataError, match="decompression bomb"):
        read_image(path)


def test_floats_that_are_no_colours(tmp_path):
    path = tmp_path / "a.tif"
    values = np.float32([[np.nan, -np.inf, np.inf], [-1, 99.6, 1e30]])
    values.view(np.uint32)[0, 0] = 0x7F800001  # a signalling NaN
    Image.fromarray(values).save(path)
    assert read_image(path)[..., 0].tolist() == [[0, 0, 255], [0, 100, 255]]


def _tiff_with_a_fraction_for_an_address():
    file = BytesIO()
    Image.fromarray(np.zeros((4, 6), np.float32)).save(file, "tiff")
    (entry,) = (
        struct.pack("<HH", 273, kind) for kind in (3, 4) if struct.pack("<HH", 273, kind) in file.getvalue()
    )
    return file.getvalue().replace(entry, struct.pack("<HH", 273, 11))


def _png_with_its_palette_at_the_end():
    file = BytesIO()
    Image.new("P", (6, 4)).save(file, "png")
    data = file.getvalue()
    begin = data.index(b"PLTE") - 4
    end = begin + 12 + int.from_bytes(data[begin : begin + 4], "big")
    behind = data.index(b"IEND") - 4
    return data[:begin] + data[end:behind] + data[begin:end] + data[behind:]


@pytest.mark.parametrize("make", [_tiff_with_a_fraction_for_an_address, _png_with_its_palette_at_the_end])
def test_damage_that_pillow_stumbles_over(make, tmp_path):
    """Found by fuzzing: a TypeError and an AssertionError."""
    path = tmp_path / "a.png"
    path.write_bytes(make())
    with pytest.raises(DataError, match=r"a\.png' is damaged or not readable"):
        read_image(path)


def test_damage_behind_the_checksum_of_a_gzip(tmp_path):
    path = tmp_path / "a.gz"
    data = bytearray(gzip.compress(bytes(100)))
    data[10] = 255  # the kind of the first block: there is no such kind
    path.write_bytes(data)
    with pytest.raises(DataError, match="damaged"):
        read_idx(path)


@pytest.mark.parametrize("key", ["labels", "data", "label_names"])
def test_tuples_in_tuples_in_batches(key, tmp_path):
    write_cifar10(tmp_path)
    file = tmp_path / ("batches.meta" if key == "label_names" else "test_batch")
    values = {"labels": literal([1]), "data": literal(b""), key: LAUGHS}
    file.write_bytes(b"\x80\x02" + mapping(values).replace(call("collections.OrderedDict"), b"}", 1) + b".")
    with pytest.raises(DataError, match="CIFAR"):
        CIFAR10(tmp_path, train=False)


def test_a_dtype_of_tuples_in_tuples(tmp_path):
    write_cifar10(tmp_path)
    (tmp_path / "test_batch").write_bytes(b"\x80\x02" + call("numpy.dtype", LAUGHS) + b".")
    with pytest.raises(DataError, match="type unknown, where bytes were expected"):
        CIFAR10(tmp_path, train=False)


def test_strings_of_bytes_are_not_multiplied(tmp_path):
    """A megabyte of text that is encoded a thousand times would take a gigabyte."""
    write_cifar10(tmp_path)
    first = literal("x" * 2**20) + b"q\x00c_codecs\nencode\nq\x01"
    again = 1000 * b"h\x01h\x00U\x06latin1\x86R"
    (tmp_path / "test_batch").write_bytes(b"\x80\x02](" + first + again + b"e.")
    tracemalloc.start()
    with pytest.raises(DataError, match="must hold a dict; it holds a list"):
        CIFAR10(tmp_path, train=False)
    assert tracemalloc.get_traced_memory()[1] < 2**25
    tracemalloc.stop()


def test_a_string_that_claims_two_gigabytes(tmp_path):
    write_cifar10(tmp_path)
    (tmp_path / "test_batch").write_bytes(b"\x80\x02X\xff\xff\xff\x7fx.")
    with pytest.raises(DataError, match="only 2 remain"):
        CIFAR10(tmp_path, train=False)


@pytest.mark.parametrize("meta", [{}, {"label_names": "abc"}, {"label_names": [1, 2]}])
def test_cifar_without_names(meta, tmp_path):
    write_cifar10(tmp_path)
    (tmp_path / "batches.meta").write_bytes(pickle.dumps(meta, 2))
    with pytest.raises(DataError, match="must have a list of names under 'label_names'"):
        CIFAR10(tmp_path, train=False)


def test_names_that_are_no_text(tmp_path):
    (tmp_path / "test.bin").write_bytes(bytes(3074))
    (tmp_path / "fine_label_names.txt").write_bytes(b"apple\n\xff\n")
    with pytest.raises(DataError, match=r"fine_label_names\.txt is no text in UTF-8"):
        CIFAR100(tmp_path, train=False)
    write_voc(tmp_path)
    (tmp_path / "ImageSets/Main/val.txt").write_bytes(b"7\n\xff\n")
    with pytest.raises(DataError, match=r"val\.txt is no text in UTF-8"):
        VOC(tmp_path, image_set="val")


def test_an_encoding_that_nobody_knows(tmp_path):
    path = tmp_path / "a.xml"
    path.write_bytes(b"<?xml version='1.0' encoding='utf-r6'?><annotation/>")
    with pytest.raises(
        DataError, match=r"a\.xml:1: it is no XML that can be read \(unknown encoding: utf-r6\)"
    ):
        read_annotation(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_in_any_encoding(encoding, tmp_path):
    path = tmp_path / "a.xml"
    path.write_bytes('<!DOCTYPE a [<!ENTITY b "c">]><annotation>&b;</annotation>'.encode(encoding))
    with pytest.raises(DataError, match="defines entities"):
        read_annotation(path)


def test_labels_of_another_size_than_the_image(tmp_path):
    write_voc(tmp_path)
    write_palette(tmp_path / "SegmentationClass/7.png", np.zeros((5, 6), np.uint8))
    with pytest.raises(DataError, match=r"7\.png.*as large as its image, \(4, 6\); it is \(5, 6\)"):
        VOC(tmp_path, image_set="val", task="segmentation")[0]


@pytest.mark.parametrize(
    ("where", "change"),
    [
        ("images", {"id": "20"}),
        ("images", {"id": [20]}),
        ("images", {"height": 4.0}),
        ("images", {"file_name": None}),
        ("images", {"file_name": ["a.png"]}),
        ("categories", {"id": "x"}),
        ("categories", {"name": 3}),
        ("annotations", {"image_id": True}),
        ("annotations", {"bbox": [0, 0, 1e999, 1]}),
        ("annotations", {"bbox": [0, 0, 1e300, 1]}),
        ("annotations", {"caption": 3}),
        ("annotations", {"keypoints": [float("nan")] * 51}),
        ("annotations", {"segmentation": {"size": [4, 6], "counts": [1e999]}}),
        ("annotations", {"segmentation": {"size": [4, 6], "counts": [1.5, 22.5]}}),
        ("annotations", {"segmentation": {"size": [4, 6], "counts": [2**62, 2**62, 2**62, 2**62, 24]}}),
        ("annotations", {"segmentation": [[0, 0, 1e9, 0, 3, 3]]}),
        ("annotations", {"segmentation": [[0, 0, float("nan"), 0, 3, 3]]}),
        ("annotations", {"segmentation": 3}),
    ],
)
def test_coco_with_one_wrong_value(where, change, tmp_path):
    content = json.loads(json.dumps(coco_content()))
    content[where][0] |= change
    path = tmp_path / "annotations.json"
    write_coco(tmp_path, path, **content)
    with pytest.raises(DataError, match=r"annotations\.json"):
        list(Coco(tmp_path, path))


def test_an_outline_may_leave_the_image_but_not_by_far():
    inside = rle.from_polygons([[-3, -3, 9, -3, 9, 9, -3, 9]], 4, 6)
    assert rle.area(inside) == 24
    with pytest.raises(ValueError, match="no further than 100 from the origin"):
        rle.from_polygons([[0, 0, 101, 0, 3, 3]], 4, 6)
