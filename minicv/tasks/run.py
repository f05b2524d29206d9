"""A training run, and what is left of it: the model in a file that knows what it is."""

import json
import math
from dataclasses import asdict

from .. import manual_seed, optim
from ..data import DataLoader
from ..data.open import find, open_dataset
from ..data.transforms import Transformed
from ..io import load_into, load_metadata, save_weights
from ..optim import lr_scheduler
from ..train import Trainer
from .kept import kept
from .recipes import MODELS

_KEY = "minicv"  # of the metadata


def open_data(place, split, recipe, size):
    """Open a part of a data set, and see whether it has what the recipe's task needs.

    Parameters
    ----------
    place : str
        A name or a folder: see :func:`minicv.data.open_dataset`.
    split : {"train", "test"}
    recipe : Recipe
    size : int
        Side of the images, where they are drawn.

    Returns
    -------
    sequence of Sample

    Raises
    ------
    ValueError
        There are no samples, or they are for another task.
    """
    form, settings = find(place).form, {}
    if form == "meadow":
        settings = {"size": size}
    elif form == "PASCAL VOC" and recipe.task.name == "segmentation":
        settings = {"task": "segmentation"}  # which fewer images are annotated for
    dataset = open_dataset(place, split, **settings)
    if not len(dataset):
        raise ValueError(f"data: {place} ({form}) has no images in its part {split!r}.")
    lack = recipe.task.lack(dataset[0])
    if lack:
        fitting = [name for name, other in MODELS.items() if not other.task.lack(dataset[0])]
        hint = f" Models for it: {', '.join(fitting)}." if fitting else ""
        words = place if place == form else f"{place} ({form})"
        raise ValueError(f"data: {words} lacks {lack}, which {recipe.task.name} needs.{hint}")
    return dataset


def trainer_for(name, place, config, folder, device="cpu", hooks=()):
    """Make everything that a run needs: data, model, optimiser, schedule.

    Parameters
    ----------
    name : str
        In `MODELS`.
    place : str
        Name or folder of the data set.
    config : Config
    folder : str or Path
        Of the run.
    device : {"cpu", "cuda"}
    hooks : sequence of callable
        See :class:`minicv.train.Trainer`.

    Returns
    -------
    trainer : Trainer
    held_out : sequence of Sample
        What is evaluated on.
    """
    recipe = MODELS[name]
    if recipe.side not in (None, config.size):
        raise ValueError(
            f"config: size must be {recipe.side}, which is what {name} takes; got {config.size}."
        )
    dataset, held_out = (open_data(place, split, recipe, config.size) for split in ("train", "test"))
    held_out = kept(held_out)
    manual_seed(config.seed)
    model = recipe.make(len(dataset.classes)).to(device)
    images = kept(Transformed(dataset, recipe.task.fixed(config)))
    loader = DataLoader(
        Transformed(images, recipe.task.random(config), config.seed),
        config.batch_size,
        shuffle=True,
        num_workers=config.workers,
        drop_last=len(images) >= config.batch_size,
        seed=config.seed,
        epochs=config.epochs,
    )
    optimizer = _optimizer(model, config)
    known = asdict(config)
    del known["workers"]  # they change no result
    trainer = Trainer(
        model,
        optimizer,
        loader,
        recipe.task.loss,
        folder,
        config.epochs,
        schedule=_schedule(optimizer, config, len(loader)),
        evaluate=lambda model: recipe.task.evaluate(model, held_out, config.size),
        evaluate_every=config.evaluate_every or None,
        monitor=recipe.task.monitor,
        patience=config.patience or None,
        clip_norm=config.clip_norm or None,
        save_every=config.save_every or None,
        hooks=hooks,
        label=name,
        config={"model": name, "images": len(images), "classes": list(dataset.classes), **known},
    )
    return trainer, held_out


def _optimizer(model, config):
    common = {"lr": config.lr, "weight_decay": config.weight_decay}
    if config.optimizer == "sgd":
        return optim.SGD(model.parameters(), momentum=config.momentum, **common)
    kinds = {"adam": optim.Adam, "adamw": optim.AdamW, "rmsprop": optim.RMSprop}
    return kinds[config.optimizer](model.parameters(), **common)


def _schedule(optimizer, config, steps):
    """The schedule of a run with so many steps an epoch; what the settings say in epochs, it counts in steps."""
    warm = round(config.warmup * steps)
    rest = max(1, config.epochs * steps - warm)
    if config.schedule == "plateau":
        if warm:
            raise ValueError("config: warmup must be 0 where the schedule is plateau, which has none.")
        return lr_scheduler.ReduceLROnPlateau(optimizer, "max", config.gamma, config.plateau)
    make = {
        "constant": lambda: lr_scheduler.MultiStepLR(optimizer, []),
        "cosine": lambda: lr_scheduler.CosineAnnealingLR(optimizer, rest),
        "polynomial": lambda: lr_scheduler.PolynomialLR(optimizer, rest, power=0.9),
        "multistep": lambda: lr_scheduler.MultiStepLR(
            optimizer, [round(epoch * steps) - warm for epoch in config.milestones], config.gamma
        ),
    }[config.schedule]
    if not warm:
        return make()
    rise = lr_scheduler.LinearLR(optimizer, 1 / (warm + 1), total_iters=warm)
    return lr_scheduler.SequentialLR(optimizer, [rise, make()], [warm])


def save_model(path, name, model, classes, size, numbers):
    """Write a model's weights, and with them what it is: its name, its classes, the size it was trained at.

    Parameters
    ----------
    path : str or Path
    name : str
        In `MODELS`.
    model : Module
    classes : sequence of str
    size : int
    numbers : dict
        What was measured.
    """
    about = {"model": name, "classes": list(classes), "size": size, "measured": numbers}
    save_weights(model.state_dict(), path, {_KEY: json.dumps(about)})


class Best:
    """A hook of a :class:`~minicv.train.Trainer` that keeps the model of the best evaluation in a file.

    Parameters
    ----------
    path : str or Path
    name : str
        Of the model, in `MODELS`.
    """

    def __init__(self, path, name):
        self.path, self.name, self.monitor = path, name, MODELS[name].task.monitor

    def __call__(self, trainer):
        """Write the model, if what was measured last is a new best."""
        value = trainer.history[-1].get(self.monitor)
        before = [record[self.monitor] for record in trainer.history[:-1] if self.monitor in record]
        if value is not None and value > max(before, default=-math.inf):
            classes, size = trainer.config["classes"], trainer.config["size"]
            save_model(self.path, self.name, trainer.model, classes, size, {self.monitor: value})


def load_model(name, path, device="cpu"):
    """Read a model that :func:`save_model` wrote.

    Parameters
    ----------
    name : str
        In `MODELS`.
    path : str or Path
    device : {"cpu", "cuda"}

    Returns
    -------
    model : Module
    classes : tuple of str
    size : int

    Raises
    ------
    ValueError
        The file is of another model, or does not say what it is.
    """
    about = _about(path)
    if about["model"] != name:
        raise ValueError(f"weights: {path} is of the model {about['model']}; the command says {name}.")
    model = MODELS[name].make(len(about["classes"]))
    load_into(model, path)
    return model.to(device), tuple(about["classes"]), about["size"]


def _about(path):
    """What :func:`save_model` wrote beside the weights."""
    text = load_metadata(path).get(_KEY, "")
    try:
        about = json.loads(text)
        if list(map(type, (about["model"], about["classes"], about["size"]))) == [str, list, int]:
            return about
    except (ValueError, TypeError, KeyError):
        pass
    hint = (
        " It is a checkpoint: the same command with --resume ends that run, and writes them." if text else ""
    )
    raise ValueError(f"weights: {path} does not say what it is; minicv train writes weights that do.{hint}")
