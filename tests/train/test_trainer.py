"""Trainer: a run that is stopped, by whatever, goes on to the same bits; what goes wrong is said."""

import errno
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import minicv
from minicv import functional as F
from minicv import nn, optim
from minicv.data import DataLoader
from minicv.io import load_tree
from minicv.optim.lr_scheduler import StepLR
from minicv.train import Trainer

ROOT = Path(__file__).resolve().parents[2]
POINTS = [np.float32([x, np.sin(3 * x)]) for x in np.linspace(-1, 1, 20)]


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(1, 16), nn.BatchNorm1d(16), nn.Tanh(), nn.Dropout(0.1))
        self.head = nn.Linear(16, 1)

    def forward(self, x):
        return self.head(self.body(x))


def loss(model, batch):
    return F.mse_loss(model(minicv.tensor(batch[:, :1])), minicv.tensor(batch[:, 1:]))


def trainer(folder, epochs=6, delay=0.0, **options):
    """A run with everything that has a state; ``delay`` seconds are spent on each batch."""
    minicv.manual_seed(1)
    model = Net()
    optimizer = optim.Adam(model.parameters(), lr=0.05)
    loader = DataLoader(POINTS, 4, shuffle=True, collate_fn=np.stack)

    def slow_loss(model, batch):
        time.sleep(delay)
        return loss(model, batch)

    options = {"schedule": StepLR(optimizer, 7), "save_every": 2, "clip_norm": 1.0} | options
    return Trainer(model, optimizer, loader, slow_loss, folder, epochs, **options)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that was never stopped: its history and its weights."""
    run = trainer(tmp_path_factory.mktemp("whole"))
    return run.run(), run.model.state_dict()


def assert_ends_like(run, whole):
    history, weights = whole
    assert run.history == history
    for name, value in weights.items():
        np.testing.assert_array_equal(run.model.state_dict()[name], value, err_msg=name)


def test_history(whole, tmp_path):
    run = trainer(tmp_path, evaluate=lambda model: {"training": float(model.training)})
    run.run()
    steps = [record for record in run.history if "loss" in record]
    epochs = [record for record in run.history if "loss" not in record]
    assert [record["step"] for record in steps] == list(range(1, 31))
    assert [(r["step"], r["epoch"], r["training"]) for r in epochs] == [
        (5 * (e + 1), e, 0.0) for e in range(6)
    ]
    assert epochs[2]["mean_loss"] == pytest.approx(np.mean([r["loss"] for r in steps[10:15]]))
    assert [record["lr"] for record in steps[5:9]] == pytest.approx([0.05, 0.05, 0.005, 0.005])
    assert [json.loads(line) for line in (tmp_path / "history.jsonl").read_text().splitlines()] == run.history
    assert steps[-1]["loss"] < steps[0]["loss"]
    assert load_tree(tmp_path / "checkpoint.safetensors")["more"]["step"] == 30


@pytest.mark.parametrize("stop", [1, 2, 5, 6, 13, 29, 30])
def test_stopped_by_an_error_at_any_step(stop, whole, tmp_path):
    run = trainer(tmp_path)
    good, left = run.loss, [stop]

    def fails(model, batch):
        if run.step == stop - 1:
            raise MemoryError
        return good(model, batch)

    run.loss = fails
    with pytest.raises(MemoryError):
        run.run()
    again = trainer(tmp_path)
    assert again.run(resume=True)[-1]["step"] == 30 and left
    assert_ends_like(again, whole)


def test_resume_of_nothing_and_of_what_is_finished(whole, tmp_path):
    run = trainer(tmp_path)
    run.run(resume=True)
    assert_ends_like(run, whole)
    again = trainer(tmp_path)
    again.run(resume=True)
    assert_ends_like(again, whole)


SCRIPT = """
import sys
from tests.train.test_trainer import trainer
trainer(sys.argv[1], delay=0.02).run(resume=True)
"""


def start(folder):
    """The run in a process of its own."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(folder)], stderr=subprocess.PIPE, env=environment
    )


def wait_for(path, seconds=60):
    end = time.time() + seconds
    while not path.exists() and time.time() < end:
        time.sleep(0.01)
    assert path.exists()


def test_ctrl_c_saves_and_says_how_to_go_on(whole, tmp_path):
    process = start(tmp_path)
    wait_for(tmp_path / "checkpoint.safetensors")
    time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said.decode()
    assert b"finishing the step" in said and b"run(resume=True)" in said
    assert load_tree(tmp_path / "checkpoint.safetensors")["more"]["step"] < 30
    again = trainer(tmp_path)
    again.run(resume=True)
    assert_ends_like(again, whole)


@pytest.mark.slow
def test_killed_at_random_moments(whole, tmp_path):
    """Fifty times; a run that has ended begins anew in another folder."""
    rng, kills, number, folder = np.random.default_rng(), 0, 0, tmp_path / "0"
    while kills < 50:
        process = start(folder)
        wait_for(folder / "checkpoint.safetensors")
        time.sleep(0.4 + rng.uniform(0, 0.5))  # imports take that long
        process.kill()
        process.communicate()
        kills += 1
        if load_tree(folder / "checkpoint.safetensors")["more"]["step"] == 30 or kills == 50:
            again = trainer(folder)
            again.run(resume=True)
            assert_ends_like(again, whole)
            number += 1
            folder = tmp_path / str(number)


def test_a_loss_that_is_not_finite_is_blamed_on_its_layer(tmp_path):
    run = trainer(tmp_path, save_every=1)
    run.optimizer.param_groups[0]["lr"] = 0.0
    run.schedule = None
    del run._parts["schedule"]
    spoil = run.loss

    def spoiled(model, batch):
        if run.step == 3:
            with minicv.no_grad():
                model.head.weight[0, 0] = np.inf
        return spoil(model, batch)

    run.loss = spoiled
    with pytest.raises(FloatingPointError, match=r"loss is (inf|nan) at step 4\. .* came in head: Linear"):
        run.run()
    assert "forward" not in vars(run.model.head)
    assert load_tree(tmp_path / "checkpoint.safetensors")["more"]["step"] == 3


def test_a_loss_function_that_makes_it_is_blamed_itself(tmp_path):
    run = trainer(tmp_path)
    run.loss = lambda model, batch: (model(minicv.tensor(batch[:, :1])).mean() * 0).log()
    with pytest.raises(
        FloatingPointError, match=r"came after the last layer: Log\(\) forward: .* is -inf at \(\)"
    ):
        run.run()


def test_early_stopping(tmp_path):
    values = iter([0.1, 0.5, 0.4, 0.5, 0.3, 0.9])
    run = trainer(tmp_path, evaluate=lambda model: {"accuracy": next(values)}, monitor="accuracy", patience=2)
    last = run.run()[-1]
    assert (last["step"], last["epoch"], last["accuracy"]) == (20, 3, 0.5)


def test_a_full_disk_leaves_the_checkpoint_before(tmp_path, monkeypatch):
    run = trainer(tmp_path)
    monkeypatch.setattr(os, "fsync", full_after(4))
    with pytest.raises(
        OSError, match=r"checkpoint of step 6 could not be written to .* \(No space left on device\)"
    ):
        run.run()
    assert load_tree(tmp_path / "checkpoint.safetensors")["more"]["step"] == 5
    assert sorted(p.name for p in tmp_path.iterdir()) == ["checkpoint.safetensors", "history.jsonl"]


def full_after(times):
    """An fsync that succeeds so often, and then finds the disk full."""
    left = [times]

    def fsync(handle):
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    return fsync


def test_refusals(tmp_path):
    trainer(tmp_path, epochs=1, config={"lr": 1}).run()
    with pytest.raises(
        FileExistsError, match=r"is from an earlier run\. Go on with it by run\(resume=True\)"
    ):
        trainer(tmp_path).run()
    other = trainer(tmp_path, config={"lr": 2})
    before = other.model.state_dict()
    with pytest.raises(
        ValueError, match=r"config must be that of .*, \{'lr': 1\}, to go on with it; got \{'lr': 2\}"
    ):
        other.run(resume=True)
    for name, value in other.model.state_dict().items():
        np.testing.assert_array_equal(value, before[name])
    for options, message in [
        ({"epochs": 0}, "at least 1; got 0, 2 and None"),
        ({"patience": 2}, "monitor and patience must be given together"),
    ]:
        with pytest.raises(ValueError, match=message):
            trainer(tmp_path, **options)
