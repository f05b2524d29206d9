"""``minicv data``: what it shows, and what it says about a slip."""

import json
from types import SimpleNamespace

import pytest

from minicv import cli
from minicv.commands import data
from minicv.data import read_image
from tests.data.small import write_coco, write_image_folder, write_voc


def shown(capsys, tmp_path, *words):
    """Run `minicv data show` and return the manifest beside the picture."""
    out = tmp_path / "page.png"
    assert cli.main(["data", "show", *map(str, words), "--out", str(out)]) == 0
    assert capsys.readouterr().out.split() == [str(out), str(out.with_suffix(".json"))]
    assert read_image(out).shape == (1080, 1919, 3)
    return json.loads(out.with_suffix(".json").read_text())


def test_generated_scenes(capsys, tmp_path):
    page = shown(capsys, tmp_path, "meadow", "--items", "1", "3")
    assert page["items"] == [1, 3] and page["numbers"]["size"] == [[256, 256]] * 2
    assert page["title"] == "meadow, train: 2 of 1,000 samples" and page["numbers"]["labels"][0] == [7, 7, 5]


def test_folders_show_all_that_is_known(capsys, tmp_path):
    write_image_folder(tmp_path / "pets", {"cat": 1, "dog": 2})
    write_voc(tmp_path / "voc")
    write_coco(tmp_path / "coco", tmp_path / "coco/instances_val.json")
    assert shown(capsys, tmp_path, tmp_path / "pets", "--count", "9")["numbers"]["label"] == [0, 1, 1]
    page = shown(capsys, tmp_path, tmp_path / "voc", "--part", "val")
    assert page["numbers"]["boxes"] == [[[0, 1, 3, 4], [4, 0, 6, 4]]]
    page = shown(capsys, tmp_path, tmp_path / "coco")
    assert page["numbers"]["labels"] == [[], [0, 1]] and page["part"] == "val"


def test_another_seed_draws_others():
    items = [
        data.chosen(SimpleNamespace(items=None, count=5, seed=s, data=""), range(100)) for s in (0, 0, 1)
    ]
    assert items[0] == items[1] != items[2] and len(set(items[0])) == 5


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["meadow", "--out", "page.jpg"], "--out must end in .png, .svg or .pdf; got page.jpg."),
        (["meadow", "--part", "tset"], "has no part 'tset'. There are: train, test."),
        (["digits", "--items", "3", "1437"], "--items must be from 0 to 1436; got 1437."),
        (["digits", "--count", "-1"], "--count must be at least 1; got -1."),
        (["digits", "--count", "0"], "--count must be at least 1; got 0."),
        (["madow"], "there is no folder madow, and no data set of that name. Did you mean 'meadow'?"),
    ],
)
def test_a_slip_is_a_sentence(capsys, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["data", "show", *words]) == 2
    assert message in capsys.readouterr().err


def test_check_says_everything_and_ends_with_a_line(capsys, tmp_path):
    write_coco(tmp_path, tmp_path / "instances_val.json")
    assert cli.main(["data", "check", str(tmp_path)]) == 0
    assert capsys.readouterr() == (f"{tmp_path}: nothing is wrong\n", "")
    (tmp_path / "a.png").unlink()
    (tmp_path / "b.png").write_bytes(b"")
    assert cli.main(["data", "check", str(tmp_path / "instances_val.json")]) == 1
    *lines, last = capsys.readouterr().out.splitlines()
    assert sorted(lines) == [
        f"{tmp_path / 'a.png'}: is not there",
        f"{tmp_path / 'b.png'}: is not an image that Pillow can read",
    ]
    assert last == f"{tmp_path / 'instances_val.json'}: 2 problems"
