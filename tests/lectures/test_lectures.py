"""The lectures run as scripts and as notebooks, and their exercises tell right solutions from wrong ones."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[2]
LECTURES = sorted((ROOT / "lectures").glob("[0-9][0-9]_*.py"))
README = (ROOT / "lectures/README.md").read_text(encoding="utf-8")
SLIDES = r"[A-Z]+ \d+(?:-\d+)?(?:, [A-Z]+ \d+(?:-\d+)?)*"
each_lecture = pytest.mark.parametrize("path", LECTURES, ids=lambda path: path.stem)


def cells(path):
    """The cells of a percent file as ("markdown" or "code", text) pairs."""
    head, *parts = re.split(r"^# %%(.*)\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert head == "", "a lecture begins with a cell"
    kinds = {"": "code", " [markdown]": "markdown"}
    return [(kinds[mark], text.strip()) for mark, text in zip(parts[::2], parts[1::2])]


def code(path):
    return [text for kind, text in cells(path) if kind == "code"]


def definitions(path):
    """What a lecture imports and defines, without running the rest of it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tree.body = [
        node for node in tree.body if isinstance(node, (ast.Import, ast.ImportFrom, ast.FunctionDef))
    ]
    namespace = {}
    exec(compile(tree, path, "exec"), namespace)
    return namespace


def test_there_are_lectures():
    assert "03_transpose_convolution" in [path.stem for path in LECTURES]


# As a script, as a student runs it.


@each_lecture
def test_it_runs_and_writes_its_figures(path, tmp_path):
    # The path stands in for an installation: everything else is what a student types.
    env = os.environ | {"PYTHONPATH": str(ROOT), "MINICV_FIGURES": str(tmp_path), "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, str(path)]
    run = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, encoding="utf-8", timeout=600)
    assert run.returncode == 0, run.stderr
    assert "exercise: not solved yet" in run.stdout
    figures = re.findall(r"^figure: (.*)\.png$", run.stdout, flags=re.MULTILINE)
    assert len(figures) == path.read_text(encoding="utf-8").count("\nshow(") > 0
    written = {file for stem in figures for file in (f"{stem}.png", f"{stem}.json")}
    assert {str(file) for file in tmp_path.iterdir()} == written


# As a file in percent format.


@each_lecture
def test_markdown_is_comments_and_code_is_short(path):
    kinds = {kind for kind, _ in cells(path)}
    assert kinds == {"markdown", "code"} and cells(path)[0][1].startswith("# # ")
    for kind, text in cells(path):
        if kind == "markdown":
            assert all(line.startswith("#") for line in text.splitlines()), text
        else:
            ast.parse(text)
            assert len([line for line in text.splitlines() if line]) <= 15, text


@each_lecture
def test_a_figure_is_the_last_thing_of_its_cell(path):
    """Jupyter shows what a cell ends with, and nothing else of it."""
    for text in code(path):
        calls = [node.lineno for node in ast.walk(ast.parse(text)) if getattr(node, "id", "") == "show"]
        assert len(calls) <= 1 and calls in ([], [len(text.splitlines())]), text


@each_lecture
def test_slide_tags_name_slides_that_the_readme_lists(path):
    (row,) = [line for line in README.splitlines() if f"({path.name})" in line]
    announced = slides(re.search(SLIDES, row).group())
    tags = [line for text in code(path) for line in text.splitlines() if "slide" in line.partition(":")[0]]
    found = [re.fullmatch(rf"# slide: ({SLIDES}): [A-Z\d\"].*\.", tag) for tag in tags]
    assert all(found), [tag for tag, match in zip(tags, found) if not match]
    assert {slide for match in found for slide in slides(match[1])} == announced


def slides(words):
    """ "OU 17-18, KR 9" as {("OU", 17), ("OU", 18), ("KR", 9)}."""
    ranges = re.findall(r"([A-Z]+) (\d+)-?(\d*)", words)
    return {(deck, n) for deck, first, last in ranges for n in range(int(first), int(last or first) + 1)}


# As a notebook.


@each_lecture
def test_jupytext_reads_it_and_writes_it_back(path):
    jupytext = pytest.importorskip("jupytext", reason="needs the extra `lectures`")
    notebook = jupytext.read(path)
    assert [cell.cell_type for cell in notebook.cells] == [kind for kind, _ in cells(path)]
    written = jupytext.writes(notebook, fmt="py:percent")
    assert re.sub(r"\A# ---\n.*?# ---\n\n", "", written, flags=re.DOTALL) == path.read_text(encoding="utf-8")


@pytest.mark.slow
@each_lecture
def test_it_runs_as_a_notebook_and_shows_its_figures(path, tmp_path, monkeypatch):
    jupytext = pytest.importorskip("jupytext", reason="needs the extra `lectures`")
    nbclient = pytest.importorskip("nbclient", reason="needs the extra `lectures`")
    pytest.importorskip("ipykernel", reason="needs the extra `lectures`")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("MINICV_FIGURES", str(tmp_path))
    notebook = jupytext.read(path)
    nbclient.NotebookClient(notebook, timeout=600, kernel_name="python3").execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    shown = [output for output in outputs if "image/png" in output.get("data", {})]
    assert len(shown) == path.read_text(encoding="utf-8").count("\nshow(")
    assert all(len(output.metadata["image/png"]["alt"]) > 40 for output in shown)
    assert list(tmp_path.iterdir()) == []  # a notebook keeps its pictures


# The exercise of lecture 03: transposed convolution as a gather.


@pytest.fixture(scope="module")
def lecture_03():
    return definitions(ROOT / "lectures/03_transpose_convolution.py")


def gather(y, w, stride, padding, cells):
    x = np.zeros(cells)
    for cell in range(cells):
        for j, tap in enumerate(w):
            i, rest = divmod(cell + padding - j, stride)
            if rest == 0 and 0 <= i < len(y):
                x[cell] += tap * y[i]
    return x


def stride_ignored(y, w, stride, padding, cells):
    return gather(y, w, 1, padding, cells)


def padding_ignored(y, w, stride, padding, cells):
    return gather(y, w, stride, 0, cells)


def filter_turned_round(y, w, stride, padding, cells):
    return gather(y, w[::-1], stride, padding, cells)


def one_cell_short(y, w, stride, padding, cells):
    return gather(y, w, stride, padding, (len(y) - 1) * stride + len(w) - 2 * padding)


def last_stamp_wins(y, w, stride, padding, cells):
    x = np.zeros(cells)
    for i, j in np.ndindex(len(y), len(w)):
        if 0 <= i * stride + j - padding < cells:
            x[i * stride + j - padding] = w[j] * y[i]
    return x


def between_the_stamps(y, w, stride, padding, cells):
    """Takes y[i] for cells where tap j of its stamp does not lie."""
    x = np.zeros(cells)
    for cell, j in np.ndindex(cells, len(w)):
        i = (cell + padding - j) // stride
        x[cell] += w[j] * y[i] if 0 <= i < len(y) else 0
    return x


def before_the_first(y, w, stride, padding, cells):
    """Takes y[-1], the last, where it means the one before the first."""
    x = np.zeros(cells)
    for cell, j in np.ndindex(cells, len(w)):
        i, rest = divmod(cell + padding - j, stride)
        x[cell] += w[j] * y[i] if rest == 0 and i < len(y) else 0
    return x


def test_a_right_solution_passes(lecture_03):
    assert lecture_03["check_exercise"](gather) is True


def test_the_stub_is_not_a_solution(lecture_03):
    with pytest.raises(NotImplementedError, match="`gather` is still empty"):
        lecture_03["check_exercise"](lecture_03["gather"])


@pytest.mark.parametrize(
    ("wrong", "first_noticed"),
    [
        (stride_ignored, r"5 cells, .*'stride': 2"),
        (padding_ignored, r"5 cells, .*'padding': 1"),
        (filter_turned_round, r"5 cells, .*'stride': 1"),
        (one_cell_short, r"6 cells, .*back to the shape of x, \(6,\); got \(5,\)"),
        (last_stamp_wins, r"5 cells, .*'stride': 1"),
        (between_the_stamps, r"5 cells, .*'stride': 2"),
        (before_the_first, r"5 cells, .*'stride': 1"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_wrong_solutions_are_told_where(lecture_03, wrong, first_noticed):
    with pytest.raises(AssertionError, match=first_noticed):
        lecture_03["check_exercise"](wrong)
