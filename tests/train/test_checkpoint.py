"""A run that is broken off and goes on gives the same bits as one that is not."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minicv
from minicv import functional as F
from minicv import nn, optim
from minicv.data import DataLoader
from minicv.io import WeightsError, load_tree, save_tree
from minicv.optim.lr_scheduler import CosineAnnealingLR
from minicv.train import load_checkpoint, save_checkpoint

STEPS = 7


class Points:
    def __len__(self):
        return 10

    def __getitem__(self, i):
        return np.float32([i, -i, 1]) / 10


def parts():
    """A model with dropout and running statistics, Adam, a schedule, and a shuffled loader."""
    minicv.manual_seed(3)
    model = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 1))
    optimizer = optim.Adam(model.parameters(), lr=0.1)
    loader = DataLoader(Points(), 3, shuffle=True, collate_fn=np.stack, drop_last=True)
    return {
        "model": model,
        "optimizer": optimizer,
        "schedule": CosineAnnealingLR(optimizer, STEPS),
        "loader": loader,
    }


def train(run, steps):
    """Losses of some steps, over the ends of epochs."""
    losses = []
    while len(losses) < steps:
        for x in run["loader"]:
            x = minicv.tensor(x)
            loss = F.mse_loss(run["model"](x), x[:, :1])
            run["optimizer"].zero_grad()
            loss.backward()
            run["optimizer"].step()
            run["schedule"].step()
            losses.append(loss.item())
            if len(losses) == steps:
                break
    return losses


@given(stop=st.integers(0, STEPS))
@settings(max_examples=5)
def test_the_same_bits(stop, tmp_path_factory):
    path = tmp_path_factory.mktemp("run") / "checkpoint"
    whole = parts()
    wanted = train(whole, STEPS)
    first = parts()
    losses = train(first, stop)
    save_checkpoint(path, first, step=stop, config={"rate": 0.1})
    minicv.manual_seed(99)
    again = parts()
    train(again, 2)  # whatever it has done, the checkpoint puts it back
    assert load_checkpoint(path, again) == {"step": stop, "config": {"rate": 0.1}}
    assert losses + train(again, STEPS - stop) == wanted
    for name, value in whole["model"].state_dict().items():
        np.testing.assert_array_equal(again["model"].state_dict()[name], value, err_msg=name)


def test_other_parts(tmp_path):
    run = parts()
    save_checkpoint(tmp_path / "c", run)
    del run["loader"]
    with pytest.raises(
        ValueError, match=r"parts must be those of .*: model, optimizer, schedule, loader; got model"
    ):
        load_checkpoint(tmp_path / "c", run)


def test_files_that_are_no_checkpoints_of_this_run(tmp_path):
    path = tmp_path / "c"
    for tree in ({}, {"parts": {}, "random": {}}, {"parts": 3, "random": {}, "more": {}}):
        save_tree(tree, path)
        with pytest.raises(WeightsError, match="c is damaged, or no checkpoint"):
            load_checkpoint(path, parts())
    save_checkpoint(path, parts())
    tree = load_tree(path)
    for name, state in [
        ("model", {}),
        ("optimizer", {}),
        ("schedule", 3),
        ("loader", {"seed": 0, "batch_size": 3}),
    ]:
        save_tree(tree | {"parts": tree["parts"] | {name: state}}, path)
        with pytest.raises(ValueError, match=f"c: the state of the {name} does not fit: "):
            load_checkpoint(path, parts())
    save_tree(tree | {"random": {"seed": 3}}, path)
    with pytest.raises(ValueError, match="the state of the random numbers does not fit"):
        load_checkpoint(path, parts())
