"""A short smoke of the fuzzing, and faults that it must notice."""

import os
import random
import re
import time

import numpy as np
import pytest

from tests.fuzz import watch
from tests.fuzz.__main__ import main
from tests.fuzz.mutate import LAYERS, mutated
from tests.fuzz.targets import Target, targets
from tests.fuzz.watch import Watcher, fuzz

INPUTS = 15  # for each parser


def test_every_parser_withstands_a_few_inputs(tmp_path):
    for target in targets(tmp_path).values():
        watcher = Watcher(target, tmp_path / target.name, seed=0)  # what explores is `python -m tests.fuzz`
        assert watcher.judge() == (None, "read"), target.name
        for _ in range(INPUTS):
            wrong = watcher.next()
            assert wrong is None, (target.name, watcher.name, watcher.data, wrong)


def test_same_seed_same_inputs(tmp_path):
    known = targets(tmp_path)
    for name in ("npz", "idx-gz", "coco"):
        inputs = []
        for i, seed in enumerate((5, 5, 6)):
            watcher = Watcher(known[name], tmp_path / f"{name}{i}", seed)
            inputs.append([(watcher.next(), watcher.data)[1] for _ in range(10)])
        assert inputs[0] == inputs[1] != inputs[2]


def test_changes_reach_what_lies_behind_checksums(tmp_path):
    """Of every kind of container some mutants can still be opened, and differ inside."""
    rng, known = random.Random(0), targets(tmp_path)
    contents = [data for t in known.values() for files in t.files.values() for data in files]
    for fits, change in LAYERS:
        data = next(data for data in contents if fits(data))
        changed = {mutated(data, [data], rng) for _ in range(50)}
        assert sum(fits(other) for other in changed) > 10 and len(changed) > 25, change


# Readers that do what none may.


def wrong_type(folder):
    raise KeyError(f"{folder}")


def without_the_file(folder):
    raise ValueError("damaged")


def hidden_memory_error(folder):
    try:
        np.empty(2**45)
    except MemoryError:
        raise ValueError(f"{folder}") from None


def greedy(folder):
    np.ones(2**24)


def slow(folder):
    end = time.process_time() + 0.2
    while time.process_time() < end:
        pass


def commanding(folder):
    os.system("true")


def compiling(folder):
    exec("1")


def writing(folder):
    open(os.devnull, "w").close()


def warning(folder):
    np.float32([1e300])


@pytest.mark.parametrize(
    ("read", "words"),
    [
        (wrong_type, "raised KeyError"),
        (without_the_file, "does not name the file"),
        (hidden_memory_error, "asked for more memory"),
        (greedy, " MiB"),
        (slow, r"took 0\.\d s"),
        (commanding, r"caused os\.system"),
        (compiling, "caused exec"),
        (writing, "caused open"),
        (warning, "raised RuntimeWarning"),
    ],
)
def test_faults_are_noticed(read, words, tmp_path):
    bad = Target("bad", {"f": [b"x"]}, read, (ValueError,), memory=2**26, seconds=0.1 if read is slow else 60)
    watcher = Watcher(bad, tmp_path, 0)
    found = re.search(words, watcher.judge()[0] or "nothing")
    assert found or (read is greedy and watch.memory() == 0)


def hanging(folder):
    while b"h" in (folder / "f").read_bytes():
        pass


def dying(folder):
    if b"d" in (folder / "f").read_bytes():
        os.abort()


@pytest.mark.slow
@pytest.mark.parametrize(("read", "words"), [(hanging, "hangs"), (dying, "ended the process")])
def test_the_process_is_watched(read, words, tmp_path, monkeypatch):
    monkeypatch.setattr(watch, "STUCK", 2.0)
    findings, _ = fuzz(Target("bad", {"f": [b"x", b"hd"]}, read, (ValueError,)), tmp_path, 0, 0.5)
    assert findings[0].what.startswith(words) and findings[0].file == "f"
    assert (b"h" if read is hanging else b"d") in findings[0].data


@pytest.mark.slow
def test_the_command(tmp_path, capsys, monkeypatch):
    assert main(["--minutes", "0.02", "--only", "idx", "--out", str(tmp_path / "out")]) == 0
    assert "0 findings" in capsys.readouterr().out
    (tmp_path / "saved").write_bytes(b"no IDX")
    with pytest.raises(ValueError, match="not the IDX format"):
        main(["--only", "idx", "--file", str(tmp_path / "saved")])
