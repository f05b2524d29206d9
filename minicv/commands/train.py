"""``minicv train MODEL --data NAME|DIR``: train a model, by name, on whatever data there is."""

import argparse
import time
from pathlib import Path

from ..backend import module_of
from ..tasks import MODELS, Best, read_config, save_model, trainer_for
from ..tasks.config import describe
from ..tasks.curves import Curves
from ..train.trainer import CHECKPOINT
from .folder import writable_folder

WEIGHTS, BEST = "weights.safetensors", "best.safetensors"

HELP = """Train a model on a data set, and measure it on the part that was held out. A folder gets the weights, which
`minicv evaluate` and `minicv predict` read, learning curves, the history, and a checkpoint from which a run that was
stopped, by whatever, goes on to the same end: the same command with --resume."""


def add_arguments(parser):
    """Declare the command's options."""
    parser.add_argument("model", choices=MODELS, help="the model")
    parser.add_argument(
        "--data", required=True, metavar="NAME|DIR", help="digits, meadow, or a folder: IDX files, CIFAR, VOC, "
        "images in one subfolder a class"
    )  # fmt: skip
    parser.add_argument("--config", metavar="FILE", help="settings in a TOML file")
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="settings",
        help="one setting (repeat)",
    )
    parser.add_argument("--epochs", type=int, help="the same as --set epochs=N")
    parser.add_argument("--seed", type=int, help="the same as --set seed=N")
    parser.add_argument("--out", metavar="DIR", help="where to write (default out/MODEL-DATA)")
    parser.add_argument("--resume", action="store_true", help="go on with the run in that folder")
    parser.add_argument(
        "--device", choices=["cpu", "cuda"], default="cpu", help="where to compute (default cpu)"
    )
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    recipes = [f"  {name:17} {_in_words(recipe.defaults)}" for name, recipe in MODELS.items()]
    parser.epilog = "\n".join(
        ["settings:", describe(), "", "and those that a model has its own for:", *recipes]
    )


def run(args):
    """Train, write the weights, and print what was measured."""
    module_of(args.device)  # a missing GPU is noticed before the work
    start, task = time.perf_counter(), MODELS[args.model].task
    given = [f"{key}={getattr(args, key)}" for key in ("epochs", "seed") if getattr(args, key) is not None]
    config = read_config(MODELS[args.model].defaults, args.config, [*args.settings, *given])
    folder = _folder(args)
    curves = Curves(folder / "curves.png", task.monitor)
    hooks = [curves, Best(folder / BEST, args.model)] if config.patience else [curves]
    trainer, held_out = trainer_for(args.model, args.data, config, folder, args.device, hooks)
    writable_folder("train", folder)
    history = trainer.run(resume=args.resume)
    curves.draw(history)
    measured = next((record for record in reversed(history) if task.monitor in record), {})
    numbers = {name: value for name, value in measured.items() if name not in ("step", "epoch", "mean_loss")}
    save_model(folder / WEIGHTS, args.model, trainer.model, held_out.classes, config.size, numbers)
    if not trainer.interrupted:
        words = ", ".join(f"{name.replace('_', ' ')} {value:.4f}" for name, value in numbers.items())
        print(f"held-out {words} ({len(held_out)} images), {time.perf_counter() - start:.0f} s")
    print(f"{folder / WEIGHTS}\n{curves.path}")
    return 130 if trainer.interrupted else 0


def _in_words(settings):
    return " ".join(
        f"{key}={','.join(value) if isinstance(value, tuple) else value}" for key, value in settings.items()
    )


def _folder(args):
    """The run's folder: what --out says, or a new one; with --resume the latest of those."""
    stem = Path("out", f"{args.model}-{Path(args.data).name}")
    taken = 0
    while _numbered(stem, taken + 1).exists():
        taken += 1
    folder = Path(args.out) if args.out else _numbered(stem, taken if args.resume and taken else taken + 1)
    if args.resume and not (folder / CHECKPOINT).exists():
        raise FileNotFoundError(
            f"train: there is no run in {folder} to go on with. Without --resume, one begins."
        )
    return folder


def _numbered(stem, number):
    return stem if number == 1 else stem.with_name(f"{stem.name}-{number}")
