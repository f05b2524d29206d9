"""Trainer: a run that is stopped, by whatever, goes on to the same bits; what goes wrong is said."""

import errno
import gc
import json
import os
import re
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
from minicv.optim.lr_scheduler import ReduceLROnPlateau, StepLR
from minicv.testing import live_tensors
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


def trainer(folder, epochs=6, delay=0.0, workers=2, **options):
    """A run with everything that has a state; ``delay`` seconds are spent on each batch."""
    minicv.manual_seed(1)
    model = Net()
    optimizer = optim.Adam(model.parameters(), lr=0.05)
    loader = DataLoader(POINTS, 4, shuffle=True, num_workers=workers, collate_fn=np.stack, epochs=epochs)

    def slow_loss(model, batch):
        time.sleep(delay)
        return loss(model, batch)

    options = {"schedule": StepLR(optimizer, 7), "save_every": 2, "clip_norm": 1.0} | options
    return Trainer(model, optimizer, loader, slow_loss, folder, epochs, **options)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that was never stopped, and does one thing at a time: its history and its weights."""
    run = trainer(tmp_path_factory.mktemp("whole"), workers=0)
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


def test_each_step_is_one_step_of_the_optimizer_on_one_batch():
    run, other = trainer(None, epochs=1, clip_norm=None), trainer(None, epochs=1)
    losses = []
    minicv.manual_seed(1)
    run.run()
    minicv.manual_seed(1)
    for batch in other.loader:
        other.optimizer.zero_grad()
        value = loss(other.model, batch)
        value.backward()
        other.optimizer.step()
        losses.append(value.item())
    assert [record["loss"] for record in run.history if "loss" in record] == losses
    assert_ends_like(run, (run.history, other.model.state_dict()))


@pytest.mark.parametrize(
    ("every", "expected"), [(3, [3, 6, 9, 10]), (5, [5, 10]), (50, [10]), (None, [5, 10])]
)
def test_evaluation_comes_every_so_often_and_once_at_the_end(every, expected):
    modes = []

    def evaluate(model):
        modes.append(model.training)
        return {"calls": np.float32(len(modes))}

    run = trainer(None, epochs=2, evaluate=evaluate, evaluate_every=every)
    measured = [record for record in run.run() if "calls" in record]
    assert [record["step"] for record in measured] == expected
    assert [record["calls"] for record in measured] == list(range(1, len(expected) + 1))
    assert modes == [False] * len(expected)
    plain = trainer(None, epochs=2)
    assert_ends_like(plain, (plain.run(), run.model.state_dict()))  # what is learnt is not changed by it


def test_a_plateau_of_what_is_measured_lowers_the_rate():
    run = trainer(None, evaluate=lambda model: {"accuracy": 0.5}, monitor="accuracy")
    run.schedule = ReduceLROnPlateau(run.optimizer, "max", factor=0.5, patience=0)
    rates = [record["lr"] for record in run.run() if "loss" in record]
    np.testing.assert_allclose(rates[::5], [0.05, 0.05, 0.025, 0.0125, 0.00625, 0.003125])
    run = trainer(None)
    run.schedule = ReduceLROnPlateau(run.optimizer, factor=0.5, patience=0)
    means = [record["mean_loss"] for record in run.run() if "mean_loss" in record]
    assert run.schedule.best == min(means)


def test_hooks_are_called_after_every_evaluation_and_epoch():
    seen = []

    def hook(run):
        seen.append((run.step, run.history[-1].get("one")))

    trainer(None, epochs=2, evaluate=lambda model: {"one": 1}, evaluate_every=4, hooks=[hook]).run()
    assert seen == [(4, 1), (5, None), (8, 1), (10, 1)]


def test_graphs_of_past_steps_are_not_kept():
    counts = []

    def count(run):
        gc.collect()
        counts.append(live_tensors())

    trainer(None, hooks=[count]).run()
    assert len(set(counts)) == 1, counts


def test_without_a_folder_nothing_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    trainer(None, epochs=1).run()
    assert list(tmp_path.iterdir()) == []


def test_a_log_gets_a_line_for_every_result(capsys):
    trainer(None, 2, evaluate=lambda model: {"best_so_far": 0.5}, evaluate_every=4, label="Net").run()
    out, err = capsys.readouterr()
    lines = [re.sub(r"loss 0\.\d{4}", "loss", line) for line in err.splitlines()]
    assert (out, lines) == (
        "",
        [
            "Net, epoch 1/2, step 4: best so far 0.5000",
            "Net, epoch 1/2, step 5: mean loss",
            "Net, epoch 2/2, step 8: best so far 0.5000",
            "Net, epoch 2/2, step 10: mean loss, best so far 0.5000",
        ],
    )


def test_a_terminal_gets_a_bar_and_no_lines(capsys, monkeypatch):
    monkeypatch.setattr(type(sys.stderr), "isatty", lambda self: True, raising=False)
    trainer(None, 1, evaluate=lambda model: {"accuracy": 0.25}).run()
    out, err = capsys.readouterr()
    assert out == "" and ", step" not in err
    last = err.rstrip().split("\r")[-1]
    assert last.startswith("epoch 1/1: 100%") and "5/5" in last and "accuracy 0.2500" in last


@pytest.mark.parametrize("stop", [1, 2, 5, 6, 13, 29, 30])
def test_stopped_by_an_error_at_any_step(stop, whole, tmp_path):
    run = trainer(tmp_path)
    good = run.loss

    def fails(model, batch):
        if run.step == stop - 1:
            raise MemoryError
        return good(model, batch)

    run.loss = fails
    with pytest.raises(MemoryError):
        run.run()
    again = trainer(tmp_path)
    assert again.run(resume=True)[-1]["step"] == 30
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
trainer(sys.argv[1], delay=float(sys.argv[2])).run(resume=True)
"""


def start(folder, delay=0.02):
    """The run in a process of its own."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(folder), str(delay)], stderr=subprocess.PIPE, env=environment
    )


def wait_for(path, size=0, seconds=60):
    """Wait until a file is there, and holds at least so many bytes."""
    end = time.time() + seconds
    while not (there := path.exists() and path.stat().st_size >= size) and time.time() < end:
        time.sleep(0.01)
    assert there


def test_ctrl_c_saves_and_says_how_to_go_on(whole, tmp_path):
    process = start(tmp_path, delay=0.1)  # long enough for a busy machine to be in time before the last step
    wait_for(tmp_path / "history.jsonl", size=1)  # it is empty until two steps are done
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
    with pytest.raises(ValueError, match=r"config must be that of .*, to go on with it: lr 1; got lr 2\."):
        other.run(resume=True)
    for name, value in other.model.state_dict().items():
        np.testing.assert_array_equal(value, before[name])
    run = trainer(tmp_path)
    for options, message in [
        ({"epochs": 0}, "epochs must be at least 1; got 0"),
        ({"evaluate_every": 0}, "evaluate_every must be at least 1; got 0"),
        ({"patience": 2}, "monitor must be the name of a number that evaluate returns, .* got None"),
    ]:
        with pytest.raises(ValueError, match=message):
            Trainer(run.model, run.optimizer, run.loader, loss, None, **{"epochs": 1} | options)
    nothing = DataLoader(POINTS[:3], 4, drop_last=True)
    with pytest.raises(ValueError, match="loader must be one with batches; got one without any"):
        Trainer(run.model, run.optimizer, nothing, loss, None, epochs=1)
