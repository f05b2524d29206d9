"""``minicv demo segmentation``: the page and everything beside it, and what is noticed before the training."""

import json
import os
import re
import sys
from html.parser import HTMLParser

import numpy as np
import pytest

from minicv import cli
from minicv.commands import demo
from minicv.data import CLASSES, write_image
from minicv.demos import segmentation
from minicv.lectures.figures import FIGURES

SHOWN = demo.FIGURES
TRAINED = ["demo.segmentation.predictions", "demo.segmentation.curves", "demo.segmentation.confusion"]


@pytest.fixture(scope="module")
def small():
    """A demo of a few small scenes and figures."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {"TRAINING_SCENES": 8, "FRESH_SCENES": 6, "WATCHED_SCENES": 2, "SIZE": 32}.items():
            patch.setattr(segmentation, name, value)
        patch.setattr(demo, "FIGURES", SHOWN[:2])
        yield


@pytest.fixture(scope="module")
def folder(small, tmp_path_factory):
    """What two steps with a picture of the user's write."""
    folder = tmp_path_factory.mktemp("demo") / "new" / "page"
    photo = folder.parents[1] / "photo.png"
    write_image(photo, np.random.default_rng(0).integers(0, 256, (30, 50, 3), dtype=np.uint8))
    words = ["demo", "segmentation", "--steps", "2", "--out", str(folder), "--image", str(photo)]
    assert cli.main(words) == 0
    return folder


def test_the_folder_holds_the_page_the_pictures_and_their_numbers(folder):
    drawn = [*TRAINED, "demo.segmentation.image"]
    expected = {"index.html", "results.json"}
    expected |= {f"{id}.{kind}" for id in drawn for kind in ("png", "json")}
    expected |= {f"{id}.{kind}" for id in demo.FIGURES for kind in ("svg", "json")}
    assert {path.name for path in folder.iterdir()} == expected
    assert all(path.stat().st_size > 0 for path in folder.iterdir())


def test_the_figures_of_the_page_are_among_those_of_the_lecture():
    """Each is drawn by the tests of the lecture's figures; here a page with two of them is enough."""
    assert len(SHOWN) == 9 and set(SHOWN) <= set(FIGURES)


def test_every_picture_of_the_page_is_there_and_is_described(folder):
    images, links = [], []

    class Reader(HTMLParser):
        def handle_starttag(self, tag, attributes):
            if tag == "img":
                images.append(dict(attributes))
            if tag == "a":
                links.append(dict(attributes)["href"])

    Reader().feed((folder / "index.html").read_text(encoding="utf-8"))
    assert len(images) == 4 + 2 and links == [image["src"] for image in images]
    for image in images:
        manifest = json.loads((folder / image["src"]).with_suffix(".json").read_text(encoding="utf-8"))
        assert (folder / image["src"]).is_file()
        assert image["alt"] == manifest["alt"] and len(image["alt"]) > 40


def test_the_page_and_the_files_say_the_same_numbers(folder):
    page = (folder / "index.html").read_text(encoding="utf-8")
    results = json.loads((folder / "results.json").read_text())
    confusion = json.loads((folder / "demo.segmentation.confusion.json").read_text())["numbers"]
    curves = json.loads((folder / "demo.segmentation.curves.json").read_text())["numbers"]
    assert (results.pop("steps"), results.pop("seed")) == (2, 0)
    assert list(results) == list(segmentation.NETWORKS) == list(confusion) == list(curves["loss"])
    for name, measured in results.items():
        counts = np.array(confusion[name]["counts"])
        assert counts.sum() == 6 * 32 * 32
        assert measured["pixel accuracy"] == pytest.approx(np.trace(counts) / counts.sum())
        assert f"<td>{name}</td><td>{measured['mean IoU']:.3f}</td>" in page
        assert len(curves["loss"][name]) == 2 and curves["steps"] == [1, 2]
    assert "for 2 steps (seed 0) on 8 scenes, and measured on 6 others" in page


def test_the_users_picture_is_labelled(folder):
    shares = json.loads((folder / "demo.segmentation.image.json").read_text())["numbers"][
        "share of the pixels"
    ]
    for name in segmentation.NETWORKS:
        assert set(shares[name]) == set(CLASSES) and sum(shares[name].values()) == pytest.approx(1)


def test_the_same_seed_gives_the_same_numbers(small, folder, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(demo, "FIGURES", ())
    found = [(folder / "results.json").read_text()]
    for seed in "05":
        out = tmp_path / seed
        assert cli.main(["demo", "segmentation", "--steps", "2", "--out", str(out), "--seed", seed]) == 0
        printed = capsys.readouterr().out
        measured = r"^max unpooling: mean IoU 0\.\d{3}, pixel accuracy 0\.\d{3} on fresh scenes$"
        assert re.search(measured, printed, re.M) and f"\n{out / 'index.html'} (" in printed
        found.append((out / "results.json").read_text())
    assert found[0] == found[1] != found[2].replace('"seed": 5', '"seed": 0')
    assert not (tmp_path / "0" / "demo.segmentation.image.png").exists()


@pytest.mark.parametrize(
    ("height", "width", "expected"), [(30, 50, (56, 96)), (400, 100, (96, 24)), (1, 1000, (4, 96))]
)
def test_a_photo_is_scaled_to_what_the_networks_know(tmp_path, height, width, expected):
    write_image(tmp_path / "a.png", np.full((height, width, 3), 7, np.uint8))
    assert demo.read_photo(tmp_path / "a.png").shape == (*expected, 3)


# Noticed before anything is drawn or trained.


@pytest.fixture
def refused(monkeypatch, capsys):
    """Run the demo; return the sentence that it ends with, and see that no work was begun."""
    monkeypatch.setattr(segmentation, "scenes", lambda *args: pytest.fail("too late"))

    def run(*words):
        assert cli.main(["demo", "segmentation", *words]) == 2
        out, err = capsys.readouterr()
        assert out == "" and err.count("\n") == 1
        return err.removeprefix("minicv: error: ").rstrip()

    return run


@pytest.mark.parametrize("words", [["--steps", "0"], ["--steps", "-3"], ["--seed", "-1"]])
def test_numbers_out_of_range(refused, tmp_path, words):
    said = refused(*words, "--out", str(tmp_path / "new"))
    assert said.startswith("demo: --steps must be at least 1 and --seed at least 0; got ")
    assert not (tmp_path / "new").exists()


def test_a_gpu_that_is_not_there(refused, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "cupy", None)
    said = refused("--device", "cuda", "--out", str(tmp_path / "new"))
    assert said.startswith('device "cuda" needs CuPy, which is not installed. Install it with: pip install')
    assert not (tmp_path / "new").exists()


def test_a_picture_that_is_none(refused, tmp_path):
    (tmp_path / "text.png").write_text("hello")
    out = str(tmp_path / "new")
    assert refused("--out", out, "--image", "nothing.png") == "read_image: there is no file 'nothing.png'."
    assert "is not an image that Pillow can read" in refused(
        "--out", out, "--image", str(tmp_path / "text.png")
    )
    assert not (tmp_path / "new").exists()


def test_a_place_that_is_a_file(refused, tmp_path):
    (tmp_path / "file").write_text("mine")
    for place in (tmp_path / "file", tmp_path / "file" / "below"):
        said = refused("--out", str(place))
        assert said.startswith(f"demo: --out must be a folder to write to; got {place} (")
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="the superuser may write anywhere")
def test_a_folder_that_is_read_only(refused, tmp_path):
    (tmp_path / "closed").mkdir(mode=0o500)
    assert "(Permission denied)" in refused("--out", str(tmp_path / "closed"))


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="no folder in which nobody may write")
def test_a_folder_where_nobody_can_write(refused):
    assert refused("--out", "/proc/self").startswith(
        "demo: --out must be a folder to write to; got /proc/self ("
    )


def test_a_task_that_does_not_exist(capsys):
    with pytest.raises(SystemExit) as exit:
        cli.main(["demo", "detection"])
    assert exit.value.code == 2 and "segmentation" in capsys.readouterr().err
