"""A picture carries its words and numbers into every file, and the files are the same from run to run."""

import io
import json
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from minicv.viz import Grid, Page, Picture, learning_curves, text_problems

ALT = 'A 2 × 2 grid: 1, 2 & "3" < 4.'


def page_with(values):
    page = Page("content")
    Grid(page, values, x=1, y=1.5, label="input 2 × 2", role="gradient")
    learning_curves(page.panel(5, 1, 4, 3), {"loss": np.linspace(1, 0, 40)}, "loss")
    return page


def picture(**changes):
    fields = {
        "id": "test.one",
        "title": "A <title>",
        "alt": ALT,
        "provenance": "computed",
        "figure": page_with([[1, 2], [3, 4]]),
        "numbers": {"grid": np.array([[1, 2], [3, 4]]), "shape": (2, 2), "mean": np.float64(2.5)},
    }
    return Picture(**fields | changes)


def stepped():
    return picture(frame=lambda i: page_with([[i, 0], [0, 0]]), steps=["zero", "one", "two"])


@pytest.mark.parametrize("kind", ["svg", "pdf", "png"])
def test_saved_twice_is_the_same_bytes(tmp_path, kind):
    one, again, other = (
        picture(**changes).save(tmp_path / str(i) / "p", (kind,))[0].read_bytes()
        for i, changes in enumerate([{}, {}, {"figure": page_with([[1, 2], [3, 5]])}])
    )
    assert one == again
    assert one != other


def test_the_same_picture_can_be_saved_again(tmp_path):
    same = picture()
    first = [path.read_bytes() for path in same.save(tmp_path / "a", ("svg", "pdf", "png"))]
    second = [path.read_bytes() for path in same.save(tmp_path / "b", ("svg", "pdf", "png"))]
    assert first == second


def test_svg_says_what_it_is_to_a_screen_reader(tmp_path):
    svg, _ = picture().save(tmp_path / "p")
    root = ElementTree.parse(svg).getroot()
    name = "{http://www.w3.org/2000/svg}"
    assert root.get("role") == "img"
    assert [child.tag for child in root][:2] == [name + "title", name + "desc"]
    assert (root[0].text, root[1].text) == ("A <title>", ALT)
    assert "matplotlib v" not in svg.read_text().lower()


def test_identifiers_of_two_pictures_do_not_collide(tmp_path):
    ids = []
    for name in ("test.one", "test.two"):
        svg, _ = picture(id=name, figure=page_with([[1, 2], [3, 4]])).save(tmp_path / name)
        ids.append(
            {
                e.get("id")
                for e in ElementTree.parse(svg).iter()
                if e.get("id", "").startswith(("p", "m", "h"))
            }
        )
    salted = [{i for i in found if len(i) == 11} for found in ids]
    assert salted[0] and not salted[0] & salted[1]


def test_png_and_pdf_carry_title_and_alt_but_no_program_version(tmp_path):
    png, pdf, _ = picture().save(tmp_path / "p", ("png", "pdf"))
    with Image.open(png) as image:
        assert image.size == (1728, 864)
        assert image.text == {"Title": "A <title>", "Description": ALT}
    assert b"CreationDate" not in pdf.read_bytes() and b"/Title" in pdf.read_bytes()


def test_manifest_is_written_in_plain_json(tmp_path):
    _, path = picture(about={"seed": np.int64(7)}).save(tmp_path / "p")
    manifest = json.loads(path.read_text())
    assert manifest["numbers"] == {"grid": [[1, 2], [3, 4]], "shape": [2, 2], "mean": 2.5}
    assert manifest["id"] == "test.one" and manifest["alt"] == ALT
    assert manifest["provenance"] == "computed" and manifest["steps"] == []
    assert manifest["seed"] == 7


def test_every_figure_states_its_provenance():
    signed = stepped()
    for figure in (signed.figure, *signed.frames):
        words = [text.get_text() for text in figure.texts]
        assert words == ["computed: every number comes from running the op", "test.one"]
        assert text_problems(figure) == []


def test_frames_as_pdf_pages_numbered_png_and_gif(tmp_path):
    one = stepped()
    (pdf,) = one.save_frames(tmp_path / "p", "pdf")
    assert pdf.name == "p-frames.pdf" and pdf.read_bytes().count(b"/Type /Page ") == 3
    names = [path.name for path in one.save_frames(tmp_path / "p", "png")]
    assert names == ["p-01.png", "p-02.png", "p-03.png"]
    with Image.open(tmp_path / "p-02.png") as image:
        assert image.text["Description"] == "one"
    (gif,) = one.save_frames(tmp_path / "p", "gif")
    with Image.open(gif) as image:
        assert image.n_frames == 3 and image.info["loop"] == 0
        durations = []
        for i in range(3):
            image.seek(i)
            durations.append(image.info["duration"])
    assert durations == [1200, 1200, 2000]
    assert stepped().save_frames(tmp_path / "q", "gif")[0].read_bytes() == gif.read_bytes()


def test_frames_are_drawn_once_and_not_before_they_are_asked_for(tmp_path):
    drawn = []
    one = picture(frame=lambda i: drawn.append(i) or page_with([[i, 0], [0, 0]]), steps=["zero", "one"])
    one.save(tmp_path / "p")
    assert one.manifest()["steps"] == ["zero", "one"] and not drawn
    assert one.frames is one.frames and drawn == [0, 1]


def test_frames_share_one_layout():
    first, *others = stepped().frames
    for figure in others:
        assert [t.get_position() for t in figure.sheet.texts] == [t.get_position() for t in first.sheet.texts]


def test_notebooks_get_the_alt_text():
    png, about = picture()._repr_png_()
    assert Image.open(io.BytesIO(png)).size == (864, 432)
    assert about == {"alt": ALT}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"provenance": "guessed"}, "provenance must be one of computed, trained, .*; got 'guessed'"),
        ({"alt": " "}, "test.one needs an alt text"),
        ({"steps": ["zero"]}, "1 steps but no function that draws their frames"),
    ],
)
def test_incomplete_pictures_are_refused(changes, message):
    with pytest.raises(ValueError, match=message):
        picture(**changes)


def test_unknown_formats_write_nothing(tmp_path):
    with pytest.raises(ValueError, match="formats must be of svg, pdf, png; got 'jpg'"):
        picture().save(tmp_path / "p", ("svg", "jpg"))
    with pytest.raises(ValueError, match="kind must be of pdf, png, gif; got 'mp4'"):
        picture().save_frames(tmp_path / "p", "mp4")
    assert list(tmp_path.iterdir()) == []
