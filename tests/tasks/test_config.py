"""Settings: from recipe, file and command line, and what is said of a wrong one."""

import re

import pytest

from minicv.tasks import MODELS, Config, read_config
from minicv.tasks.config import describe


def test_the_command_line_wins_over_the_file_and_the_file_over_the_recipe(tmp_path):
    path = tmp_path / "run.toml"
    path.write_text('lr = 1\nepochs = 5\naugment = ["flip"]\n')
    config = read_config({"lr": 0.5, "batch_size": 7, "epochs": 2}, path, ["epochs=9"])
    assert (config.batch_size, config.lr, config.epochs, config.augment) == (7, 1.0, 9, ("flip",))
    assert type(config.lr) is float


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("optimizer=sgd", "optimizer", "sgd"),
        ('optimizer="sgd"', "optimizer", "sgd"),
        ("lr = 3e-4", "lr", 3e-4),
        ("augment=shift, flip", "augment", ("shift", "flip")),
        ('augment=["crop"]', "augment", ("crop",)),
        ("augment=", "augment", ()),
        ("milestones=3,4.5", "milestones", (3, 4.5)),
    ],
)
def test_values_on_the_command_line(text, key, value):
    assert getattr(read_config({}, settings=[text]), key) == value


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (["epoch=3"], "config: there is no key 'epoch' (--set). Did you mean 'epochs'?"),
        (["tempo=3"], "config: there is no key 'tempo' (--set). The keys are: epochs, batch_size, "),
        (["epochs"], "config: --set must be followed by key=value; got 'epochs'."),
        (["epochs=2.5"], "config: epochs in --set must be a whole number; got 2.5."),
        (["epochs=true"], "config: epochs in --set must be a whole number; got True."),
        (["epochs=0"], "config: epochs in --set must be at least 1; got 0."),
        (["lr=fast"], "config: lr in --set must be a number; got 'fast'."),
        (["lr=nan"], "config: lr in --set must be at least 0; got nan."),
        (
            ["augment=flop"],
            "config: augment in --set must be one of shift, .*; got 'flop'. Did you mean flip?",
        ),
        (["milestones=soon"], "config: milestones in --set must be at least 0; got 'soon'."),
    ],
)
def test_a_wrong_setting_is_a_sentence(settings, message):
    with pytest.raises(ValueError, match=re.sub(r"([()?])", r"\\\1", message)):
        read_config({}, settings=settings)


def test_a_wrong_file_is_named(tmp_path):
    path = tmp_path / "run.toml"
    for text, message in [
        ("learning_rates = 3", r"there is no key 'learning_rates' \(.*run\.toml\)"),
        ("lr = [1]", "lr in .*run.toml must be a number"),
        (f"lr = 1{'0' * 400}", "lr in .*run.toml must be a number"),
        (f"lr = {'[' * 10**4}", "run.toml is not in the format TOML"),
        ("lr = ", "run.toml is not in the format TOML"),
        ("[train]\nlr = 3", r"there is no key 'train' \(.*run\.toml\)"),
    ]:
        path.write_text(text)
        with pytest.raises(ValueError, match=message):
            read_config({}, path)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ValueError, match=r"run\.toml is not in the format TOML"):
        read_config({}, path)


@pytest.mark.parametrize("name", MODELS)
def test_the_settings_of_every_recipe_are_settings(name):
    recipe = MODELS[name]
    assert recipe.side in (None, read_config(recipe.defaults).size)


def test_every_key_is_explained():
    assert [line.split()[0] for line in describe().splitlines()] == list(vars(Config()))
