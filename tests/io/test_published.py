"""The table of published weights, and what is shown of a file."""

import re
from pathlib import Path

import numpy as np
import pytest

from minicv import cli
from minicv.io import PUBLISHED, published_weights, save_weights, weights_folder


def test_every_file_has_a_checksum_an_address_and_a_page():
    assert len({entry.file for entry in PUBLISHED}) == len(PUBLISHED) == 33
    for entry in PUBLISHED:
        assert re.fullmatch(r"sha256:[0-9a-f]{8}", entry.checksum) and entry.checksum[7:] in entry.url
        assert entry.url == f"https://download.pytorch.org/models/{entry.file}" and entry.file.endswith(
            ".pth"
        )
        assert entry.source.endswith(f".{entry.model}.html")
        assert published_weights(entry.model, entry.version) is entry


@pytest.mark.parametrize(
    ("model", "version", "checksum"),
    [
        ("resnet50", "DEFAULT", "sha256:11ad3fa6"),
        ("resnet50", "IMAGENET1K_V1", "sha256:0676ba61"),
        ("vgg16", "DEFAULT", "sha256:397923af"),
        ("vgg16", "IMAGENET1K_FEATURES", "sha256:88682ab5"),
        ("keypointrcnn_resnet50_fpn", "DEFAULT", "sha256:fc266e95"),
        ("fcn_resnet50", "DEFAULT", "sha256:1167a1af"),
    ],
)
def test_which_file_is_meant(model, version, checksum):
    assert published_weights(model, version).checksum == checksum


def test_names_that_are_not_there(capsys):
    with pytest.raises(ValueError, match=r"the model must be one of alexnet, vgg11, .*; got 'resnet5'"):
        published_weights("resnet5")
    assert cli.main(["weights", "fetch", "resnet50", "--version", "V1"]) == 2
    assert "DEFAULT or one of IMAGENET1K_V2, IMAGENET1K_V1; got 'V1'" in capsys.readouterr().err


def test_where_they_are_kept(monkeypatch):
    monkeypatch.delenv("MINICV_WEIGHTS", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/caches")
    assert weights_folder() == Path("/caches/minicv/weights")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert weights_folder() == Path.home() / ".cache/minicv/weights"
    monkeypatch.setenv("MINICV_WEIGHTS", "/mine")
    assert weights_folder() == Path("/mine")


def test_the_list(capsys):
    assert cli.main(["weights", "list"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(PUBLISHED)
    (line,) = [line for line in lines if line.startswith("ssd300_vgg16 ")]
    assert line.split()[1:] == "COCO_V1 35.6 M parameters, 91 classes of COCO".split()


def test_what_is_in_a_file(tmp_path, capsys):
    save_weights({"fc.weight": np.zeros((10, 20), np.float32), "n": np.array(3)}, tmp_path / "w")
    assert cli.main(["weights", "show", str(tmp_path / "w")]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert sorted(lines[:2]) == [["fc.weight", "float32", "10", "x", "20"], ["n", "int64", "a", "number"]]
    assert lines[2] == "2 entries, 201 numbers, 0.0 MB".split()
    (tmp_path / "w").write_bytes(b"no weights at all")
    assert cli.main(["weights", "show", str(tmp_path / "w")]) == 2
    assert "neither safetensors" in capsys.readouterr().err
