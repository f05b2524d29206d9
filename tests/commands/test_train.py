"""``minicv train``: real digits from the command line."""

import re
import sys

import numpy as np
import pytest

from minicv import cli
from minicv.commands import train


@pytest.fixture
def few(monkeypatch):
    """Six batches of digits, and 40 held out."""

    def digits(split, size):
        images, labels = all_digits(split, size)
        count = {"train": 6 * train.BATCH_SIZE, "test": 40}[split]
        return images[:count], labels[:count]

    all_digits = train.digits
    monkeypatch.setattr(train, "digits", digits)


def held_out(out):
    match = re.fullmatch(r"held-out accuracy (0\.\d{4}|1\.0000) \((\d+) of (\d+) wrong\), \d+ s\n", out)
    return float(match[1]), int(match[2]), int(match[3])


def test_one_epoch_prints_what_was_measured(few, capsys):
    assert cli.main(["train", "lenet", "--epochs", "1"]) == 0
    out, err = capsys.readouterr()
    accuracy, wrong, count = held_out(out)
    assert count == 40 and accuracy == pytest.approx(1 - wrong / count)
    lines = err.splitlines()
    assert len(lines) == 6 and lines[-1].startswith("LeNet-5 on digits: step 6/6, loss ")
    assert lines[-1].endswith(f"held-out accuracy {accuracy:.3f}")


def test_the_same_seed_trains_the_same_network(few, capsys):
    shown = []
    for seed in ("7", "7", "8"):
        assert cli.main(["train", "lenet", "--data", "digits", "--epochs", "1", "--seed", seed]) == 0
        shown.append(capsys.readouterr().err)
    assert shown[0] == shown[1] != shown[2]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--epochs", "0"], "train: --epochs must be at least 1 and --seed at least 0; got 0 and 0."),
        (["--seed", "-1"], "train: --epochs must be at least 1 and --seed at least 0; got 20 and -1."),
    ],
)
def test_wrong_options_are_a_sentence(capsys, words, message):
    assert cli.main(["train", "lenet", *words]) == 2
    assert capsys.readouterr() == ("", f"minicv: error: {message}\n")


def test_a_missing_gpu_is_noticed_before_the_digits_are_read(capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    monkeypatch.setattr(train, "digits", lambda *args: pytest.fail("too late"))
    assert cli.main(["train", "lenet", "--device", "cuda"]) == 2
    assert capsys.readouterr().err.startswith(
        'minicv: error: device "cuda" needs CuPy, which is not installed.'
    )


def test_digits_are_moved_and_nothing_comes_round_from_the_other_side():
    images = np.zeros((200, 1, 6, 6), np.float32)
    images[:, 0, 0, 0] = 1.0  # a corner: moved up or to the left it is gone
    moved, labels = train.moved(np.random.default_rng(0), images.copy(), np.arange(200))
    assert np.array_equal(labels, np.arange(200)) and moved.shape == images.shape
    places = {tuple(np.argwhere(image[0])[0].tolist()) if image.any() else None for image in moved}
    assert places == {None} | {(row, column) for row in range(3) for column in range(3)}


@pytest.mark.slow
def test_lenet_reaches_98_percent_of_the_held_out_digits(capsys):
    assert cli.main(["train", "lenet", "--data", "digits"]) == 0
    accuracy, _, count = held_out(capsys.readouterr().out)
    assert count == 360 and accuracy >= 0.98
