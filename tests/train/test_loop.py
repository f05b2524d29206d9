"""The training loop: what it records and shows, when it stops, and that it is the same twice."""

import doctest
import gc
import re
import sys

import numpy as np
import pytest

import minicv
import minicv.functional as F
from minicv import nn, optim
from minicv.data import Batches
from minicv.testing import live_tensors
from minicv.train import fit

RNG = np.random.default_rng(0)
IMAGES = RNG.standard_normal((24, 5)).astype(np.float32)
LABELS = (IMAGES[:, 0] > 0).astype(np.int64)


class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(5, 8), nn.ReLU(), nn.Dropout(0.2), nn.Linear(8, 2))

    def loss(self, images, labels):
        return F.cross_entropy(self(images), labels)


@pytest.fixture
def train():
    """Train a new network from a seed; return it and its history."""

    def run(steps=6, seed=0, lr=0.1, images=IMAGES, schedule=None, **options):
        minicv.manual_seed(seed)
        model = Net()
        optimizer = optim.SGD(model.parameters(), lr=lr, momentum=0.9)
        batches = Batches(images, LABELS, batch_size=8, steps=steps, seed=seed)
        moved = schedule(optimizer) if schedule else None
        return model, fit(model, optimizer, batches, schedule=moved, **options)

    return run


@pytest.fixture
def terminal(monkeypatch):
    """Let standard error claim to be a terminal."""
    monkeypatch.setattr(type(sys.stderr), "isatty", lambda self: True, raising=False)


def test_the_loss_of_every_step_is_recorded_and_falls(train):
    _, history = train(steps=60)
    assert [record["step"] for record in history] == list(range(1, 61))
    assert all(set(record) == {"step", "loss"} for record in history)
    losses = [record["loss"] for record in history]
    assert np.mean(losses[-10:]) < 0.5 * np.mean(losses[:5])


def test_each_step_is_one_step_of_the_optimizer_on_one_batch():
    minicv.manual_seed(0)
    ours, theirs = Net(), Net()
    theirs.load_state_dict(ours.state_dict())
    for net in (ours, theirs):
        net[2].p = 0.0  # no dropout, so that the two see the same network
    batches = Batches(IMAGES, LABELS, batch_size=8, steps=3, seed=1)
    history = fit(ours, optim.SGD(ours.parameters(), lr=0.1), batches)
    optimizer, losses = optim.SGD(theirs.parameters(), lr=0.1), []
    for images, labels in batches:
        optimizer.zero_grad()
        loss = theirs.loss(minicv.tensor(images), minicv.tensor(labels))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert [record["loss"] for record in history] == losses
    for name, value in theirs.state_dict().items():
        assert np.array_equal(ours.state_dict()[name], value), name


def test_another_loss_may_take_the_place_of_the_model_s_own(train):
    minicv.manual_seed(0)
    model = Net()
    batches = Batches(IMAGES, LABELS, batch_size=8, steps=1)
    doubled = fit(
        model, optim.SGD(model.parameters(), lr=0.1), batches, loss=lambda x, y: 2 * model.loss(x, y)
    )
    assert doubled[0]["loss"] == 2 * train(steps=1)[1][0]["loss"]


@pytest.mark.parametrize(("steps", "every", "expected"), [(7, 3, [3, 6, 7]), (6, 3, [3, 6]), (2, 50, [2])])
def test_evaluation_comes_every_so_often_and_once_at_the_end(train, steps, every, expected):
    seen = []

    def evaluate(model):
        seen.append(len(seen) + 1)
        return {"calls": float(len(seen))}

    _, history = train(steps=steps, every=every, evaluate=evaluate)
    assert [record["step"] for record in history if "calls" in record] == expected
    assert [record["calls"] for record in history if "calls" in record] == seen


def test_the_model_trains_again_after_an_evaluation(train):
    modes = []

    def evaluate(model):
        modes.append(model.training)
        model.eval()
        return {}

    train(steps=3, every=1, evaluate=evaluate)
    assert modes == [True] * 3


def test_the_schedule_moves_after_every_step(train):
    rates = []

    def schedule(optimizer):
        def evaluate(model):
            rates.append(optimizer.param_groups[0]["lr"])
            return {}

        schedule.evaluate = evaluate
        return optim.lr_scheduler.StepLR(optimizer, step_size=2, gamma=0.5)

    train(steps=5, lr=0.8, every=1, schedule=schedule, evaluate=lambda model: schedule.evaluate(model))
    assert rates == pytest.approx([0.8, 0.4, 0.4, 0.2, 0.2])


def test_no_batches_no_steps(train):
    model, history = train(steps=0, evaluate=lambda model: {"never": 1.0})
    assert history == [] and model.training


# The same twice.


def test_the_same_seed_gives_the_same_bits(train):
    def evaluate(model):
        with minicv.no_grad():
            return {"sum": model.eval()(minicv.tensor(IMAGES)).sum().item()}

    (one, first), (other, second) = (train(seed=3, evaluate=evaluate, every=2) for _ in range(2))
    assert first == second
    for name, value in one.state_dict().items():
        assert np.array_equal(other.state_dict()[name], value), name
    assert train(seed=4)[1] != first


def test_evaluating_does_not_change_what_is_learnt(train):
    def evaluate(model):
        with minicv.no_grad():
            return {"sum": model.eval()(minicv.tensor(IMAGES)).sum().item()}

    (one, _), (other, _) = train(evaluate=evaluate, every=1), train()
    assert all(np.array_equal(a.numpy(), b.numpy()) for a, b in zip(one.parameters(), other.parameters()))


# When it stops.


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_loss_that_is_not_finite_stops_the_training(value):
    images = IMAGES.copy()
    minicv.manual_seed(0)
    model = Net()
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    batches = [(images[:8], LABELS[:8]), (images[8:16] * np.float32(value), LABELS[8:16])]
    kept = []
    with np.errstate(invalid="ignore"), pytest.raises(FloatingPointError) as caught:
        fit(
            model,
            optimizer,
            batches,
            every=1,
            label="Net",
            evaluate=lambda m: kept.append(m.state_dict()) or {},
        )
    assert re.match(
        r"Net: the loss is (nan|inf) at step 2\. Is the learning rate too large\?", str(caught.value)
    )
    assert "minicv.hooks.FirstNaN() names the first op" in str(caught.value)
    assert len(kept) == 1
    for name, value in kept[0].items():
        assert np.array_equal(model.state_dict()[name], value), name


def test_evaluating_every_zero_steps_is_refused(train):
    with pytest.raises(ValueError, match=r"^fit: every must be at least 1 step; got 0\.$"):
        train(every=0)


def test_graphs_of_past_steps_are_not_kept(train):
    counts = []

    def evaluate(model):
        gc.collect()
        counts.append(live_tensors())
        return {}

    train(steps=6, every=1, evaluate=evaluate)
    assert len(set(counts)) == 1, counts


# What is shown.


def test_elsewhere_than_on_a_terminal_every_evaluation_is_a_line(train, capsys):
    _, history = train(steps=5, every=2, label="Net", evaluate=lambda model: {"accuracy": 0.5})
    out, err = capsys.readouterr()
    losses = [f"{record['loss']:.3f}" for record in history]
    assert out == ""
    assert err.splitlines() == [
        f"Net: step {step}/5, loss {losses[step - 1]}, accuracy 0.500" for step in (2, 4, 5)
    ]


def test_on_a_terminal_there_is_a_bar_and_no_lines(train, capsys, terminal):
    train(steps=5, every=5, label="Net", evaluate=lambda model: {"accuracy": 0.25})
    out, err = capsys.readouterr()
    assert out == "" and "\nNet: step" not in err
    last = err.rstrip().split("\r")[-1]
    assert last.startswith("Net: 100%") and "5/5" in last and "loss " in last and "accuracy 0.250" in last


def test_docstring_examples():
    result = doctest.testmod(sys.modules["minicv.train.loop"])
    assert result.attempted > 0 and result.failed == 0
