"""The benchmark runs, compares like with like, and leaves no kernel out."""

import argparse
import json
import re
from functools import partial
from importlib.util import find_spec

import numpy as np
import pytest

from benchmarks import command, compare, entries, floors, layers, networks, ops, report, store
from benchmarks.sides import side
from minicv import kernels

needs_torch = pytest.mark.skipif(not find_spec("torch"), reason="PyTorch is not installed")


def run(*arguments):
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args(arguments))


def test_a_run_prints_a_row_and_writes_the_numbers(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(floors, "_least", partial(floors._least, turns=1))
    file = tmp_path / "results.json"
    assert run("--only", "LeNet's second", "--turns", "2", "--json", str(file)) == 0
    printed = capsys.readouterr().out
    rows = json.loads(file.read_text())["results"]["other layers"]
    assert len(rows) == 3 and all(name in printed for name in rows)
    for row in rows.values():
        times = row["minicv"]
        assert 0 < times["least"] <= times["q1"] <= times["median"] <= times["q3"]


def test_nothing_chosen_is_a_sentence():
    with pytest.raises(ValueError, match=r"bench: nothing has 'covn' in its name; the groups are steps"):
        run("--only", "covn")


def test_names_are_distinct():
    names = [entry.name for entry in entries.entries()]
    assert len(set(names)) == len(names)


@pytest.mark.torch
@needs_torch
@pytest.mark.parametrize("name", networks.STEPS)
def test_the_sides_take_the_same_training_steps(name):
    ours, theirs = (networks.training_step(side(s), name, batch=2) for s in ("minicv", "torch"))
    for _ in range(3):
        np.testing.assert_allclose(ours(), theirs(), rtol=1e-3)


def test_a_difference_is_seen():
    assert compare.difference((np.ones(2), 4.0), (np.ones(2), 5.0)) == pytest.approx(0.2)


# Kernels that no entry reaches, and why.
NOT_MEASURED = {"roi_pick": "the gradient of roi_pool's gradient calls it, and nothing else"}


def test_every_kernel_is_measured_or_has_a_reason():
    """Run every op once, in one of the sizes listed: which kernels it calls is seen, not declared."""
    reached, first = set(), {}
    small = [entry for entry in layers.other_layers() if "LeNet's second" in entry.name]
    for entry in [*ops.kernels(), *small]:
        op, *_, direction = re.split(r",? \d|, ", entry.name)
        first.setdefault((op, direction), entry)
    for entry in first.values():
        with floors.watched() as calls:
            compare.prepared(entry, "minicv")
        reached |= {name for name, _, _ in calls}
    assert set(kernels.registry) - reached == set(NOT_MEASURED)


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """An empty checkout to store a run in: its two pages with their marks."""
    here = tmp_path / "benchmarks"
    here.mkdir()
    for page in (tmp_path / "README.md", here / "README.md"):
        page.write_text("before\n<!-- from the last stored run -->\nold\n<!-- until here -->\nafter\n")
    monkeypatch.setattr(store, "HERE", here)
    monkeypatch.setattr(store, "RESULTS", here / "results")
    monkeypatch.setattr(store, "PAGE", here / "README.md")
    return tmp_path


def times(median):
    return {"median": median, "q1": median, "q3": median, "least": median}


def test_a_stored_run_is_drawn_written_and_compared_with(checkout):
    row = {"minicv": times(1.0), "torch": times(4.0), "floor": 0.5, "kernels": ["conv2d"]}
    document = command.facts() | {"results": {"steps": {"LeNet": row}}}
    store.keep(document)
    assert store.last(document["machine"]) == document["results"]
    assert store.last({"processor": "another"}) == {}

    readme, page = ((checkout / name).read_text() for name in ("README.md", "benchmarks/README.md"))
    assert "LeNet 0.25" in readme and "(benchmarks/ratios.svg)" in readme
    assert "| steps | 1 | 0.25 | 0.25 |" in " ".join(page.split()).replace("  ", " ")
    assert "conv2d" in page
    for text in (readme, page):
        assert text.startswith("before\n") and text.endswith("\nafter\n") and "old" not in text
    picture = (checkout / "benchmarks/ratios.svg").read_text()
    assert "<desc>" in picture and "LeNet 0.25" in picture and len(picture) < 200_000
    assert "0.25" in report.line("LeNet", row, before=row)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--store", "--only", "steps"], "only a whole run is stored"),
        (["--turns", "0"], "--turns must be at least 1; got 0"),
    ],
)
def test_wrong_options_are_a_sentence(arguments, complaint):
    with pytest.raises(ValueError, match=complaint):
        run(*arguments)
