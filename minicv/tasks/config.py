"""The settings of a training run: their names, what they mean, and where they come from."""

import sys
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path

OPTIMIZERS = ("sgd", "adam", "adamw", "rmsprop")
SCHEDULES = ("constant", "cosine", "polynomial", "multistep", "plateau")
AUGMENTATIONS = ("shift", "crop", "flip", "rotate", "colour")


def _key(default, about, least=None, of=None):
    """A setting: its usual value, a line of help, the least number, or the words there are."""
    return field(default=default, metadata={"about": about, "least": least, "of": of})


@dataclass(frozen=True)
class Config:
    """Settings of a training run. A model's recipe has values of its own for some of them.

    Raises
    ------
    ValueError
        A value is of the wrong type or out of range.

    Examples
    --------
    >>> Config(lr=0.1, schedule="constant").warmup
    0.0
    >>> Config(optimizer="adan")
    Traceback (most recent call last):
    ...
    ValueError: config: optimizer must be one of sgd, adam, adamw, rmsprop; got 'adan'. Did you mean adam?
    """

    epochs: int = _key(20, "how often every image is seen", least=1)
    batch_size: int = _key(32, "images in a step", least=1)
    size: int = _key(32, "side to which images are scaled, in pixels", least=1)
    augment: tuple = _key(
        (), "random changes to the images: any of shift, crop, flip, rotate, colour", of=AUGMENTATIONS
    )
    optimizer: str = _key("adam", "sgd, adam, adamw or rmsprop", of=OPTIMIZERS)
    lr: float = _key(1e-3, "learning rate", least=0)
    momentum: float = _key(0.9, "of sgd", least=0)
    weight_decay: float = _key(0.0, "how strongly weights are drawn to 0", least=0)
    clip_norm: float = _key(0.0, "largest norm of the gradients (0: any)", least=0)
    schedule: str = _key(
        "cosine", "constant, cosine, polynomial, multistep or plateau: how lr falls", of=SCHEDULES
    )
    warmup: float = _key(0.0, "epochs in which lr rises to its value", least=0)
    milestones: tuple = _key((), "epochs after which multistep lowers lr", least=0)
    gamma: float = _key(0.1, "factor by which multistep and plateau lower lr", least=0)
    plateau: int = _key(3, "evaluations without a new best before plateau lowers lr", least=0)
    evaluate_every: int = _key(0, "steps between two evaluations (0: after every epoch)", least=0)
    save_every: int = _key(0, "steps between two checkpoints (0: after every epoch)", least=0)
    patience: int = _key(
        0, "stop after so many evaluations without a new best, which is kept (0: never)", least=0
    )
    workers: int = _key(2, "threads that prepare images; changes no result", least=0)
    seed: int = _key(0, "same seed, same numbers", least=0)

    def __post_init__(self):
        for entry in fields(self):
            value = _checked(entry, getattr(self, entry.name), "config")
            object.__setattr__(self, entry.name, value)


def read_config(defaults, path=None, settings=()):
    """Settings of a recipe, changed by a file and then by ``key=value`` strings.

    Parameters
    ----------
    defaults : dict
        Of the recipe.
    path : str or Path, optional
        A TOML file of keys and values.
    settings : sequence of str
        Each "key=value".

    Returns
    -------
    Config

    Raises
    ------
    ValueError
        A key is unknown or its value is of the wrong type; or the file is no TOML. The message names key and file.

    Examples
    --------
    >>> config = read_config({"lr": 0.004}, settings=["epochs=3", "augment=shift,flip"])
    >>> config.lr, config.epochs, config.augment
    (0.004, 3, ('shift', 'flip'))
    """
    values = dict(defaults)
    if path is not None:
        try:
            there = _toml().loads(Path(path).read_text(encoding="utf-8"))
        except (ValueError, RecursionError) as error:  # also what is no UTF-8
            raise ValueError(f"config: {path} is not in the format TOML: {error}.") from None
        values |= {key: _checked(_entry(key, path), value, path) for key, value in there.items()}
    for text in settings:
        key, equals, value = text.partition("=")
        if not equals:
            raise ValueError(f"config: --set must be followed by key=value; got {text!r}.")
        entry = _entry(key.strip(), "--set")
        values[entry.name] = _checked(entry, _parsed(entry, value.strip()), "--set")
    return Config(**values)


def describe():
    """Every key with its usual value and what it means, a line each."""
    return "\n".join(f"  {f.name:15} {f.metadata['about']} ({_shown(f.default)})" for f in fields(Config))


def _toml():
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    return tomllib


def _shown(value):
    return ",".join(map(str, value)) or "none" if isinstance(value, tuple) else value


def _entry(key, source):
    """The setting of that name, or a sentence with the one that was probably meant."""
    known = {f.name: f for f in fields(Config)}
    if key not in known:
        near = get_close_matches(key.lower(), known, 1)
        hint = f"Did you mean {near[0]!r}?" if near else f"The keys are: {', '.join(known)}."
        raise ValueError(f"config: there is no key {key!r} ({source}). {hint}")
    return known[key]


def _parsed(entry, text):
    """The value that stands behind ``key=``: as in TOML, but lists may go without brackets and words without quotes."""
    if isinstance(entry.default, tuple) and not text.startswith("["):
        return [_number_or_word(part.strip()) for part in text.split(",") if part.strip()]
    return _number_or_word(text)


def _number_or_word(text):
    try:
        return _toml().loads(f"value = {text}")["value"]
    except ValueError:
        return text


_KINDS = {int: "a whole number", float: "a number", str: "a word", tuple: "a list"}


def _checked(entry, value, source):
    """The value in the type of its setting; a whole number will do for a number, and a list for a tuple."""
    kind, least, of = type(entry.default), entry.metadata["least"], entry.metadata["of"]
    if kind is float and type(value) is int and abs(value) <= sys.float_info.max:
        value = float(value)
    if kind is tuple and isinstance(value, list):
        value = tuple(value)
    where = f"config: {entry.name}" + ("" if source == "config" else f" in {source}")
    if type(value) is not kind:
        raise ValueError(f"{where} must be {_KINDS[kind]}; got {value!r}.")
    for item in value if kind is tuple else [value]:
        if of is not None and item not in of:
            near = get_close_matches(str(item), of, 1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise ValueError(f"{where} must be one of {', '.join(of)}; got {item!r}.{hint}")
        if least is not None and not (type(item) in (int, float) and item >= least):
            raise ValueError(f"{where} must be at least {least}; got {item!r}.")
    return value
