"""The figures show what the decks print, legibly, in every theme, and say in words what they show."""

import doctest
import json
import re

import numpy as np
import pytest
from matplotlib.colors import to_rgba

import minicv.functional as F
from minicv import cli
from minicv.lectures import figures
from minicv.lectures.figures import FIGURES, common, draw, figure
from minicv.lectures.figures.common import image, in_words, plane, signal, symbols
from minicv.viz import THEMES, text_problems

IDS = (
    "unpool.nearest unpool.nails unpool.max pool.max.kr tconv.1d tconv.2d "
    "conv.matrix1d.s1 conv.matrix1d.s2 tconv.matrix1d.s1 tconv.matrix1d.s2 conv.matrix2d conv.backward.CT"
).split()


@pytest.fixture(scope="module")
def pictures():
    return {id: draw(id) for id in FIGURES}


@pytest.fixture
def numbers(pictures):
    return lambda id: pictures[id].manifest()["numbers"]


def test_the_figures_of_this_lecture_are_there():
    assert set(IDS) <= set(FIGURES)


# What the decks print (lecture map, parts A and B).


def test_nearest(numbers):
    assert numbers("unpool.nearest")["output"] == [[1, 1, 2, 2], [1, 1, 2, 2], [3, 3, 4, 4], [3, 3, 4, 4]]


def test_bed_of_nails(numbers):
    assert numbers("unpool.nails")["output"] == [[1, 0, 2, 0], [0, 0, 0, 0], [3, 0, 4, 0], [0, 0, 0, 0]]


def test_max_pooling_and_its_switches(numbers):
    shown = numbers("pool.max.kr")
    assert shown["input"] == [[1, 2, 6, 3], [3, 5, 2, 1], [1, 2, 2, 1], [7, 3, 4, 8]]
    assert shown["output"] == [[5, 6], [7, 8]]
    assert shown["switches"] == [[[1, 1], [0, 2]], [[3, 0], [3, 3]]]


def test_max_unpooling(numbers):
    shown = numbers("unpool.max")
    assert shown["output"] == [[0, 0, 2, 0], [0, 1, 0, 0], [0, 0, 0, 0], [3, 0, 0, 4]]
    assert shown["canvases"][0] == [[0, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]]
    assert shown["canvases"][-1] == shown["output"]


def test_transposed_convolution_in_one_dimension(numbers):
    shown = numbers("tconv.1d")
    assert shown["stamps"] == [["ax", "ay", "az", "0", "0"], ["0", "0", "bx", "by", "bz"]]
    assert shown["sum"] == ["ax", "ay", "az+bx", "by", "bz"]
    assert shown["output"] == shown["sum"][1:]


def test_transposed_convolution_in_two_dimensions(numbers):
    shown = numbers("tconv.2d")
    a, w = np.array(shown["input"]), np.array(shown["filter"])
    expected = np.zeros((5, 5), int)
    for i, j in np.ndindex(2, 2):
        expected[2 * i : 2 * i + 3, 2 * j : 2 * j + 3] += a[i, j] * w
    assert shown["sum"] == expected.tolist() == shown["canvases"][-1]
    assert shown["output"] == expected[1:, 1:].tolist() and len(shown["output"]) == 4
    assert shown["count"] == [
        [1, 1, 2, 1, 1],
        [1, 1, 2, 1, 1],
        [2, 2, 4, 2, 2],
        [1, 1, 2, 1, 1],
        [1, 1, 2, 1, 1],
    ]
    assert shown["stamps"][3] == (4 * w).tolist()


def test_convolution_as_a_matrix(numbers):
    shown = numbers("conv.matrix1d.s1")
    assert shown["matrix"] == [[*"xyz000"], [*"0xyz00"], [*"00xyz0"], [*"000xyz"]]
    assert shown["output"] == ["ay+bz", "ax+by+cz", "bx+cy+dz", "cx+dy"]
    shown = numbers("conv.matrix1d.s2")
    assert shown["matrix"] == [[*"xyz000"], [*"00xyz0"]]
    assert shown["output"] == ["ay+bz", "bx+cy+dz"]


@pytest.mark.parametrize("stride", [1, 2])
def test_the_matrix_gives_what_the_padded_convolution_gives(numbers, stride):
    def conv(x, w):
        return F.conv1d(signal(x), signal(w), stride=stride, padding=1).numpy()[0, 0]

    assert numbers(f"conv.matrix1d.s{stride}")["output"] == symbols(conv, [*"abcd"], [*"xyz"]).tolist()


def test_transposed_convolution_as_a_matrix(numbers):
    shown = numbers("tconv.matrix1d.s1")
    assert shown["matrix"] == [[*row] for row in ("x000", "yx00", "zyx0", "0zyx", "00zy", "000z")]
    assert shown["output"] == ["ax", "ay+bx", "az+by+cx", "bz+cy+dx", "cz+dy", "dz"]
    shown = numbers("tconv.matrix1d.s2")
    assert shown["matrix"] == [[*row] for row in ("x0", "y0", "zx", "0y", "0z", "00")]
    assert shown["output"] == ["ax", "ay", "az+bx", "by", "bz", "0"]


@pytest.mark.parametrize("stride", [1, 2])
def test_the_transpose_is_transposed_convolution_and_an_ordinary_one(numbers, stride):
    def tconv(y, w):
        return F.conv_transpose1d(signal(y), signal(w), stride=stride, output_padding=stride - 1).numpy()[
            0, 0
        ]

    shown = numbers(f"tconv.matrix1d.s{stride}")
    assert shown["output"] == symbols(tconv, shown["input"], [*"xyz"]).tolist() == shown["ordinary"]
    assert shown["partial"][0][:4] == ["ax", "ay", "az", "0"]


def test_convolution_as_a_matrix_in_two_dimensions(numbers):
    shown = numbers("conv.matrix2d")
    assert np.shape(shown["matrix"]) == (4, 16)
    assert shown["starts"] == [0, 1, 4, 5] and shown["nonzeros"] == [9] * 4
    assert shown["windows"] == [[1, 2, 2, 1], [2, 4, 4, 2], [2, 4, 4, 2], [1, 2, 2, 1]]
    row = "0 w₀₀ w₀₁ w₀₂ 0 w₁₀ w₁₁ w₁₂ 0 w₂₀ w₂₁ w₂₂ 0 0 0 0"
    assert shown["matrix"][1] == row.split()


def test_backward_is_the_transpose(numbers):
    shown = numbers("conv.backward.CT")
    assert np.shape(shown["CT"]) == (16, 4)
    assert shown["difference"] == 0 and shown["dx"] == shown["gradient"]
    dy, w = np.array(shown["dy"]), np.array(shown["filter"])
    full = np.pad(dy, 2)  # the full correlation with the filter turned round, written out
    expected = [[(full[i : i + 3, j : j + 3] * w[::-1, ::-1]).sum() for j in range(4)] for i in range(4)]
    assert shown["dx"] == expected


# Legible, in words, and in one layout.


@pytest.mark.parametrize("id", IDS)
def test_every_text_is_large_enough_and_free(pictures, id):
    picture = pictures[id]
    for step, page in enumerate([picture.figure, *picture.frames]):
        assert text_problems(page) == [], f"page {step}"


@pytest.mark.parametrize("id", ["unpool.nails", "conv.matrix1d.s2"])
@pytest.mark.parametrize("theme", ["dark", "print"])
def test_themes_change_colours_and_nothing_else(pictures, id, theme):
    light, other = pictures[id], draw(id, theme)
    assert other.figure.get_facecolor() == to_rgba(THEMES[theme].background)
    assert other.manifest() == light.manifest()
    texts = [[(t.get_text(), t.get_position()) for t in p.figure.sheet.texts] for p in (light, other)]
    assert texts[0] == texts[1]


def test_cells_have_24_points_or_more(pictures):
    for picture in pictures.values():
        for page in (picture.figure, *picture.frames):
            in_cells = [text for text in page.sheet.texts if text.get_va() == "center_baseline"]
            assert in_cells and min(text.get_size() for text in in_cells) >= 24, picture.id


def test_every_figure_is_stepped_and_says_its_numbers(pictures):
    for picture in pictures.values():
        assert len(picture.frames) >= 2, picture.id
        shown = picture.manifest()["numbers"]
        result = shown.get("output", shown.get("dx", shown.get("windows")))
        words = in_words(result) if np.ndim(result) == 2 else ", ".join(result)
        assert words in picture.alt or words.replace(",", "") in picture.alt, picture.id
        assert all(step.endswith(".") for step in picture.steps)


def test_steps_do_not_move_what_they_do_not_change(pictures):
    for picture in pictures.values():
        for before, after in zip(picture.frames, picture.frames[1:]):
            labels = [
                {
                    t.get_text(): t.get_position()
                    for t in page.sheet.texts
                    if t.get_size() == 18 and t.get_va() == "bottom"
                }
                for page in (before, after)
            ]
            common = labels[0].keys() & labels[1].keys()
            assert len(common) >= 2, picture.id
            assert all(labels[0][words] == labels[1][words] for words in common), picture.id


def test_the_last_step_of_the_crop_is_the_output(pictures):
    *_, stamp, crop = pictures["tconv.2d"].frames
    cells = [[t.get_text() for t in page.sheet.texts if t.get_size() == 26] for page in (stamp, crop)]
    assert cells[0] == cells[1] and len(cells[0]) == 25


def test_figures_are_the_same_bytes_from_run_to_run(tmp_path):
    one, other = (draw("conv.matrix1d.s2").save(tmp_path / str(i), ("svg", "png")) for i in range(2))
    assert [path.read_bytes() for path in one] == [path.read_bytes() for path in other]


# Letters.


def test_letters_stand_for_numbers():
    rng = np.random.default_rng(0)

    def op(x, w):
        return F.conv_transpose1d(signal(x), signal(w), stride=2, padding=1).numpy()[0, 0]

    letters, taps = [*"abcd"], [*"uvxyz"]
    values = dict(zip(letters + taps, rng.integers(1, 9, 9).tolist()))
    sums = symbols(op, letters, taps)
    product = op([values[a] for a in letters], [values[w] for w in taps])
    assert [
        eval("+".join("*".join(term) for term in s.split("+")), {}, values) for s in sums
    ] == product.tolist()


def test_letters_carry_signs_and_factors():
    assert symbols(lambda x: np.array([-x[0], 2 * x[0] - x[1], 0 * x[0]]), ["a", "b"]).tolist() == [
        "−a",
        "2a−b",
        "0",
    ]


def test_planes_are_integers_only_where_they_are_whole():
    assert plane(image([[1, 2]])).dtype == np.int64
    assert plane(image([[1.5, 2]])).tolist() == [[1.5, 2.0]]


@pytest.mark.parametrize("module", [figures, common])
def test_docstring_examples(module):
    result = doctest.testmod(module)
    assert result.attempted > 0 and result.failed == 0


# The registry and the command.


def test_an_id_is_taken_once():
    with pytest.raises(ValueError, match=r"the id 'tconv.2d' is taken by two_dimensions"):
        figure("tconv.2d", decks=[], provenance="computed")(lambda theme: {})


def test_unknown_ids_get_a_suggestion():
    with pytest.raises(ValueError, match=r"there is no figure 'tconv.3d'. Did you mean tconv.*2d"):
        draw("tconv.3d")


def test_manifest_names_the_slides(pictures):
    assert pictures["tconv.2d"].manifest()["decks"] == ["OU 20-24", "KR 10", "SHA 56-58"]


def test_command_lists_the_figures(capsys):
    assert cli.main(["figure", "list"]) == 0
    out = capsys.readouterr().out
    assert all(re.search(rf"^{re.escape(id)} ", out, re.M) for id in IDS)
    assert "OU 20-24, KR 10, SHA 56-58" in out


def test_command_draws_in_the_formats_asked_for(tmp_path, capsys):
    out = str(tmp_path / "talk")
    words = [
        "figure",
        "unpool.na*",
        "--format",
        "svg,png",
        "--theme",
        "dark",
        "--frames",
        "png",
        "--out",
        out,
    ]
    assert cli.main(words) == 0
    written = sorted(path.name for path in (tmp_path / "talk").iterdir())
    steps = [f"unpool.nails-0{i}.png" for i in range(1, 5)]
    assert written == [*steps, "unpool.nails.json", "unpool.nails.png", "unpool.nails.svg"]
    assert re.search(r"^7 files in \d+\.\d s$", capsys.readouterr().out, re.M)
    manifest = json.loads((tmp_path / "talk" / "unpool.nails.json").read_text())
    assert manifest["numbers"]["input"] == [[1, 2], [3, 4]]


def test_command_refuses_unknown_ids_and_formats(tmp_path, capsys):
    out = str(tmp_path / "talk")
    assert cli.main(["figure", "unpool.nails", "unpol.max", "--out", out]) == 2
    assert "minicv: error: figure: there is no figure 'unpol.max'. Did you mean" in capsys.readouterr().err
    assert cli.main(["figure", "unpool.nails", "--format", "jpg", "--out", out]) == 2
    assert "formats must be of svg, pdf, png; got 'jpg'" in capsys.readouterr().err
    assert not (tmp_path / "talk").exists()
